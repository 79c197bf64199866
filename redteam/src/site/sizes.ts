/** How many bytes answers have. The same thing has the same size every time, as a product's page in a shop has. */
import type { Role } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { hash01 } from './state.ts';

/** Median bytes of an answer, or of one row of it, by role; spread between items (standard deviation of the logarithm). */
const BYTES: Readonly<Record<Role, readonly [median: number, sigma: number]>> = {
  page: [8_200, 0.5],
  asset: [21_000, 0.9],
  search: [260, 0.12],
  list: [290, 0.12],
  detail: [1_250, 0.45],
  login: [320, 0.05],
  signup: [330, 0.05],
  reset: [58, 0.02],
  profile: [270, 0.12],
  'order-list': [190, 0.15],
  order: [780, 0.5],
  quote: [118, 0.04],
  checkout: [64, 0.04],
  redeem: [72, 0.05],
  graphql: [60, 0.1],
  webhook: [18, 0.02],
  export: [205, 0.08],
  telemetry: [16, 0.02],
  health: [44, 0.01],
  other: [410, 0.4],
};

/** Length of an error as `application/problem+json`, about. */
const ERROR_BYTES = 118;

export class Sizes {
  private readonly factors: readonly number[];
  private readonly salt: number;

  /** Every operation of every seed is a little different. */
  constructor(operations: number, random: Random) {
    this.factors = Array.from({ length: operations }, () => random.logNormal(1, 0.25));
    this.salt = random.below(1 << 30);
  }

  /** Bytes of item `key` of an operation, `rows` times; `operation` by its place in the document. */
  of(role: Role, operation: number, key: number, rows = 1): number {
    const [median, sigma] = BYTES[role];
    const n = Math.imul(key + this.salt, 2_654_435_761) + operation;
    // The sum of three even draws is near enough to a normal one, with half its spread.
    const z = 2 * (hash01(n) + hash01(n + 0x51ed) + hash01(n + 0xa2da) - 1.5);
    return Math.round(median * rows * this.factors[operation] * Math.exp(sigma * z));
  }

  error(status: number, operation: number): number {
    return status === 304 || status === 204 ? 0 : ERROR_BYTES + ((status * 7 + operation * 13) % 61);
  }
}
