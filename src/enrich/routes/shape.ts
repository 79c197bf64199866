/** What a path segment looks like: a word that names something, or a value that stands for one of many things. */

export const SHAPE = {
  word: 0, // letters, a version such as v2, a file name: names a thing
  slug: 1, // words joined by hyphens or mixed with digits: may be a name, may be a value
  number: 2,
  uuid: 3,
  hash: 4, // 8 or more hex digits, digits among them
  date: 5, // 2024-05-17, 2024-05, with or without a time behind it
  email: 6,
  token: 7, // base64url, prefixed and other generated identifiers
  junk: 8, // bytes that no well-meant path has
} as const;

/** True for shapes that are values whatever stands around them. */
export function isValue(shape: number): boolean {
  return shape >= SHAPE.number && shape <= SHAPE.token;
}

const OTHER = 0;
const DIGIT = 1;
const LOWER = 2;
const UPPER = 3;
const HYPHEN = 4;
const UNDERSCORE = 5;
const POINT = 6;
const AT = 7;
const JUNK = 8;

const KIND = new Uint8Array(256).map((_, c) => {
  if (c >= 0x30 && c <= 0x39) return DIGIT;
  if (c >= 0x61 && c <= 0x7a) return LOWER;
  if (c >= 0x41 && c <= 0x5a) return UPPER;
  if (c === 0x2d) return HYPHEN;
  if (c === 0x5f) return UNDERSCORE;
  if (c === 0x2e) return POINT;
  if (c === 0x40) return AT;
  return c < 0x20 || c === 0x7f || '<>"`{}|\\'.includes(String.fromCharCode(c)) ? JUNK : OTHER;
});

/** Classifies the segment `buf[start, end)`, percent-decoded. */
export function shapeOf(buf: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return SHAPE.word;
  let digits = 0;
  let lower = 0;
  let upper = 0;
  let hex = 0;
  let hyphens = 0;
  let underscores = 0;
  let points = 0;
  let ats = 0;
  let changes = 0;
  let previous = -1;
  for (let i = start; i < end; i++) {
    const c = buf[i];
    const kind = KIND[c];
    if (kind === DIGIT) digits++;
    else if (kind === LOWER) {
      lower++;
      if (c <= 0x66) hex++;
    } else if (kind === UPPER) {
      upper++;
      if (c <= 0x46) hex++;
    } else if (kind === HYPHEN) hyphens++;
    else if (kind === UNDERSCORE) underscores++;
    else if (kind === POINT) points++;
    else if (kind === AT) ats++;
    else if (kind === JUNK) return SHAPE.junk;
    if (kind !== previous) changes++;
    previous = kind;
  }
  if (digits === length) return SHAPE.number;
  if (digits > 0 && digits + hex === length && length >= 8) return SHAPE.hash;
  if (hyphens >= 1 && isDate(buf, start, length)) return SHAPE.date;
  if (hyphens === 4 && length === 36 && digits + hex === 32 && isUuid(buf, start)) return SHAPE.uuid;
  if (ats === 1) return buf[start] === 0x40 ? SHAPE.token : points > 0 ? SHAPE.email : SHAPE.slug;
  if (points > 0) {
    // A JSON Web Token; a name with version or date in it; a file.
    if (points === 2 && length >= 40 && digits >= 2 && upper > 0) return SHAPE.token;
    return hyphens + underscores > 0 ? SHAPE.slug : SHAPE.word;
  }
  if (lower + upper === length || isVersion(buf, start, end)) return SHAPE.word;
  if (digits > 0 && isToken(buf, start, end, digits, lower, upper, hyphens + underscores, changes)) return SHAPE.token;
  return SHAPE.slug;
}

function isToken(
  buf: Uint8Array,
  start: number,
  end: number,
  digits: number,
  lower: number,
  upper: number,
  joints: number,
  changes: number,
): boolean {
  const length = end - start;
  // Generated text changes between digits and cases all the time; people's text does not.
  if (length >= 10 && upper >= 2 && lower >= 2 && changes * 3 >= length) return true;
  if (length >= 20 && joints === 0 && digits >= 4 && changes * 4 >= length) return true;
  if (joints !== 1) return false;
  let joint = start;
  while (KIND[buf[joint]] !== HYPHEN && KIND[buf[joint]] !== UNDERSCORE) joint++;
  const prefix = joint - start;
  const rest = end - joint - 1;
  // "order-12345", "INV_2024001": a short word and a number.
  if (digits === rest && rest >= 3 && prefix >= 1 && prefix <= 12) return KIND[buf[start]] !== DIGIT;
  // "cus_9s6XKzkNRiz8i3": a short prefix and a generated rest.
  return KIND[buf[joint]] === UNDERSCORE && prefix >= 2 && prefix <= 6 && rest >= 8 && digits >= 2 && changes >= 5;
}

function isVersion(buf: Uint8Array, start: number, end: number): boolean {
  if ((buf[start] | 32) !== 0x76 || end - start > 6 || end - start < 2) return false;
  for (let i = start + 1; i < end; i++) if (KIND[buf[i]] !== DIGIT && KIND[buf[i]] !== POINT) return false;
  return true;
}

function digitsAt(buf: Uint8Array, at: number, count: number): boolean {
  for (let i = at; i < at + count; i++) if (KIND[buf[i]] !== DIGIT) return false;
  return true;
}

function isDate(buf: Uint8Array, start: number, length: number): boolean {
  if (length < 7 || length > 35 || KIND[buf[start + 4]] !== HYPHEN) return false;
  if (!digitsAt(buf, start, 4) || !digitsAt(buf, start + 5, 2)) return false;
  if (length === 7) return true;
  if (length < 10 || KIND[buf[start + 7]] !== HYPHEN || !digitsAt(buf, start + 8, 2)) return false;
  return length === 10 || (buf[start + 10] | 32) === 0x74;
}

function isUuid(buf: Uint8Array, start: number): boolean {
  for (let i = 8; i <= 23; i += 5) if (KIND[buf[start + i]] !== HYPHEN) return false;
  return true;
}

/** Where the extension's dot stands ("report.pdf", 2 to 5 letters or digits behind a letter), −1 without one. */
export function extensionDot(buf: Uint8Array, start: number, end: number): number {
  for (let i = end - 1; i > start && i >= end - 6; i--) {
    const kind = KIND[buf[i]];
    if (kind === POINT) {
      const first = KIND[buf[i + 1]];
      return end - i > 2 && (first === LOWER || first === UPPER) ? i : -1;
    }
    if (kind !== LOWER && kind !== UPPER && kind !== DIGIT) return -1;
  }
  return -1;
}
