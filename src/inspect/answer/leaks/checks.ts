/** Check digits of cards, accounts and national ids. Each takes digits (or text) that have the right length, and says yes or no. */

/** Luhn (ISO/IEC 7812-1, annex B). */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = digits.length - 1, second = false; i >= 0; i--, second = !second) {
    const d = digits.charCodeAt(i) - 48;
    sum += second ? (d > 4 ? 2 * d - 9 : 2 * d) : d;
  }
  return sum % 10 === 0;
}

/** First and last prefix of a brand's numbers, and the lengths they have. */
type Range = readonly [first: number, last: number, ...lengths: number[]];
const BRANDS: readonly Range[] = [
  [4, 4, 13, 16, 19], // Visa
  [51, 55, 16], // Mastercard
  [2221, 2720, 16],
  [34, 34, 15], // American Express
  [37, 37, 15],
  [6011, 6011, 16, 19], // Discover
  [644, 649, 16, 19],
  [65, 65, 16, 19],
  [3528, 3589, 16], // JCB
  [300, 305, 14], // Diners Club
  [36, 36, 14],
  [38, 39, 14],
  [62, 62, 16, 17, 18, 19], // UnionPay
  [5018, 5018, 16], // Maestro
  [5020, 5020, 16],
  [5038, 5038, 16],
  [6304, 6304, 16],
];

/** Do these digits begin as a card of their length does? */
export function isCardRange(digits: string): boolean {
  return BRANDS.some(([first, last, ...lengths]) => {
    if (!lengths.includes(digits.length)) return false;
    const prefix = Number(digits.slice(0, String(first).length));
    return prefix >= first && prefix <= last;
  });
}

/** Length of an IBAN by country (SWIFT registry). */
const IBAN_LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 ' +
    'GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 ' +
    'MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 ' +
    'TN24 TR26 UA29 VA22 VG24 XK20'
  )
    .split(' ')
    .map((each) => [each.slice(0, 2), Number(each.slice(2))]),
);

/** Length that an IBAN of this country has; 0 for no country that has any. */
export function ibanLength(country: string): number {
  return IBAN_LENGTHS[country] ?? 0;
}

/** ISO 13616: moved by four, letters as numbers, the rest of a division by 97 is 1. */
export function isIban(text: string): boolean {
  let rest = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt((i + 4) % text.length);
    if (c >= 0x41) rest = (rest * 100 + c - 55) % 97;
    else rest = (rest * 10 + c - 48) % 97;
  }
  return rest === 1;
}

/** Social security number of the United States: no check digit, but numbers that are never given out. */
export function isSsn(digits: string): boolean {
  const area = Number(digits.slice(0, 3));
  return area !== 0 && area !== 666 && area < 900 && digits.slice(3, 5) !== '00' && digits.slice(5) !== '0000';
}

function weighted(digits: string, weights: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] * (digits.charCodeAt(i) - 48);
  return sum;
}

const allSame = (digits: string): boolean => digits === digits[0].repeat(digits.length);
const down = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from - i);

/** CPF of Brazil: two check digits modulo 11. */
export function isCpf(digits: string): boolean {
  if (allSame(digits)) return false;
  const check = (rest: number): number => (rest < 2 ? 0 : 11 - rest);
  return (
    check(weighted(digits, down(10, 9)) % 11) === Number(digits[9]) &&
    check(weighted(digits, down(11, 10)) % 11) === Number(digits[10])
  );
}

/** PESEL of Poland: date of birth and a weighted sum modulo 10. */
export function isPesel(digits: string): boolean {
  const month = Number(digits.slice(2, 4)) % 20;
  const sum = weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]);
  return month >= 1 && month <= 12 && sum % 10 === 0 && !allSame(digits);
}

/** BSN of the Netherlands: the test of eleven. */
export function isBsn(digits: string): boolean {
  return !allSame(digits) && weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;
}

/** NIR of France: thirteen digits and 97 less their rest by 97; sex and month bound it further. */
export function isNir(digits: string): boolean {
  const month = Number(digits.slice(3, 5));
  const sound = (digits[0] === '1' || digits[0] === '2') && month >= 1 && month <= 12;
  return sound && 97 - (Number(digits.slice(0, 13)) % 97) === Number(digits.slice(13));
}

/** Resident id of China: date of birth, and a sum modulo 11 whose 10 is written X (GB 11643). */
export function isResidentId(text: string): boolean {
  const year = Number(text.slice(6, 10));
  const month = Number(text.slice(10, 12));
  const day = Number(text.slice(12, 14));
  if (year < 1900 || year > 2099 || month < 1 || month > 12 || day < 1 || day > 31) return false;
  const sum = weighted(text, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11;
  return '10X98765432'[sum] === text[17].toUpperCase();
}

const VERHOEFF_D = ['0123456789', '1234067895', '2340178956', '3401289567', '4012395678', '5987604321', '6598710432'];
VERHOEFF_D.push('7659821043', '8765932104', '9876543210');
const VERHOEFF_P = ['0123456789', '1576283094', '5803796142', '8916043527', '9453126870', '4286573901', '2793806415'];
VERHOEFF_P.push('7046913258');

/** Aadhaar of India: Verhoeff's check digit; none begins with 0 or 1. */
export function isAadhaar(digits: string): boolean {
  if (digits[0] < '2') return false;
  let check = 0;
  for (let i = 0; i < digits.length; i++) {
    const d = Number(digits[digits.length - 1 - i]);
    check = Number(VERHOEFF_D[check][Number(VERHOEFF_P[i % 8][d])]);
  }
  return check === 0;
}

const DNI_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';

/** DNI and NIE of Spain: the letter is the rest by 23. */
export function isDni(text: string): boolean {
  const first = 'XYZ'.indexOf(text[0].toUpperCase());
  const digits = first < 0 ? text.slice(0, 8) : `${first}${text.slice(1, 8)}`;
  return /^\d{8}$/.test(digits) && DNI_LETTERS[Number(digits) % 23] === text[8]?.toUpperCase();
}

/** Different characters of a token: random ones have many, placeholders few. */
export function looksRandom(text: string, distinct: number): boolean {
  return new Set(text).size >= distinct && !/EXAMPLE|example|x{5}|X{5}|0{8}|1234567|abcdefg/.test(text);
}
