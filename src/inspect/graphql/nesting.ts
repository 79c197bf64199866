/** How deep the brackets of a document nest, before a parser that calls itself sees it. */

/** Levels of braces, brackets and parentheses beyond which a document is not parsed. */
export const MAX_NESTING = 200;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HASH = 0x23;

/** True where brackets outside of texts and comments nest deeper than {@link MAX_NESTING}. Linear. */
export function isTooNested(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x7b || c === 0x5b || c === 0x28) {
      if (++depth > MAX_NESTING) return true;
    } else if (c === 0x7d || c === 0x5d || c === 0x29) {
      if (depth > 0) depth--;
    } else if (c === QUOTE) i = textEnd(text, i);
    else if (c === HASH) {
      const end = lineEnd(text, i);
      i = end < 0 ? text.length : end;
    }
  }
  return false;
}

function lineEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x0a || c === 0x0d) return i;
  }
  return -1;
}

/** Place of the last quote of a text or block text; the end of the document where it is not closed. */
function textEnd(text: string, start: number): number {
  const block = text.startsWith('"""', start);
  let i = start + (block ? 3 : 1);
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === BACKSLASH) i += block && text.startsWith('"""', i + 1) ? 3 : block ? 0 : 1;
    else if (c === QUOTE && (!block || text.startsWith('"""', i))) return block ? i + 2 : i;
    // A text ends with its line: what stands open is a mistake, and the rest of the document counts again.
    else if (!block && (c === 0x0a || c === 0x0d)) return i;
  }
  return i;
}
