/** What `npm start` shows: every attack hidden in the generated sample is found, and nobody else is named for a block. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSample } from '../scripts/sample/generate.ts';
import type { Report } from '../src/runtime/report.ts';
import { ROOT } from './tidy/source.ts';

const command = join(ROOT, 'dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'sallyport-sample-'));
const sample = generateSample();
let report: Report;

beforeAll(() => {
  if (!existsSync(command)) throw new Error('dist/ is missing: run npm run build, or npm test, which does');
  const log = join(folder, 'shop.generated.log');
  writeFileSync(log, sample.text);
  const run = spawnSync(process.execPath, [command, 'try', log, '--json'], { encoding: 'utf8', maxBuffer: 1 << 28 });
  report = JSON.parse(run.stdout);
}, 30_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Does an actor of the report stand for `actor`: itself, or an address in its network? */
function covers(actor: string, key: string): boolean {
  return key === actor || (actor.endsWith('.0/24') && key.startsWith(actor.slice(0, -4)));
}

describe('the report on the generated sample', () => {
  it('says that the input was generated', () => {
    expect(report.generated_input).toBe(true);
    expect(report.exchanges).toBe(sample.lines);
    expect(report.bad_lines).toEqual({});
  });

  it.each(sample.attacks.map((attack) => [attack.name, attack] as const))('finds the %s', (_, attack) => {
    const classes = report.findings
      .filter((finding) => attack.actors.some((actor) => covers(actor, finding.actor.key)))
      .map((finding) => finding.class);
    expect(classes.filter((name) => attack.classes.includes(name))).not.toEqual([]);
  });

  it('names nobody else for a block or a throttle', () => {
    const guilty = sample.attacks.flatMap((attack) => attack.actors);
    const others = report.actors.filter(
      (actor) => actor.actor.dimension === 'ip' && !guilty.some((g) => covers(g, actor.actor.key)),
    );
    const hurt = others.filter((actor) => ['block', 'throttle'].includes(actor.recommended));
    expect(hurt.map((actor) => `${actor.actor.key}: ${actor.recommended}, ${actor.reason}`)).toEqual([]);
  });

  it('leaves addresses with a crowd behind them alone', () => {
    const named = report.actors.filter((actor) => sample.shared.includes(actor.actor.key));
    expect(named.filter((actor) => !['allow', 'tag'].includes(actor.recommended))).toEqual([]);
  });
});
