/** XML entities and document types, inclusion by XML, and server-side includes, which look like comments. */
import { RULE } from './rules.ts';
import { gaps, ids, isEdge, isQuote, KIND, kinds, MARK, report, tokens } from './tokens.ts';
import { wordId } from './words.ts';

const ENTITY = wordId('entity');
const DOCTYPE = wordId('doctype');
const XML = wordId('xml');
const INCLUDES = new Set([wordId('xi'), wordId('xsl')]);
const SYSTEM = wordId('system');
const PUBLIC = wordId('public');
const DIRECTIVES: ReadonlySet<number> = new Set(
  'exec include echo config printenv fsize flastmod set if'.split(' ').map(wordId),
);

/** Looks for XML. */
export function matchXml(): void {
  if ((tokens.marks & MARK.angle) === 0) return;
  const count = tokens.count;
  for (let i = 0; i < count; i++) {
    if (kinds[i] !== 0x3c) continue;
    const next = kinds[i + 1];
    if (next === 0x21) declarationAt(i);
    else if (next === 0x3f && ids[i + 2] === XML) report(RULE.xmlProlog, i, i + 2);
    else if (INCLUDES.has(ids[i + 1]) && kinds[i + 2] === 0x3a && kinds[i + 3] === KIND.word) {
      report(RULE.xmlInclude, i, i + 3);
    }
  }
}

function declarationAt(i: number): void {
  const word = ids[i + 2];
  if (word === ENTITY) report(RULE.xmlEntity, i, i + 2);
  else if (word === DOCTYPE) doctypeAt(i);
  else if (kinds[i + 2] === 0x2d && kinds[i + 3] === 0x2d && kinds[i + 4] === 0x23) {
    if (DIRECTIVES.has(ids[i + 5]) && gaps[i + 5] === 0) report(RULE.serverInclude, i, i + 5);
  }
}

/** A document type with a subset, a system identifier or a public one; `<!doctype html>` is only a page's start. */
function doctypeAt(i: number): void {
  for (let j = i + 3; j < i + 9 && !isEdge(j); j++) {
    const identified = (ids[j] === SYSTEM || ids[j] === PUBLIC) && isQuote(kinds[j + 1]);
    if (kinds[j] === 0x5b || identified) {
      report(RULE.xmlDoctype, i, j);
      return;
    }
    if (kinds[j] === 0x3e) break;
  }
  report(RULE.xmlProlog, i, i + 2);
}
