/** What pages say exists, exists; generated pages are current; what package.json exports has a source. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedPages } from '../scripts/docs/pages.ts';
import { BUSINESS_NAMES } from '../src/event/events.ts';
import { ERRORS } from '../src/lib/errors.ts';
import { type Page, pageProblems, pages } from './tidy/pages.ts';
import { ROOT, sources } from './tidy/source.ts';

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const everyPage = pages('*.md', 'docs/**/*.md', 'src/**/*.md', 'examples/**/*.md');

describe('pages', () => {
  it('name only paths, links and scripts that exist', () => {
    expect(everyPage.flatMap((page) => pageProblems(page, manifest.scripts))).toEqual([]);
  });

  it.each(generatedPages().map((page) => [page.path, page.text] as const))('%s is as its source says', (path, text) => {
    const written = existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : '';
    expect(written, 'run: npm run docs').toBe(text);
  });

  it('are linked from the README or from a page that is', () => {
    const reachable = everyPage.map((page) => page.text).join('\n');
    const lost = pages('docs/*.md').filter((page) => !reachable.includes(page.path.replace('docs/', '')));
    expect(lost.map((page) => page.path)).toEqual([]);
  });
});

it('docs/events.md names every business event and no other', () => {
  const page = everyPage.find((p) => p.path === 'docs/events.md')?.text ?? '';
  const listed = /Names with a meaning[\s\S]*?\n\n/.exec(page)?.[0].match(/`([a-z]+\.[a-z]+)`/g) ?? [];
  expect(listed.map((name) => name.slice(1, -1))).toEqual([...BUSINESS_NAMES]);
});

describe('error codes', () => {
  const code = sources('src/**/*.ts', 'scripts/**/*.ts').filter(
    (f) => f.path !== 'src/lib/errors.ts' && !f.path.endsWith('.test.ts'),
  );
  const named = (texts: readonly string[]) => new Set(texts.flatMap((text) => text.match(/\bSP\d{4}\b/g) ?? []));

  it('that are named anywhere exist', () => {
    const unknown = [...named([...code, ...everyPage].map((f) => f.text))].filter((c) => !(c in ERRORS));
    expect(unknown).toEqual([]);
  });

  it('that exist are raised somewhere', () => {
    const raised = named(code.map((f) => f.text));
    expect(Object.keys(ERRORS).filter((c) => !raised.has(c))).toEqual([]);
  });
});

describe('package.json', () => {
  const targets = Object.values(manifest.exports as Record<string, string | Record<string, string>>)
    .flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
    .concat(Object.values(manifest.bin));

  it.each(targets)('%s has a source', (target) => {
    const source = target
      .replace(/^\.\/dist\//, 'src/')
      .replace(/^dist\//, 'src/')
      .replace(/(\.d\.ts|\.js)$/, '.ts');
    expect(existsSync(join(ROOT, source)), source).toBe(true);
  });

  it('files that are published exist', () => {
    for (const name of manifest.files) {
      if (!/^!|^dist/.test(name)) expect(existsSync(join(ROOT, name)), name).toBe(true);
    }
  });
});

describe('these checks can fail', () => {
  const problems = (text: string) => pageProblems({ path: 'docs/x.md', text } satisfies Page, { build: '' });

  it('on a path, link, heading or script that does not exist', () => {
    expect(problems('see `src/lib/nothing.ts`')).toHaveLength(1);
    expect(problems('see `src/lib/errors.ts`, `src/lib/`, `src/lib/*.ts`, `src/<room>/errors.ts`')).toEqual([]);
    expect(problems('see [this](nothing.md)')).toHaveLength(1);
    expect(problems('see [this](errors.md) and [that](https://example.com)')).toEqual([]);
    expect(problems('see [this](errors.md#no-such-heading)')).toHaveLength(1);
    expect(problems('run `npm run nothing`')).toHaveLength(1);
    expect(problems('run `npm run build`')).toEqual([]);
    expect(problems('a `GET` of `/login` with `Content-Type`')).toEqual([]);
  });
});
