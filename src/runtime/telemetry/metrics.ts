/**
 * Counters, gauges and histograms in flat typed arrays. A series is a slot: its number is worked out once from its label
 * values, and counting is one addition. Every label is bounded when it is declared, so nothing that traffic does can make
 * the number of series grow. Text is made only when somebody scrapes (exposition.ts).
 */
import { SallyportError } from '../../lib/errors.ts';

/** Label values longer than this are counted as `other`, in UTF-16 code units. */
const MAX_LABEL_LENGTH = 200;
/** Series of one family at most: what a wrong declaration could cost is 8 MiB. */
const MAX_SERIES = 1 << 20;
/** What has no slot of its own is counted here. */
export const OTHER = 'other';

/** One label: declared values, room for a few more that come first, and `other` for everything else. */
export class Label {
  readonly name: string;
  /** Values it can take, `other` included. */
  readonly size: number;
  /** Index of `other`: always the last. */
  readonly other: number;
  readonly #values: string[] = [];
  readonly #indexes = new Map<string, number>();

  /** `spare`: how many values beside the declared ones may come later. Never feed it what strangers can choose. */
  constructor(name: string, values: readonly string[], spare = 0) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) throw new SallyportError('SP9001', `"${name}" is no label name`);
    const distinct = [...new Set(values)].filter((value) => value !== OTHER);
    this.name = name;
    this.other = distinct.length + spare;
    this.size = this.other + 1;
    for (const value of distinct) this.index(value);
    this.#indexes.set(OTHER, this.other);
  }

  /** The index of a value: that of `other` where there is no room for it. */
  index(value: string): number {
    const known = this.#indexes.get(value);
    if (known !== undefined) return known;
    if (this.#values.length >= this.other || value.length > MAX_LABEL_LENGTH) return this.other;
    this.#indexes.set(value, this.#values.length);
    return this.#values.push(value) - 1;
  }

  /** The value of an index; undefined where it has not been given to any yet. */
  value(index: number): string | undefined {
    return index === this.other ? OTHER : this.#values[index];
  }

  /** The values by index, without `other`. */
  values(): readonly string[] {
    return this.#values;
  }
}

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'info';

/** What becomes of a gauge when several workers are shown as one: their sum, the largest, or only that of the owner. */
export type GaugeMerge = 'sum' | 'max' | 'own';

/** All series of one name. */
export class Family {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly labels: readonly Label[];
  /** Numbers a series takes: 1, for a histogram one a bucket and one for the sum. */
  readonly width: number;
  readonly series: number;
  readonly slots: Float64Array;
  readonly #strides: readonly number[];

  constructor(name: string, help: string, type: MetricType, labels: readonly Label[], width: number) {
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) throw new SallyportError('SP9001', `"${name}" is no metric name`);
    const series = labels.reduce((product, label) => product * label.size, 1);
    if (series * width > MAX_SERIES) throw new SallyportError('SP9001', `${name} would have ${series} series`);
    if (labels.length > 5) throw new SallyportError('SP9001', `${name} has more than five labels`);
    this.name = name;
    this.help = help;
    this.type = type;
    this.labels = labels;
    this.width = width;
    this.series = series;
    this.slots = new Float64Array(series * width);
    const strides = [1, 1, 1, 1, 1];
    let stride = 1;
    for (const [i, label] of labels.entries()) {
      strides[i] = stride;
      stride *= label.size;
    }
    this.#strides = strides;
  }

  /** The slot of a series, from the indexes of its label values in the order of the labels. */
  slot(a = 0, b = 0, c = 0, d = 0, e = 0): number {
    const s = this.#strides;
    return a * s[0] + b * s[1] + c * s[2] + d * s[3] + e * s[4];
  }

  /** The slot of label values given as words. */
  slotOf(...values: readonly string[]): number {
    return this.labels.reduce((slot, label, i) => slot + label.index(values[i] ?? OTHER) * this.#strides[i], 0);
  }

  /** Index of the value of label `i` in a slot: the way back. */
  indexIn(slot: number, i: number): number {
    return Math.floor(slot / this.#strides[i]) % this.labels[i].size;
  }

  /** Whether a series has anything to show. */
  shown(slot: number): boolean {
    return this.slots[slot * this.width] !== 0;
  }
}

/** Only grows. */
export class Counter extends Family {
  constructor(name: string, help: string, labels: readonly Label[]) {
    super(name, help, 'counter', labels, 1);
  }

  add(slot: number, by = 1): void {
    this.slots[slot] += by;
  }

  /** Takes over a total that is counted elsewhere. */
  set(slot: number, total: number): void {
    this.slots[slot] = total;
  }
}

/** Goes up and down. */
export class Gauge extends Family {
  readonly merge: GaugeMerge;
  readonly #present: Uint8Array;

  constructor(name: string, help: string, labels: readonly Label[], merge: GaugeMerge, type: MetricType = 'gauge') {
    super(name, help, type, labels, 1);
    this.merge = merge;
    this.#present = new Uint8Array(this.series);
  }

  set(slot: number, value: number): void {
    this.slots[slot] = value;
    this.#present[slot] = 1;
  }

  add(slot: number, by = 1): void {
    this.slots[slot] += by;
    this.#present[slot] = 1;
  }

  /** Forgets every series: for those whose subjects come and go. */
  clear(): void {
    this.slots.fill(0);
    this.#present.fill(0);
  }

  override shown(slot: number): boolean {
    return this.#present[slot] === 1;
  }
}

/** A sampled request behind a bucket. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  readonly timeSec: number;
}

/** How often a value fell between which bounds. */
export class Histogram extends Family {
  /** Upper bounds, rising, without infinity. */
  readonly bounds: readonly number[];
  /** By bucket of a series; stays empty until a sampled request is measured. */
  readonly exemplars = new Map<number, Exemplar>();

  constructor(name: string, help: string, bounds: readonly number[], labels: readonly Label[]) {
    super(name, help, 'histogram', labels, bounds.length + 2);
    if (bounds.some((bound, i) => i > 0 && bound <= bounds[i - 1])) {
      throw new SallyportError('SP9001', `the bounds of ${name} do not rise`);
    }
    this.bounds = bounds;
  }

  /** Counts one value; what is no number or negative (a clock that was set back) counts as 0. */
  observe(slot: number, value: number): void {
    const seen = value >= 0 ? value : 0;
    const base = slot * this.width;
    this.slots[base + this.#bucket(seen)]++;
    this.slots[base + this.width - 1] += seen;
  }

  /** The same, and keeps the trace as the example of its bucket: for sampled requests. */
  observeTraced(slot: number, value: number, traceId: string, nowMs: number): void {
    this.observe(slot, value);
    const seen = value >= 0 ? value : 0;
    this.exemplars.set(slot * this.width + this.#bucket(seen), { traceId, value: seen, timeSec: nowMs / 1000 });
  }

  #bucket(value: number): number {
    const { bounds } = this;
    let i = 0;
    while (i < bounds.length && value > bounds[i]) i++;
    return i;
  }

  override shown(slot: number): boolean {
    const end = (slot + 1) * this.width - 1;
    for (let i = slot * this.width; i < end; i++) if (this.slots[i] !== 0) return true;
    return false;
  }
}

/** What one worker has counted, as plain data: fit for JSON and for structured cloning. */
export interface MetricsSnapshot {
  readonly families: readonly {
    readonly name: string;
    /** Values of each label by index, without `other`, whose index is {@link sizes} − 1. */
    readonly values: readonly (readonly string[])[];
    readonly sizes: readonly number[];
    /** Slot and its numbers in turn, only of series that have something to show. */
    readonly data: readonly number[];
  }[];
}

/** All families, in the order in which they are shown. */
export class MetricRegistry {
  readonly #families = new Map<string, Family>();
  readonly #hooks: (() => void)[] = [];

  counter(name: string, help: string, labels: readonly Label[] = []): Counter {
    if (!name.endsWith('_total')) throw new SallyportError('SP9001', `the counter ${name} must end in _total`);
    return this.#add(new Counter(name, help, labels));
  }

  gauge(name: string, help: string, labels: readonly Label[] = [], merge: GaugeMerge = 'sum'): Gauge {
    return this.#add(new Gauge(name, help, labels, merge));
  }

  histogram(name: string, help: string, bounds: readonly number[], labels: readonly Label[] = []): Histogram {
    return this.#add(new Histogram(name, help, bounds, labels));
  }

  /** Constant facts as labels of a series that is always 1. */
  info(name: string, help: string, facts: Readonly<Record<string, string>>): void {
    const labels = Object.entries(facts).map(([key, value]) => new Label(key, [value]));
    this.#add(new Gauge(name, help, labels, 'own', 'info')).set(0, 1);
  }

  /** Runs before each scrape and sets what is not worth keeping current all the time. A hook that fails is passed over. */
  onScrape(hook: () => void): void {
    this.#hooks.push(hook);
  }

  /** Runs the hooks. */
  collect(): void {
    for (const hook of this.#hooks) {
      try {
        hook();
      } catch {
        // One part in trouble must not hide the metrics of all others; its own gauges stay what they were.
      }
    }
  }

  families(): readonly Family[] {
    return [...this.#families.values()];
  }

  snapshot(): MetricsSnapshot {
    return { families: this.families().map(familySnapshot) };
  }

  /**
   * Adds what another process has counted: counters and histograms are summed, gauges as each says. `gauges: false` for
   * a process that has ended: what it counted stays, what it was is gone. Families unknown here are passed over.
   */
  absorb(snapshot: MetricsSnapshot, gauges = true): void {
    for (const { name, values, sizes, data } of snapshot.families) {
      const family = this.#families.get(name);
      if (family === undefined || family.labels.length !== values.length) continue;
      if (family instanceof Gauge && !gauges) continue;
      absorbFamily(family, values, sizes, data);
    }
  }

  #add<F extends Family>(family: F): F {
    if (this.#families.has(family.name)) throw new SallyportError('SP9001', `${family.name} is declared twice`);
    this.#families.set(family.name, family);
    return family;
  }
}

function familySnapshot(family: Family): MetricsSnapshot['families'][number] {
  const data: number[] = [];
  for (let slot = 0; slot < family.series; slot++) {
    if (!family.shown(slot)) continue;
    data.push(slot);
    for (let i = 0; i < family.width; i++) data.push(family.slots[slot * family.width + i]);
  }
  const { name, labels } = family;
  return { name, values: labels.map((label) => label.values().slice()), sizes: labels.map((l) => l.size), data };
}

function absorbFamily(
  family: Family,
  values: readonly (readonly string[])[],
  sizes: readonly number[],
  data: readonly number[],
): void {
  for (let at = 0; at + family.width < data.length; at += family.width + 1) {
    // Tables fill in the order in which values come, which differs between processes: words, not indexes, are the same.
    let rest = data[at];
    const words = sizes.map((size, i) => {
      const index = rest % size;
      rest = Math.floor(rest / size);
      return values[i][index] ?? OTHER;
    });
    const slot = family.slotOf(...words);
    if (family instanceof Gauge) absorbGauge(family, slot, data[at + 1]);
    else for (let i = 0; i < family.width; i++) family.slots[slot * family.width + i] += data[at + 1 + i];
  }
}

function absorbGauge(gauge: Gauge, slot: number, value: number): void {
  if (gauge.merge === 'sum') gauge.add(slot, value);
  else if (!gauge.shown(slot)) gauge.set(slot, value);
  else if (gauge.merge === 'max') gauge.set(slot, Math.max(gauge.slots[slot], value));
}
