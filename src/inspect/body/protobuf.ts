/**
 * Protocol buffers without their schema: the wire format tells numbers, texts and messages apart well enough to find the
 * texts. Paths are field numbers: `$.1.3`.
 */
import { isUtf8 } from 'node:buffer';
import type { Fields } from './fields.ts';

/** Messages within messages that are tried; a guess that fails costs one pass over its bytes each level. */
const MAX_GUESSES = 8;
/** Fields of all messages together, whatever their type, before the rest is passed over. */
const MAX_TAGS = 100_000;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const GROUP = 3;
const GROUP_END = 4;
const FIXED32 = 5;

/** Reads one message into `fields`. False where it is none. Never throws. */
export function readProtobuf(bytes: Buffer, fields: Fields, root: string): boolean {
  const walk = new Walk(fields);
  if (!isMessage(bytes, 0, bytes.length)) {
    strings(bytes, fields, root);
    return bytes.length === 0;
  }
  walk.message(bytes, 0, bytes.length, root, 0);
  return true;
}

class Walk {
  private readonly fields: Fields;
  private tags = 0;

  constructor(fields: Fields) {
    this.fields = fields;
  }

  message(bytes: Buffer, start: number, end: number, path: string, depth: number): void {
    for (let at = start; at < end; ) {
      if (++this.tags > MAX_TAGS) {
        this.fields.note('fields');
        return;
      }
      const tag = varint(bytes, at, end);
      at = varintEnd(bytes, at, end);
      const type = tag & 7;
      if (type === LENGTH) {
        const length = varint(bytes, at, end);
        at = varintEnd(bytes, at, end);
        this.content(bytes, at, at + length, `${path}.${Math.floor(tag / 8)}`, depth);
        at += length;
      } else at = skip(bytes, at, end, type);
    }
  }

  /** A message, a text or bytes: what it is nobody says. Text first: few messages are sound UTF-8 without controls. */
  private content(bytes: Buffer, start: number, end: number, path: string, depth: number): void {
    if (start === end) return;
    const content = bytes.subarray(start, end);
    if (isText(content)) {
      this.put(path, content.toString('utf8'));
      return;
    }
    if (isMessage(bytes, start, end)) {
      if (depth < Math.min(this.fields.limits.depth, MAX_GUESSES)) {
        this.message(bytes, start, end, path, depth + 1);
        return;
      }
      this.fields.note('depth');
    }
    strings(content, this.fields, path);
  }

  private put(path: string, text: string): void {
    if (!this.fields.add(path, path.slice(path.lastIndexOf('.') + 1), 'string', text)) this.fields.rest(path, text);
  }
}

/** Is every byte from `start` to `end` part of a field? */
function isMessage(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const tag = varint(bytes, at, end);
    at = varintEnd(bytes, at, end);
    if (at < 0 || tag < 8) return false;
    const type = tag & 7;
    at = skip(bytes, at, end, type);
    if (at < 0 || at > end) return false;
  }
  return at === end && end > start;
}

/** Where a field's value ends; −1 where it cannot. */
function skip(bytes: Buffer, at: number, end: number, type: number): number {
  switch (type) {
    case VARINT:
      return varintEnd(bytes, at, end);
    case FIXED64:
      return at + 8;
    case LENGTH: {
      const length = varint(bytes, at, end);
      const from = varintEnd(bytes, at, end);
      return from < 0 || length > end - from ? -1 : from + length;
    }
    case FIXED32:
      return at + 4;
    // Groups are older than most of us: their tags stand alone and what is between them is read as fields.
    case GROUP:
    case GROUP_END:
      return at;
    default:
      return -1;
  }
}

/** Value of a variable-length integer, exact below 2^53: no length beyond that fits anyway. */
function varint(bytes: Buffer, at: number, end: number): number {
  let value = 0;
  let scale = 1;
  for (let i = at; i < end && i < at + 10; i++) {
    value += (bytes[i] & 0x7f) * scale;
    if (bytes[i] < 0x80) break;
    scale *= 128;
  }
  return value;
}

function varintEnd(bytes: Buffer, at: number, end: number): number {
  for (let i = at; i < end && i < at + 10; i++) if (bytes[i] < 0x80) return i + 1;
  return -1;
}

/** UTF-8 without control characters other than white space. */
function isText(bytes: Buffer): boolean {
  for (const byte of bytes) {
    if ((byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) || byte === 0x7f) return false;
  }
  return isUtf8(bytes);
}

/** Shortest run of characters that is taken for a text, in bytes. */
const MIN_RUN = 4;

/** Runs of printable characters, as the tool `strings` finds them; bytes of UTF-8 count as printable. */
export function strings(bytes: Buffer, fields: Fields, path: string): void {
  let start = -1;
  for (let i = 0; i <= bytes.length; i++) {
    const byte = i < bytes.length ? bytes[i] : 0;
    const printable = byte >= 0x20 && byte !== 0x7f && byte < 0xf8;
    if (printable && start < 0) start = i;
    else if (!printable && start >= 0) {
      if (i - start >= MIN_RUN && !fields.add(path, '', 'string', bytes.toString('utf8', start, i))) {
        fields.rest(path, bytes.toString('latin1', start));
        return;
      }
      start = -1;
    }
  }
}
