/**
 * Secrets and personal data in the beginning of an answer, by kind and count. One pass over the bytes: a table of byte pairs says
 * where something may begin, and only there is looked closer, at a bounded number of bytes. No value leaves this room.
 */
import { LEAK } from '../../../enrich/kinds.ts';
import { C, CLASS, isWord, runEnd, textAt } from './bytes.ts';
import { ibanLength, isIban, looksRandom } from './checks.ts';
import { emailAt } from './email.ts';
import { found, readInternational, readNumber } from './numbers.ts';
import { bcryptEnd, cryptEnd, hasColumn, isPrecise, jwkEnd, jwtEnd, MAX_TOKEN, pemEnd } from './secrets.ts';
import { ENTRIES, type Entry, MASK, SORT, SORT_BITS, STOP, STOPS } from './table.ts';
import type { Rule } from './words.ts';

/** Values that are told apart; further ones are counted without looking whether they are new. */
const MAX_DISTINCT = 4096;
/** UUIDs of one answer that are looked at as decoys. */
const MAX_DECOYS = 32;
const MAX_STREET = 120;

export interface LeakReport {
  /** Bits of LEAK. */
  readonly bits: number;
  /** Different values of all kinds. */
  readonly count: number;
  /** A value that only decoys have. */
  readonly decoy: boolean;
}

/** The scanner. One of it serves all answers of a process, one after the other. */
export class LeakScanner {
  private readonly isDecoy: ((text: string) => boolean) | null;
  private bytes: Uint8Array = new Uint8Array(0);
  private end = 0;
  private ignored = 0;
  private bits = 0;
  private count = 0;
  private readonly distinct = new Set<number>();
  /** Numbers that may be cards, by their check digit alone; and how many looked alike without it. */
  private maybeCards = 0;
  private latitude = false;
  private readonly uuids: string[] = [];

  /** `isDecoy` says whether a text contains a value that only decoys have; null where there are none. */
  constructor(isDecoy: ((text: string) => boolean) | null) {
    this.isDecoy = isDecoy;
  }

  /** Looks through an answer; kinds in `ignored` (bits of LEAK) do not count. Linear in its length, whatever it holds. */
  scan(bytes: Uint8Array, ignored = 0, end = bytes.length): LeakReport {
    this.bytes = bytes;
    this.end = end;
    this.ignored = ignored;
    this.bits = 0;
    this.count = 0;
    if (this.distinct.size > 0) this.distinct.clear();
    this.maybeCards = 0;
    this.latitude = false;
    this.uuids.length = 0;
    let before = SORT[0x20];
    for (let i = 0; i < end; i++) {
      const sort = SORT[bytes[i]];
      const stop = STOPS[(before << SORT_BITS) | sort];
      before = sort;
      if (stop === STOP.none) continue;
      const next = this.look(stop, i);
      if (next > i) {
        i = next - 1;
        before = SORT[bytes[i]];
      }
    }
    this.judgeCards();
    const decoy = this.hasDecoy();
    this.bytes = EMPTY;
    return { bits: this.bits, count: this.count, decoy };
  }

  /** What may begin at `i`, the second byte of a pair. Gives the place to go on from. */
  private look(stop: number, i: number): number {
    switch (stop) {
      case STOP.email:
        return this.email(i);
      case STOP.number:
        return this.number(i);
      case STOP.plus:
        return this.international(i + 1);
      case STOP.uuid:
        return this.uuid(i);
      case STOP.iban:
        return this.iban(i);
      default:
        return this.word(ENTRIES[stop - STOP.words], i - 1);
    }
  }

  private add(leak: number, from: number, to: number): void {
    if ((this.ignored & leak) !== 0) return;
    this.bits |= leak;
    if (this.distinct.size < MAX_DISTINCT) {
      let hash = leak;
      for (let i = from; i < to; i++) hash = Math.imul(hash ^ this.bytes[i], 0x01000193);
      if (this.distinct.has(hash)) return;
      this.distinct.add(hash);
    }
    this.count++;
  }

  /** A finding that is one of an answer, however often it stands there: a stack trace has many lines. */
  private addOnce(leak: number): void {
    if (((this.bits | this.ignored) & leak) !== 0) return;
    this.bits |= leak;
    this.count++;
  }

  private email(i: number): number {
    const mail = emailAt(this.bytes, i, this.end);
    if (mail.end === 0) return i;
    if (mail.personal) this.add(LEAK.email, mail.start, mail.end);
    return mail.end;
  }

  /** A number of E.164 behind its plus. */
  private international(i: number): number {
    const next = readInternational(this.bytes, i, this.end);
    if (found.leak !== 0) this.add(LEAK.phone, i, found.end);
    return next;
  }

  private number(i: number): number {
    const next = readNumber(this.bytes, i, this.end);
    if (found.leak === 0) return next;
    if (found.sure) this.add(found.leak, i, found.end);
    else this.maybeCards++;
    return next;
  }

  /** A few numbers with the right check digit among none without it are cards; where there are many, one in ten has it by chance. */
  private judgeCards(): void {
    if (this.maybeCards === 0 || this.maybeCards > MAX_UNNAMED_CARDS) return;
    this.bits |= LEAK.card;
    this.count += this.maybeCards;
  }

  private uuid(i: number): number {
    if (this.isDecoy === null || this.uuids.length >= MAX_DECOYS) return i;
    const { bytes } = this;
    const at = i - 8;
    if (at < 0 || bytes[i + 5] !== 0x2d || bytes[i + 6] !== 0x34 || bytes[i + 10] !== 0x2d || bytes[i + 15] !== 0x2d)
      return i;
    if (i + 28 > this.end) return i;
    this.uuids.push(textAt(bytes, at, i + 28));
    return i + 28;
  }

  private hasDecoy(): boolean {
    const { uuids, isDecoy } = this;
    if (isDecoy === null || uuids.length === 0) return false;
    // The check looks at sixteen at a time.
    for (let i = 0; i < uuids.length; i += 16) if (isDecoy(uuids.slice(i, i + 16).join(' '))) return true;
    return false;
  }

  /** `i` is the first digit behind a capital letter. */
  private iban(i: number): number {
    const { bytes, end } = this;
    const at = i - 2;
    if (at < 0 || (CLASS[bytes[at]] & C.upper) === 0 || (CLASS[bytes[i + 1]] & C.digit) === 0) return i;
    if (at > 0 && isWord(bytes[at - 1])) return i;
    const length = ibanLength(textAt(bytes, at, i));
    if (length === 0) return i;
    let text = '';
    let j = at;
    while (j < end && text.length < length) {
      const c = bytes[j];
      if ((CLASS[c] & (C.upper | C.digit)) !== 0) text += String.fromCharCode(c);
      else if (c !== 0x20 || bytes[j - 1] === 0x20) return i;
      j++;
    }
    if (text.length < length || (j < end && isWord(bytes[j])) || !isIban(text)) return i;
    this.add(LEAK.iban, at, j);
    return j;
  }

  private word(entries: readonly Entry[], at: number): number {
    const { bytes, end } = this;
    for (const entry of entries) {
      const { length } = entry.bytes;
      if (at + length > end || !startsWith(bytes, at, entry.bytes)) continue;
      if (entry.bare && at > 0 && isWord(bytes[at - 1])) continue;
      const next = this.apply(entry, entry.rule, at, at + length);
      if (next > 0) return next;
    }
    return at + 1;
  }

  /** Gives the place to go on from, or 0 where it was nothing. `at` is the word's first byte, `from` the one behind it. */
  private apply(entry: Entry, rule: Rule, at: number, from: number): number {
    const { bytes, end } = this;
    switch (rule.does) {
      case 'found':
        this.addOnce(entry.leak);
        return from;
      case 'token': {
        const stop = runEnd(bytes, from, end, MASK[rule.set], MAX_TOKEN);
        const length = stop - from;
        if (length < rule.min || length > rule.max) return 0;
        if (!looksRandom(textAt(bytes, from, Math.min(stop, from + 64)), length < 20 ? 7 : 10)) return 0;
        this.add(entry.leak, at, stop);
        return stop;
      }
      case 'line':
        if ((CLASS[bytes[from]] & C.digit) === 0 || at === 0 || !isWord(bytes[at - 1])) return 0;
        if (rule.columns && !hasColumn(bytes, from, end)) return 0;
        this.addOnce(entry.leak);
        return from;
      case 'pem':
        return this.upTo(entry.leak, at, pemEnd(bytes, from, end));
      case 'jwt':
        return this.token(at);
      case 'plus':
        return this.international(from);
      default:
        return this.secret(rule.does, at, from);
    }
  }

  /** A finding from `at` to `to`; 0 where there is none. */
  private upTo(leak: number, at: number, to: number): number {
    if (to > 0) this.add(leak, at, to);
    return to;
  }

  private token(at: number): number {
    const { end, sound } = jwtEnd(this.bytes, at, this.end);
    if (sound) this.add(LEAK.token, at, end);
    return end;
  }

  private secret(does: Rule['does'], at: number, from: number): number {
    const { bytes, end } = this;
    if (does === 'bcrypt') return this.upTo(LEAK.passwordHash, at, bcryptEnd(bytes, from, end));
    if (does === 'crypt') return this.upTo(LEAK.passwordHash, at, cryptEnd(bytes, from, end));
    if (does === 'jwk') return this.upTo(LEAK.privateKey, from, jwkEnd(bytes, from, end));
    return this.named(does, from);
  }

  /** Values of JSON whose name tells what they are: `from` is behind the name's quote. */
  private named(does: Rule['does'], from: number): number {
    const { bytes, end } = this;
    let i = from;
    const stop = Math.min(end, from + 4);
    while (i < stop && (bytes[i] === 0x3a || bytes[i] === 0x20)) i++;
    if (i === from) return 0;
    if (does === 'latitude' || does === 'longitude') {
      if (bytes[i] === QUOTE) i++;
      if (!isPrecise(bytes, i, end)) return 0;
      if (does === 'longitude' && this.latitude) this.add(LEAK.address, i, i + 12);
      this.latitude = does === 'latitude';
      return i;
    }
    if (bytes[i] !== QUOTE) return 0;
    i++;
    if (does === 'hexHash') {
      const last = runEnd(bytes, i, end, C.hex, 129);
      const known = [32, 40, 56, 64, 96, 128].includes(last - i);
      if (!known || bytes[last] !== QUOTE) return 0;
      this.add(LEAK.passwordHash, i, last);
      return last;
    }
    const last = bytes.subarray(i, Math.min(end, i + MAX_STREET)).indexOf(QUOTE);
    const street = textAt(bytes, i, i + Math.max(0, last));
    // A street with its house: a name alone may be that of a shop's range.
    if (!/[A-Za-z\x80-\xff]{3}/.test(street) || !/\d/.test(street)) return 0;
    this.add(LEAK.address, i, i + last);
    return i + last;
  }
}

const QUOTE = 0x22;
const EMPTY = new Uint8Array(0);
/** Beyond so many in one answer, numbers that only have the form of a card are taken for numbers. */
const MAX_UNNAMED_CARDS = 3;

function startsWith(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 2; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}
