import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../../engine/policy.ts';
import { COLUMNS, createBatch, type TextName } from '../../enrich/facts.ts';
import { ALLOW, LIMIT_KINDS, type Verdict } from '../live/verdict.ts';
import { Inbox, MAX_ROW_FRAME, Outbox } from './frames.ts';
import { contentOf, rowWith } from './testing.ts';
import { decodeVerdict, encodeVerdict, saysNothing } from './verdict-wire.ts';
import { decodeRow, encodeRow, FRAME, fromOwner, fromWorker, ROW_ROOM } from './wire.ts';

fc.configureGlobal({ seed: 20240304 });

const number = {
  f64: fc.oneof(fc.double(), fc.constant(-1), fc.integer()),
  i32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  u16: fc.nat(0xffff),
  u8: fc.nat(0xff),
};
const values = fc.record(
  Object.fromEntries(
    Object.entries(COLUMNS)
      .filter(([name]) => !/(?:At|Length)$/.test(name))
      .map(([name, { type }]) => [name, number[type]]),
  ),
) as fc.Arbitrary<Partial<Record<keyof typeof COLUMNS, number>>>;
const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const texts = fc.record(
  Object.fromEntries(
    ['target', 'agent', 'referrer', 'principal', 'session', 'credential', 'host', 'content'].map((n) => [n, text]),
  ),
) as fc.Arbitrary<Record<TextName, string>>;

function frameOf(write: (out: Outbox) => void): Uint8Array {
  const out = new Outbox();
  write(out);
  return out.take().chunk;
}

function rowFrame(rows: ReturnType<typeof rowWith>, row: number): Uint8Array {
  return frameOf((out) => {
    out.begin(FRAME.business, ROW_ROOM);
    encodeRow(out, rows, row);
    out.end();
  });
}

describe('rows', () => {
  it('cross with every column and text, from any row into any row, without touching others', () => {
    fc.assert(
      fc.property(values, texts, fc.nat(15), fc.nat(7), (v, t, fromRow, toRow) => {
        const rows = rowWith(v, t, fromRow);
        const inbox = new Inbox(fromWorker);
        inbox.append(rowFrame(rows, fromRow));
        const to = createBatch(8);
        const neighbour = (toRow + 1) % 8;
        to.words.fill(-1);
        const before = Object.keys(COLUMNS).map((name) => to[name as keyof typeof COLUMNS][neighbour]);
        expect(inbox.next()).toBe(true);
        expect(decodeRow(inbox, to, toRow)).toBe(true);
        expect(contentOf(to, toRow)).toEqual(contentOf(rows, fromRow));
        expect(Object.keys(COLUMNS).map((name) => to[name as keyof typeof COLUMNS][neighbour])).toEqual(before);
      }),
    );
  });

  it('are cut to their bounds, and fit into a frame at their longest', () => {
    const long = 'x'.repeat(65_000);
    const names: TextName[] = ['target', 'agent', 'referrer', 'principal', 'session', 'credential', 'host', 'content'];
    const rows = rowWith({ status: 200 }, Object.fromEntries(names.map((name) => [name, long])));
    const chunk = rowFrame(rows, 3);
    expect(chunk.length).toBeLessThan(MAX_ROW_FRAME);
    const inbox = new Inbox(fromWorker);
    inbox.append(chunk);
    const to = createBatch(1);
    expect(inbox.next() && decodeRow(inbox, to, 0)).toBe(true);
    expect(contentOf(to, 0)).toMatchObject({
      status: 200,
      targetLength: 8192,
      agentLength: 1024,
      credentialLength: 256,
    });
  });

  it('with texts outside of their bytes cross without them', () => {
    const rows = rowWith({ status: 404 }, { target: '/a' });
    rows.targetAt[3] = 1_000_000;
    rows.agentAt[3] = -4;
    rows.agentLength[3] = 3;
    const inbox = new Inbox(fromWorker);
    inbox.append(rowFrame(rows, 3));
    const to = createBatch(1);
    expect(inbox.next() && decodeRow(inbox, to, 0)).toBe(true);
    expect(contentOf(to, 0)).toMatchObject({ status: 404, target: '', agent: '' });
  });
});

const short = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
const double = fc.double();
const verdict: fc.Arbitrary<Verdict> = fc.record({
  action: fc.constantFrom(...ACTIONS),
  planned: fc.constantFrom(...ACTIONS),
  mode: fc.constantFrom('shadow' as const, 'canary' as const, 'enforce' as const),
  class: short,
  risk: double,
  mitigation: short,
  untilMs: double,
  actor: short,
  dimension: short,
  delayMs: double,
  retryAfterSec: double,
  credential: short,
  limit: fc.option(
    fc.record({
      // A rate is what a limit is without a kind.
      kind: fc.constantFrom(undefined, ...LIMIT_KINDS.filter((kind) => kind !== 'rate')),
      name: short,
      limit: double,
      windowSec: double,
      remaining: double,
      resetSec: double,
      exceeded: fc.boolean(),
    }),
  ),
});

/** Ids and verdicts of everything in a chunk. */
function verdictsIn(chunk: Uint8Array): [number, Verdict | null][] {
  const inbox = new Inbox(fromOwner);
  inbox.append(chunk);
  const found: [number, Verdict | null][] = [];
  while (inbox.next()) {
    if (inbox.type === FRAME.allows) while (inbox.at < inbox.limit) found.push([inbox.word(), ALLOW]);
    else found.push([inbox.word(), decodeVerdict(inbox)]);
  }
  return found;
}

describe('verdicts', () => {
  it('cross as they are, in their order', () => {
    const list = fc.array(fc.oneof(verdict, fc.constant(ALLOW), fc.constant({ ...ALLOW })), { maxLength: 20 });
    fc.assert(
      fc.property(list, (verdicts) => {
        const chunk = frameOf((out) => verdicts.forEach((v, i) => void encodeVerdict(out, i + 1, v)));
        expect(verdictsIn(chunk)).toEqual(verdicts.map((v, i) => [i + 1, v]));
      }),
    );
  });

  it('that say nothing take four bytes each, after one header', () => {
    const chunk = frameOf((out) => {
      for (let id = 1; id <= 100; id++) encodeVerdict(out, id, id % 2 === 0 ? ALLOW : { ...ALLOW });
    });
    expect(chunk.length).toBe(404);
  });

  it('say something as soon as one field does', () => {
    for (const [name, value] of Object.entries(ALLOW)) {
      const other = typeof value === 'number' ? 1 : name === 'mode' ? 'enforce' : name === 'limit' ? {} : 'block';
      expect(saysNothing({ ...ALLOW, [name]: other } as Verdict), name).toBe(false);
    }
  });
});

describe('arbitrary bytes', () => {
  /** Reads everything as an end would; how many frames there were. */
  const read = (inbox: Inbox): number => {
    const rows = createBatch(1);
    let frames = 0;
    while (inbox.next()) {
      frames++;
      if (inbox.type === FRAME.verdict) decodeVerdict(inbox);
      else if (inbox.type === FRAME.business) decodeRow(inbox, rows, 0);
      else inbox.text();
      inbox.whole();
    }
    return frames;
  };

  it('never make a reader throw, nor keep more than they are', () => {
    const garbage = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 });
    fc.assert(
      fc.property(garbage, fc.boolean(), (chunks, worker) => {
        const inbox = new Inbox(worker ? fromWorker : fromOwner);
        for (const chunk of chunks) {
          inbox.append(chunk);
          read(inbox);
        }
        expect(inbox.backlog).toBeLessThanOrEqual(200 * 20);
      }),
    );
  });

  it('in place of some bytes of a frame are found or give other values, and never throw', () => {
    const chunk = rowFrame(rowWith({ status: 200 }, { target: '/abc', agent: 'x' }), 3);
    const spoilt = fc.array(fc.tuple(fc.nat(chunk.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(spoilt, (changes) => {
        const copy = chunk.slice();
        for (const [at, value] of changes) copy[at] = value;
        const inbox = new Inbox(fromWorker);
        inbox.append(copy);
        expect(read(inbox)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it.each([
    ['of no length', 0],
    ['of a type that nobody knows', (2 << 8) | 99],
    ['of a type that the other end sends', (2 << 8) | FRAME.allows],
    ['longer than its type may be', ((MAX_ROW_FRAME / 4 + 1) << 8) | FRAME.request],
  ])('a frame %s ends the connection', (_, header) => {
    const inbox = new Inbox(fromWorker);
    inbox.append(new Uint8Array(Int32Array.of(header, 0).buffer));
    expect(inbox.next()).toBe(false);
    expect(inbox.bad).toBe(true);
  });
});

describe('frames', () => {
  it('come out as they went in, however they are cut up', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 300 }), { maxLength: 30 }), cuts, (list, lengths) => {
        const chunk = frameOf((out) => {
          for (const item of list) {
            out.begin(FRAME.report, 0);
            out.text(item, 1000);
            out.end();
          }
        });
        const inbox = new Inbox(fromWorker);
        const found: string[] = [];
        for (let at = 0, i = 0; at < chunk.length; i++) {
          const end = at + lengths[i % lengths.length];
          inbox.append(chunk.subarray(at, end));
          at = end;
          while (inbox.next()) found.push(inbox.text());
        }
        expect(inbox.bad).toBe(false);
        expect(found).toEqual(list.map((item) => new TextDecoder().decode(new TextEncoder().encode(item))));
      }),
      { numRuns: 50 },
    );
  });

  it('grow the outbox as they need, and it gives large buffers up', () => {
    const out = new Outbox();
    const long = 'y'.repeat(3_000_000);
    out.begin(FRAME.report, 0);
    out.text(long, 4_000_000);
    out.end();
    const { chunk, slab } = out.take();
    const inbox = new Inbox(fromWorker);
    inbox.append(chunk);
    expect(inbox.next() && inbox.text() === long).toBe(true);
    inbox.append(new Uint8Array(0));
    expect(inbox.bytes.length).toBeLessThan(100_000);
    out.give(slab);
    out.begin(FRAME.ping, 0);
    expect(out.take().slab).not.toBe(slab);
    expect(out.take().slab).not.toBe(slab);
  });
});
