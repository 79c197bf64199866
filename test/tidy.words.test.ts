/** Words that do not belong into a finished tree: places of one machine, notes to oneself, tests that do not run. */
import { describe, expect, it } from 'vitest';
import { lineAt, type SourceFile, sourceOf, sources } from './tidy/source.ts';

interface Rule {
  readonly what: RegExp;
  readonly why: string;
  /** Only in code, not in comments and texts. */
  readonly code?: boolean;
  readonly where?: RegExp;
}

const RULES: readonly Rule[] = [
  { what: /(?<![\w.:}/~-])\/(?:home|root|Users|work|mnt)\/[\w.]/g, why: 'names a place on one machine' },
  // The evaluation data is not ours to keep here; where it is looked for by default has to be said.
  { what: /(?<![\w/-])(?:\.\.\/)?shared\/(?!data\b)[a-z]/g, why: 'names a folder outside of this repository' },
  { what: /\bissue #?\d+\b/gi, why: 'names a ticket: say what it said' },
  { what: /\b(?:TODO|FIXME|XXX|HACK)\b/g, why: 'is a note to oneself: do it or write it into CHANGELOG.md' },
  {
    what: /\b(?:it|test|describe)\.(?:only|skip|todo|skipIf|runIf)\b/g,
    why: 'leaves tests out',
    code: true,
    where: /\.test\.ts$/,
  },
  { what: /\bbiome-ignore-all\b|@ts-nocheck|@ts-ignore/g, why: 'switches checks off', where: /\.ts$/ },
  { what: /(?::|\bas|<)\s*any\b/g, why: 'gives up on types', code: true, where: /^src\/.*\.ts$/ },
  {
    what: /^export default\b/gm,
    why: 'has no name',
    code: true,
    where: /^(?:src|test|bench|eval|scripts|examples)\/.*\.ts$/,
  },
];

function wordProblems(file: SourceFile): string[] {
  return RULES.filter((rule) => rule.where?.test(file.path) ?? true).flatMap((rule) => {
    const text = rule.code ? file.code : file.text;
    return [...text.matchAll(rule.what)].map(
      (m) => `${file.path}:${lineAt(text, m.index)}: "${m[0].trim()}" ${rule.why}`,
    );
  });
}

describe('words', () => {
  it('none that does not belong here', () => {
    const files = sources(
      '{src,test,bench,eval,scripts,examples,docs,.ci}/**/*.{ts,md,json,yaml,html,sh}',
      '.ci/*',
      '*.{md,json,ts}',
    ).filter((file) => !['package-lock.json', 'test/tidy.words.test.ts'].includes(file.path));
    expect(files.flatMap(wordProblems)).toEqual([]);
  });
});

describe('these checks can fail', () => {
  const count = (text: string, path = 'src/a.test.ts') => wordProblems(sourceOf(path, text)).length;

  it('on each kind of word', () => {
    expect(count('see /home/me/notes')).toBe(1);
    expect(count('see ../shared/notes.md')).toBe(1);
    expect(count('// as issue 7 says')).toBe(1);
    expect(count('// TODO later')).toBe(1);
    expect(count('it.skip("x", f)')).toBe(1);
    expect(count('const a: any = 1; const b = c as any;', 'src/a.ts')).toBe(2);
    expect(count('export default 1', 'src/a.ts')).toBe(1);
  });

  it('and not on what is meant otherwise', () => {
    expect(count('GET /users/home/x and https://example.com/home/x')).toBe(0);
    expect(count('"it.skip"; // any: any')).toBe(0);
    expect(count('many issues; shared state; a shared/cluster')).toBe(1);
  });
});
