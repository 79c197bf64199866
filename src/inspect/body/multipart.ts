/**
 * Multipart bodies (RFC 2046, RFC 7578), read in memory and in one pass. Where servers are known to read them differently
 * — no last boundary, a name given twice, lines that end in LF — it says so, and looks at what each of them would see.
 */
import type { Fields } from './fields.ts';
import { type Parameterised, readParameters } from './media.ts';

/** Longest head of one part, in bytes, and its fields. */
const MAX_PART_HEAD = 16_384;
const MAX_PART_FIELDS = 32;
/** RFC 2046, 5.1.1. */
const MAX_BOUNDARY = 70;

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;

export interface Part {
  /** '' where it has none. */
  readonly name: string;
  /** null: it is no file. */
  readonly filename: string | null;
  readonly type: Parameterised;
  /** Content-Transfer-Encoding in small letters. */
  readonly transfer: string;
  readonly content: Buffer;
}

/** Reads the parts of a body and hands each to `take`; false from there ends it. Never throws. */
export function readParts(
  body: Buffer,
  boundary: string,
  cut: boolean,
  fields: Fields,
  take: (part: Part) => boolean,
): void {
  if (boundary === '' || boundary.length > MAX_BOUNDARY) fields.note('syntax');
  if (boundary === '') {
    fields.rest('', body.toString('latin1'));
    return;
  }
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  let open = findDelimiter(body, delimiter, 0, fields);
  outside(body.subarray(0, open?.from ?? body.length), fields);
  for (let count = 0; open !== null && !open.last; count++) {
    const next = findDelimiter(body, delimiter, open.to, fields);
    const end = next?.from ?? body.length;
    if (next === null) fields.note('truncated');
    if (count >= fields.limits.parts) {
      fields.note('fields');
      fields.rest('', body.subarray(open.to).toString('utf8'));
      return;
    }
    const part = readPart(body.subarray(open.to, Math.max(open.to, end)), next === null && cut, fields);
    if (part !== null && !take(part)) return;
    open = next;
  }
  if (open === null && !cut) fields.note('truncated');
  if (open !== null) outside(body.subarray(open.to), fields);
}

/** What stands before the first boundary and after the last is to be ignored; somebody may not do so. */
function outside(bytes: Buffer, fields: Fields): void {
  const text = bytes.toString('utf8');
  if (text.trim() !== '') fields.rest('', text);
}

interface Delimiter {
  /** Where the content before it ends, without its line end. */
  readonly from: number;
  /** Where its line ends. */
  readonly to: number;
  readonly last: boolean;
}

function findDelimiter(body: Buffer, delimiter: Buffer, start: number, fields: Fields): Delimiter | null {
  for (let at = body.indexOf(delimiter, start); at >= 0; at = body.indexOf(delimiter, at + 1)) {
    if (at > 0 && at !== start && body[at - 1] !== LF) continue;
    let to = at + delimiter.length;
    const last = body[to] === DASH && body[to + 1] === DASH;
    if (last) to += 2;
    while (body[to] === 0x20 || body[to] === 0x09) to++;
    if (to < body.length && !last && body[to] !== CR && body[to] !== LF) {
      // A longer word that begins like the boundary: some parsers take it for one.
      fields.note('syntax');
      continue;
    }
    if (body[to] === CR) to++;
    if (body[to] === LF) to++;
    let from = at > start ? at - 1 : at;
    if (at > start && body[from - 1] === CR) from--;
    else if (at > start) fields.note('syntax');
    return { from: Math.max(start, from), to, last };
  }
  return null;
}

/** One part. null where its head does not end. */
function readPart(bytes: Buffer, cut: boolean, fields: Fields): Part | null {
  let headEnd = bytes.indexOf('\r\n\r\n');
  let content = headEnd + 4;
  if (bytes[0] === CR && bytes[1] === LF) {
    headEnd = 0;
    content = 2;
  } else if (headEnd < 0 || headEnd > MAX_PART_HEAD) {
    headEnd = bytes.indexOf('\n\n');
    content = headEnd + 2;
    if (headEnd >= 0) fields.note('syntax');
  }
  if (headEnd < 0 || headEnd > MAX_PART_HEAD) {
    fields.note(cut ? 'truncated' : 'syntax');
    fields.rest('', bytes.toString('utf8'));
    return null;
  }
  const head = readHead(bytes.subarray(0, headEnd).toString('utf8'), fields);
  return { ...head, content: bytes.subarray(content) };
}

function readHead(text: string, fields: Fields): Omit<Part, 'content'> {
  const seen = new Map<string, string>();
  // A line that begins with a space belongs to the one before (RFC 5322, 2.2.3), but not for every parser.
  const lines = text.split(/\r?\n/);
  if (lines.length > MAX_PART_FIELDS || /\n[ \t]/.test(text)) fields.note('syntax');
  for (const line of text.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/, MAX_PART_FIELDS)) {
    const colon = line.indexOf(':');
    if (colon <= 0) {
      if (line !== '') fields.note('syntax');
      continue;
    }
    const name = line.slice(0, colon).trim().toLowerCase();
    if (seen.has(name) && name.startsWith('content-')) fields.note('syntax');
    else seen.set(name, line.slice(colon + 1).trim());
  }
  const disposition = readParameters(seen.get('content-disposition') ?? '');
  const type = readParameters(seen.get('content-type') ?? '');
  const { parameters } = disposition;
  if (disposition.ambiguous || type.ambiguous) fields.note('syntax');
  const extended = parameters.get('filename*');
  if (parameters.has('name*') || (extended !== undefined && parameters.has('filename'))) fields.note('syntax');
  const filename = extended === undefined ? parameters.get('filename') : extendedValue(extended);
  return {
    name: parameters.get('name') ?? '',
    filename: filename ?? null,
    type,
    transfer: (seen.get('content-transfer-encoding') ?? '').toLowerCase(),
  };
}

/** `UTF-8''na%C3%AFve` (RFC 8187). */
function extendedValue(text: string): string {
  const value = text.slice(text.lastIndexOf("'") + 1);
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
