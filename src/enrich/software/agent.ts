/**
 * What a User-Agent string says, token by token: the reading that classification and the test for contradictions share.
 */
import { isDigit, isLetter, isWordByte } from './lexicon.ts';

/** Longer agents are read this far: real ones are shorter, and random ones should cost little. */
export const MAX_AGENT_BYTES = 512;

/** Words of the browsers' common grammar. Their values in the lexicon are negative: −2 − MARK. */
export const MARK = {
  mozilla: 0,
  webkit: 1,
  gecko: 2,
  safari: 3,
  version: 4,
  chrome: 5,
  firefox: 6,
  edge: 7, // EdgeHTML
  edg: 8, // Edge on Chromium
  opera: 9,
  opr: 10,
  msie: 11,
  trident: 12,
  rv: 13,
  windowsNt: 14,
  windowsPhone: 15,
  macintosh: 16,
  iphone: 17,
  ipad: 18,
  android: 19,
  linux: 20,
  x11: 21,
  cros: 22,
  compatible: 23,
  ios: 24,
  crios: 25,
  fxios: 26,
  windows9x: 27,
  khtml: 28,
  like: 29,
} as const;
const MARKS = Object.keys(MARK).length;

export const MARK_TOKENS: readonly (readonly [string, number])[] = [
  ['mozilla/', MARK.mozilla],
  ['applewebkit/', MARK.webkit],
  ['gecko/', MARK.gecko],
  ['safari/', MARK.safari],
  ['version/', MARK.version],
  ['chrome/', MARK.chrome],
  ['chromium/', MARK.chrome],
  ['firefox/', MARK.firefox],
  ['edge/', MARK.edge],
  ['edg/', MARK.edg],
  ['edga/', MARK.edg],
  ['opera/', MARK.opera],
  ['opr/', MARK.opr],
  ['msie', MARK.msie],
  ['trident/', MARK.trident],
  ['rv:', MARK.rv],
  ['windows nt', MARK.windowsNt],
  ['windows phone', MARK.windowsPhone],
  ['windows 95', MARK.windows9x],
  ['windows 98', MARK.windows9x],
  ['win98', MARK.windows9x],
  ['win95', MARK.windows9x],
  ['windows ce', MARK.windows9x],
  ['macintosh', MARK.macintosh],
  ['iphone', MARK.iphone],
  ['ipod', MARK.iphone],
  ['ipad', MARK.ipad],
  ['android', MARK.android],
  ['linux', MARK.linux],
  ['x11', MARK.x11],
  ['cros', MARK.cros],
  ['compatible', MARK.compatible],
  ['ios', MARK.ios],
  ['crios/', MARK.crios],
  ['fxios/', MARK.fxios],
  ['khtml', MARK.khtml],
  ['like gecko', MARK.like],
];

/** One reusable reading. */
export class AgentReading {
  /** The agent in lower case. */
  readonly text = new Uint8Array(MAX_AGENT_BYTES);
  length = 0;
  /** Offset behind each mark's first appearance, 0 where it does not appear. */
  private readonly marks = new Int32Array(MARKS);
  /** The first comment in parentheses: inside it, offsets > open and < close. Both 0 where there is none. */
  open = 0;
  close = 0;
  /** How many upper-case letters the agent had. */
  upper = 0;
  digits = 0;
  letters = 0;
  /** Changes between lower case, upper case and digits inside words. */
  changes = 0;
  blanks = 0;

  /** Takes `buf[start, end)` in, lowered, and finds its first comment. */
  load(buf: Uint8Array, start: number, end: number): void {
    const length = Math.min(end - start, MAX_AGENT_BYTES);
    this.length = length;
    this.marks.fill(0);
    this.open = 0;
    this.close = 0;
    this.upper = 0;
    this.digits = 0;
    this.letters = 0;
    this.changes = 0;
    this.blanks = 0;
    let depth = 0;
    let kind = 0;
    for (let i = 0; i < length; i++) {
      let c = buf[start + i];
      let now = 0;
      if (c >= 65 && c <= 90) {
        c |= 0x20;
        now = 2;
        this.upper++;
        this.letters++;
      } else if (isLetter(c)) {
        now = 1;
        this.letters++;
      } else if (isDigit(c)) {
        now = 3;
        this.digits++;
      } else if (c === 0x20) this.blanks++;
      else if (c === 0x28) {
        if (depth++ === 0 && this.open === 0) this.open = i + 1;
      } else if (c === 0x29 && depth > 0 && --depth === 0 && this.close === 0) this.close = i;
      // "Aa" is one capital at the start of a word, not a change.
      if (now !== 0 && kind !== 0 && now !== kind && !(kind === 2 && now === 1)) this.changes++;
      kind = now;
      this.text[i] = c;
    }
    if (this.open !== 0 && this.close === 0) this.close = length;
  }

  mark(mark: number, end: number): void {
    if (this.marks[mark] === 0) this.marks[mark] = end;
  }

  has(mark: number): boolean {
    return this.marks[mark] !== 0;
  }

  /** True where a mark first stands in the first comment, the place of the platform. */
  inComment(mark: number): boolean {
    const at = this.marks[mark];
    return at !== 0 && at > this.open && at <= this.close;
  }

  /** True where a mark stands behind the first comment. */
  behindComment(mark: number): boolean {
    return this.marks[mark] > this.close;
  }

  /** The whole number behind a mark (blanks and one "/" skipped), −1 where there is none. */
  major(mark: number): number {
    let at = this.numberAt(mark);
    if (at < 0) return -1;
    let value = 0;
    const stop = Math.min(at + 6, this.length);
    while (at < stop && isDigit(this.text[at])) value = value * 10 + this.text[at++] - 48;
    return value;
  }

  /** The number behind the first dot of a mark's version, 0 where there is none. */
  minor(mark: number): number {
    let at = this.numberAt(mark);
    if (at < 0) return 0;
    while (at < this.length && isDigit(this.text[at])) at++;
    if (this.text[at] !== 0x2e && this.text[at] !== 0x5f) return 0;
    at++;
    let value = 0;
    const stop = Math.min(at + 4, this.length);
    while (at < stop && isDigit(this.text[at])) value = value * 10 + this.text[at++] - 48;
    return value;
  }

  private numberAt(mark: number): number {
    let at = this.marks[mark];
    if (at === 0) return -1;
    while (at < this.length && (this.text[at] === 0x20 || this.text[at] === 0x2f)) at++;
    return at < this.length && isDigit(this.text[at]) ? at : -1;
  }

  /** True where the versions behind two marks are written with the same digits and dots. */
  sameVersion(x: number, y: number): boolean {
    let a = this.marks[x];
    let b = this.marks[y];
    const text = this.text;
    for (;;) {
      const ca = a < this.length && (isDigit(text[a]) || text[a] === 0x2e) ? text[a] : 0;
      const cb = b < this.length && (isDigit(text[b]) || text[b] === 0x2e) ? text[b] : 0;
      if (ca !== cb) return false;
      if (ca === 0) return true;
      a++;
      b++;
    }
  }

  /** True where the agent ends with the version behind a mark. */
  endsWith(mark: number): boolean {
    let at = this.marks[mark];
    if (at === 0) return false;
    while (at < this.length && (isDigit(this.text[at]) || this.text[at] === 0x2e)) at++;
    return at === this.length;
  }

  /** Digits in a row behind a mark. */
  digitsBehind(mark: number): number {
    const start = this.marks[mark];
    let at = start;
    while (at < this.length && isDigit(this.text[at])) at++;
    return at - start;
  }

  /** True where `word` (lower case) stands at `at`. */
  startsWith(word: string, at: number): boolean {
    if (at + word.length > this.length) return false;
    for (let k = 0; k < word.length; k++) if (this.text[at + k] !== word.charCodeAt(k)) return false;
    return true;
  }

  /** True where the agent has `word` (lower case) anywhere. For rare questions. */
  contains(word: string): boolean {
    const last = this.length - word.length;
    for (let i = 0; i <= last; i++) if (this.startsWith(word, i)) return true;
    return false;
  }

  /** True where the agent is exactly `word`. */
  equals(word: string): boolean {
    return this.length === word.length && this.startsWith(word, 0);
  }

  /** True where only letters and digits stand in it. */
  isOneWord(): boolean {
    for (let i = 0; i < this.length; i++) if (!isWordByte(this.text[i])) return false;
    return true;
  }
}
