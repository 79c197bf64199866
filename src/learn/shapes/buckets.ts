/** Counts of sizes, four buckets to each doubling: what a quantile of lengths or magnitudes needs, and no more. */

/** Buckets up to 2^52. */
export const BUCKETS = 204;

/** The bucket of a whole number that is not negative. */
export function bucketOf(size: number): number {
  if (size < 4) return size < 0 ? 0 : Math.floor(size);
  let high = Math.floor(size);
  let doublings = 0;
  while (high >= 8) {
    high = Math.floor(high / 2);
    doublings++;
  }
  return Math.min(BUCKETS - 1, doublings * 4 + high);
}

/** The largest number that falls into a bucket. */
export function upperEdge(bucket: number): number {
  if (bucket < 8) return bucket;
  let edge = (bucket % 4) + 4;
  const doublings = Math.floor(bucket / 4) - 1;
  let width = 1;
  for (let i = 0; i < doublings; i++) {
    edge *= 2;
    width *= 2;
  }
  return edge + width - 1;
}

/** Counts by bucket, as long as the largest that was seen. */
export class Sizes {
  readonly counts: number[] = [];
  total = 0;

  add(size: number): void {
    const bucket = bucketOf(size);
    while (this.counts.length <= bucket) this.counts.push(0);
    this.counts[bucket]++;
    this.total++;
  }

  /** The upper edge of the bucket below which so many per mille lie; −1 where nothing was counted. */
  quantile(perMille: number): number {
    const wanted = Math.ceil((this.total * perMille) / 1000);
    let sum = 0;
    for (let bucket = 0; bucket < this.counts.length; bucket++) {
      sum += this.counts[bucket];
      if (sum >= wanted && sum > 0) return upperEdge(bucket);
    }
    return -1;
  }
}
