/** docs/report.md against what is documented there. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SAMPLE_EXPLANATION } from '../../../../test/golden/sample-explanation.ts';
import { SAMPLE_REPORT } from '../../../../test/golden/sample-report.ts';
import { BAD_LINE } from '../../../event/format.ts';
import { badLineWords, RISK_WORDS } from './words.ts';

const PAGE = readFileSync(new URL('../../../../docs/report.md', import.meta.url), 'utf8');

/** Names of fields at any depth; keys of what is a map by class, reason or dimension are not fields. */
function fields(value: unknown, into = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) fields(item, into);
  else if (value !== null && typeof value === 'object') {
    for (const [name, inner] of Object.entries(value)) {
      into.add(name);
      if (!['bad_lines', 'actors_seen', 'manifest', 'abusive'].includes(name)) fields(inner, into);
    }
  }
  return into;
}

describe('docs/report.md', () => {
  it.each([
    ['report', SAMPLE_REPORT],
    ['explanation', SAMPLE_EXPLANATION],
  ])('names every field of the %s', (_, document) => {
    const missing = [...fields(document)].filter((name) => !new RegExp(`\`${name}(?:\\[\\])?\``).test(PAGE));
    expect(missing).toEqual([]);
  });

  it('gives the reasons of bad lines as the report says them', () => {
    const reasons = Object.keys(BAD_LINE).filter((reason) => reason !== 'ok' && reason !== 'comment');
    for (const reason of reasons) expect(PAGE).toContain(`| \`${reason}\` | ${badLineWords(reason)} |`);
  });

  it('gives the bounds of the words for risk', () => {
    for (const [from, word] of RISK_WORDS) {
      if (from > 0) expect(PAGE.replaceAll('\n', ' ')).toContain(`${Math.round(from * 100)} % **${word}**`);
    }
  });
});
