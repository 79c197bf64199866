import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { rowsOf } from '../../engine/testing.ts';
import { EVENT } from './block.ts';
import { JournalDirectory } from './directory.ts';
import { openJournalDirectory, partialReasons } from './reader.ts';
import { CHUNK_EVENTS, CHUNK_MS, ExchangeRing, RING_MS, SLICE_MS } from './ring.ts';
import { appendOne, eventsOf, FakeEngine, journalOptions, randomRows, rowText, T } from './testing.ts';

afterEach(() => vi.useRealTimers());

interface Promoted {
  readonly sequence: number;
  readonly nowMs: number;
  readonly text: string;
  readonly flags: number;
}

/** A ring with an address per actor: event `n` is of address `n % actors + 1`. */
function ringOf(maxBytes = 1e8) {
  const promoted: Promoted[] = [];
  let now = T;
  const ring = new ExchangeRing({
    maxBytes,
    clock: () => now,
    promote: (rows, row, nowMs, sequence, _decision, flags) =>
      promoted.push({ sequence, nowMs, flags, text: rowText(rows, row) }),
  });
  const append = (ms: number, sequence: number, address: number): string => {
    const rows = rowsOf({ ipLo: address, status: sequence % 600 });
    ring.append(rows, 0, T + ms, sequence, 0, EVENT.admitted);
    return rowText(rows, 0);
  };
  const at = (ms: number): void => {
    now = T + ms;
  };
  return { ring, promoted, append, at };
}

describe('the ring', () => {
  it('gives back what it holds of an actor, whole, in sequence, and once', async () => {
    const { ring, promoted, append } = ringOf();
    const expected: Promoted[] = [];
    for (let n = 0; n < 5000; n++) {
      const text = append(n * 20, n + 1, (n % 50) + 1);
      if (n % 1000 === 0) await ring.settle();
      if (n % 50 === 7) expected.push({ sequence: n + 1, nowMs: T + n * 20, flags: EVENT.admitted, text });
    }
    ring.promote(0, 8);
    await ring.settle();
    expect(promoted).toEqual(expected);
    ring.promote(0, 8);
    ring.promote(0, 999);
    ring.promote(0, 0);
    await ring.settle();
    expect(promoted).toHaveLength(expected.length);
    append(200_000, 6000, 8);
    ring.promote(0, 8);
    await ring.settle();
    expect(promoted.at(-1)?.sequence).toBe(6000);
    ring.close();
  });

  it('knows an actor by session, principal, credential and address', async () => {
    const { ring, promoted } = ringOf();
    const rows = rowsOf(
      { sessionHi: 1, sessionLo: 5 },
      { principalHi: 1, principalLo: 6 },
      { credentialHi: 1, credentialLo: 7 },
      { ipHi: 1, ipLo: 0 },
      { agentHi: 1, agentLo: 5 },
    );
    for (let row = 0; row < rows.count; row++) ring.append(rows, row, T, row + 1, 0, 0);
    for (const lo of [5, 6, 7, 0]) ring.promote(1, lo);
    await ring.settle();
    expect(promoted.map((p) => p.sequence)).toEqual([1, 2, 3, 4]);
    ring.close();
  });

  it('promotes by itself, soon', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { ring, promoted, append } = ringOf();
    append(0, 1, 3);
    ring.promote(0, 3);
    vi.advanceTimersByTime(1000);
    await vi.waitFor(() => expect(promoted).toHaveLength(1));
    ring.close();
  });

  it('forgets after a quarter of an hour, and the keys with it', async () => {
    const { ring, promoted, append } = ringOf();
    for (let ms = 0; ms <= RING_MS + 2 * SLICE_MS; ms += SLICE_MS / 2) append(ms, 1 + ms / (SLICE_MS / 2), 1);
    await ring.settle();
    const full = ring.bytes;
    ring.expire(T + RING_MS + 3 * SLICE_MS - 1);
    expect(ring.bytes).toBeLessThan(full);
    ring.promote(0, 1);
    await ring.settle();
    // Slices that have ended more than a quarter of an hour ago are gone: those of the first two minutes.
    expect(promoted[0].nowMs).toBe(T + 2 * SLICE_MS);
    ring.expire(T + 10 * RING_MS);
    expect(ring.bytes).toBe(0);
    ring.close();
  });

  it('forgets by itself where nothing comes any more', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { ring, append, at } = ringOf();
    append(0, 1, 1);
    append(2 * CHUNK_MS, 2, 1);
    await ring.settle();
    expect(ring.bytes).toBeGreaterThan(0);
    at(RING_MS + 3 * SLICE_MS);
    for (let i = 0; i < 5; i++) {
      vi.advanceTimersByTime(CHUNK_MS);
      await ring.settle();
    }
    expect(ring.bytes).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    ring.close();
  });

  it('stays within its bytes, and forgets the oldest first', async () => {
    const { ring, promoted } = ringOf(200_000);
    const rows = randomRows(100, 1);
    rows.ipHi.fill(0);
    rows.ipLo.fill(1);
    for (let n = 0; n < 20 * CHUNK_EVENTS; n++) {
      ring.append(rows, n % 100, T + n, n + 1, 0, 0);
      if (n % CHUNK_EVENTS === 0) await ring.settle();
    }
    ring.promote(0, 1);
    await ring.settle();
    expect(ring.bytes).toBeLessThanOrEqual(200_000);
    expect(ring.lost + promoted.length).toBe(20 * CHUNK_EVENTS);
    expect(promoted.length).toBeGreaterThan(CHUNK_EVENTS);
    expect(promoted.at(-1)?.sequence).toBe(20 * CHUNK_EVENTS);
    ring.close();
  });

  it('does not wait for a processor that is busy: what cannot be sealed is lost and counted', async () => {
    const { ring, append } = ringOf();
    for (let n = 0; n < 40 * CHUNK_EVENTS; n++) append(0, n + 1, 1);
    expect(ring.lost).toBeGreaterThan(20 * CHUNK_EVENTS);
    await ring.settle();
    ring.close();
  });

  it('holds nothing in the clear, nor under a key that outlives it', async () => {
    const { ring } = ringOf();
    const rows = rowsOf({ ipLo: 1, targetLength: 26 });
    rows.text = new TextEncoder().encode('/orders?note=marker-marker');
    for (let n = 0; n < 3; n++) ring.append(rows, 0, T + n * SLICE_MS, n + 1, 0, 0);
    await ring.settle();
    type Inside = { slices: { key: Buffer; chunks: { sealed: Buffer }[] }[] };
    const { slices } = ring as unknown as Inside;
    const kept = [...slices];
    expect(kept).toHaveLength(2);
    expect(kept[0].key.equals(kept[1].key)).toBe(false);
    for (const { chunks } of kept) expect(chunks[0].sealed.includes('marker')).toBe(false);
    ring.close();
    for (const { key } of kept) expect(key.every((byte) => byte === 0)).toBe(true);
    expect(ring.bytes).toBe(0);
  });
});

describe('a journal that keeps a share', () => {
  const base = mkdtempSync(join(tmpdir(), 'sallyport-sampled-'));
  afterAll(() => rmSync(base, { recursive: true }));
  let folders = 0;
  const ACTORS = 400;

  /** A journal of exchanges of many actors; `act` is called before each round. */
  async function sampled(sample: number, act: (journal: JournalDirectory, round: number) => void, rounds = 10) {
    const path = join(base, `journal-${folders++}`);
    const engine = new FakeEngine();
    const journal = JournalDirectory.open(
      journalOptions(path, engine, { sample, ringBytes: 1e8, sampleKey: 12_345, bufferBytes: 1e9 }),
    );
    for (let round = 0; round < rounds; round++) {
      act(journal, round);
      const rows = rowsOf(
        ...Array.from({ length: ACTORS }, (_, a) => ({
          ipLo: a + 1,
          sessionHi: a % 3,
          sessionLo: a % 2 === 0 ? a + 1 : 0,
        })),
      );
      for (let row = 0; row < ACTORS; row++) {
        appendOne(journal, engine, rows, row);
        appendOne(journal, engine, rows, row, true);
      }
    }
    await journal.close();
    return { path, journal, events: eventsOf(path) };
  }
  const ofActor = (events: ReturnType<typeof eventsOf>, address: number) =>
    events.filter((e) => e.rows.ipLo[e.row] === address);

  it('keeps actors whole or not at all, and their weights sum up to what there was', async () => {
    const { path, journal, events } = await sampled(0.25, () => undefined);
    const share = events.length / (ACTORS * 20);
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.35);
    for (let a = 1; a <= ACTORS; a++) expect([0, 20]).toContain(ofActor(events, a).length);
    expect(events.every((e) => e.weight === 4)).toBe(true);
    const sum = events.reduce((total, e) => total + e.weight, 0);
    expect(Math.abs(sum / (ACTORS * 20) - 1)).toBeLessThan(0.2);
    expect(journal.statistics()).toMatchObject({ events: events.length, sampledOut: ACTORS * 20 - events.length });
    const reader = openJournalDirectory(path);
    for (const e of reader.entries()) if (e.type === 'mark') break;
    expect(partialReasons(reader.completeness())[0]).toMatch(/^sampled: \d+ records left out$/);
  });

  it('chooses by a secret: another key keeps others', async () => {
    const { events } = await sampled(0.25, () => undefined, 1);
    const engine = new FakeEngine();
    const path = join(base, 'other-key');
    const journal = JournalDirectory.open(journalOptions(path, engine, { sample: 0.25, sampleKey: 54_321 }));
    const rows = rowsOf(...Array.from({ length: ACTORS }, (_, a) => ({ ipLo: a + 1 })));
    for (let row = 0; row < ACTORS; row++) appendOne(journal, engine, rows, row);
    await journal.close();
    const odd = (found: typeof events) => new Set(found.map((e) => e.rows.ipLo[e.row]).filter((a) => a % 2 === 0));
    expect(odd(eventsOf(path))).not.toEqual(odd(events));
  });

  it('has everything about an actor that was found out: before from the ring, after at once', async () => {
    const { events } = await sampled(0, (journal, round) => {
      if (round === 6) journal.promote(0, 42);
    });
    expect(events.every((e) => e.rows.ipLo[e.row] === 42)).toBe(true);
    const past = events.filter((e) => e.promoted);
    const since = events.filter((e) => !e.promoted);
    expect([past.length, since.length]).toEqual([12, 8]);
    expect(past.every((e) => e.weight === 0)).toBe(true);
    expect(since.every((e) => e.weight === 1)).toBe(true);
    const sequences = events.map((e) => e.sequence).sort((a, b) => a - b);
    expect(sequences).toEqual(
      Array.from({ length: 10 }, (_, round) => [round * 2 * ACTORS + 83, round * 2 * ACTORS + 84]).flat(),
    );
    expect(past.map((e) => e.nowMs)).toEqual(past.map((e) => T + e.sequence));
  });

  it('promotes nothing twice that the journal has kept', async () => {
    const { events } = await sampled(0.5, (journal, round) => {
      if (round === 5) for (let a = 1; a <= ACTORS; a++) journal.promote(0, a);
    });
    expect(events.length).toBe(ACTORS * 20);
    expect(new Set(events.map((e) => e.sequence)).size).toBe(ACTORS * 20);
    // Of what was left out nothing may count, or sums would be too large.
    expect(events.filter((e) => e.promoted).every((e) => e.weight === 0)).toBe(true);
  });

  it('keeps what was decided about, refused or asked for, with the other half of the exchange', async () => {
    const path = join(base, 'decided');
    const engine = new FakeEngine();
    const journal = JournalDirectory.open(journalOptions(path, engine, { sample: 0 }));
    const rows = rowsOf({ ipLo: 1 }, { ipLo: 2 }, { ipLo: 3 }, { ipLo: 4 });
    // Somebody about whom something is known, but nothing done: 1 is an actor, from bit 1 on stands the action.
    const said: [number, number][] = [
      [1 | (2 << 1), EVENT.admitted],
      [0, 0],
      [0, EVENT.admitted | EVENT.keep],
      [1, EVENT.admitted],
    ];
    for (const [row, [decision, flags]] of said.entries()) {
      appendOne(journal, engine, rows, row, false, decision, flags);
      appendOne(journal, engine, rows, row, true, 0, row === 1 ? 0 : EVENT.admitted);
    }
    await journal.close();
    expect(eventsOf(path).map((e) => [e.rows.ipLo[e.row], e.response, e.weight])).toEqual(
      [1, 2, 3].flatMap((a) => [
        [a, false, 1],
        [a, true, 1],
      ]),
    );
  });
});
