/** Amounts of money in minor units, from the decimals that requests carry: exact, without a floating point in between. */

/** Currencies whose minor unit is not a hundredth (ISO 4217, list one). */
const EXPONENTS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
  ),
  ...Object.fromEntries('BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3])),
  CLF: 4,
  UYW: 4,
};
const DEFAULT_EXPONENT = 2;
/** Largest amount, in minor units: whole numbers are exact far beyond it. */
const MAX_MINOR = 1e15;
/** Longest text of an amount, in characters. */
const MAX_TEXT = 40;

/** Digits after the point that a currency has; 2 for what is no known code. */
export function exponentOf(currency: string): number {
  return EXPONENTS[currency.trim().toUpperCase()] ?? DEFAULT_EXPONENT;
}

/** 1,234.50 and 1.234,50 and 1'234.50 and 1 234,50. */
const GROUPED = /^\d{1,3}(?:(?:,\d{3})+(?:\.\d+)?|(?:\.\d{3})+(?:,\d+)?|(?:['\s]\d{3})+(?:[.,]\d+)?)$/;
const PLAIN = /^\d+(?:[.,]\d*)?$/;
/** A sign or a code before or behind it. */
const AROUND = /^[A-Z]{3}\s?|^[$€£¥₹]\s?|\s?[A-Z]{3}$|\s?[$€£¥₹]$/g;

/**
 * Minor units of an amount written as a decimal; −1 where it is none, negative, or too large. What lies below the minor unit is
 * cut off. `12.345` is a decimal, while `1.234,50` and `1,234` group by thousands.
 */
export function amountMinor(written: string, exponent: number): number {
  const text = written.length > MAX_TEXT ? '' : written.trim().replace(AROUND, '');
  const parts = partsOf(text);
  if (parts === null) return -1;
  const [whole, fraction] = parts;
  const minor = Number(whole + fraction.slice(0, exponent).padEnd(exponent, '0'));
  return minor <= MAX_MINOR ? minor : -1;
}

/** Digits before and behind the point. */
function partsOf(text: string): [string, string] | null {
  if (GROUPED.test(text) && !/^\d{1,3}\.\d{3}$/.test(text)) {
    const last = Math.max(text.lastIndexOf(','), text.lastIndexOf('.'));
    const first = text.search(/[,.'\s]/);
    // The same mark again groups; another one, behind it, is the point.
    const point = last > first && text[last] !== text[first] ? last : -1;
    const whole = point < 0 ? text : text.slice(0, point);
    return [whole.replace(/\D/g, ''), point < 0 ? '' : text.slice(point + 1)];
  }
  if (!PLAIN.test(text)) return null;
  const [whole, fraction = ''] = text.split(/[.,]/);
  return [whole, fraction];
}
