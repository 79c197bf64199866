import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultConfig } from '../config/load.ts';
import type { SallyportError } from '../lib/errors.ts';
import { openLedger } from '../record/ledger/lmdb/open.ts';
import { EXIT, exitCodeOf } from './exit.ts';
import { addLedger } from './ledger.ts';
import type { Cli, Sink } from './ports.ts';

const START = Date.parse('2026-03-04T08:00:00Z');
let dir: string;
let dataDir: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-cli-ledger-'));
  dataDir = join(dir, 'sallyport-data');
  const ledger = await openLedger({ dataDir, commitMs: 1, now: () => START });
  const entry = { timeMs: START, by: 'engine', reason: 'tried 40 passwords' } as const;
  await ledger.append({
    ...entry,
    kind: 'mitigation.started',
    subject: { dimension: 'principal', key: 'ann@example.com' },
    data: { id: 'M-1', until_ms: START + 60_000, personal: { sentence: 'ann@example.com tried' } },
  });
  await ledger.append({ ...entry, kind: 'mitigation.undone', by: 'operator:\u001b[31mann', data: { ids: ['M-1'] } });
  await ledger.append({ ...entry, kind: 'mode.changed', reason: 'go', data: { mode: 'enforce' } });
  await ledger.close();
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** Runs `sallyport ledger …` and says what it printed, and with which code it ended. */
async function run(...words: string[]): Promise<{ code: number; out: string; error: string }> {
  const out: string[] = [];
  const sink: Sink = { isTTY: false, columns: 200, write: (text) => void out.push(text) };
  const cli = {
    ports: { version: '9.8.7', loadConfig: () => defaultConfig() },
    stdout: sink,
    stderr: sink,
    stdinIsTTY: true,
    env: {},
    cwd: dir,
    now: () => START,
    signal: new AbortController().signal,
  } as unknown as Cli;
  let code = -1;
  const program = new Command('sallyport').exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  addLedger(program, cli, (given) => {
    code = given;
  });
  try {
    await program.parseAsync(['ledger', ...words], { from: 'user' });
    return { code, out: out.join(''), error: '' };
  } catch (error) {
    if (error instanceof CommanderError) return { code: EXIT.usage, out: out.join(''), error: error.message };
    const { code: which, message } = error as SallyportError;
    return { code: exitCodeOf(error), out: out.join(''), error: `${which}: ${message}` };
  }
}

async function alter(seq: number): Promise<void> {
  const db = open({ path: join(dataDir, 'ledger.lmdb'), noSubdir: true, overlappingSync: false });
  const entries = db.openDB<Buffer, number>({ name: 'entries', encoding: 'binary' });
  const value = entries.get(seq) as Buffer;
  await entries.put(seq, Buffer.from(value.toString('latin1').replace('"reason":"', '"reason":"not '), 'latin1'));
  await db.close();
}

describe('ledger verify', () => {
  it('says that all is well, and what it cannot know', async () => {
    const { code, out } = await run('verify');
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(/entries +4, the last with hash [0-9a-f]{64}/);
    expect(out).toMatch(/chain +whole/);
    expect(out).toMatch(/--heads/);
  });

  it('names the first entry that is wrong and ends with 3', async () => {
    await alter(2);
    const { code, out, error } = await run('verify', '--data-dir', dataDir);
    expect([code, error]).toEqual([EXIT.input, 'SP4110: Entry 2 was altered: its content no longer has its hash.']);
    expect(out).toMatch(/1 problem/);
    const json = JSON.parse((await run('verify', '--json')).out);
    expect(json).toMatchObject({ ok: false, entries: 4, problem_count: 1, problems: [{ seq: 2, what: 'altered' }] });
  });

  it('holds it against heads that were kept elsewhere', async () => {
    const kept = join(dir, 'kept.jsonl');
    copyFileSync(join(dataDir, 'ledger-heads.jsonl'), kept);
    const key = join(dataDir, 'ledger-key.pub.pem');
    const good = await run('verify', '--heads', 'kept.jsonl', '--public-key', key);
    expect([good.code, good.error]).toEqual([EXIT.ok, '']);
    expect(good.out).toMatch(/1 of 1 given head agree/);
    writeFileSync(kept, `${readFileSync(kept, 'utf8').replace('"seq":4', '"seq":3')}torn {`);
    const bad = await run('verify', '--heads', 'kept.jsonl');
    expect([bad.code, bad.error]).toEqual([
      EXIT.input,
      'SP4110: The signature of the head that was given for entry 3 is wrong.',
    ]);
    expect(bad.out).toMatch(/1 line of the file could not be read/);
  });

  it('does not take a file without heads or keys for one', async () => {
    writeFileSync(join(dir, 'empty.jsonl'), '{"seq":1}\n');
    expect((await run('verify', '--heads', 'empty.jsonl')).error).toBe('SP2001: empty.jsonl holds no signed head');
    expect((await run('verify', '--heads', 'none.jsonl')).code).toBe(EXIT.input);
    expect((await run('verify', '--public-key', 'empty.jsonl')).error).toMatch(/^SP4111/);
  });

  it('says where there is no ledger', async () => {
    const { code, error } = await run('verify', '--data-dir', 'nowhere');
    expect([code, error.slice(0, 6)]).toEqual([EXIT.input, 'SP4101']);
  });
});

describe('ledger show', () => {
  it('prints the last entries, and nothing that moves a cursor', async () => {
    const { code, out } = await run('show', '--last', '3');
    expect(code).toBe(EXIT.ok);
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(
      /^2 +2026-03-04T08:00:00Z +mitigation\.started +engine +principal ann@example\.com +tried/,
    );
    expect(lines[3]).toMatch(/mode\.changed/);
    expect(out).not.toContain('\u001b');
  });

  it('shows one kind, or all that begin with it', async () => {
    const kinds = async (kind: string) =>
      (await run('show', '--json', '--kind', kind)).out
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).kind);
    expect(await kinds('mode.changed')).toEqual(['mode.changed']);
    expect(await kinds('mitigation')).toEqual(['mitigation.started', 'mitigation.undone']);
    expect((await run('show', '--kind', 'nothing')).out).toBe('No such entry.\n');
  });

  it('takes only sensible numbers', async () => {
    expect((await run('show', '--last', '0')).code).toBe(EXIT.usage);
    expect((await run('show', '--last', 'all')).code).toBe(EXIT.usage);
  });
});

describe('ledger backup', () => {
  it('copies the ledger while a server appends to it, without its keys, and never over another', async () => {
    const server = await openLedger({ dataDir, now: () => START });
    const { code, out } = await run('backup', 'copy');
    expect([code, out]).toEqual([
      EXIT.ok,
      `5 entries in ${join(dir, 'copy/ledger.lmdb')}; keep ledger-master.key somewhere else.\n`,
    ]);
    await server.close();
    expect(readdirSync(join(dir, 'copy')).filter((name) => /key|part/.test(name))).toEqual([]);
    const shown = await run('show', '--data-dir', 'copy');
    expect(shown.out).toContain('principal (locked)');
    expect((await run('verify', '--data-dir', 'copy')).code).toBe(EXIT.ok);
    const again = await run('backup', 'copy', '--json');
    expect([again.code, again.error.slice(0, 6)]).toEqual([EXIT.output, 'SP9003']);
    expect((await run('backup', 'other', '--data-dir', 'nowhere')).error).toMatch(/^SP4101/);
    expect(existsSync(join(dir, 'other'))).toBe(false);
  });
});

describe('ledger erase', () => {
  const words = ['erase', '--subject', 'principal=ann@example.com', '--reason', 'asked for'];

  it('says what it would do, and does it only when told', async () => {
    const { code, out } = await run(...words);
    expect([code, out]).toEqual([
      EXIT.ok,
      '1 entry would no longer tell who principal ann@example.com is. Add --yes to do it.\n',
    ]);
    expect((await run('show')).out).toContain('ann@example.com');
    const done = await run(...words, '--yes', '--json');
    expect(JSON.parse(done.out)).toMatchObject({ erased: true, seq: 6 });
    const after = await run('show');
    expect(after.out).not.toContain('ann@example.com');
    expect(after.out).toContain('principal (erased)');
    expect((await run('verify')).code).toBe(EXIT.ok);
    expect((await run(...words, '--yes')).error).toMatch(/^SP4112/);
    expect((await run(...words)).error).toMatch(/^SP4112/);
  });

  it('is refused while a server has the ledger open', async () => {
    const server = await openLedger({ dataDir, now: () => START });
    expect((await run(...words, '--yes')).error).toMatch(/^SP4102/);
    await server.close();
  });

  it('makes no ledger where there was none', async () => {
    expect((await run(...words, '--yes', '--data-dir', 'nowhere')).error).toMatch(/^SP4101/);
  });

  it('needs a subject and a reason', async () => {
    for (const subject of ['ann', '=ann', 'principal=']) {
      expect((await run('erase', '--reason', 'x', '--subject', subject)).code).toBe(EXIT.usage);
    }
    expect((await run(...words.slice(0, 3))).code).toBe(EXIT.usage);
  });
});
