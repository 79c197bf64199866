/** JSON inside a text: taken apart once more, because its marks would look like breaking out of something. */
import { textOfBase64 } from '../../enrich/content/index.ts';
import type { BodyField } from '../contract.ts';

/** Longest text that is tried, in characters. */
const MAX_TEXT = 65_536;
/** Leaves of one text. */
const MAX_LEAVES = 512;
/** JSON in JSON that is followed, counted from the text itself. */
const MAX_DEPTH = 3;
/** Levels of objects and lists. */
const MAX_LEVELS = 24;

/** The texts of a field that holds JSON, with their places; null for any other field. */
export function leavesOf(field: BodyField): readonly BodyField[] | null {
  const text = unwrapped(field.text);
  if (text === null) return null;
  const leaves: BodyField[] = [];
  return open(field.path, field.name, text, 1, leaves) ? leaves : null;
}

/** The text itself, or what it is an encoding of, where that begins as JSON does; null for others. */
function unwrapped(text: string): string | null {
  const first = text.trimStart().charCodeAt(0);
  if (first === 0x7b || first === 0x5b) return text.trim();
  if (/^%(?:25)?(?:7b|5b)/i.test(text)) return percentDecoded(text);
  // "{" and "[" and the spaces before them, in Base64.
  return /^[eWCI]/.test(text) ? (textOfBase64(text)?.trim() ?? null) : null;
}

function percentDecoded(text: string): string | null {
  try {
    const once = decodeURIComponent(text);
    return once.startsWith('%') ? decodeURIComponent(once) : once;
  } catch {
    return null;
  }
}

function open(path: string, name: string, text: string, depth: number, into: BodyField[]): boolean {
  if (text.length < 2 || text.length > MAX_TEXT) return false;
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  if (!(first === 0x7b && last === 0x7d) && !(first === 0x5b && last === 0x5d)) return false;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return false;
  }
  walk(path, name, value, depth, 1, into);
  return true;
}

function walk(path: string, name: string, value: unknown, depth: number, level: number, into: BodyField[]): void {
  if (into.length >= MAX_LEAVES) return;
  if (typeof value === 'string') {
    if (depth < MAX_DEPTH && open(path, name, value, depth + 1, into)) return;
    into.push({ path, name, type: 'string', text: value });
  } else if (typeof value !== 'object' || value === null) {
    if (name.startsWith('$')) into.push({ path, name: `v[${name}]`, type: 'string', text: String(value) });
  } else if (level < MAX_LEVELS) {
    if (Array.isArray(value)) for (const item of value) walk(path, name, item, depth, level + 1, into);
    else
      for (const [key, inner] of Object.entries(value)) {
        // A name with anything but letters in it may be the payload.
        if (/[^\w.@:-]|^__/.test(key)) into.push({ path, name: key, type: 'string', text: '' });
        walk(`${path}.${key.slice(0, 64)}`.slice(0, 256), key, inner, depth, level + 1, into);
      }
  }
}
