/**
 * No regular expression that reads what strangers send may take more than linear time: each literal of the rooms that do is
 * analysed. What reads no stranger's text, or cannot be tried in many ways, is listed here with the reason.
 */
import { checkSync } from 'recheck';
import { describe, expect, it } from 'vitest';
import { lineAt, type SourceFile, sources } from '../../../test/tidy/source.ts';

const ROOMS = ['enrich/content', 'inspect', 'identity', 'doors'].map((room) => `src/${room}/**/*.ts`);
/** Time for one expression, in ms. */
const TIMEOUT_MS = 10_000;
/** In code whose strings, comments and expressions are blanked, an expression is two slashes with blanks between. */
const LITERAL = /\/( +)\/([dgimsuvy]*)/g;
/** Without a repetition there is nothing that could be tried in more than one way. */
const REPEATS = /[*+}]/;

/** By file and source: why it may stay although it is not linear in every text. */
const ACCEPTED: ReadonlyMap<string, string> = new Map([
  ['doors/replay/render/words.ts \\B(?=(\\d{3})+$)', 'reads numbers that we have written'],
  ['doors/replay/render/html/chart.ts \\.?0+$', 'reads numbers that we have written'],
  ['doors/replay/render/explanation.ts \\.?0+$', 'reads numbers that we have written'],
  ['inspect/fields/reader.ts (?:\\.[^.[\\]]+|\\[[^\\]]*\\])$', 'reads paths of the configuration'],
  ['inspect/schema/servers.ts \\/+$', 'reads a document of the operator'],
  [
    'doors/gateway/act/decoy/honeytoken.ts [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}',
    'has one length; too many states for the analyser',
  ],
  ['inspect/answer/leaks/email.ts [.-]+$', 'reads at most 255 bytes'],
  [
    'inspect/body/media.ts \\s*([^=;\\s"]+)\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;]*))\\s*',
    'sticky, so that it is tried at one place, with nothing behind its last repetition; at most 8 KiB',
  ],
]);

interface Found {
  readonly source: string;
  readonly flags: string;
  readonly place: string;
}

function literals(file: SourceFile): Found[] {
  return [...file.code.matchAll(LITERAL)].map((match) => {
    const from = match.index + 1;
    return {
      source: file.text.slice(from, from + match[1].length),
      flags: match[2],
      place: `${file.path}:${lineAt(file.text, match.index)}`,
    };
  });
}

const byText = new Map<string, Found>();
for (const file of sources(...ROOMS)) {
  if (file.path.endsWith('.test.ts') || file.path.endsWith('testing.ts')) continue;
  for (const one of literals(file))
    if (REPEATS.test(one.source) && !ACCEPTED.has(`${file.path.slice('src/'.length)} ${one.source}`))
      byText.set(`${one.source}/${one.flags}`, one);
}

describe('regular expressions', () => {
  it('are found in the sources', () => {
    expect(byText.size).toBeGreaterThan(10);
    expect([...byText.values()].some(({ place }) => place.startsWith('src/inspect/content/'))).toBe(true);
  });

  it.each([...byText.values()])('$place is linear', { timeout: 30_000 }, ({ source, flags }) => {
    const result = checkSync(source, flags.replace(/[dv]/g, ''), { timeout: TIMEOUT_MS });
    const found = result.status === 'vulnerable' ? result.complexity.summary : result.status;
    expect(found).toBe('safe');
  });
});
