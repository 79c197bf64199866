/**
 * Lookups through JNDI, however they are nested: `${lower:j}`, `${::-n}`, `${env:X:-d}` each stand for what they would
 * be replaced by. The text is rewritten innermost first with a stack of bounded depth, so every byte is moved at most
 * {@link DEPTH} times.
 */
import { decoded, scratch, WINDOW_BYTES } from './decode.ts';
import { RULE } from './rules.ts';
import { ids, kinds, MARK, report, reportBytes, tokens } from './tokens.ts';
import { GROUP, GROUPS, wordId } from './words.ts';

/** Lookups inside lookups that are followed. */
const DEPTH = 12;

const text = new Uint8Array(WINDOW_BYTES + 16);
/** Where in scratch a byte of `text` came from. */
const source = new Int32Array(WINDOW_BYTES + 16);
const opened = new Int32Array(DEPTH);

const JNDI_WORD = wordId('jndi');

/** Looks for lookups. */
export function matchJndi(): void {
  if ((tokens.marks & (MARK.dollar | MARK.brace)) === (MARK.dollar | MARK.brace)) unfold();
  if ((tokens.words & GROUP.lookup) === 0) return;
  for (let i = 0; i < tokens.count; i++) {
    if (ids[i] !== JNDI_WORD || kinds[i + 1] !== 0x3a) continue;
    if ((GROUPS[ids[i + 2]] & GROUP.scheme) !== 0 && kinds[i + 3] === 0x3a) report(RULE.jndiAddress, i, i + 3);
  }
}

function unfold(): void {
  let n = 0;
  let depth = 0;
  let nested = 0;
  const length = decoded.length;
  for (let p = 0; p < length; p++) {
    const byte = scratch[p];
    if (byte === 0x24 && scratch[p + 1] === 0x7b && depth < DEPTH) {
      opened[depth++] = n;
      text[n] = byte;
      source[n++] = p;
    } else if (byte === 0x7d && depth > 0) {
      const from = opened[--depth];
      if (isJndi(from + 2, n)) {
        reportBytes(RULE.jndiLookup, source[from], p + 1);
        return;
      }
      const kept = replacement(from + 2, n);
      if (kept >= 0) {
        if (depth > 0 || n - kept <= 2) nested++;
        if (nested >= 2) reportBytes(RULE.jndiNested, source[from], p + 1);
        for (let q = kept; q < n; q++) {
          text[from + q - kept] = text[q];
          source[from + q - kept] = source[q];
        }
        n = from + n - kept;
        continue;
      }
    }
    if (byte === 0x24 && scratch[p + 1] === 0x7b && n > 0 && source[n - 1] === p) continue;
    text[n] = byte;
    source[n++] = p;
  }
  // A lookup that never closes: logs and proxies cut lines.
  if (depth > 0 && isJndi(opened[0] + 2, n)) reportBytes(RULE.jndiLookup, source[opened[0]], length);
}

const JNDI = [0x6a, 0x6e, 0x64, 0x69, 0x3a];

/** True where `jndi:` stands at `from`. */
function isJndi(from: number, end: number): boolean {
  if (end - from < JNDI.length) return false;
  for (let i = 0; i < JNDI.length; i++) if ((text[from + i] | 0x20) !== (JNDI[i] | 0x20)) return false;
  return true;
}

/** Where the text begins that a lookup `[from, end)` is replaced by: its default, or what it changes the case of. */
function replacement(from: number, end: number): number {
  for (let q = end - 2; q >= from && q > end - 64; q--) {
    if (text[q] === 0x3a && text[q + 1] === 0x2d) return q + 2;
  }
  const colon = from + 5;
  if (end > colon && text[colon] === 0x3a) {
    const first = text[from] | 0x20;
    // "lower:" and "upper:".
    if ((first === 0x6c || first === 0x75) && (text[from + 4] | 0x20) === 0x72) return colon + 1;
  }
  return -1;
}
