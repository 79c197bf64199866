/**
 * Real log excerpts on which a peer's scenarios raise alerts. A source counts as found when it has a finding of one of the
 * case's classes. Sources that nobody expected count as extra, although the peer's silence is no proof of innocence.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { atLeast, atMost, type Figure, table } from '../../bench/lib/figures.ts';
import { needData } from '../data.ts';
import { runLog } from '../run.ts';
import { type HubCase, type HubScore, scoreHubCase } from '../score.ts';

const SUITE = 'crowdsec-hub';
/** Share of the expected alerts that must be found. */
const FOUND_SHARE = 0.85;
const EXTRA_AT_MOST = 3;

interface ExpectedFile {
  readonly log_file: string;
  readonly classes: readonly string[];
  readonly expected_alerts: readonly { readonly sources: readonly string[] }[];
}

export async function crowdsecHub(print: (text: string) => void): Promise<readonly Figure[]> {
  const root = needData(SUITE);
  const scores: HubScore[] = [];
  for (const name of readdirSync(root).sort()) {
    const expected = JSON.parse(readFileSync(join(root, name, 'expected.json'), 'utf8')) as ExpectedFile;
    const hubCase: HubCase = {
      name,
      classes: expected.classes,
      expected: expected.expected_alerts.flatMap((alert) => alert.sources),
    };
    scores.push(scoreHubCase(hubCase, await runLog(join(root, name, expected.log_file))));
  }
  print(
    table(
      ['case', 'found', 'of', 'extra', 'exchanges', 'bad', 'bad lines by reason'],
      scores.map((s) => [
        s.name,
        String(s.foundSources),
        String(s.sources),
        String(s.extra.length),
        String(s.exchanges),
        String(s.badLines),
        s.badReasons,
      ]),
    ),
  );
  for (const s of scores) {
    for (const source of s.missed) {
      print(`missed  ${s.name}: ${source}${s.otherClass.includes(source) ? ' (findings of another class only)' : ''}`);
    }
    for (const e of s.extra) print(`extra   ${s.name}: ${e.address} ${e.classes.join(', ')} → ${e.recommended}`);
  }
  return figures(scores);
}

function figures(scores: readonly HubScore[]): Figure[] {
  const sum = (of: (s: HubScore) => number): number => scores.reduce((total, s) => total + of(s), 0);
  const alerts = sum((s) => s.alerts);
  const sources = sum((s) => s.sources);
  return [
    {
      suite: SUITE,
      metric: 'found_sources',
      value: sum((s) => s.foundAlerts),
      target: atLeast(Math.ceil(alerts * FOUND_SHARE)),
      note: `of ${alerts} alert sources`,
    },
    {
      suite: SUITE,
      metric: 'found_distinct_sources',
      value: sum((s) => s.foundSources),
      target: atLeast(Math.ceil(sources * FOUND_SHARE)),
      note: `of ${sources}, a source of several alerts of one case counted once`,
    },
    { suite: SUITE, metric: 'extra_sources', value: sum((s) => s.extra.length), target: atMost(EXTRA_AT_MOST) },
    {
      suite: SUITE,
      metric: 'unparsed_cases',
      value: scores.filter((s) => s.exchanges === 0 || s.badLines > 0).length,
      target: atMost(0),
      note: `of ${scores.length}; a case with any refused line counts`,
    },
  ];
}
