/** Positions: from a path in the data back to line and column of the text. */
import { type Document, isMap, isNode, isPair, isScalar, type LineCounter, type Node } from 'yaml';
import type { ErrorCode } from '../lib/errors.ts';
import type { Problem } from './problems.ts';

export type Path = readonly PropertyKey[];
/** `within`: characters of a text before the place that is meant. */
export type Locate = (path: Path, code: ErrorCode, message: string, on?: 'key' | 'value', within?: number) => Problem;

/** Finds the place of a path in the text: of its key where the key is at fault, else of its value. */
export function locator(document: Document, lines: LineCounter): Locate {
  return (path, code, message, on = 'value', within = 0) => {
    const node = nodeAt(document, path, on);
    const { line, col } = node?.range ? lines.linePos(node.range[0] + inText(node, within)) : { line: 1, col: 1 };
    return { code, line, column: col, message };
  };
}

/** Where in its source a character of a text stands; its beginning where quoting or folding has changed the text. */
function inText(node: Node, within: number): number {
  if (within === 0 || !isScalar(node) || typeof node.value !== 'string' || !node.range) return 0;
  const quote = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? 1 : 0;
  const isAsWritten = node.range[1] - node.range[0] === node.value.length + 2 * quote;
  return isAsWritten && (quote === 1 || node.type === 'PLAIN') ? within + quote : 0;
}

/** The node of a path, or of the nearest thing above it that stands in the text. */
function nodeAt(document: Document, path: Path, on: 'key' | 'value'): Node | null {
  for (let length = path.length; length >= 0; length--) {
    const part = path.slice(0, length);
    if (on === 'key' || length < path.length) {
      const parent = length === 0 ? null : document.getIn(part.slice(0, -1), true);
      const wanted = part[length - 1];
      const pair = isMap(parent) ? parent.items.find((item) => isScalar(item.key) && item.key.value === wanted) : null;
      if (isPair(pair) && isNode(pair.key)) return pair.key;
    }
    const node = length === 0 ? document.contents : document.getIn(part, true);
    if (isNode(node)) return node;
  }
  return null;
}

/** `routes.templates[2].class`, as people write it. */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : text === '' ? String(step) : `${text}.${String(step)}`,
    '',
  );
}
