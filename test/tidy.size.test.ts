/** Files and functions stay small; what does not has a reason in test/tidy/exceptions.ts. */
import { describe, expect, it } from 'vitest';
import { type Exception, LONG_FILES, LONG_FUNCTIONS } from './tidy/exceptions.ts';
import { fileLines, functionsOf, MAX_FILE_LINES, MAX_FUNCTION_LINES } from './tidy/size.ts';
import { isTestFile, sourceOf, sources } from './tidy/source.ts';

const all = sources('{src,test,bench,eval,scripts,examples,redteam}/**/*.ts');

/** What is over the limit without a sufficient exception, and exceptions that nothing needs. */
function ratchet(lengths: ReadonlyMap<string, number>, limit: number, exceptions: Readonly<Record<string, Exception>>) {
  const over = [...lengths].filter(([name, lines]) => lines > (exceptions[name]?.lines ?? limit));
  const idle = Object.keys(exceptions).filter((name) => (lengths.get(name) ?? 0) <= limit);
  return [
    ...over.map(([name, lines]) => `${name}: ${lines} lines, limit ${exceptions[name]?.lines ?? limit}`),
    ...idle.map((name) => `${name}: the exception is not needed any more`),
  ];
}

describe('size', () => {
  it(`files have at most ${MAX_FILE_LINES} lines`, () => {
    const lengths = new Map(all.map((file) => [file.path, fileLines(file)]));
    expect(ratchet(lengths, MAX_FILE_LINES, LONG_FILES)).toEqual([]);
  });

  it(`functions have at most ${MAX_FUNCTION_LINES} lines of their own`, () => {
    const lengths = new Map(
      all
        .filter((file) => !isTestFile(file.path))
        .flatMap((file) => functionsOf(file).map((f) => [`${file.path}#${f.name}`, f.own] as const))
        .sort((a, b) => a[1] - b[1]),
    );
    expect(ratchet(lengths, MAX_FUNCTION_LINES, LONG_FUNCTIONS)).toEqual([]);
  });

  it('exceptions say why', () => {
    for (const { why } of [...Object.values(LONG_FILES), ...Object.values(LONG_FUNCTIONS)]) {
      expect(why.length).toBeGreaterThan(20);
    }
  });
});

describe('these checks can fail', () => {
  const body = 'x();\n'.repeat(10);

  it('because functions are found in each form, and what is none is not', () => {
    const text = [
      `export function one(a: { b: number }): string {\n${body}}`,
      `class C {\n  two(a = f(1)): void {\n${body}}\n  get three(): number {\n${body}}\n}`,
      `const four = (a: number) => {\n${body}};`,
      `async function* five<T>(a: T) {\n if (a) {\n${body}} for (;;) {} try {} catch (e) {}\n}`,
      'const six = { a: 1 };\ninterface Seven { a(): void }',
    ].join('\n');
    const lengths = functionsOf(sourceOf('src/a.ts', text)).map((f) => `${f.name} ${f.own}`);
    expect(lengths).toEqual(['one 12', 'two 12', 'three 12', 'four 12', 'five 14']);
  });

  it('and inner functions count for themselves', () => {
    const text = `function outer() {\n  const inner = () => {\n${body}  };\n  return inner;\n}`;
    expect(functionsOf(sourceOf('src/a.ts', text)).map((f) => `${f.name} ${f.own}`)).toEqual(['inner 12', 'outer 4']);
  });

  it('and exceptions are ceilings that must be needed', () => {
    const why = 'for the sake of this test only';
    expect(ratchet(new Map([['a', 400]]), 350, {})).toHaveLength(1);
    expect(ratchet(new Map([['a', 400]]), 350, { a: { lines: 400, why } })).toEqual([]);
    expect(ratchet(new Map([['a', 401]]), 350, { a: { lines: 400, why } })).toHaveLength(1);
    expect(ratchet(new Map([['a', 300]]), 350, { a: { lines: 400, why } })).toHaveLength(1);
    expect(ratchet(new Map(), 350, { gone: { lines: 400, why } })).toHaveLength(1);
  });
});
