/** Every example does what its page says. They are run as a reader would run them. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './tidy/source.ts';

const proxied = join('examples', 'behind-a-proxy', 'access.log');
const config = join('examples', 'behind-a-proxy', 'sallyport.yaml');

function run(name: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', join('examples', name), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('examples', () => {
  it('who-to-look-at names the attacker', () => {
    const { status, stdout, stderr } = run('who-to-look-at.ts', proxied);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/\d+ requests, \d+ findings, decision hash \w+/);
  });

  it('fail-a-pipeline fails when somebody would be acted on, and says what is wrong with a configuration', () => {
    const found = run('fail-a-pipeline.ts', config, proxied);
    expect(found.stderr).toBe('');
    expect(found.stdout).toContain('203.0.113.66');
    expect(found.status).toBe(1);
    const wrong = run('fail-a-pipeline.ts', join('examples', 'none.yaml'), proxied);
    expect(wrong.stderr).toContain('SP1001');
    expect(wrong.status).toBe(2);
  });

  it('application-events finds the stolen list', () => {
    const { stdout, stderr } = run('application-events.ts');
    expect(stderr).toBe('');
    expect(stdout).toContain('credential-attack: 203.0.113.66');
  });

  it('behind-a-proxy blames the one behind the balancer, not the balancer and not whom it claims to be', () => {
    const { stdout } = run('fail-a-pipeline.ts', config, proxied);
    expect(stdout).not.toContain('10.0.0.5');
    expect(stdout).not.toContain('192.0.2.');
  });

  it('each has its row in the page', () => {
    const page = readFileSync(join(ROOT, 'examples/README.md'), 'utf8');
    for (const name of readdirSync(join(ROOT, 'examples')))
      if (name !== 'README.md') expect(page).toContain(`](${name}`);
  });
});
