/**
 * What workers and the owner of state say to each other. A worker enriches and sends the row of facts with its texts; the
 * owner answers with a verdict. Facts instead of planned batches, because the journal, which the owner keeps, needs them.
 */
import { COLUMNS, type FactBatch } from '../../enrich/facts.ts';
import { hashString } from '../../lib/hash.ts';
import type { Spent } from '../live/verdict.ts';
import { type Inbox, MAX_HELLO_FRAME, MAX_JSON_FRAME, MAX_ROW_FRAME, type Outbox } from './frames.ts';

export const WIRE_VERSION = 3;

/** Types of frames. Below 16 from workers, from 16 on from the owner. */
export const FRAME = {
  hello: 1,
  request: 2,
  response: 3,
  business: 4,
  spend: 5,
  solved: 6,
  report: 7,
  ping: 8,
  lasts: 9,
  welcome: 16,
  allows: 17, // ids of requests of which nothing stands against: a word each
  verdict: 18,
  spent: 19,
  failed: 20,
  pong: 21,
  push: 22,
  bye: 23,
} as const;

/** Bits of the word of `response`. */
export const ADMITTED = 1;
export const GOES_ON = 2;

/** What the word of `spent` stands for. */
export const SPENT: readonly Spent[] = ['seen', 'first', 'full'];

/** What may come from a worker that has not shown its secret, from one that has, and from the owner. */
export const fromStranger = (type: number): number => (type === FRAME.hello ? MAX_HELLO_FRAME : 0);
export const fromWorker = (type: number): number => {
  if (type === FRAME.report) return MAX_JSON_FRAME;
  return type > FRAME.hello && type <= FRAME.lasts ? MAX_ROW_FRAME : 0;
};
export const fromOwner = (type: number): number => {
  if (type === FRAME.push || type === FRAME.welcome) return MAX_JSON_FRAME;
  return type > FRAME.welcome && type <= FRAME.bye ? MAX_ROW_FRAME * 4 : 0;
};

/** Bytes of each text that cross at most; what is longer is cut. In the order in which they follow a row. */
const TEXTS = [
  ['target', 8192],
  ['agent', 1024],
  ['referrer', 2048],
  ['principal', 256],
  ['session', 256],
  ['credential', 256],
  ['host', 256],
  ['content', 1024],
] as const;
const TEXT_WORDS_MAX = TEXTS.reduce((sum, [, max]) => sum + max, 0) / 4 + 1;

interface Place {
  readonly name: string;
  /** Bytes before the column, for each row of capacity. */
  readonly offset: number;
}

/** Where every column lies, by type: all but those that say where texts stand, which is another place at the other end. */
const PLAN = columnPlan();

function columnPlan(): { f64: Int32Array; i32: Int32Array; u16: Int32Array; u8: Int32Array } {
  const size = { f64: 8, i32: 4, u16: 2, u8: 1 } as const;
  const found: Record<keyof typeof size, Place[]> = { f64: [], i32: [], u16: [], u8: [] };
  const elsewhere = new Set(TEXTS.flatMap(([name]) => [`${name}At`, `${name}Length`]));
  let offset = 0;
  for (const [name, { type }] of Object.entries(COLUMNS)) {
    if (!elsewhere.has(name)) found[type].push({ name, offset });
    offset += size[type];
  }
  const offsets = (type: keyof typeof size) => Int32Array.from(found[type], (place) => place.offset);
  return { f64: offsets('f64'), i32: offsets('i32'), u16: offsets('u16'), u8: offsets('u8') };
}

const U16_WORDS = (PLAN.u16.length + 1) >> 1;
const U8_WORDS = (PLAN.u8.length + 3) >> 2;
/** Lengths of the texts, two in a word. */
const LENGTH_WORDS = TEXTS.length / 2;
const ROW_WORDS = PLAN.f64.length * 2 + PLAN.i32.length + U16_WORDS + U8_WORDS + LENGTH_WORDS;

/** Tells two builds apart whose rows are not alike. */
export const LAYOUT = hashString(JSON.stringify([COLUMNS, TEXTS, FRAME]), WIRE_VERSION);

/** Room that a row takes at most, in words. */
export const ROW_ROOM = ROW_WORDS + TEXT_WORDS_MAX;

/** Writes a row at the end of `out`, which has {@link ROW_ROOM}. */
export function encodeRow(out: Outbox, rows: FactBatch, row: number): void {
  const { words: to } = out;
  const from = rows.words;
  const { capacity } = rows;
  let at = out.at;
  for (const offset of PLAN.f64) {
    const word = ((offset * capacity) >> 2) + 2 * row;
    to[at++] = from[word];
    to[at++] = from[word + 1];
  }
  for (const offset of PLAN.i32) to[at++] = from[((offset * capacity) >> 2) + row];
  for (let i = 0; i < PLAN.u16.length; i += 2) {
    const high = i + 1 < PLAN.u16.length ? half(from, PLAN.u16[i + 1] * capacity + 2 * row) : 0;
    to[at++] = half(from, PLAN.u16[i] * capacity + 2 * row) | (high << 16);
  }
  for (let i = 0; i < PLAN.u8.length; i += 4) {
    let packed = 0;
    for (let b = 0; b < 4 && i + b < PLAN.u8.length; b++) {
      packed |= byte(from, PLAN.u8[i + b] * capacity + row) << (8 * b);
    }
    to[at++] = packed;
  }
  out.at = at;
  encodeTexts(out, rows, row);
}

function half(words: Int32Array, address: number): number {
  return (words[address >> 2] >>> ((address & 2) << 3)) & 0xffff;
}

function byte(words: Int32Array, address: number): number {
  return (words[address >> 2] >>> ((address & 3) << 3)) & 0xff;
}

/** One place for the lengths, then the bytes of all texts without a gap. */
function encodeTexts(out: Outbox, rows: FactBatch, row: number): void {
  const lengthsAt = out.at;
  let at = (out.at + LENGTH_WORDS) * 4;
  let index = 0;
  const put = (from: number, length: number, max: number): void => {
    const { text } = rows;
    // A place outside of the text is a mistake of whoever filled the row; nothing is sent in its stead.
    const kept = from < 0 || from + length > text.length ? 0 : Math.min(length, max);
    const word = lengthsAt + (index >> 1);
    out.words[word] = (index & 1) === 0 ? kept : out.words[word] | (kept << 16);
    index++;
    copy(text, from, out.bytes, at, kept);
    at += kept;
  };
  put(rows.targetAt[row], rows.targetLength[row], TEXTS[0][1]);
  put(rows.agentAt[row], rows.agentLength[row], TEXTS[1][1]);
  put(rows.referrerAt[row], rows.referrerLength[row], TEXTS[2][1]);
  put(rows.principalAt[row], rows.principalLength[row], TEXTS[3][1]);
  put(rows.sessionAt[row], rows.sessionLength[row], TEXTS[4][1]);
  put(rows.credentialAt[row], rows.credentialLength[row], TEXTS[5][1]);
  put(rows.hostAt[row], rows.hostLength[row], TEXTS[6][1]);
  put(rows.contentAt[row], rows.contentLength[row], TEXTS[7][1]);
  out.at = (at + 3) >> 2;
}

/** Texts are mostly so short that a loop is faster than the call that copies. */
const LOOP_BYTES = 48;

function copy(from: Uint8Array, start: number, to: Uint8Array, at: number, length: number): void {
  if (length <= LOOP_BYTES) for (let i = 0; i < length; i++) to[at + i] = from[start + i];
  else to.set(from.subarray(start, start + length), at);
}

/**
 * Reads a row into `row` of `rows`, whose text becomes the inbox's own bytes: the row is good until more is appended there.
 * False, and the inbox `bad`, where it is no row.
 */
export function decodeRow(inbox: Inbox, rows: FactBatch, row: number): boolean {
  if (inbox.at + ROW_WORDS > inbox.limit) {
    inbox.bad = true;
    return false;
  }
  const from = inbox.words;
  const to = rows.words;
  const { capacity } = rows;
  let at = inbox.at;
  for (const offset of PLAN.f64) {
    const word = ((offset * capacity) >> 2) + 2 * row;
    to[word] = from[at++];
    to[word + 1] = from[at++];
  }
  for (const offset of PLAN.i32) to[((offset * capacity) >> 2) + row] = from[at++];
  for (let i = 0; i < PLAN.u16.length; i++) {
    const value = (from[at + (i >> 1)] >>> ((i & 1) << 4)) & 0xffff;
    setBits(to, PLAN.u16[i] * capacity + 2 * row, 0xffff, value);
  }
  at += U16_WORDS;
  for (let i = 0; i < PLAN.u8.length; i++) {
    setBits(to, PLAN.u8[i] * capacity + row, 0xff, (from[at + (i >> 2)] >>> ((i & 3) << 3)) & 0xff);
  }
  inbox.at = at + U8_WORDS;
  return decodeTexts(inbox, rows, row);
}

function setBits(words: Int32Array, address: number, mask: number, value: number): void {
  const shift = (address & 3) << 3;
  words[address >> 2] = (words[address >> 2] & ~(mask << shift)) | (value << shift);
}

function decodeTexts(inbox: Inbox, rows: FactBatch, row: number): boolean {
  const lengthsAt = inbox.at;
  const { words } = inbox;
  let at = (lengthsAt + LENGTH_WORDS) * 4;
  let index = 0;
  const take = (max: number): number => {
    const length = (words[lengthsAt + (index >> 1)] >>> ((index & 1) << 4)) & 0xffff;
    index++;
    if (length > max) inbox.bad = true;
    at += length;
    return length;
  };
  rows.targetAt[row] = at;
  rows.targetLength[row] = take(TEXTS[0][1]);
  rows.agentAt[row] = at;
  rows.agentLength[row] = take(TEXTS[1][1]);
  rows.referrerAt[row] = at;
  rows.referrerLength[row] = take(TEXTS[2][1]);
  rows.principalAt[row] = at;
  rows.principalLength[row] = take(TEXTS[3][1]);
  rows.sessionAt[row] = at;
  rows.sessionLength[row] = take(TEXTS[4][1]);
  rows.credentialAt[row] = at;
  rows.credentialLength[row] = take(TEXTS[5][1]);
  rows.hostAt[row] = at;
  rows.hostLength[row] = take(TEXTS[6][1]);
  rows.contentAt[row] = at;
  rows.contentLength[row] = take(TEXTS[7][1]);
  inbox.at = (at + 3) >> 2;
  rows.text = inbox.bytes;
  return inbox.whole();
}

/** Gives a decoded row its own copy of its texts, which end at byte `end`: for whoever reads it after more has come. */
export function detachTexts(rows: FactBatch, row: number, end: number): void {
  const start = rows.targetAt[row];
  rows.text = rows.text.slice(start, end);
  for (const [name] of TEXTS) rows[`${name}At`][row] -= start;
}
