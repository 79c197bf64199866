import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Detector } from '../engine/detector.ts';
import type { LogFormat } from '../event/format.ts';
import { ERRORS, type ErrorCode, SallyportError } from '../lib/errors.ts';
import { EXIT, EXIT_CODES, exitCodeOf } from './exit.ts';
import type { Cli } from './ports.ts';
import { buildProgram } from './program.ts';
import { run } from './testing.ts';

const PAGE = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

function program() {
  const sink = { isTTY: false, columns: undefined, write() {} };
  return buildProgram({ ports: { version: '1' }, stdout: sink, stderr: sink, env: {} } as unknown as Cli, () => {});
}

describe('docs/cli.md', () => {
  it('lists the exit codes as they are', () => {
    const rows = EXIT_CODES.map(({ code, name, meaning }) => `| ${code} | ${name} | ${meaning} |`);
    expect(PAGE.match(/^\| \d+ \|.*$/gm)).toEqual(rows);
  });

  it('names every verb and every option, and none that is not there', () => {
    const top = program().commands;
    const verbs = top.flatMap((verb) => [verb, ...verb.commands]);
    for (const verb of verbs) {
      if (top.includes(verb)) expect(PAGE, verb.name()).toMatch(new RegExp(`^## .*\\b${verb.name()}\\b`, 'm'));
      for (const { flags } of verb.options) {
        for (const flag of flags.match(/(?<!\w)--?[a-z-]+/g) ?? []) expect(PAGE, flag).toContain(`\`${flag}`);
      }
    }
    const known = new Set(['--help', '--version', ...verbs.flatMap((v) => v.options.map((o) => o.long ?? ''))]);
    const named = [...PAGE.matchAll(/(?<![-\w])(--[a-z][a-z-]*)/g)].map((m) => m[1]);
    expect(named.filter((flag) => !known.has(flag))).toEqual([]);
  });
});

describe('help', () => {
  it('answers to nothing, --help, help and a verb’s --help, with examples', async () => {
    const bare = await run([]);
    expect(bare).toMatchObject({ code: EXIT.usage, err: '' });
    expect(bare.out).toContain('Start here:');
    expect(await run(['--help'])).toMatchObject({ code: EXIT.ok, err: '' });
    expect((await run(['help', 'try'])).out).toContain('sallyport try access.log --emit nginx');
    for (const verb of program().commands) {
      const { code, out } = await run([verb.name(), '--help']);
      expect(code).toBe(EXIT.ok);
      expect(out, verb.name()).toContain('Examples:');
    }
  });

  it('fits into 80 columns where the text is ours to break', async () => {
    const { out } = await run(['try', '--help'], { env: { COLUMNS: '80' } });
    const options = out.slice(0, out.indexOf('Examples:')).split('\n').slice(6);
    for (const line of options) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('tells the version', async () => {
    expect(await run(['--version'])).toEqual({ code: EXIT.ok, out: '9.8.7\n', err: '' });
  });
});

describe('errors', () => {
  it.each([
    [['trie', 'x'], "unknown command 'trie'"],
    [['try', '--bogus', 'x'], "unknown option '--bogus'"],
    [['try', 'x', '--emit', 'iptables'], "argument 'iptables' is invalid"],
    [['try', 'x', '--top', 'many'], 'A whole number'],
    [['try', 'x', '--lateness', '10'], 'A duration is a number with a unit'],
    [['explain'], "missing required argument 'finding'"],
  ])('%j is a mistake of usage', async (words, message) => {
    const { code, out, err } = await run(words);
    expect(code).toBe(EXIT.usage);
    expect(out).toBe('');
    expect(err).toMatch(/^SP9002: /);
    expect(err).toContain(message);
  });

  it('suggest what was meant', async () => {
    expect((await run(['tri'])).err).toContain('try');
    expect((await run(['try', '--jsn'])).err).toContain('--json');
  });

  it('of a run keep their code, message and advice, escaped', async () => {
    const runTry = () => Promise.reject(new SallyportError('SP2001', 'x\u001b[2J.log: ENOENT'));
    const { code, err } = await run(['try', 'x'], { ports: { runTry } });
    expect(code).toBe(EXIT.input);
    expect(err).toBe(`SP2001: x\\x1b[2J.log: ENOENT\n  ${ERRORS.SP2001.advice}\n`);
  });

  it('that nobody foresaw are defects, with their place', async () => {
    const { code, err } = await run(['try', 'x'], { ports: { runTry: () => Promise.reject(new TypeError('oops')) } });
    expect(code).toBe(EXIT.defect);
    expect(err).toMatch(/^SP9001: oops\n/);
    expect(err).toContain('TypeError: oops');
  });

  it('all lead to an exit code that says where to look', () => {
    const code = (name: ErrorCode) => exitCodeOf(new SallyportError(name, ''));
    for (const name of Object.keys(ERRORS) as ErrorCode[]) {
      expect([EXIT.usage, EXIT.input, EXIT.output, EXIT.serving, EXIT.defect], name).toContain(code(name));
    }
    expect(code('SP1003')).toBe(EXIT.usage);
    expect(code('SP3001')).toBe(EXIT.input);
    expect(code('SP3002')).toBe(EXIT.usage);
    expect(code('SP6003')).toBe(EXIT.usage);
    expect(code('SP7001')).toBe(EXIT.serving);
    expect(code('SP9001')).toBe(EXIT.defect);
    expect(code('SP9003')).toBe(EXIT.output);
  });
});

const FORMAT: LogFormat = {
  id: 'combined',
  title: 'Apache and nginx, combined',
  timeMeaning: 'end',
  resolutionMs: 1000,
  parser: () => () => 0,
};
const DETECTOR: Detector = {
  id: 'failure-test',
  number: 3,
  title: 'Failure test',
  class: 'credential-attack',
  group: 'failure',
  owasp: ['API2', 'OAT-008'],
  actors: ['ip', 'session'],
  on: 'response',
  cap: 9200,
  findingAt: 4600,
  deterministic: false,
  build: () => ({ needs: {}, judge: () => 0, say: () => '' }),
};

describe('formats and detectors', () => {
  const ports = {
    formats: async () => [FORMAT],
    detectors: async () => [DETECTOR, { ...DETECTOR, id: 'rate', number: 1 }],
  };

  it('list formats', async () => {
    expect((await run(['formats'], { ports })).out).toContain('combined  end, to 1 s  Apache and nginx, combined');
    expect(JSON.parse((await run(['formats', '--json'], { ports })).out)).toEqual([
      { id: 'combined', title: 'Apache and nginx, combined', time_meaning: 'end', resolution_ms: 1000 },
    ]);
  });

  it('list detectors by number, and show one', async () => {
    const { out } = await run(['detectors'], { ports });
    expect(out.indexOf('rate')).toBeLessThan(out.indexOf('failure-test'));
    const one = (await run(['detectors', 'failure-test'], { ports })).out;
    expect(one).toContain('Failure test (failure-test, number 3)');
    expect(one).toContain('4.6 nats, a factor of 99');
    expect(await run(['detectors', 'nope'], { ports })).toMatchObject({ code: EXIT.usage });
    expect(JSON.parse((await run(['detectors', '--json'], { ports })).out)).toHaveLength(2);
  });
});
