/**
 * Regular expressions of ECMAScript as trees, as far as their cost can be told. What is not understood is a RangeError with the
 * reason: such a pattern is not run over what strangers send.
 */
import { ANY, CLASS_ESCAPES, NO_LINE_END, type Ranges, union, without } from './ranges.ts';

export type Tree =
  | { readonly kind: 'empty' }
  | { readonly kind: 'set'; readonly ranges: Ranges }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'look'; readonly body: Tree }
  | { readonly kind: 'sequence'; readonly parts: readonly Tree[] }
  | { readonly kind: 'either'; readonly parts: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly body: Tree; readonly least: number; readonly most: number };

/** Longer patterns are lists that should be written as lists. */
const MAX_LENGTH = 2000;
/** Groups within groups. */
const MAX_DEPTH = 50;

const CONTROL: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 };
const EMPTY: Tree = { kind: 'empty' };
const chars = (code: number): Ranges => [code, code];

/** Reads a pattern that JavaScript accepts. RangeError with the reason where its cost cannot be told. */
export function parsePattern(text: string): Tree {
  if (text.length > MAX_LENGTH) throw new RangeError(`is longer than ${MAX_LENGTH} characters`);
  const parser = new Parser(text);
  const tree = parser.either(0);
  if (!parser.done) throw new RangeError('is not understood');
  return tree;
}

class Parser {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  either(depth: number): Tree {
    if (depth > MAX_DEPTH) throw new RangeError('nests too deep');
    const parts = [this.sequence(depth)];
    while (this.take('|')) parts.push(this.sequence(depth));
    return parts.length === 1 ? parts[0] : { kind: 'either', parts };
  }

  private sequence(depth: number): Tree {
    const parts: Tree[] = [];
    while (!this.done && this.peek() !== '|' && this.peek() !== ')') parts.push(this.quantified(this.atom(depth)));
    return parts.length === 0 ? EMPTY : parts.length === 1 ? parts[0] : { kind: 'sequence', parts };
  }

  private quantified(body: Tree): Tree {
    let least = 0;
    let most = Number.POSITIVE_INFINITY;
    if (this.take('*')) least = 0;
    else if (this.take('+')) least = 1;
    else if (this.take('?')) most = 1;
    else {
      const counted = /^\{(\d+)(,(\d*))?\}/.exec(this.text.slice(this.at, this.at + 24));
      if (counted === null) return body;
      this.at += counted[0].length;
      least = Number(counted[1]);
      if (counted[2] === undefined) most = least;
      else if (counted[3] !== '') most = Number(counted[3]);
    }
    // Greedy or not, the same ways are tried where nothing fits.
    this.take('?');
    if (body.kind === 'look' || body.kind === 'start' || body.kind === 'end')
      throw new RangeError('repeats a look-around');
    return { kind: 'repeat', body, least, most };
  }

  private atom(depth: number): Tree {
    const c = this.next();
    switch (c) {
      case '(':
        return this.group(depth);
      case '[':
        return { kind: 'set', ranges: this.set() };
      case '.':
        return { kind: 'set', ranges: NO_LINE_END };
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '\\':
        return this.escape();
      default:
        return { kind: 'set', ranges: this.one(c) };
    }
  }

  private group(depth: number): Tree {
    let look = false;
    if (this.take('?')) {
      const c = this.next();
      if (c === '=' || c === '!') look = true;
      else if (c === '<') {
        if (this.peek() === '=' || this.peek() === '!') throw new RangeError('looks behind');
        while (!this.done && this.next() !== '>');
      } else if (c !== ':') throw new RangeError('changes its flags');
    }
    const body = this.either(depth + 1);
    if (!this.take(')')) throw new RangeError('leaves a group open');
    return look ? { kind: 'look', body } : body;
  }

  private escape(): Tree {
    const c = this.peek();
    if (/[1-9k]/.test(c)) throw new RangeError('refers back to a group');
    // A boundary takes no character: without it, the pattern takes at least as many ways.
    if (c === 'b' || c === 'B') {
      this.at++;
      return EMPTY;
    }
    return { kind: 'set', ranges: this.escaped() };
  }

  /** What stands behind a backslash, in a set or out of it. */
  private escaped(): Ranges {
    const c = this.next();
    if (c in CLASS_ESCAPES) return CLASS_ESCAPES[c];
    if (c in CONTROL) return chars(CONTROL[c]);
    if (c === 'p' || c === 'P') {
      // A property of Unicode: whatever it is, it is no more than everything.
      if (this.peek() === '{') while (!this.done && this.next() !== '}');
      return ANY;
    }
    if (c === 'x') return chars(this.hex(2));
    if (c === 'u') {
      if (this.take('{')) {
        let digits = '';
        while (!this.done && this.peek() !== '}') digits += this.next();
        this.take('}');
        return this.code(Number.parseInt(digits, 16));
      }
      return chars(this.hex(4));
    }
    if (c === 'c') return chars(this.next().charCodeAt(0) & 31);
    return this.one(c);
  }

  private set(): Ranges {
    const not = this.take('^');
    const sets: Ranges[] = [];
    while (!this.done && this.peek() !== ']') {
      const first = this.member();
      const isRange = this.peek() === '-' && this.text[this.at + 1] !== ']' && this.at + 1 < this.text.length;
      if (!isRange) {
        sets.push(first);
        continue;
      }
      this.at++;
      const last = this.member();
      if (first.length === 2 && last.length === 2 && first[0] <= last[1]) sets.push([first[0], last[1]]);
      else sets.push(first, chars(0x2d), last);
    }
    if (!this.take(']')) throw new RangeError('leaves a set open');
    const ranges = union(...sets);
    return not ? without(ranges) : ranges;
  }

  private member(): Ranges {
    const c = this.next();
    if (c !== '\\') return this.one(c);
    if (this.peek() !== 'b') return this.escaped();
    this.at++;
    return chars(8);
  }

  /** A character as it stands there; halves of a pair, in any order, for one beyond the first 65,536. */
  private one(c: string): Ranges {
    return this.code(c.codePointAt(0) as number);
  }

  private code(code: number): Ranges {
    return code > 0xffff ? [0xd800, 0xdfff] : chars(code);
  }

  private hex(digits: number): number {
    const text = this.text.slice(this.at, this.at + digits);
    if (!/^[0-9a-f]+$/i.test(text) || text.length < digits) throw new RangeError('is not understood');
    this.at += digits;
    return Number.parseInt(text, 16);
  }

  private peek(): string {
    return this.text[this.at] ?? '';
  }

  private next(): string {
    const code = this.text.codePointAt(this.at);
    if (code === undefined) throw new RangeError('is not understood');
    const c = String.fromCodePoint(code);
    this.at += c.length;
    return c;
  }

  private take(c: string): boolean {
    if (this.text[this.at] !== c) return false;
    this.at++;
    return true;
  }
}
