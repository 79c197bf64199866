/** What has been seen of one field, or one route, since the last model: small, and of the same size however much comes. */
import { Sizes } from './buckets.ts';
import type { FieldModel } from './model.ts';
import type { ValueShape } from './shape.ts';

/** Senders told apart; more are not needed to say that there are several. */
const MAX_IDENTITIES = 8;
/** Values told apart. A field with more has no enumeration. */
const MAX_VALUES = 24;
/** Values an enumeration has at most, and how often each must have come on average, and at least. */
const ENUMERATION = 16;
const ENUMERATION_MEAN = 20;
const ENUMERATION_LEAST = 3;
/** Kinds that fewer than so many of a thousand values have are taken for mistakes of their senders. */
const RARE_PER_MILLE = 2;
/** Lengths and magnitudes up to this quantile are usual. */
const USUAL_PER_MILLE = 995;

const TYPE_BITS = 7;
const CLASS_BITS = 14;

/** Who has been seen, and between when. */
export class Seen {
  readonly identities: number[] = [];
  firstMs = 0;
  lastMs = 0;

  add(identity: number, timeMs: number): void {
    if (this.firstMs === 0 || timeMs < this.firstMs) this.firstMs = timeMs;
    if (timeMs > this.lastMs) this.lastMs = timeMs;
    if (this.identities.length < MAX_IDENTITIES && !this.identities.includes(identity)) this.identities.push(identity);
  }
}

export class FieldTally {
  readonly where: string;
  readonly seen = new Seen();
  private readonly lengths = new Sizes();
  private readonly magnitudes = new Sizes();
  private readonly types = new Array<number>(TYPE_BITS).fill(0);
  private readonly classes = new Array<number>(CLASS_BITS).fill(0);
  private negatives = 0;
  /** Hash → how often; null once there were too many. */
  private values: Map<number, number> | null = new Map();
  count = 0;

  constructor(where: string) {
    this.where = where;
  }

  add(value: ValueShape, identity: number, timeMs: number): void {
    this.count++;
    this.seen.add(identity, timeMs);
    this.lengths.add(value.length);
    if (value.magnitude >= 0) this.magnitudes.add(value.magnitude);
    if (value.negative) this.negatives++;
    mark(this.types, value.type);
    mark(this.classes, value.classes);
    if (this.values === null) return;
    this.values.set(value.hash, (this.values.get(value.hash) ?? 0) + 1);
    if (this.values.size > MAX_VALUES) this.values = null;
  }

  /** `requests` of its route. */
  model(requests: number): FieldModel {
    const least = Math.max(2, Math.ceil((this.count * RARE_PER_MILLE) / 1000));
    return {
      where: this.where,
      observations: this.count,
      identities: this.seen.identities.length,
      presentPerMille: requests === 0 ? 0 : Math.min(1000, Math.round((this.count * 1000) / requests)),
      types: bits(this.types, least),
      classes: bits(this.classes, least),
      length: this.lengths.quantile(USUAL_PER_MILLE),
      magnitude: this.magnitudes.quantile(USUAL_PER_MILLE),
      negative: this.negatives >= least,
      values: this.enumeration(),
      manyValues: this.values === null,
      firstMs: this.seen.firstMs,
      lastMs: this.seen.lastMs,
      widenedMs: this.seen.lastMs,
      pending: null,
    };
  }

  private enumeration(): number[] | null {
    if (this.values === null) return null;
    const often = [...this.values].filter(([, count]) => count >= ENUMERATION_LEAST).map(([hash]) => hash);
    const isFew = this.values.size <= ENUMERATION && this.count >= this.values.size * ENUMERATION_MEAN;
    // Where values still come that came once, more will come.
    return isFew && often.length === this.values.size ? often.sort((a, b) => a - b) : null;
  }
}

function mark(counts: number[], set: number): void {
  for (let bit = 0; bit < counts.length; bit++) if ((set & (1 << bit)) !== 0) counts[bit]++;
}

const bits = (counts: readonly number[], least: number): number =>
  counts.reduce((set, count, bit) => (count >= least ? set | (1 << bit) : set), 0);
