/** Numbers that belong to people: payment cards, telephones, national ids. Check digits and the name before a value tell them apart. */
import { LEAK } from '../../../enrich/kinds.ts';
import { C, CLASS, isDigit, isWord, nameBefore, textAt } from './bytes.ts';
import { isAadhaar, isBsn, isCardRange, isCpf, isDni, isNir, isPesel, isResidentId, isSsn, luhn } from './checks.ts';

/** Longest number with what groups it, in bytes. */
const MAX_RUN = 28;
const MIN_DIGITS = 7;
/** Most marks between groups; a closing parenthesis has a blank behind it. */
const MAX_MARKS = 5;

/** A number as it stands: its digits, and the lengths of its groups with what is between them. */
interface Run {
  digits: string;
  /** `4-4-4-4`, `3.3.3-2`, `16`. */
  shape: string;
  end: number;
}

const run: Run = { digits: '', shape: '', end: 0 };

/** What a number turned out to be. One shared object: read it before the next call. */
export const found = { leak: 0, end: 0, sure: true };

const PHONE = /phone|mobile|cell|fax|msisdn|whatsapp|handy|^tel$|telefon|^tel[._-]|[._-]tel$|telno|contactn/;
const CARD = /card|^pan$|ccnum|^cc$|credit|debit|accountnumber/;
/** Names of ids, times, sizes and places in a row: numbers behind them are none of people's. */
const OTHER =
  /id$|ids$|^id|uuid|guid|order|invoice|track|ref|time|stamp|date|_at$|_on$|sku|ean|upc|gtin|isbn|serial|version|size|count|total|hash|etag|seq|offset|cursor|price|amount|build|number$|code$|part|lot|batch/;
const US_SSN = /ssn|social|tax_?id|tin$/;

/**
 * Looks at the number that begins at `at` (before it stands no part of a word). Gives the place to go on from; what it was stands
 * in {@link found}.
 */
export function readNumber(bytes: Uint8Array, at: number, end: number): number {
  found.leak = 0;
  let first = at;
  while (first < end && isDigit(bytes[first])) first++;
  // Most numbers are short, and end right there.
  if (first - at < MIN_DIGITS && !groups(bytes[first])) return first;
  if (!readRun(bytes, at, end)) return first;
  classify(bytes, at, end);
  if (found.leak === 0) return first;
  found.end = run.end;
  return run.end;
}

const groups = (byte: number): boolean => byte === 0x2d || byte === 0x20 || byte === 0x2e || byte === 0x29;

function readRun(bytes: Uint8Array, at: number, end: number): boolean {
  const stop = Math.min(end, at + MAX_RUN);
  if (!isNumber(bytes, at, stop)) return false;
  let digits = '';
  let shape = '';
  let group = 0;
  let i = at;
  for (; i < stop; i++) {
    const c = bytes[i];
    if (isDigit(c)) {
      digits += String.fromCharCode(c);
      group++;
    } else if (groups(c) && i + 1 < stop && (isDigit(bytes[i + 1]) || (c === 0x29 && bytes[i + 1] === 0x20))) {
      shape += group + String.fromCharCode(c);
      if (c === 0x29 && bytes[i + 1] === 0x20) i++;
      group = 0;
    } else break;
  }
  run.digits = digits;
  run.shape = shape + group;
  run.end = i;
  // A letter behind it: a check letter, or part of a code.
  return digits.length >= MIN_DIGITS;
}

/** Enough digits, in few groups: a glance before anything is made of them. */
function isNumber(bytes: Uint8Array, at: number, stop: number): boolean {
  let digits = 0;
  let marks = 0;
  for (let i = at; i < stop; i++) {
    if (isDigit(bytes[i])) digits++;
    else if (!groups(bytes[i]) || ++marks > MAX_MARKS) break;
  }
  return digits >= MIN_DIGITS && marks <= MAX_MARKS;
}

/** What follows makes it part of something longer: a word, a decimal, a path. */
function isOpen(bytes: Uint8Array, end: number): boolean {
  const c = bytes[run.end];
  if (run.end >= end) return false;
  return isWord(c) || ((c === 0x2d || c === 0x2e || c === 0x3a || c === 0x2f) && isWord(bytes[run.end + 1]));
}

function is(leak: number, sure = true): void {
  found.leak = leak;
  found.sure = sure;
}

function classify(bytes: Uint8Array, at: number, end: number): void {
  const { digits, shape } = run;
  if (isOpen(bytes, end)) {
    checkLetter(bytes, at, end);
    return;
  }
  // Dates, and decimals with one point.
  if (/^4-2-2(?: |$)|^\d+\.\d+$|^[12]-[12]-4$/.test(shape)) return;
  const { length } = digits;
  const plain = shape === String(length);
  // Seconds and milliseconds of our time.
  if (plain && (length === 10 || length === 13) && digits[0] === '1') return;
  if (length >= 13 && length <= 19 && card(bytes, at, plain)) return;
  if (byShape(bytes, at)) return;
  if (!plain && length > 15) return;
  byName(bytes, at, plain);
}

function card(bytes: Uint8Array, at: number, plain: boolean): boolean {
  const { digits, shape } = run;
  if (!isCardRange(digits) || !luhn(digits) || /^(\d)\1+$/.test(digits)) return false;
  if (!plain) {
    if (!/^4([ -])4\1(?:4\1(?:4|4\1[123])|5|6)$|^4([ -])6\2[45]$/.test(shape)) return false;
    is(LEAK.card);
    return true;
  }
  const name = nameBefore(bytes, at);
  if (CARD.test(name)) is(LEAK.card);
  // One number in ten has this check digit by chance: the scanner decides when it has seen the others.
  else if (!OTHER.test(name) && digits.length >= 15) is(LEAK.card, false);
  return found.leak !== 0;
}

/** National ids and phone numbers that are written in a form of their own. */
function byShape(bytes: Uint8Array, at: number): boolean {
  const { digits, shape } = run;
  if (shape === '3-2-4' && isSsn(digits)) {
    const name = nameBefore(bytes, at);
    if (US_SSN.test(name) || !(OTHER.test(name) || PHONE.test(name))) is(LEAK.nationalId);
  } else if (shape === '3.3.3-2' && isCpf(digits)) is(LEAK.nationalId);
  else if (/^3\)3[-.]4$|^3([-.])3\1(?:4)$/.test(shape) && /^[2-9]\d\d[2-9]/.test(digits)) {
    const name = nameBefore(bytes, at - (bytes[at - 1] === 0x28 ? 1 : 0));
    if (PHONE.test(name) || !OTHER.test(name)) is(LEAK.phone);
  } else if (shape === '15' && isNir(digits) && !OTHER.test(nameBefore(bytes, at))) is(LEAK.nationalId);
  else if (shape === '18' && isResidentId(digits)) is(LEAK.nationalId);
  return found.leak !== 0;
}

/** Ids that only the name before them tells from any other number. */
function byName(bytes: Uint8Array, at: number, plain: boolean): void {
  const { digits } = run;
  const { length } = digits;
  if (length > 15) return;
  const name = nameBefore(bytes, at);
  if (name === '') return;
  if (PHONE.test(name)) is(LEAK.phone);
  else if (length === 9 && US_SSN.test(name) && isSsn(digits)) is(LEAK.nationalId);
  else if (length === 9 && /bsn|burgerservice/.test(name) && isBsn(digits)) is(LEAK.nationalId);
  else if (length === 11 && plain && /cpf/.test(name) && isCpf(digits)) is(LEAK.nationalId);
  else if (length === 11 && /pesel/.test(name) && isPesel(digits)) is(LEAK.nationalId);
  else if (length === 12 && /aadha?ar|uid/.test(name) && isAadhaar(digits)) is(LEAK.nationalId);
}

/** Ids that end with a letter: Spain's with its name before it, China's by its sum. */
function checkLetter(bytes: Uint8Array, at: number, end: number): void {
  const after = run.end;
  if (after + 1 < end && isWord(bytes[after + 1])) return;
  if ((CLASS[bytes[after]] & (C.upper | C.lower)) === 0) return;
  const text = textAt(bytes, at, after + 1);
  const sound =
    (run.shape === '17' && isResidentId(text)) ||
    (run.shape === '8' && isDni(text) && /dni|nif|nie|document|passport|identi/.test(nameBefore(bytes, at)));
  if (!sound) return;
  run.end = after + 1;
  is(LEAK.nationalId);
}

/** Digits of a number in the form of E.164, as `+49 30 1234567`: they begin at `at`, behind the plus. */
export function readInternational(bytes: Uint8Array, at: number, end: number): number {
  found.leak = 0;
  const stop = Math.min(end, at + MAX_RUN);
  let digits = 0;
  let last = at;
  for (let i = at; i < stop; i++) {
    const c = bytes[i];
    if (isDigit(c)) {
      digits++;
      last = i + 1;
    } else if (!(groups(c) || c === 0x28) || i - last > 1) break;
  }
  found.end = last;
  if (bytes[at] === 0x30 || digits < 9 || digits > 15 || (last < end && isWord(bytes[last]))) return at;
  found.leak = LEAK.phone;
  found.sure = true;
  return last;
}
