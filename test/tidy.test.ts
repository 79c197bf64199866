/** The structure that ARCHITECTURE.md promises: arrows between rooms, no cycles, a core without clock, chance or I/O. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARROWS, arrowProblems, arrowTable, CORE_ROOMS, cycles, roomOf } from './tidy/arrows.ts';
import { coreProblems } from './tidy/core.ts';
import { blank, importsOf, isTestFile, ROOT, type SourceFile, sourceOf, sources } from './tidy/source.ts';

const product = sources('src/**/*.ts');
const untested = product.filter((file) => !isTestFile(file.path));

describe('arrows', () => {
  it('hold for every import', () => {
    expect(arrowProblems(product)).toEqual([]);
  });

  it('go one way only', () => {
    for (const [room, uses] of Object.entries(ARROWS)) {
      for (const used of uses) expect(ARROWS[used], `${room} and ${used} import each other`).not.toContain(room);
    }
  });

  it('stand in ARCHITECTURE.md as they are enforced', () => {
    expect(readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')).toContain(arrowTable());
  });

  it('leave no cycle between files', () => {
    expect(cycles(untested).map((c) => c.join(' → '))).toEqual([]);
  });
});

describe('independence', () => {
  /** Imports that cross from one tree to another; `eval/` may measure with the red team, nothing else may use it. */
  const crossings = (files: readonly SourceFile[], forbidden: readonly string[]): string[] =>
    files.flatMap((file) =>
      importsOf(file)
        .filter(({ target }) => target !== null && forbidden.some((tree) => target.startsWith(tree)))
        .map(({ from, specifier }) => `${from}: ${specifier}`),
    );

  it('the red team and the shop share no code with what they test, nor it with them', () => {
    const redteam = sources('redteam/**/*.ts');
    const shop = sources('examples/shop/**/*.ts');
    expect(Math.min(redteam.length, shop.length)).toBeGreaterThan(10);
    expect(crossings(redteam, ['src/', 'bench/', 'scripts/', 'test/'])).toEqual([]);
    expect(crossings(shop, ['src/', 'bench/', 'scripts/', 'test/', 'redteam/'])).toEqual([]);
    expect(crossings(product, ['redteam/', 'examples/'])).toEqual([]);
    expect(crossings(sources('bench/**/*.ts', 'scripts/**/*.ts'), ['redteam/'])).toEqual([]);
  });

  it('is told where it ends', () => {
    const file = sourceOf('redteam/src/a.ts', "import { ln } from '../../src/lib/fixed.ts';");
    expect(crossings([file], ['src/'])).toEqual(['redteam/src/a.ts: ../../src/lib/fixed.ts']);
  });
});

describe('the core', () => {
  it('reads no clock, no randomness, does no I/O and never waits', () => {
    const core = untested.filter((file) => CORE_ROOMS.includes(roomOf(file.path)));
    expect(core.length).toBeGreaterThan(10);
    expect(core.flatMap(coreProblems)).toEqual([]);
  });
});

describe('these checks can fail', () => {
  const bad = (path: string, text: string) => arrowProblems([sourceOf(path, text)]);

  it('on an import against the arrows, in each form', () => {
    for (const text of [
      "import { run } from '../runtime/run.ts';",
      "import type { Report } from '../runtime/report.ts';",
      "export { run } from '../runtime/run.ts';",
      "export * from '../runtime/run.ts';",
      "import '../runtime/run.ts';",
      "const run = await import('../runtime/run.ts');",
      "import {\n  run,\n  stop,\n} from '../runtime/run.ts';",
    ]) {
      expect(bad('src/engine/a.ts', text), text).toHaveLength(1);
      expect(bad('src/cli/a.ts', text), text).toEqual([]);
    }
  });

  it('on packages in the core, unknown rooms, test support in the product, doors that know each other', () => {
    expect(bad('src/engine/a.ts', "import { readFileSync } from 'node:fs';")).toHaveLength(1);
    expect(bad('src/engine/a.ts', "import isbot from 'isbot';")).toHaveLength(1);
    expect(bad('src/enrich/a.ts', "import isbot from 'isbot';")).toEqual([]);
    expect(bad('src/misc/a.ts', '')).toHaveLength(1);
    expect(bad('src/detectors/a/index.ts', "import { play } from '../testing.ts';")).toHaveLength(1);
    expect(bad('src/lib/a.ts', "import { x } from '../../bench/x.ts';")).toHaveLength(1);
    expect(bad('src/doors/replay/a.ts', "import { x } from '../gateway/x.ts';")).toHaveLength(1);
    expect(bad('src/doors/replay/a.ts', "import { x } from '../common.ts';")).toEqual([]);
  });

  it('but not on what only looks like an import', () => {
    const text =
      "// import x from '../runtime/x.ts'\nconst s = \"import x from '../runtime/x.ts'\";\n/* export * from '../cli/x.ts' */";
    expect(importsOf(sourceOf('src/lib/a.ts', text))).toEqual([]);
  });

  it('on a cycle, also a cycle of types', () => {
    const ring = [
      sourceOf('src/lib/a.ts', "import { b } from './b.ts';"),
      sourceOf('src/lib/b.ts', "import type { C } from './c.ts';"),
      sourceOf('src/lib/c.ts', "export { a } from './a.ts';"),
    ];
    expect(cycles(ring)).toHaveLength(1);
    expect(cycles(ring.slice(0, 2))).toEqual([]);
  });

  it('on each forbidden call, and not on a word in a comment or a text', () => {
    const count = (text: string) => coreProblems(sourceOf('src/engine/a.ts', text)).length;
    for (const text of [
      'Date.now()',
      'new Date()',
      'performance.now()',
      'Math.random()',
      'Math.exp(1)',
      'Math.log2(x)',
      'Math.sqrt(x)',
      'a ** b',
      'process.env.X',
      'setTimeout(f, 1)',
      'await x',
      'fetch(url)',
      'console.log(1)',
      'a.localeCompare(b)',
      'x.getHours()',
      '`${Math.random()}`',
    ]) {
      expect(count(text), text).toBe(1);
      expect(count(`// ${text}\nconst s = ${JSON.stringify(text)};`), text).toBe(0);
    }
    for (const text of [
      'new Date(ms)',
      'Math.imul(a, b)',
      'Math.floor(x)',
      'x.getUTCHours()',
      'prefetch(x)',
      'this.fetch(x)',
    ])
      expect(count(text), text).toBe(0);
  });

  it('because comments, strings, templates and regular expressions are told from code', () => {
    const text = "a(/['\"`]\\//g, 'x\\'y', `t ${b('in')} u`, c / d / e); // f\n/* g */ h";
    expect(blank(text)).toBe("a(/       /g, '    ', `  ${b('  ')}  `, c / d / e);     \n        h");
    expect(blank('x = { y: `${{ a: 1 }.a}` }')).toBe('x = { y: `${{ a: 1 }.a}` }');
  });
});
