/**
 * Fixed point: evidence and risk are integers in thousandths of a nat ("millinats"), so that a decision is the same on
 * every machine. ECMAScript leaves the last bits of Math.log and Math.exp to the engine; here logarithms come from a
 * series of additions, multiplications and divisions, which IEEE 754 rounds exactly, and are only used to build tables
 * and constants at start-up.
 */

/** One nat in the unit that all evidence is kept in. */
export const MILLINATS = 1000;

const LN2 = 0.6931471805599453;

/** ln(x) for x > 0 through 2·atanh((m−1)/(m+1)), deterministic to the last bit. RangeError for x ≤ 0. */
export function ln(x: number): number {
  if (!(x > 0) || x === Number.POSITIVE_INFINITY) throw new RangeError(`ln of ${x}`);
  let exponent = 0;
  while (x > 1.5) {
    x /= 2;
    exponent++;
  }
  while (x < 0.75) {
    x *= 2;
    exponent--;
  }
  const z = (x - 1) / (x + 1);
  const z2 = z * z;
  let term = z;
  let sum = 0;
  for (let k = 1; k < 60; k += 2) {
    sum += term / k;
    term *= z2;
  }
  return 2 * sum + exponent * LN2;
}

/** Nats to millinats, rounded to nearest. */
export function millinats(nats: number): number {
  return Math.round(nats * MILLINATS);
}

/** ln(p / q) in millinats: the weight of one observation under two hypotheses. */
export function logRatio(p: number, q: number): number {
  return millinats(ln(p / q));
}

/** exp(−x) for 0 ≤ x ≤ 40 by series and squaring, deterministic. Only tables and displays use it. */
export function expNeg(x: number): number {
  let halvings = 0;
  while (x > 0.5) {
    x /= 2;
    halvings++;
  }
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 20; k++) {
    term *= -x / k;
    sum += term;
  }
  while (halvings-- > 0) sum *= sum;
  return sum;
}

/** The probability that log-odds in millinats stand for. For display: decisions compare log-odds. */
export function probability(logOdds: number): number {
  const x = Math.min(40, Math.abs(logOdds) / MILLINATS);
  const e = expNeg(x);
  return logOdds >= 0 ? 1 / (1 + e) : e / (1 + e);
}
