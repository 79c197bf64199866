/**
 * Reading source without a compiler: enough of TypeScript's lexical grammar to tell code from comments, strings and
 * regular expressions, and to find imports. The tidy tests are about structure, so they read text.
 */
import { readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** Path from the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** `text` with comments and the insides of strings and regular expressions blanked: same length, same lines. */
  readonly code: string;
}

export interface ImportOf {
  readonly from: string;
  readonly line: number;
  readonly typeOnly: boolean;
  /** The specifier as written. */
  readonly specifier: string;
  /** The file it resolves to, for relative specifiers. */
  readonly target: string | null;
}

const cache = new Map<string, SourceFile>();

/** Files of the repository matching the patterns, in a stable order. */
export function sources(...patterns: string[]): SourceFile[] {
  const paths = globSync(patterns, { cwd: ROOT, dot: true, ignore: ['**/node_modules/**', 'dist/**', 'sample/**'] });
  return paths.sort().map((path) => {
    const known = cache.get(path);
    if (known) return known;
    const file = sourceOf(path, readFileSync(posix.join(ROOT, path), 'utf8'));
    cache.set(path, file);
    return file;
  });
}

export function sourceOf(path: string, text: string): SourceFile {
  return { path, text, code: /\.tsx?$/.test(path) ? blank(text) : text };
}

/** Code that is there for tests only: exempt from the rules of the room it stands in. */
export function isTestFile(path: string): boolean {
  return /\.test\.ts$|\/testing\.ts$|\.testing\.ts$|^test\//.test(path);
}

export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let i = 0; i < index; i++) if (text.charCodeAt(i) === 10) line++;
  return line;
}

const IMPORT =
  /\b(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?(['"])(?=[^\n]*?\2)|\bimport\s*\(\s*(['"])(?=[^\n]*?\3)/g;

/** Every static import, re-export and dynamic import of a literal. */
export function importsOf(file: SourceFile): ImportOf[] {
  const found: ImportOf[] = [];
  for (const match of file.code.matchAll(IMPORT)) {
    const start = match.index + match[0].length;
    const quote = file.text[start - 1];
    const specifier = file.text.slice(start, file.text.indexOf(quote, start));
    const relative = specifier.startsWith('.');
    found.push({
      from: file.path,
      line: lineAt(file.text, match.index),
      typeOnly: match[1] !== undefined || onlyTypes(match[0]),
      specifier,
      target: relative ? posix.normalize(posix.join(dirname(file.path), specifier)) : null,
    });
  }
  return found;
}

/** `import { type A, type B } from`: every name is marked as a type. */
function onlyTypes(clause: string): boolean {
  const braces = /\{([^}]*)\}/.exec(clause);
  if (!braces) return false;
  const names = braces[1].split(',').filter((name) => name.trim() !== '');
  return (
    names.length > 0 && names.every((name) => /^\s*type\s/.test(name)) && !/(?:import|export)\s+[\w$]+\s*,/.test(clause)
  );
}

/** What a slash must follow to begin a regular expression rather than a division. */
const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield))\s*$/;

/** Replaces what is not code by spaces, keeping quotes and line breaks where they are. */
export function blank(text: string): string {
  const out = text.split('');
  const wipe = (from: number, to: number) => {
    for (let k = from; k < to && k < out.length; k++) if (out[k] !== '\n') out[k] = ' ';
  };
  // A template literal's ${ } is code again: the stack remembers at which depth of braces to go back to text.
  const templates: number[] = [];
  let depth = 0;
  let i = 0;
  while (i < text.length) {
    const c = text[i];
    const next = text[i + 1];
    let end = i + 1;
    if (c === '/' && next === '/') {
      end = until(text, '\n', i);
      wipe(i, end);
    } else if (c === '/' && next === '*') {
      end = until(text, '*/', i + 2) + 2;
      wipe(i, end);
    } else if (c === "'" || c === '"') {
      end = endOfString(text, i + 1, c);
      wipe(i + 1, end - 1);
    } else if (c === '`' || (c === '}' && templates.length > 0 && templates[templates.length - 1] === depth)) {
      if (c === '}') templates.pop();
      end = endOfTemplate(text, i + 1);
      const opens = text[end - 1] === '{';
      wipe(i + 1, opens ? end - 2 : end - 1);
      if (opens) templates.push(depth);
    } else if (c === '{') depth++;
    else if (c === '}') depth--;
    else if (c === '/' && BEFORE_REGEX.test(lineBefore(out, i))) {
      end = endOfRegex(text, i + 1);
      wipe(i + 1, end - 1);
    }
    i = end;
  }
  return out.join('');
}

function lineBefore(out: readonly string[], index: number): string {
  return out
    .slice(Math.max(0, index - 40), index)
    .join('')
    .replace(/^.*\n(?=[\s\S]*\S)/, '');
}

function until(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at < 0 ? text.length : at;
}

function endOfString(text: string, from: number, quote: string): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote || text[i] === '\n') return i + 1;
  }
  return text.length;
}

/** Just after the closing backtick, or just after the brace of a `${`. */
function endOfTemplate(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '`') return i + 1;
    else if (text[i] === '$' && text[i + 1] === '{') return i + 2;
  }
  return text.length;
}

function endOfRegex(text: string, from: number): number {
  let inClass = false;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (c === '\\') i++;
    else if (c === '[') inClass = true;
    else if (c === ']') inClass = false;
    else if (c === '\n') return i;
    else if (c === '/' && !inClass) return i + 1;
  }
  return text.length;
}
