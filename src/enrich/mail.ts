/**
 * The pattern that an e-mail address was made by. Accounts made in numbers have addresses of one make: one mailbox with
 * changing tags or dots, a name with a counter, random letters of one length, a list of names with so many digits. Their
 * patterns are equal, while those of a service's ordinary users are spread over many.
 */

/** Longest address in octets (RFC 5321, 4.5.3.1.3: a path of 256 with its brackets). */
const MAX_ADDRESS = 254;
/** Longest local part in octets (RFC 5321, 4.5.3.1.1). */
const MAX_LOCAL = 64;
/** Runs of letters or digits beyond which a local part is taken for random. */
const MAX_RUNS = 4;
/** Digits in a row whose number still tells something; more are all alike. */
const MAX_DIGITS = 8;
/** Lengths of runs of letters fall into classes that end here: names from a list differ by a few letters. */
const LENGTHS = [1, 3, 6, 10, 15] as const;
/** A run of letters this long without enough vowels, or with so many consonants in a row, is no word. */
const MIN_JUDGED = 5;
const CONSONANTS_IN_ROW = 5;
/** Of how many letters there is one vowel at least. */
const LETTERS_PER_VOWEL = 8;

/** Providers that do not look at dots in a local part. */
const DOTLESS: ReadonlySet<string> = new Set(['gmail.com', 'googlemail.com']);
/** Names under which the same mailboxes are reached. */
const SAME_DOMAIN: Readonly<Record<string, string>> = { 'googlemail.com': 'gmail.com' };

/**
 * Domain and template of an address, such as `n4.n6yy@gmail.com`; '' for what is no address. Letters become `n` (a name) or
 * `x` (no word) with the class of their length, digits become `d` with their number, `c` where they count from a zero, and
 * `y` where they are a year. With tags (`+x`) or several dots at a provider that ignores them, the mailbox itself is the
 * pattern: there is one of it, and whoever shares it shares a mailbox. Pure, in time linear to the address.
 */
export function mailPattern(address: string): string {
  const text = address.trim().toLowerCase();
  const at = text.lastIndexOf('@');
  if (text.length > MAX_ADDRESS || at < 1 || at > MAX_LOCAL || !isDomain(text, at + 1)) return '';
  const named = text.slice(at + 1);
  const domain = SAME_DOMAIN[named] ?? named;
  let local = text.slice(0, at);
  const plus = local.indexOf('+');
  const tagged = plus > 0;
  if (tagged) local = local.slice(0, plus);
  const dotless = DOTLESS.has(domain);
  const dots = dotless ? local.split('.').length - 1 : 0;
  if (tagged || dots > 1) {
    const mailbox = dotless ? local.replaceAll('.', '') : local;
    return `${tagged ? '+' : ':'}${mailbox}@${domain}`;
  }
  return `${templateOf(local)}@${domain}`;
}

function isDomain(text: string, from: number): boolean {
  if (text.length - from < 3 || text.indexOf('.', from + 1) < 0) return false;
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const sound = (c >= 0x61 && c <= 0x7a) || (c >= 0x30 && c <= 0x39) || c === 0x2e || c === 0x2d || c > 0x7f;
    if (!sound) return false;
  }
  const last = text.charCodeAt(text.length - 1);
  return last !== 0x2e && last !== 0x2d;
}

const KIND = { letter: 0, digit: 1, separator: 2 } as const;

function kindOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return KIND.digit;
  return (code >= 0x61 && code <= 0x7a) || code > 0x7f ? KIND.letter : KIND.separator;
}

function templateOf(local: string): string {
  let out = '';
  let runs = 0;
  for (let i = 0; i < local.length; ) {
    const kind = kindOf(local.charCodeAt(i));
    let end = i + 1;
    while (end < local.length && kindOf(local.charCodeAt(end)) === kind) end++;
    if (kind === KIND.separator) out += local[i];
    else {
      runs++;
      out += kind === KIND.digit ? digits(local, i, end) : letters(local, i, end);
    }
    i = end;
  }
  // Letters and digits in turn, again and again: only the length of what was drawn at random is the same.
  return runs > MAX_RUNS ? `r${local.length}` : out;
}

function digits(text: string, start: number, end: number): string {
  const length = end - start;
  if (length > 1 && text.charCodeAt(start) === 0x30) return `c${length}`;
  if (length === 4 && (text.startsWith('19', start) || text.startsWith('20', start))) return 'y';
  return `d${length > MAX_DIGITS ? MAX_DIGITS : length}`;
}

function letters(text: string, start: number, end: number): string {
  const length = end - start;
  if (isNoWord(text, start, end)) return `x${length}`;
  let size = 0;
  while (size < LENGTHS.length && length > LENGTHS[size]) size++;
  return `n${size}`;
}

function isNoWord(text: string, start: number, end: number): boolean {
  if (end - start < MIN_JUDGED) return false;
  let vowels = 0;
  let row = 0;
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    // Other scripts have vowels that are not in the list: they are never taken for random.
    if (c > 0x7f) return false;
    if (VOWELS.includes(text[i])) {
      vowels++;
      row = 0;
    } else if (++row >= CONSONANTS_IN_ROW && !SOFT.test(text.slice(i - CONSONANTS_IN_ROW + 1, i + 1))) return true;
  }
  return vowels * LETTERS_PER_VOWEL < end - start;
}

const VOWELS = 'aeiouy';
/** Clusters that names have: Schwartz, Nachtschläger, Krzysztof, Hirschsprung. */
const SOFT = /sch|cht|ght|tch|rz|sz|cz|th|ch|ph|sh/;
