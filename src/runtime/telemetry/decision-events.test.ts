import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ALLOW, type Verdict } from '../live/verdict.ts';
import { type DecisionEvent, decisionLine, isDecided } from './decision-events.ts';
import { EventWriter } from './event-writer.ts';
import { anyText } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const VERDICT: Verdict = {
  ...ALLOW,
  action: 'throttle',
  planned: 'block',
  mode: 'canary',
  class: 'credential-attack',
  risk: 0.912345,
  mitigation: 'M-0123456789',
  actor: '00ff00ff00ff00ff',
  dimension: 'ip',
  credential: 'secret-hash',
};

const EVENT: DecisionEvent = {
  timeMs: Date.UTC(2026, 2, 4, 5, 6, 7, 8) + 0.75,
  request: 'R-1',
  trace: '0af7651916cd43dd8448eb211c80319c',
  method: 'POST',
  route: '/login',
  status: 429,
  durationMs: 12.34567,
  verdict: VERDICT,
  policy: 'login@3',
  reasons: [{ detector: 'failure-test', nats: 6.21049, why: '41 of 42 logins failed' }],
};

const GOLDEN =
  '{"time":"2026-03-04T05:06:07.008Z","event":"decision","version":1,"request":"R-1","trace":"0af7651916cd43dd8448eb211c80319c",' +
  '"method":"POST","route":"/login","status":429,"duration_ms":12.346,"action":"throttle","planned":"block","mode":"canary",' +
  '"class":"credential-attack","risk":0.9123,"mitigation":"M-0123456789","actor":"ip:00ff00ff00ff00ff","policy":"login@3",' +
  '"limit":"","reasons":[{"detector":"failure-test","nats":6.21,"why":"41 of 42 logins failed"}]}\n';

describe('a decision event', () => {
  it('is the golden line', () => {
    expect(decisionLine(EVENT)).toBe(GOLDEN);
  });

  it('has the fields of docs/events-out.md, in their order', () => {
    const page = readFileSync(new URL('../../../docs/events-out.md', import.meta.url), 'utf8');
    const fields = [...page.matchAll(/^\| `([a-z_.[\]]+)` \|/gm)].map((m) => m[1]);
    const event = JSON.parse(GOLDEN);
    const inner = Object.keys(event.reasons[0]).map((key) => `reasons[].${key}`);
    expect(fields).toEqual([...Object.keys(event), ...inner]);
    expect(page).toContain(GOLDEN.trim());
  });

  it('names the limit where it was exceeded, and at most five reasons', () => {
    const limit = { name: 'per-key', limit: 1, windowSec: 1, remaining: 0, resetSec: 1, exceeded: true };
    const reasons = Array.from({ length: 9 }, () => EVENT.reasons[0]);
    const event = JSON.parse(decisionLine({ ...EVENT, verdict: { ...ALLOW, limit }, reasons }));
    expect([event.limit, event.actor, event.reasons.length]).toEqual(['per-key', '', 5]);
    expect(isDecided({ ...ALLOW, limit })).toBe(true);
    expect([isDecided(ALLOW), isDecided({ ...ALLOW, planned: 'tag' }), isDecided(VERDICT)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('is always one line of valid JSON that says the same', () => {
    const text = anyText(30);
    fc.assert(
      fc.property(text, text, fc.double(), fc.double(), (route, why, ms, nats) => {
        const line = decisionLine({
          ...EVENT,
          route,
          timeMs: ms,
          durationMs: nats,
          reasons: [{ detector: 'x', nats, why }],
        });
        expect(line.slice(0, -1)).toMatch(/^[^\p{Cc}\u2028\u2029]*$/u);
        const event = JSON.parse(line);
        expect([event.route, event.reasons[0].why]).toEqual([route, why]);
        expect(event.time).toMatch(/^(\+\d{6}|\d{4})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      }),
    );
  });

  it('has the time that a Date would give', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => {
        expect(JSON.parse(decisionLine({ ...EVENT, timeMs: ms })).time).toBe(new Date(ms).toISOString());
      }),
    );
  });

  it('cuts texts that are too long', () => {
    expect(JSON.parse(decisionLine({ ...EVENT, route: 'x'.repeat(10_000) })).route).toHaveLength(501);
  });
});

describe('the writer', () => {
  const folders: string[] = [];
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });
  async function folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'sallyport-events-'));
    folders.push(path);
    return path;
  }
  const slow = { flushMs: 3_600_000 };

  it('appends whole lines, and nobody but owner and group may read them', async () => {
    const path = join(await folder(), 'events.jsonl');
    const writer = new EventWriter({ path, ...slow });
    for (let i = 0; i < 5000; i++) writer.add(`{"n":${i},"pad":"${'x'.repeat(40)}"}\n`);
    await writer.close();
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).n)).toEqual(Array.from({ length: 5000 }, (_, i) => i));
    expect([writer.written, writer.dropped]).toEqual([5000, 0]);
    expect((await stat(path)).mode & 0o007).toBe(0);
    writer.add('late\n');
    expect(writer.dropped).toBe(1);
  });

  it('drops and counts what there is no room for', async () => {
    const path = join(await folder(), 'events.jsonl');
    const writer = new EventWriter({ path, ...slow, maxWaiting: 100 });
    for (let i = 0; i < 20; i++) writer.add('123456789\n');
    expect(writer.dropped).toBe(10);
    await writer.flush();
    writer.add('123456789\n');
    await writer.close();
    expect([writer.written, (await readFile(path, 'utf8')).length]).toEqual([11, 110]);
  });

  it('goes on in a new file after rotation', async () => {
    const path = join(await folder(), 'events.jsonl');
    const writer = new EventWriter({ path, ...slow });
    writer.add('one\n');
    await writer.flush();
    await rename(path, `${path}.1`);
    writer.add('two\n');
    await writer.flush();
    writer.reopen();
    await writer.flush();
    writer.add('three\n');
    await writer.close();
    expect(await readFile(`${path}.1`, 'utf8')).toBe('one\ntwo\n');
    expect(await readFile(path, 'utf8')).toBe('three\n');
  });

  it('loses what cannot be written, says why, and goes on when it can be', async () => {
    const home = await folder();
    const path = join(home, 'later', 'events.jsonl');
    const writer = new EventWriter({ path, ...slow });
    writer.add('lost\n');
    await writer.flush();
    expect([writer.dropped, writer.problem]).toEqual([1, 'ENOENT']);
    await mkdir(join(home, 'later'));
    writer.add('kept\n');
    await writer.close();
    expect([writer.written, writer.problem, await readFile(path, 'utf8')]).toEqual([1, '', 'kept\n']);
  });

  it('says so on a full disk and does not stop', async () => {
    const writer = new EventWriter({ path: '/dev/full', ...slow });
    writer.add('a\n');
    await writer.flush();
    expect(writer.dropped).toBe(1);
    // ENOSPC where the device exists, another error elsewhere.
    expect(writer.problem).toMatch(/^E[A-Z]+$/);
    writer.add('b\n');
    await writer.close();
    expect(writer.dropped).toBe(2);
  });
});
