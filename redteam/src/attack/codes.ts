/** How codes are guessed when alphabet and length are known. */
import type { Random } from '../core/random.ts';

/** Draws guesses one after the other. */
export interface Guesser {
  next(): string;
}

/** Counts up from a place in the alphabet's order, as a naive tool does. */
export class CountingGuesser implements Guesser {
  private readonly alphabet: string;
  private readonly digits: number[];

  constructor(alphabet: string, length: number, first: number[] = []) {
    this.alphabet = alphabet;
    this.digits = Array.from({ length }, (_, i) => first[i] ?? 0);
  }

  next(): string {
    const { alphabet, digits } = this;
    let code = '';
    for (const digit of digits) code += alphabet[digit];
    for (let i = digits.length - 1; i >= 0; i--) {
      digits[i] = (digits[i] + 1) % alphabet.length;
      if (digits[i] !== 0) break;
    }
    return code;
  }
}

/** Every character for itself. */
export class RandomGuesser implements Guesser {
  private readonly alphabet: string;
  private readonly length: number;
  private readonly random: Random;

  constructor(alphabet: string, length: number, random: Random) {
    this.alphabet = alphabet;
    this.length = length;
    this.random = random;
  }

  next(): string {
    let code = '';
    for (let i = 0; i < this.length; i++) code += this.alphabet[this.random.below(this.alphabet.length)];
    return code;
  }
}

/**
 * Learned from valid codes that the attacker holds: which characters stand where, what follows what, and whether neighbours
 * of a valid code tend to be of the same batch. Positions that never change are kept.
 */
export class LearnedGuesser implements Guesser {
  private readonly sample: readonly string[];
  private readonly random: Random;
  private readonly plain: RandomGuesser;
  private readonly alphabet: string;
  /** Characters seen at each position; empty for those at which everything was seen. */
  private readonly seen: readonly string[];

  constructor(sample: readonly string[], alphabet: string, length: number, random: Random) {
    this.sample = sample;
    this.random = random;
    this.alphabet = alphabet;
    this.plain = new RandomGuesser(alphabet, length, random);
    // With n draws out of k characters, a position that shows under a third of what chance would is not a free one.
    const expected = alphabet.length * (1 - (1 - 1 / alphabet.length) ** sample.length);
    this.seen = Array.from({ length }, (_, i) => {
      const characters = new Set(sample.map((code) => code[i] ?? ''));
      return sample.length >= 4 && characters.size <= Math.max(1, expected / 3) ? [...characters].join('') : '';
    });
  }

  next(): string {
    const { random, sample, alphabet } = this;
    if (sample.length === 0) return this.plain.next();
    if (random.chance(0.3)) return this.neighbour(random.pick(sample));
    let code = '';
    for (const characters of this.seen) {
      const from = characters === '' ? alphabet : characters;
      code += from[random.below(from.length)];
    }
    return code;
  }

  /** A valid code with one or two of its last characters changed. */
  private neighbour(code: string): string {
    const { random, alphabet } = this;
    const characters = [...code];
    for (let i = 1 + random.below(2); i > 0; i--) {
      const at = characters.length - random.geometric(2.5);
      if (at >= 0) characters[at] = alphabet[random.below(alphabet.length)];
    }
    return characters.join('');
  }
}

/** Kinds of check character that people build into codes. */
type Checksum = (code: string, alphabet: string) => number;

/** Luhn's formula modulo the size of the alphabet; 0 for a code that holds. */
export const luhn: Checksum = (code, alphabet) => {
  const n = alphabet.length;
  let sum = 0;
  for (let i = code.length - 1, twice = false; i >= 0; i--, twice = !twice) {
    const value = alphabet.indexOf(code[i]) * (twice ? 2 : 1);
    sum += Math.floor(value / n) + (value % n);
  }
  return sum % n;
};

/** Sum of places modulo the size of the alphabet. */
export const plainSum: Checksum = (code, alphabet) => {
  let sum = 0;
  for (const character of code) sum += alphabet.indexOf(character);
  return sum % alphabet.length;
};

/** The checksum under which all codes of a sample give the same, if there is one. Fewer than 4 codes prove nothing. */
export function checksumOf(sample: readonly string[], alphabet: string): ((code: string) => boolean) | undefined {
  if (sample.length < 4) return undefined;
  for (const check of [luhn, plainSum]) {
    const value = check(sample[0], alphabet);
    if (sample.every((code) => check(code, alphabet) === value)) return (code) => check(code, alphabet) === value;
  }
  return undefined;
}

/** Guesses of another kind, with a last character that makes the checksum hold. */
export class CheckedGuesser implements Guesser {
  private readonly inner: Guesser;
  private readonly holds: (code: string) => boolean;
  private readonly alphabet: string;

  constructor(inner: Guesser, holds: (code: string) => boolean, alphabet: string) {
    this.inner = inner;
    this.holds = holds;
    this.alphabet = alphabet;
  }

  next(): string {
    const code = this.inner.next();
    const head = code.slice(0, -1);
    for (const character of this.alphabet) {
      if (this.holds(head + character)) return head + character;
    }
    return code;
  }
}
