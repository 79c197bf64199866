import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob, matchGlob } from './glob.ts';

import { bytes } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

describe('globs', () => {
  const naive = (pattern: string): RegExp =>
    new RegExp(
      `^${pattern.replace(/\*{2,}|\*|[^*]/gs, (s) => (s === '*' ? '[^/]*' : s[0] === '*' ? '.*' : s.replace(/[\\^$.|?+()[\]{}/]/g, '\\$&')))}$`,
      's',
    );
  it('agree with a regular expression', () => {
    const unit = fc.constantFrom('/', 'a', 'b', '*');
    fc.assert(
      fc.property(
        fc.string({ unit, maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('/', 'a', 'b'), maxLength: 10 }),
        (pattern, path) => {
          fc.pre(!(pattern.length > 1 && pattern.endsWith('/')));
          const buf = bytes(path);
          expect(matchGlob(compileGlob(pattern), buf, 0, buf.length)).toBe(naive(pattern).test(path));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
