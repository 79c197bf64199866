import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Namer } from '../../../identity/pseudonym.ts';
import type { StreamState } from '../../../identity/revocation/ssf/stream.ts';
import { SignalMemory } from './kept.ts';

const NOW = 1_800_000_000_000;
const namer = new Namer(Buffer.alloc(32, 7));
const name = (text: string): string => namer.full('signal', text);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
function fileOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-signals-'));
  folders.push(folder);
  return join(folder, 'signals.jsonl');
}
const open = (path: string, nowMs = NOW): SignalMemory => new SignalMemory(path, name, nowMs);
const state = (status: StreamState['status']): StreamState => ({ status, reason: '', description: '', events: null });

describe('security events', () => {
  it('that were carried out are known after a restart, until they are too old to come again', async () => {
    const path = fileOf();
    const before = open(path);
    expect(before.firstUse('set:idp:1', NOW + 1000, NOW)).toBe('first');
    await before.keep('set:idp:1', NOW + 1000);
    // Not carried out when the process ended: it may come again.
    before.firstUse('set:idp:2', NOW + 1000, NOW);
    expect(before.firstUse('set:idp:2', NOW + 1000, NOW)).toBe('seen');
    await before.close();
    expect(readFileSync(path, 'utf8')).not.toContain('idp');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const after = open(path);
    expect(after.firstUse('set:idp:1', NOW + 1000, NOW)).toBe('seen');
    expect(after.firstUse('set:idp:2', NOW + 1000, NOW)).toBe('first');
    expect(after.firstUse('set:idp:1', NOW + 5000, NOW + 1000)).toBe('first');
    open(path, NOW + 2000);
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('find no room beyond the bound, rather than that one is forgotten', () => {
    const memory = open('');
    for (let i = 0; i < 50_000; i++) memory.firstUse(`e${i}`, NOW + 1000, NOW);
    expect(memory.firstUse('one too many', NOW + 1000, NOW)).toBe('full');
    expect(memory.firstUse('e0', NOW + 1000, NOW)).toBe('seen');
    expect(memory.firstUse('one too many', NOW + 5000, NOW + 2000)).toBe('first');
  });

  it('survive a last line that a crash has cut off, and lines of nobody', async () => {
    const path = fileOf();
    const before = open(path);
    before.firstUse('a', NOW + 1000, NOW);
    await before.keep('a', NOW + 1000);
    appendFileSync(path, 'null\n7\n{"event":1}\n{"stream":"s","state":"x"}\n{"event":"cut o');
    const after = open(path);
    expect(after.firstUse('a', NOW + 1000, NOW)).toBe('seen');
    expect(after.streams().size).toBe(0);
    // It was written anew: nothing is glued to half a line.
    await after.keep('b', NOW + 1000);
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2);
  });
});

describe('streams', () => {
  it('are as their receivers wanted them', async () => {
    const path = fileOf();
    const before = open(path);
    await Promise.all([
      before.keepState('siem', state('paused')),
      before.keepState('siem', state('disabled')),
      before.keepSubject('siem', 'simple user:x', true),
      before.keepSubject('siem', 'simple user:y', true),
      before.keepSubject('siem', 'simple user:x', false),
    ]);
    expect(open(path).streams().get('siem')).toEqual({ state: state('disabled'), subjects: ['simple user:y'] });
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2);
  });

  it('are written anew when the file has grown far beyond what there is to say', async () => {
    const path = fileOf();
    const memory = open(path);
    const steps = Array.from({ length: 20_010 }, (_, i) =>
      memory.keepState('siem', state(i % 2 ? 'paused' : 'enabled')),
    );
    await Promise.all(steps);
    await memory.keepState('siem', state('enabled'));
    await memory.keepState('siem', state('disabled'));
    expect(readFileSync(path, 'utf8').trim().split('\n').length).toBeLessThan(10);
    expect(open(path).streams().get('siem')?.state).toEqual(state('disabled'));
  });

  it('cannot be kept where the file cannot be written, and it is said so', async () => {
    const path = fileOf();
    const memory = open(path);
    rmSync(join(path, '..'), { recursive: true });
    await expect(memory.keepState('siem', state('paused'))).rejects.toThrow('ENOENT');
    expect(memory.streams().size).toBe(0);
    expect(() => open(path)).toThrow(expect.objectContaining({ code: 'SP7613' }));
  });
});

it('a file that is too large to be ours is not read', () => {
  const path = fileOf();
  writeFileSync(path, Buffer.alloc(64 * 1024 * 1024 + 1));
  chmodSync(path, 0o600);
  expect(() => open(path)).toThrow(expect.objectContaining({ code: 'SP7613' }));
});
