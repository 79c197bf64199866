/**
 * Labelled sessions of people and of two tiers of bots that drive a real browser. Addresses are blanked, so a session is
 * all there is: what can be seen is order, timing and coverage of one session's requests.
 */
import { readFileSync } from 'node:fs';
import { exactly, type Figure, table } from '../../bench/lib/figures.ts';
import { median } from '../../bench/lib/stats.ts';
import { needData } from '../data.ts';
import { runLog } from '../run.ts';
import { atLeastAction, balancedAccuracy, type SessionOutcome, sessionOutcomes } from '../score.ts';

const SUITE = 'web-bots';

const row = (name: string, members: readonly SessionOutcome[]): string[] => [
  name,
  String(members.length),
  String(members.filter((o) => o.flagged).length),
  String(members.filter((o) => atLeastAction(o.worst, 'throttle')).length),
  countBy(members.flatMap((o) => o.classes)),
];

export async function webBots(print: (text: string) => void): Promise<readonly Figure[]> {
  const labels = JSON.parse(readFileSync(needData(SUITE, 'labels.json'), 'utf8')) as Record<string, string>;
  const report = await runLog(needData(SUITE, 'access.log'));
  const outcomes = sessionOutcomes(Object.keys(labels), report);
  const tier = (name: string): SessionOutcome[] => [...outcomes.values()].filter((o) => labels[o.session] === name);
  const [people, moderate, advanced] = ['human', 'moderate_bot', 'advanced_bot'].map(tier);
  print(`${report.exchanges} exchanges, bad lines ${JSON.stringify(report.bad_lines)}`);
  print(
    table(
      ['tier', 'sessions', 'flagged', 'above tag', 'classes'],
      [row('people', people), row('moderate bots', moderate), row('advanced bots', advanced)],
    ),
  );
  for (const o of people) if (o.flagged) print(`person  ${o.session}: ${o.classes.join(', ')} → ${o.worst}`);
  const wider = report.actors.filter(
    (a) => a.actor.dimension !== 'session' && atLeastAction(a.recommended, 'throttle'),
  );
  for (const a of wider) print(`wider   ${a.actor.dimension} ${a.actor.key} → ${a.recommended}: ${a.reason}`);
  const until = [...moderate, ...advanced].filter((o) => o.requestsUntil >= 0).map((o) => o.requestsUntil);
  return [
    { suite: SUITE, metric: 'balanced_accuracy_moderate', value: balancedAccuracy(moderate, people) },
    { suite: SUITE, metric: 'balanced_accuracy_advanced', value: balancedAccuracy(advanced, people) },
    { suite: SUITE, metric: 'people_flagged', value: people.filter((o) => o.flagged).length },
    {
      suite: SUITE,
      metric: 'people_above_tag',
      value: people.filter((o) => atLeastAction(o.worst, 'throttle')).length,
      target: exactly(0),
    },
    {
      suite: SUITE,
      metric: 'wider_actors_above_tag',
      value: wider.length,
      target: exactly(0),
      note: 'actors other than sessions: here everybody shares them',
    },
    {
      suite: SUITE,
      metric: 'requests_until_detection_median',
      value: until.length === 0 ? null : median(until),
      note: until.length === 0 ? 'no bot was found' : `over ${until.length} bots found`,
    },
  ];
}

function countBy(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  return [...counts].map(([v, n]) => `${v} ${n}`).join(', ');
}
