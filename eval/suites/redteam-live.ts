/**
 * The red team live: the same visitors under the same seed meet the gateway once observing and once enforcing. What a
 * campaign gets through beside what it got where nobody held it, how soon it was held, and who was held beside it.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atMost, type Figure, table } from '../../bench/lib/figures.ts';
import { LEVELS } from '../../redteam/src/contract.ts';
import { readScenario } from '../../redteam/src/simulate/index.ts';
import { type CampaignRun, type CohortRun, type Driven, drive } from '../live/drive.ts';

const SUITE = 'redteam-live';
const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Bounds of one run: real seconds, requests a real second. */
const MOST_SECONDS = 180;
const MOST_PER_SECOND = 150;
/** World time in real time: ten minutes take two. */
const FACTOR = 5;

export async function redteamLive(print: (text: string) => void): Promise<readonly Figure[]> {
  const { env } = process;
  const scenario = readScenario(resolve(env.REDTEAM_LIVE_SCENARIO ?? join(repository, 'redteam/scenarios/live.yaml')));
  const seed = env.REDTEAM_LIVE_SEED ?? new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const seconds = Math.min(MOST_SECONDS, number('REDTEAM_LIVE_SECONDS', MOST_SECONDS));
  const factor = number('REDTEAM_LIVE_FACTOR', FACTOR);
  const common = { scenario, seed, seconds, factor, requestsPerSecond: MOST_PER_SECOND };
  const observed = await drive({ ...common, mode: 'observe' });
  const enforced = await drive({ ...common, mode: 'enforce' });
  print(`scenario ${scenario.name}, seed ${seed}, ${factor} times as fast as real time`);
  for (const [name, run] of Object.entries({ observed, enforced })) print(`${name}: ${wordsOf(run)}`);
  print(`\n${campaignTable(observed, enforced)}`);
  print(`\n${cohortTable(observed, enforced)}\n`);
  if (env.REDTEAM_LIVE_MITIGATIONS) print(`${mitigationLines(enforced).join('\n')}\n`);
  return figuresOf(observed, enforced);
}

function number(name: string, usual: number): number {
  const value = Number(process.env[name] ?? usual);
  if (!(value > 0)) throw new Error(`${name} is no number above 0: ${process.env[name]}`);
  return value;
}

function wordsOf({ summary, mitigations, defects }: Driven): string {
  const rate = summary.sent / Math.max(1, summary.seconds);
  const late = summary.latestMs > 1000 ? `; requests left up to ${Math.round(summary.latestMs)} ms late` : '';
  const lost = Object.values(summary.failures).reduce((sum, n) => sum + n, 0);
  return (
    `${summary.sent} requests in ${summary.seconds.toFixed(0)} s (${rate.toFixed(0)}/s), ended: ${summary.ending}; ` +
    `${mitigations.length} mitigations; ${lost} without an answer; ${defects.length} defects${late}`
  );
}

/**
 * Share of the requests that are served although the gateway enforces: of those it serves when it observes, or of those
 * that were sent, where they were more (runs in real time are never quite alike).
 */
const leakOf = (on: CampaignRun | undefined, off: CampaignRun): number =>
  (on?.served ?? 0) / Math.max(1, off.served, on?.sent ?? 0);

const percent = (part: number): string =>
  Number.isFinite(part) ? `${(part * 100).toFixed(part < 0.1 ? 1 : 0)} %` : '-';
const ratio = (part: number, whole: number): number => (whole === 0 ? Number.NaN : part / whole);
const whole = (n: number): string => (Number.isFinite(n) ? String(Math.round(n)) : 'never');

/** Campaigns that came at all, in the order of their levels. */
function pairs(observed: Driven, enforced: Driven): [CampaignRun, CampaignRun | undefined][] {
  return [...observed.campaigns.values()]
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    .map((off) => [off, enforced.campaigns.get(off.label.campaign)]);
}
const keyOf = ({ label }: CampaignRun): string => `${label.level} ${label.family}`;

function campaignTable(observed: Driven, enforced: Driven): string {
  return table(
    ['campaign', 'served', 'enforced', 'leak', 'gain', 'enforced', 'held after s', 'served before', 'held then'],
    pairs(observed, enforced).map(([off, on]) => [
      `${off.label.family} ${off.label.level}`,
      String(off.served),
      String(on?.served ?? 0),
      percent(leakOf(on, off)),
      whole(off.gain),
      whole(on?.gain ?? 0),
      on === undefined ? 'never' : whole((on.firstHeldMs - on.firstMs) / 1000),
      String(on?.servedBefore ?? 0),
      percent(ratio(on?.heldAfter ?? 0, on?.sentAfter ?? 0)),
    ]),
  );
}

function cohortTable(observed: Driven, enforced: Driven): string {
  const cells = (run: CohortRun | undefined): string[] => [
    String(run?.visitors ?? 0),
    String(run?.hurt ?? 0),
    `${run?.held ?? 0} of ${run?.sent ?? 0}${statusesOf(run)}`,
  ];
  const names = [...new Set([...observed.cohorts.keys(), ...enforced.cohorts.keys()])].sort();
  return table(
    ['benign', 'visitors', 'hurt', 'requests held', 'enforced: visitors', 'hurt', 'requests held'],
    names.map((name) => [name, ...cells(observed.cohorts.get(name)), ...cells(enforced.cohorts.get(name))]),
  );
}

const statusesOf = (run: CohortRun | undefined): string =>
  run === undefined || run.held === 0
    ? ''
    : ` (${[...run.statuses].map(([status, n]) => `${n} × ${status}`).join(', ')})`;

function mitigationLines({ mitigations }: Driven): string[] {
  return [...mitigations]
    .reverse()
    .map((m) => `${m.started_at.slice(11, 19)} ${m.class} ${m.action} met ${m.requests_met}: ${m.sentence}`);
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : sorted[sorted.length >> 1];
}

function figuresOf(observed: Driven, enforced: Driven): Figure[] {
  const all = pairs(observed, enforced);
  const at = (level: string) => all.filter(([off]) => off.label.level === level);
  const leaks = LEVELS.filter((level) => at(level).length > 0).map(
    (level): Figure => ({
      suite: SUITE,
      metric: `leak_${level.toLowerCase()}`,
      value: mean(at(level).map(([off, on]) => leakOf(on, off))),
      ...(level === 'E0' ? { target: atMost(0.5) } : {}),
      note: `${at(level).filter(([, on]) => (on?.held ?? 0) > 0).length} of ${at(level).length} campaigns met a hold`,
    }),
  );
  const gains = at('E0').map(([off, on]) => ratio(on?.gain ?? 0, off.gain));
  const held = at('E0').flatMap(([, on]) => (on === undefined || Number.isNaN(on.firstHeldMs) ? [] : [on]));
  return [
    ...leaks,
    { suite: SUITE, metric: 'gain_e0', value: mean(gains.filter((g) => !Number.isNaN(g))), target: atMost(0.5) },
    {
      suite: SUITE,
      metric: 'seconds_to_hold_e0_median',
      value: median(held.map((on) => (on.firstHeldMs - on.firstMs) / 1000)),
    },
    { suite: SUITE, metric: 'held_then_e0', value: mean(held.map((on) => on.heldAfter / on.sentAfter)) },
    ...collateral(observed, enforced),
  ];
}

function collateral(observed: Driven, enforced: Driven): Figure[] {
  const sums = (run: Driven) =>
    [...run.cohorts.values()].reduce(
      (sum, c) => ({
        visitors: sum.visitors + c.visitors,
        hurt: sum.hurt + c.hurt,
        held: sum.held + c.held,
        sent: sum.sent + c.sent,
      }),
      { visitors: 0, hurt: 0, held: 0, sent: 0 },
    );
  const [off, on] = [sums(observed), sums(enforced)];
  const worst = [...enforced.cohorts.values()].sort((a, b) => b.hurt / b.visitors - a.hurt / a.visitors)[0];
  return [
    {
      suite: SUITE,
      metric: 'benign_visitors_hurt',
      value: ratio(on.hurt, on.visitors),
      target: atMost(0.01),
      note: `${on.hurt} of ${on.visitors}; most among ${worst?.cohort ?? 'nobody'}: ${worst?.hurt ?? 0} of ${worst?.visitors ?? 0}`,
    },
    { suite: SUITE, metric: 'benign_requests_held', value: ratio(on.held, on.sent) },
    { suite: SUITE, metric: 'benign_visitors_hurt_observing', value: ratio(off.hurt, off.visitors), target: atMost(0) },
    { suite: SUITE, metric: 'defects', value: observed.defects.length + enforced.defects.length, target: atMost(0) },
  ];
}
