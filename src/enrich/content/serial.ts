/** Serialised objects: texts that make a reader build objects of the sender's choice. */
import { scratch } from './decode.ts';
import { RULE } from './rules.ts';
import { ends, gaps, ids, isFirst, isQuote, KIND, kinds, MARK, report, reportBytes, starts, tokens } from './tokens.ts';
import { wordId } from './words.ts';

const OBJECT = wordId('o');
const NODE_FUNCTION = wordId('nd_func');
const TYPE = wordId('type');
const MAKERS: ReadonlySet<number> = new Set(
  ['python', 'ruby', 'javax', 'java', 'com', 'org', 'php'].map((w) => wordId(w)),
);

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
/** How streams begin: Java's magic number in Base64 and in hexadecimal, .NET's binary header in Base64. */
const JAVA_BASE64 = bytes('rO0AB');
const JAVA_HEX = bytes('aced0005');
const DOTNET_BASE64 = bytes('AAEAAAD/////');

/** Looks for serialised objects. */
export function matchSerial(): void {
  const count = tokens.count;
  const bang = (tokens.marks & MARK.bang) !== 0;
  for (let i = 0; i < count; i++) {
    const kind = kinds[i];
    if (kind === KIND.word) wordAt(i);
    else if (bang && kind === 0x21 && kinds[i + 1] === 0x21 && gaps[i + 1] === 0 && MAKERS.has(ids[i + 2])) {
      if (kinds[i + 3] === 0x2f || kinds[i + 3] === 0x2e) report(RULE.serialYaml, i, i + 3);
    } else if (kind === 0x40 && ids[i + 1] === TYPE && i > 0 && isQuote(kinds[i - 1])) typeAt(i);
  }
}

function wordAt(i: number): void {
  if (ids[i] === NODE_FUNCTION && kinds[i + 1] === 0x24) report(RULE.serialNode, i, i + 1);
  else if (ids[i] === OBJECT && kinds[i + 1] === 0x3a) objectAt(i);
  else if (ends[i] - starts[i] >= 6 && (isFirst(i) || isQuote(kinds[i - 1]))) {
    const at = starts[i];
    if (startsWith(at, JAVA_BASE64) || startsWith(at, JAVA_HEX)) reportBytes(RULE.serialJava, at, at + 5);
    else if (startsWith(at, DOTNET_BASE64)) reportBytes(RULE.serialDotnet, at, at + DOTNET_BASE64.length);
  }
}

/** `O:8:"Class":…`. */
function objectAt(i: number): void {
  if (kinds[i + 2] === KIND.number && kinds[i + 3] === 0x3a && isQuote(kinds[i + 4])) report(RULE.serialPhp, i, i + 4);
}

/** `"@type":"com.package.Class"`: JSON-LD has a plain word there. */
function typeAt(i: number): void {
  if (!isQuote(kinds[i + 2]) || kinds[i + 3] !== 0x3a || !isQuote(kinds[i + 4])) return;
  if (MAKERS.has(ids[i + 5]) && kinds[i + 6] === 0x2e) report(RULE.serialType, i, i + 6);
}

function startsWith(at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (scratch[at + i] !== text[i]) return false;
  return true;
}
