import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLEAR_REPORT, SAMPLE_REPORT, UNREAD_REPORT } from '../../test/golden/sample-report.ts';
import type { TryRunOptions } from '../doors/replay/run.ts';
import type { Report } from '../runtime/report.ts';
import { EXIT } from './exit.ts';
import { untangleJson } from './options.ts';
import { run, type World } from './testing.ts';

let cwd = '';
let seen: TryRunOptions | null = null;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sallyport-cli-'));
  writeFileSync(join(cwd, 'access.log'), 'a log\n');
  seen = null;
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function world(report: Report = SAMPLE_REPORT, more: World = {}): World {
  const runTry = async (options: TryRunOptions): Promise<Report> => {
    seen = options;
    return report;
  };
  return { cwd, env: { XDG_CACHE_HOME: join(cwd, 'cache') }, ...more, ports: { runTry, ...more.ports } };
}
const read = (name: string): string => readFileSync(join(cwd, name), 'utf8');

describe('try', () => {
  it('prints the report and ends well, whatever it found', async () => {
    const { code, out, err } = await run(['try', 'access.log'], world());
    expect(code).toBe(EXIT.ok);
    expect(err).toBe('');
    expect(out).toContain('8 actors abused this API');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no colour where nobody asked for it
    expect(out).not.toMatch(/\u001b/);
  });

  it('hands on what it was told', async () => {
    const words = 'try a.log b.log -f combined --workers 2 --lateness 30s --seed 7 --journal j --snapshot s'.split(' ');
    await run(words, world());
    expect(seen).toMatchObject({
      inputs: ['a.log', 'b.log'],
      format: 'combined',
      workers: 2,
      latenessMs: 30_000,
      seed: 7,
      journal: 'j',
      snapshot: 's',
    });
    expect(seen).not.toHaveProperty('follow');
  });

  it('reads a pipe where no file is named, and asks for one on a terminal', async () => {
    await run(['try'], world(SAMPLE_REPORT, { stdinIsTTY: false }));
    expect(seen?.inputs).toEqual(['-']);
    expect(await run(['try'], world())).toMatchObject({ code: EXIT.usage });
  });

  it('is coloured on a terminal, unless told otherwise', async () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour sequences
    const colour = /\u001b\[/;
    const tty = (env = {}) => world(SAMPLE_REPORT, { outIsTTY: true, env: { XDG_CACHE_HOME: cwd, ...env } });
    expect((await run(['try', 'x'], tty())).out).toMatch(colour);
    expect((await run(['try', 'x'], tty({ NO_COLOR: '1' }))).out).not.toMatch(colour);
    expect((await run(['try', 'x'], tty({ TERM: 'dumb' }))).out).not.toMatch(colour);
    expect((await run(['try', 'x', '--no-color'], tty())).out).not.toMatch(colour);
    expect((await run(['try', 'x', '--color'], world())).out).toMatch(colour);
  });

  it('fails on findings only where --fail-on says so', async () => {
    const tagged = { ...SAMPLE_REPORT, actors: SAMPLE_REPORT.actors.filter((a) => a.recommended === 'tag') };
    const code = async (action: string, report: Report) =>
      (await run(['try', 'x', '-q', '--fail-on', action], world(report))).code;
    expect(await code('block', SAMPLE_REPORT)).toBe(EXIT.found);
    expect(await code('block', tagged)).toBe(EXIT.ok);
    expect(await code('tag', tagged)).toBe(EXIT.found);
    expect(await code('tag', CLEAR_REPORT)).toBe(EXIT.ok);
  });

  it('fails where nothing was an exchange', async () => {
    const { code, out } = await run(['try', 'notes.txt'], world(UNREAD_REPORT));
    expect(code).toBe(EXIT.input);
    expect(out).toContain('Nothing could be read');
  });

  it('prints what is known when it is interrupted', async () => {
    const controller = new AbortController();
    controller.abort();
    const aborted = world(SAMPLE_REPORT, { signal: controller.signal });
    const { code, out } = await run(['try', 'x'], aborted);
    expect(code).toBe(EXIT.interrupted);
    expect(out).toContain('8 actors abused');
    expect((await run(['try', '--follow', 'x'], aborted)).code).toBe(EXIT.ok);
  });

  it('says findings as they come with --follow', async () => {
    const runTry = async (options: TryRunOptions): Promise<Report> => {
      options.onFinding?.(SAMPLE_REPORT.findings[6]);
      return CLEAR_REPORT;
    };
    const { out } = await run(['try', '--follow', 'x'], world(CLEAR_REPORT, { ports: { runTry } }));
    expect(out).toMatch(/^12 Mar 2025 02:00:00 {2}injection +198\.51\.100\.99 {2}JavaScript .*\\x1b.* F-6071829304\n/);
  });
});

describe('outputs of try', () => {
  it('are a page and a document, named in the text', async () => {
    const { out } = await run(['try', 'access.log', '--html', 'r.html', '--json', 'r.json'], world());
    expect(read('r.html')).toMatch(/^<!doctype html>/);
    expect(JSON.parse(read('r.json'))).toEqual(JSON.parse(JSON.stringify(SAMPLE_REPORT)));
    expect(out).toContain('written: r.html');
  });

  it('take the place of the text on standard output', async () => {
    const json = await run(['try', '--json', 'access.log'], world());
    expect(seen?.inputs).toEqual(['access.log']);
    expect(JSON.parse(json.out).decision_hash).toBe(SAMPLE_REPORT.decision_hash);
    expect(json.err).toContain('8 actors abused');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal may show it
    expect(json.out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    const nginx = await run(['try', 'access.log', '--emit', 'nginx', '--ttl', '2h'], world());
    expect(nginx.out).toContain('# 1 until 2025-03-13T10:00:00Z');
  });

  it('never overwrite a log', async () => {
    for (const words of [
      ['try', 'access.log', '--html', 'access.log'],
      ['try', '--json=access.log', 'access.log'],
      ['try', 'access.log', '--journal', 'access.log'],
      ['try', 'access.log', '--snapshot', './access.log'],
    ]) {
      expect(await run(words, world()), words.join(' ')).toMatchObject({ code: EXIT.usage });
    }
    writeFileSync(join(cwd, 'events.json'), '{}');
    expect(await run(['try', 'events.json', '--json', 'events.json'], world())).toMatchObject({ code: EXIT.usage });
    expect(read('access.log')).toBe('a log\n');
    expect(read('events.json')).toBe('{}');
    expect(seen).toBeNull();
  });

  it('that cannot be written say so', async () => {
    const { code, err } = await run(['try', 'access.log', '--html', 'no/where.html'], world());
    expect(code).toBe(EXIT.output);
    expect(err).toContain('SP9003: no/where.html: ENOENT');
  });

  it.each([
    [['--emit', 'nginx', '--json'], 'both want standard output'],
    [['--ttl', '1h'], 'say how --emit writes'],
    [['--format', 'a', '--pattern', 'b'], 'contradict each other'],
    [['--emit', 'nginx', '--ttl', '2y'], 'A duration'],
    [['--emit', 'nginx', '--session-cookie', 'a;b'], 'A cookie name'],
  ])('%j is refused before anything is read', async (words, message) => {
    const { code, err } = await run(['try', 'access.log', ...words], world());
    expect(code).toBe(EXIT.usage);
    expect(err).toContain(message);
    expect(seen).toBeNull();
  });

  it('say nothing with --quiet', async () => {
    const result = await run(['try', 'access.log', '--quiet', '--html', 'r.html'], world());
    expect(result).toEqual({ code: EXIT.ok, out: '', err: '' });
    expect(existsSync(join(cwd, 'r.html'))).toBe(true);
  });

  it('know a file for --json from a log', () => {
    expect(untangleJson(['try', '--json', 'a.log'])).toEqual(['try', '--json=-', 'a.log']);
    expect(untangleJson(['try', '--json', 'r.json', 'a.log'])).toEqual(['try', '--json', 'r.json', 'a.log']);
    expect(untangleJson(['try', 'a.log', '--json'])).toEqual(['try', 'a.log', '--json=-']);
    expect(untangleJson(['formats', '--json'])).toEqual(['formats', '--json']);
  });
});

describe('the memory of the last try', () => {
  it('is kept for its owner alone', async () => {
    await run(['try', 'access.log', '--seed', '7'], world());
    const file = join('cache', 'sallyport', 'last-try.json');
    expect(JSON.parse(read(file))).toMatchObject({ version: 1, cwd, inputs: ['access.log'], flags: { seed: 7 } });
    expect(statSync(join(cwd, file)).mode & 0o077).toBe(0);
  });

  it('is no reason to fail', async () => {
    writeFileSync(join(cwd, 'file'), '');
    const { code } = await run(['try', 'x'], world(SAMPLE_REPORT, { env: { XDG_CACHE_HOME: join(cwd, 'file') } }));
    expect(code).toBe(EXIT.ok);
  });
});
