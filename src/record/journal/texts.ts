/**
 * Texts on their way into a journal. What carries no secret is copied byte by byte; only what may carry one becomes a
 * string, and what was taken out of it is remembered, because the same targets come again and again.
 */
import { randomInt } from 'node:crypto';
import type { FactBatch, TextName } from '../../enrich/facts.ts';
import { hashBytes, lanes } from '../../lib/hash.ts';

export const TEXTS: readonly TextName[] = [
  'target',
  'agent',
  'referrer',
  'principal',
  'session',
  'credential',
  'host',
  'content',
];

/** Takes secrets out of a text before it is stored. The text is latin1, a character for each byte. */
export type RedactText = (name: TextName, text: string) => string;

/**
 * Which texts the rule is asked about. `parameters`: only where there is a "=" or a "%", without which a target names no
 * parameter.
 */
export type Touch = 'never' | 'parameters' | 'always';

export interface TextRules {
  readonly redact: RedactText;
  /** `always` for names that are left out. */
  readonly touch?: Readonly<Partial<Record<TextName, Touch>>>;
}

export const AS_THEY_ARE: TextRules = {
  redact: (_, text) => text,
  touch: Object.fromEntries(TEXTS.map((name) => [name, 'never'])),
};

/**
 * Rules for a journal that stays on a disk for weeks: secret parameters go out of targets, keys and session ids keep
 * their beginning. A masked text keeps its length, so that what is shown of it stays the same.
 */
export function rulesFor(redactTarget: (target: string) => string, patterns?: (text: string) => string): TextRules {
  const also = patterns ?? ((text: string) => text);
  const plain: Touch = patterns === undefined ? 'never' : 'always';
  return {
    redact: (name, text) => {
      if (name === 'credential' || name === 'session') return also(masked(text));
      return also(name === 'target' || name === 'referrer' || name === 'content' ? redactTarget(text) : text);
    },
    touch: {
      target: patterns === undefined ? 'parameters' : 'always',
      referrer: patterns === undefined ? 'parameters' : 'always',
      content: patterns === undefined ? 'parameters' : 'always',
      agent: plain,
      host: plain,
      principal: plain,
    },
  };
}

/** Beginning of a secret that is kept, in characters: enough to find it, too little to use it. */
const SHOWN = 6;
const masked = (text: string): string => text.slice(0, text.length <= SHOWN ? 2 : SHOWN).padEnd(text.length, '*');

/** Longest text of a row in bytes: its length is stored in 16 bits. */
const MAX_TEXT_BYTES = 65_535;
/** Texts whose redacted form is remembered; the longest of them in bytes. */
const MAX_MEMO = 4096;
const MAX_MEMO_BYTES = 2048;
/** Shorter texts are copied byte by byte: a native copy costs more than it saves. */
const NATIVE_COPY_BYTES = 64;

const TOUCH: Readonly<Record<Touch, number>> = { never: 0, parameters: 1, always: 2 };

/** The bytes of a block's texts, and the rules by which they are taken over. */
export class TextStore {
  bytes = new Uint8Array(256 * 1024);
  length = 0;
  private readonly rules: TextRules;
  private readonly touch: Uint8Array;
  private readonly memo = new Map<number, Uint8Array>();
  /** So that nobody outside can make two texts share a place in {@link memo}. */
  private readonly key = randomInt(2 ** 32);

  constructor(rules: TextRules) {
    this.rules = rules;
    this.touch = Uint8Array.from(TEXTS, (name) => TOUCH[rules.touch?.[name] ?? 'always']);
  }

  /** Takes over text `index` of {@link TEXTS} and returns how long it is now; it begins at the former {@link length}. */
  take(index: number, batch: FactBatch, at: number, length: number): number {
    const from = batch.text;
    if (this.length + length > this.bytes.length) this.grow(length);
    const to = this.bytes;
    const start = this.length;
    const touch = this.touch[index];
    let suspicious = touch === 2;
    if (length < NATIVE_COPY_BYTES)
      for (let i = 0; i < length; i++) {
        const c = from[at + i];
        to[start + i] = c;
        if (c === 0x3d || c === 0x25) suspicious = true;
      }
    else {
      const piece = from.subarray(at, at + length);
      to.set(piece, start);
      suspicious ||= touch === 1 && (piece.includes(0x3d) || piece.includes(0x25));
    }
    if (touch === 0 || !suspicious) {
      this.length = start + length;
      return length;
    }
    return this.replace(index, start, length);
  }

  /** The text was copied to `start` as it is: puts its redacted form there instead. */
  private replace(index: number, start: number, length: number): number {
    hashBytes(this.bytes, start, start + length, this.key + index);
    const id = (lanes.hi >>> 0) * 2_097_152 + (lanes.lo >>> 11);
    let kept = this.memo.get(id);
    if (kept === undefined) {
      const text = Buffer.from(this.bytes.buffer, start, length).toString('latin1');
      kept = Uint8Array.from(Buffer.from(this.rules.redact(TEXTS[index], text), 'latin1').subarray(0, MAX_TEXT_BYTES));
      if (length <= MAX_MEMO_BYTES && kept.length <= MAX_MEMO_BYTES) {
        if (this.memo.size >= MAX_MEMO) this.memo.clear();
        this.memo.set(id, kept);
      }
    }
    if (start + kept.length > this.bytes.length) this.grow(kept.length);
    this.bytes.set(kept, start);
    this.length = start + kept.length;
    return kept.length;
  }

  private grow(more: number): void {
    const larger = new Uint8Array(Math.max(this.length + more, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
