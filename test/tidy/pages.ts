/** Pages and what they name: paths, links, npm scripts and error codes must exist. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { globSync } from 'tinyglobby';
import { ROOT } from './source.ts';

const TOP = 'src|test|docs|bench|eval|scripts|examples|data|console|redteam|\\.ci';
const REPO_PATH = new RegExp(`^(?:${TOP})/[\\w./*{},<>@-]*$|^[A-Z]+\\.md$`);
export interface Page {
  readonly path: string;
  readonly text: string;
}

export function pages(...patterns: string[]): Page[] {
  return globSync(patterns, { cwd: ROOT, ignore: ['**/node_modules/**', 'dist/**'] })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** `code spans` outside of fenced blocks. */
function spans(text: string): string[] {
  const prose = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map((m) => m[1]);
}

/** A path with placeholders stands for all it could be: `src/detectors/<id>/README.md` needs one such file. */
function exists(path: string): boolean {
  const pattern = path.replace(/<[^>]*>/g, '*').replace(/\/$/, '');
  if (!/[*{]/.test(pattern)) return existsSync(join(ROOT, pattern));
  return globSync([pattern], { cwd: ROOT, dot: true, onlyFiles: false }).length > 0;
}

function slug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replace(/ /g, '-');
}

function hasAnchor(path: string, anchor: string): boolean {
  const headings = readFileSync(path, 'utf8').matchAll(/^#{1,6} (.*)$/gm);
  return [...headings].some((m) => slug(m[1].replace(/`/g, '')) === anchor);
}

function pathProblems(page: Page): string[] {
  return spans(page.text)
    .filter((span) => REPO_PATH.test(span))
    .filter((span) => !exists(span) && !exists(posix.join(dirname(page.path), span)))
    .map((span) => `${page.path}: \`${span}\` does not exist`);
}

function linkProblems(page: Page): string[] {
  const problems: string[] = [];
  for (const [, target] of page.text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [file, anchor] = target.split('#');
    const path = file === '' ? join(ROOT, page.path) : join(ROOT, dirname(page.path), file);
    if (!existsSync(path)) problems.push(`${page.path}: the link ${target} leads nowhere`);
    else if (anchor && /\.md$/.test(path) && !hasAnchor(path, anchor))
      problems.push(`${page.path}: no heading for ${target}`);
  }
  return problems;
}

function scriptProblems(page: Page, scripts: Readonly<Record<string, string>>): string[] {
  return [...page.text.matchAll(/\bnpm run (?:--silent |-s )?([a-z][\w:-]*)/g)]
    .filter(([, name]) => !(name in scripts))
    .map(([, name]) => `${page.path}: there is no npm script "${name}"`);
}

export function pageProblems(page: Page, scripts: Readonly<Record<string, string>>): string[] {
  return [...pathProblems(page), ...linkProblems(page), ...scriptProblems(page, scripts)];
}
