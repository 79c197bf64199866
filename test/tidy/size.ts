/** Lengths of files and functions: a ratchet. What is longer has a reason, or is two things. */
import { lineAt, type SourceFile } from './source.ts';

export const MAX_FILE_LINES = 350;
export const MAX_FUNCTION_LINES = 45;

export interface FunctionLength {
  readonly name: string;
  readonly line: number;
  /** Lines of the body, those of functions inside it left out. */
  readonly own: number;
}

export function fileLines(file: SourceFile): number {
  return file.text.replace(/\n$/, '').split('\n').length;
}

const NOT_A_FUNCTION = /\b(?:if|for|while|switch|catch|with)\s*$/;
const RETURN_TYPE = /^\s*(?::[^;={}()]*)?$/;

/** Functions, methods and arrow functions with a body in braces, found by matching braces. */
export function functionsOf(file: SourceFile): FunctionLength[] {
  const { code } = file;
  const open: { at: number; name: string | null; nested: number }[] = [];
  const found: FunctionLength[] = [];
  for (let i = 0; i < code.length; i++) {
    if (code[i] === '{') open.push({ at: i, name: functionName(code, i), nested: 0 });
    else if (code[i] === '}') {
      const top = open.pop();
      if (!top) continue;
      const lines = lineAt(code, i) - lineAt(code, top.at) + 1;
      const parent = open[open.length - 1];
      if (top.name === null) {
        if (parent) parent.nested += top.nested;
      } else {
        found.push({ name: top.name, line: lineAt(code, top.at), own: lines - top.nested });
        // One line stays with the outer function: the one the inner function begins on.
        if (parent) parent.nested += lines - 1;
      }
    }
  }
  return found;
}

/** The name of the function whose body opens at `at`; null where the brace opens something else. */
function functionName(code: string, at: number): string | null {
  const before = code.slice(Math.max(0, at - 2000), at);
  if (/=>\s*$/.test(before))
    return /([\w$]+)\s*(?::[^=]*)?=\s*(?:async\s*)?\(?[^=]*=>\s*$/.exec(before)?.[1] ?? '(arrow)';
  const close = before.lastIndexOf(')');
  if (close < 0 || !RETURN_TYPE.test(before.slice(close + 1))) return null;
  let depth = 0;
  for (let i = close; i >= 0; i--) {
    if (before[i] === ')') depth++;
    else if (before[i] === '(' && --depth === 0) {
      const head = before.slice(0, i);
      if (NOT_A_FUNCTION.test(head)) return null;
      return /([\w$]+)\s*(?:<[^<>]*>)?\s*$/.exec(head)?.[1] ?? '(anonymous)';
    }
  }
  return null;
}
