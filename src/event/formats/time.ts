/**
 * Reading times from bytes, by integer arithmetic: no Date, no strings. A day is converted once and kept; the time of
 * day is six digits. The kept day is a cache only: a result never depends on what was read before.
 */
import { COLON, DASH, DOT, integer, isDigit, SLASH } from './scan.ts';

const DAY_MS = 86_400_000;

/** Where the last reader stopped: one past the time it read. */
export const timeCursor = { at: 0 };

/**
 * Days from 1970-01-01 to a date of the Gregorian calendar; NaN where the calendar has no such day. Counts years from
 * March, so that the leap day is a year's last, and months by their 153-days-in-five pattern.
 */
export function daysFromDate(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12) || day < 1 || day > daysIn(year, month)) return Number.NaN;
  const y = month > 2 ? year : year - 1;
  const m = (month + 9) % 12;
  const yearDays = y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return yearDays + Math.floor((m * 153 + 2) / 5) + day - 1 - 719_468;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Two digits at `at`, or NaN. */
function two(buf: Uint8Array, at: number): number {
  const a = buf[at] - 0x30;
  const b = buf[at + 1] - 0x30;
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : Number.NaN;
}

/** Milliseconds of `hh:mm:ss` at `at`, NaN where it is not a time of day. A leap second counts as the next second. */
export function timeOfDay(buf: Uint8Array, at: number): number {
  const h = two(buf, at);
  const m = two(buf, at + 3);
  const s = two(buf, at + 6);
  if (!(h < 24 && m < 60 && s <= 60) || buf[at + 2] !== COLON || buf[at + 5] !== COLON) return Number.NaN;
  return h * 3_600_000 + m * 60_000 + s * 1000;
}

/** Month 1–12 of an English abbreviation at `at`, 0 where it is none. */
export function monthAt(buf: Uint8Array, at: number): number {
  switch ((buf[at] << 16) | (buf[at + 1] << 8) | buf[at + 2]) {
    case 0x4a616e:
      return 1;
    case 0x466562:
      return 2;
    case 0x4d6172:
      return 3;
    case 0x417072:
      return 4;
    case 0x4d6179:
      return 5;
    case 0x4a756e:
      return 6;
    case 0x4a756c:
      return 7;
    case 0x417567:
      return 8;
    case 0x536570:
      return 9;
    case 0x4f6374:
      return 10;
    case 0x4e6f76:
      return 11;
    case 0x446563:
      return 12;
    default:
      return 0;
  }
}

/** Milliseconds of a fraction that starts at `at` with "." or ",", whatever its length; moves the cursor past it. */
function fraction(buf: Uint8Array, at: number, end: number): number {
  timeCursor.at = at;
  if (at >= end || (buf[at] !== DOT && buf[at] !== 0x2c) || at + 1 >= end || !isDigit(buf[at + 1])) return 0;
  let ms = 0;
  let unit = 100;
  let i = at + 1;
  for (; i < end && isDigit(buf[i]); i++) {
    ms += (buf[i] - 0x30) * unit;
    unit = unit === 100 ? 10 : unit === 10 ? 1 : 0;
  }
  timeCursor.at = i;
  return ms;
}

/** Offset from UTC in ms of `Z`, `+0100`, `+01:00` at `at` (0 where none stands there); moves the cursor past it. */
export function zoneOffset(buf: Uint8Array, at: number, end: number): number {
  timeCursor.at = at;
  if (at >= end) return 0;
  const sign = buf[at];
  if (sign === 0x5a || sign === 0x7a) {
    timeCursor.at = at + 1;
    return 0;
  }
  if ((sign !== 0x2b && sign !== DASH) || at + 3 > end) return 0;
  const h = two(buf, at + 1);
  if (!(h <= 15)) return Number.NaN;
  let i = at + 3;
  if (i < end && buf[i] === COLON) i++;
  let m = 0;
  if (i + 2 <= end && isDigit(buf[i])) {
    m = two(buf, i);
    if (!(m < 60)) return Number.NaN;
    i += 2;
  }
  timeCursor.at = i;
  const ms = h * 3_600_000 + m * 60_000;
  return sign === DASH ? -ms : ms;
}

// The day of the last log time read: its twelve bytes "17/May/2015:" in three words, and its midnight in ms.
let clfDay0 = 0;
let clfDay1 = 0;
let clfDay2 = 0;
let clfMidnight = Number.NaN;

/** Bytes in `17/May/2015:10:05:03`. */
const CLF_LENGTH = 20;

/**
 * Unix ms of `17/May/2015:10:05:03 +0000` (a fraction of the second and a missing offset are allowed) at `at`; NaN
 * where it is not one. {@link timeCursor} stands behind it.
 */
export function clfTime(buf: Uint8Array, at: number, end: number): number {
  if (at + CLF_LENGTH > end) return Number.NaN;
  const day0 = (buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3];
  const day1 = (buf[at + 4] << 24) | (buf[at + 5] << 16) | (buf[at + 6] << 8) | buf[at + 7];
  const day2 = (buf[at + 8] << 24) | (buf[at + 9] << 16) | (buf[at + 10] << 8) | buf[at + 11];
  if (day0 !== clfDay0 || day1 !== clfDay1 || day2 !== clfDay2) {
    const midnight = clfDate(buf, at);
    if (Number.isNaN(midnight)) return Number.NaN;
    clfDay0 = day0;
    clfDay1 = day1;
    clfDay2 = day2;
    clfMidnight = midnight;
  }
  let ms = clfMidnight + timeOfDay(buf, at + 12);
  let i = at + CLF_LENGTH;
  if (i < end && buf[i] === DOT) {
    ms += fraction(buf, i, end);
    i = timeCursor.at;
  }
  timeCursor.at = i;
  if (i + 1 < end && buf[i] === 0x20 && (buf[i + 1] === 0x2b || buf[i + 1] === DASH)) ms -= zoneOffset(buf, i + 1, end);
  return ms;
}

function clfDate(buf: Uint8Array, at: number): number {
  if (buf[at + 2] !== 0x2f || buf[at + 6] !== 0x2f || buf[at + 11] !== COLON) return Number.NaN;
  const year = integer(buf, at + 7, at + 11);
  if (year < 1970) return Number.NaN;
  return daysFromDate(year, monthAt(buf, at + 3), two(buf, at)) * DAY_MS;
}

// The same for ISO dates, "2015-05-17".
let isoDay0 = 0;
let isoDay1 = 0;
let isoDay2 = 0;
let isoMidnight = Number.NaN;

/**
 * Unix ms of an ISO 8601 / RFC 3339 time, `2015-05-17T10:05:03.123Z`: "T" or a space between, any fraction (cut to
 * ms), any offset (none means UTC), slashes for the date's dashes; NaN where it is not one. {@link timeCursor} stands behind it.
 */
export function isoTime(buf: Uint8Array, at: number, end: number): number {
  if (at + 19 > end) return Number.NaN;
  const day0 = (buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3];
  const day1 = (buf[at + 4] << 24) | (buf[at + 5] << 16) | (buf[at + 6] << 8) | buf[at + 7];
  const day2 = (buf[at + 8] << 8) | buf[at + 9];
  if (day0 !== isoDay0 || day1 !== isoDay1 || day2 !== isoDay2) {
    const midnight = isoDate(buf, at);
    if (Number.isNaN(midnight)) return Number.NaN;
    isoDay0 = day0;
    isoDay1 = day1;
    isoDay2 = day2;
    isoMidnight = midnight;
  }
  const between = buf[at + 10] | 0x20;
  if (between !== 0x74 && between !== 0x20) return Number.NaN;
  let ms = isoMidnight + timeOfDay(buf, at + 11);
  ms += fraction(buf, at + 19, end);
  const i = timeCursor.at;
  return ms - zoneOffset(buf, i, end);
}

function isoDate(buf: Uint8Array, at: number): number {
  const separator = buf[at + 4];
  if ((separator !== DASH && separator !== SLASH) || buf[at + 7] !== separator) return Number.NaN;
  const year = integer(buf, at, at + 4);
  if (year < 1970) return Number.NaN;
  return daysFromDate(year, two(buf, at + 5), two(buf, at + 8)) * DAY_MS;
}

/**
 * Unix ms of a number such as `1646861401.524`, in seconds, milli-, micro- or nanoseconds told apart by their digits
 * (each unit's range of years 1973–5138 is disjoint); NaN where it is not one. What is finer than a millisecond is cut
 * off before it is read, so that no rounding enters.
 */
export function epochTime(buf: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && isDigit(buf[i]) && i - start < 20) i++;
  const digits = i - start;
  if (digits < 9 || digits > 19) return Number.NaN;
  const tail = fraction(buf, i, end);
  if (timeCursor.at !== end) return Number.NaN;
  const keep = digits <= 14 ? digits : digits <= 17 ? digits - 3 : digits - 6;
  let n = 0;
  for (let k = start; k < start + keep; k++) n = n * 10 + (buf[k] - 0x30);
  return digits <= 11 ? n * 1000 + tail : n;
}

/** Any of the three notations, the whole range; NaN where none fits. Square brackets around it are allowed. */
export function anyTime(buf: Uint8Array, start: number, end: number): number {
  if (end - start > 2 && buf[start] === 0x5b && buf[end - 1] === 0x5d) {
    start++;
    end--;
  }
  if (end - start >= 19 && (buf[start + 4] === DASH || buf[start + 4] === SLASH)) {
    const ms = isoTime(buf, start, end);
    return timeCursor.at === end ? ms : Number.NaN;
  }
  if (end - start >= CLF_LENGTH && buf[start + 2] === 0x2f) {
    const ms = clfTime(buf, start, end);
    return timeCursor.at === end ? ms : Number.NaN;
  }
  return epochTime(buf, start, end);
}
