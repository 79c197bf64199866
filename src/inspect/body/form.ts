/** `application/x-www-form-urlencoded` (WHATWG URL, 5.1), with the brackets that frameworks make objects of. */
import { cutName, emptyTree, type Fields, type Tree } from './fields.ts';

/** Levels of brackets that become objects; further ones stay part of the name. */
const MAX_BRACKETS = 16;

/** Reads a form into `fields`; gives back its value. Never throws, linear in the text. */
export function readForm(text: string, fields: Fields): Tree {
  const tree = emptyTree();
  for (let at = 0; at <= text.length; ) {
    const found = text.indexOf('&', at);
    const end = found < 0 ? text.length : found;
    if (end > at) {
      const equals = text.indexOf('=', at);
      const split = equals < 0 || equals > end ? end : equals;
      const name = unquote(text.slice(at, split), fields);
      const value = split === end ? '' : unquote(text.slice(split + 1, end), fields);
      if (!addPair(tree, name, value, fields)) {
        fields.rest('', text.slice(at));
        return tree;
      }
    }
    at = end + 1;
  }
  return tree;
}

/** One name with its value, as a field and in the tree. False where there is no room left. */
export function addPair(tree: Tree, name: string, value: string, fields: Fields): boolean {
  const steps = bracketSteps(name);
  const path = cutName(name);
  if (name.length > path.length) fields.note('length');
  fields.key(path, name);
  put(tree, steps, value, path, fields);
  return fields.add(path, lastName(steps), 'string', value);
}

/** `a[b][]` → a, b and '' for the next place of a list. */
function bracketSteps(name: string): string[] {
  const open = name.indexOf('[');
  if (open <= 0) return [name];
  const steps = [name.slice(0, open)];
  let at = open;
  while (at < name.length && steps.length < MAX_BRACKETS) {
    const close = name.indexOf(']', at);
    if (name[at] !== '[' || close < 0) return [name];
    steps.push(name.slice(at + 1, close));
    at = close + 1;
  }
  return at === name.length ? steps : [name];
}

function lastName(steps: readonly string[]): string {
  for (let i = steps.length - 1; i >= 0; i--) if (steps[i] !== '') return cutName(steps[i]);
  return '';
}

function put(tree: Tree, steps: readonly string[], value: string, path: string, fields: Fields): void {
  let node: Tree | unknown[] = tree;
  for (let i = 0; i < steps.length - 1; i++) {
    const before: unknown = Array.isArray(node) ? undefined : node[steps[i]];
    let next: unknown = before;
    if (typeof before !== 'object' || before === null) {
      if (before !== undefined) fields.duplicate(path);
      next = steps[i + 1] === '' ? [] : emptyTree();
    }
    if (Array.isArray(node)) node.push(next);
    else node[steps[i]] = next;
    node = next as Tree | unknown[];
  }
  const last = steps[steps.length - 1];
  if (Array.isArray(node)) {
    node.push(value);
    return;
  }
  const before = node[last];
  if (before === undefined) node[last] = value;
  else {
    // Servers take the first, the last, or a list of all: whoever checks one of them may check the wrong one.
    if (before !== value) fields.duplicate(path);
    if (Array.isArray(before)) before.push(value);
    else node[last] = [before, value];
  }
}

/** Undoes percent-encoding; `+` is a space. What is no UTF-8 is replaced and noted. */
function unquote(text: string, fields: Fields): string {
  const spaced = text.indexOf('+') < 0 ? text : text.replace(/\+/g, ' ');
  if (spaced.indexOf('%') < 0) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    const decoded = decodeLoosely(Buffer.from(spaced, 'utf8'));
    if (decoded.includes('\ufffd')) fields.note('encoding');
    return decoded;
  }
}

const PERCENT = 0x25;

/** A percent sign without two digits stays what it is, and bytes that are no UTF-8 are replaced. */
function decodeLoosely(bytes: Buffer): string {
  let to = 0;
  for (let i = 0; i < bytes.length; i++) {
    const high = bytes[i] === PERCENT && i + 2 < bytes.length ? hexDigit(bytes[i + 1]) : -1;
    const low = high < 0 ? -1 : hexDigit(bytes[i + 2]);
    if (low < 0) bytes[to++] = bytes[i];
    else {
      bytes[to++] = high * 16 + low;
      i += 2;
    }
  }
  return bytes.toString('utf8', 0, to);
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
