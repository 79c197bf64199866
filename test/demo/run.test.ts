/** `npm start`, shortened: it starts, sends, tells, ends by itself, and leaves nothing behind. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ROOT } from '../tidy/source.ts';

const TMP = mkdtempSync(join(tmpdir(), 'sallyport-demo-test-'));
afterAll(() => rmSync(TMP, { recursive: true, force: true }));

interface Run {
  readonly code: number | null;
  readonly text: string;
}

/** Runs the demo; `until` names the text after which it is interrupted as by Ctrl-C. */
function demo(words: readonly string[], until?: string): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/demo/main.ts', ...words], {
      cwd: ROOT,
      env: { ...process.env, TMPDIR: TMP },
    });
    let text = '';
    let interrupted = false;
    const take = (chunk: Buffer) => {
      text += chunk;
      if (until === undefined || interrupted || !text.includes(until)) return;
      interrupted = true;
      child.kill('SIGINT');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('close', (code) => resolve({ code, text }));
  });
}

/** Whether something still listens at the addresses that a run printed. */
async function listening(text: string): Promise<string[]> {
  const urls = [...new Set(text.match(/http:\/\/127\.0\.0\.1:\d+/g) ?? [])];
  const answers = await Promise.all(
    urls.map((url) =>
      fetch(url).then(
        () => [url],
        () => [],
      ),
    ),
  );
  return answers.flat();
}

/** Folders of the demo that are still there; the loader of TypeScript keeps one of its own. */
const left = () => readdirSync(TMP).filter((name) => name.startsWith('sallyport-demo-'));

it('plays for some seconds and ends cleanly', { timeout: 90_000 }, async () => {
  const { code, text } = await demo(['--seconds', '6', '--no-wait']);
  expect(text).toMatch(/Watch it live: {2}http:\/\/127\.0\.0\.1:\d+\/#token=\S+/);
  expect(text).toContain('People are shopping');
  expect(text).toMatch(/In short: \d+ requests/);
  expect(code).toBe(0);
  expect(await listening(text)).toEqual([]);
  expect(left()).toEqual([]);
});

it('ends cleanly when it is interrupted', { timeout: 90_000 }, async () => {
  const { code, text } = await demo([], 'People are shopping');
  expect(text).toContain('In short:');
  expect(code).toBe(0);
  expect(await listening(text)).toEqual([]);
  expect(left()).toEqual([]);
});

it('says what is missing', async () => {
  const { code, text } = await demo(['--command', 'dist/no-such-thing.js']);
  expect(code).toBe(1);
  expect(text).toContain('npm run build');
});
