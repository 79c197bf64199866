/** Bytes to text, by the character set that is declared, or that the first bytes show. */
import { isAscii, isUtf8 } from 'node:buffer';

export interface Text {
  readonly text: string;
  /** Something in it was no valid sequence, or nobody knows the character set: it was replaced or read as Latin-1. */
  readonly flawed: boolean;
}

const KNOWN: Readonly<Record<string, string>> = {
  'utf-8': 'utf8',
  utf8: 'utf8',
  'us-ascii': 'utf8',
  ascii: 'utf8',
  'utf-16': 'utf16',
  'utf-16le': 'utf16le',
  'utf-16be': 'utf16be',
  'utf-32': 'utf32',
  'utf-32le': 'utf32le',
  'utf-32be': 'utf32be',
  'iso-8859-1': 'latin1',
  latin1: 'latin1',
  'windows-1252': 'windows1252',
  cp1252: 'windows1252',
};

const utf16be = new TextDecoder('utf-16be');

/** What windows-1252 has where Latin-1 has controls, from 0x80 on. Node 20 decodes it as if it were Latin-1. */
const WINDOWS =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

/**
 * Text of a body. A byte order mark counts more than what is declared. Without either it is UTF-8, but for JSON that
 * begins like UTF-16 or UTF-32. Other character sets are not followed: they mostly serve to slip by.
 */
export function readText(bytes: Buffer, declared: string): Text {
  const marked = byMark(bytes);
  if (marked !== null) return marked;
  const name = declared.trim().toLowerCase();
  const known = name === '' ? byZeros(bytes) : Object.hasOwn(KNOWN, name) ? KNOWN[name] : 'unknown';
  return byName(known, bytes);
}

function byMark(bytes: Buffer): Text | null {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return utf8(bytes.subarray(3));
  if (a === 0xff && b === 0xfe) {
    return c === 0 && d === 0 && bytes.length >= 4 ? utf32(bytes.subarray(4), true) : utf16(bytes.subarray(2), true);
  }
  if (a === 0xfe && b === 0xff) return utf16(bytes.subarray(2), false);
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return utf32(bytes.subarray(4), false);
  return null;
}

/** JSON begins with two ASCII characters, so zeros among the first four bytes tell (RFC 4627, 3). */
function byZeros(bytes: Buffer): string {
  if (bytes.length < 4) return 'utf8';
  const [a, b, c, d] = bytes;
  if (a !== 0 && b === 0 && c === 0 && d === 0) return 'utf32le';
  if (a === 0 && b === 0 && c === 0 && d !== 0) return 'utf32be';
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return 'utf16le';
  if (a === 0 && b !== 0 && c === 0 && d !== 0) return 'utf16be';
  return 'utf8';
}

function byName(name: string, bytes: Buffer): Text {
  switch (name) {
    case 'utf8':
      return utf8(bytes);
    case 'utf16':
    case 'utf16le':
      return utf16(bytes, true);
    case 'utf16be':
      return utf16(bytes, false);
    case 'utf32':
    case 'utf32be':
      return utf32(bytes, false);
    case 'utf32le':
      return utf32(bytes, true);
    case 'latin1':
      return { text: bytes.toString('latin1'), flawed: false };
    case 'windows1252':
      return { text: windows1252(bytes), flawed: false };
    default:
      return { text: bytes.toString('latin1'), flawed: true };
  }
}

function utf8(bytes: Buffer): Text {
  if (isAscii(bytes)) return { text: bytes.toString('latin1'), flawed: false };
  if (isUtf8(bytes)) return { text: bytes.toString('utf8'), flawed: false };
  return { text: withoutOverlong(bytes).toString('utf8'), flawed: true };
}

/**
 * Overlong forms of ASCII (C0 AF for a slash, E0 80 AF) become what a careless decoder would make of them; what remains
 * invalid is replaced by U+FFFD when the text is made.
 */
function withoutOverlong(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  let to = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    const next = bytes[i + 1];
    if ((byte === 0xc0 || byte === 0xc1) && (next & 0xc0) === 0x80) {
      out[to++] = ((byte & 1) << 6) | (next & 0x3f);
      i++;
    } else if (byte === 0xe0 && (next === 0x80 || next === 0x81) && (bytes[i + 2] & 0xc0) === 0x80) {
      out[to++] = ((next & 1) << 6) | (bytes[i + 2] & 0x3f);
      i += 2;
    } else out[to++] = byte;
  }
  return out.subarray(0, to);
}

function windows1252(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[\x80-\x9f]/g, (char) => WINDOWS[char.charCodeAt(0) - 0x80]);
}

function utf16(bytes: Buffer, little: boolean): Text {
  const flawed = bytes.length % 2 === 1;
  const even = flawed ? bytes.subarray(0, bytes.length - 1) : bytes;
  return { text: little ? even.toString('ucs2') : utf16be.decode(even), flawed };
}

function utf32(bytes: Buffer, little: boolean): Text {
  let flawed = bytes.length % 4 !== 0;
  const out = Buffer.allocUnsafe(bytes.length);
  let to = 0;
  for (let i = 0; i + 4 <= bytes.length; i += 4) {
    let code = little ? bytes.readUInt32LE(i) : bytes.readUInt32BE(i);
    if (code > 0x10ffff) {
      code = 0xfffd;
      flawed = true;
    }
    if (code > 0xffff) {
      to = out.writeUInt16LE(0xd800 + ((code - 0x10000) >> 10), to);
      code = 0xdc00 + ((code - 0x10000) & 0x3ff);
    }
    to = out.writeUInt16LE(code, to);
  }
  return { text: out.toString('ucs2', 0, to), flawed };
}
