/** What people read of the runs, and the figures. */
import { atLeast, atMost, exactly, type Figure, plain, table } from '../../bench/lib/figures.ts';
import type { Tool } from './arsenal.ts';
import { HELD_SHARE, type UserOutcome } from './measure.ts';
import type { RunResult } from './run.ts';
import type { Standing } from './stack.ts';

/** Share of requests of people behind the tool's address that must be completed. */
const COMPLETED_SHARE = 0.95;
/** The whole suite, in minutes. */
const MOST_MINUTES = 15;

/** Characters of a sentence that are shown. */
const SENTENCE = 140;

const HEAD = ['tool', 'from', 'sent', 'leaked', 'after s', 'then held', 'others', 'beside', 'owner', 'what held it'];

export function reportOf(results: readonly RunResult[]): string {
  const rows = results.map((r) => [
    r.plan.tool.name,
    r.plan.setting === 'own' ? 'own address' : 'with 20 others',
    `${r.tool.sent}`,
    `${r.tool.leaked}`,
    r.tool.seconds === null ? '-' : r.tool.seconds.toFixed(2),
    r.failure !== '' ? 'failed' : `${Math.round(r.tool.heldAfter * 100)} %`,
    fared(r.elsewhere),
    fared(r.beside),
    fared(r.owner),
    r.mitigations.slice(0, 2).map(inWords).join(', ') || '-',
  ]);
  return `${table(HEAD, rows)}\n\n${EXPLANATION}\n\n${said(results)}${failures(results)}`;
}

const EXPLANATION = `sent: requests of the tool (connections for slow-*). leaked: those that reached the shop before it was held. after s:
from its first request. then held: share of its requests kept from the shop from then on. others, beside: requests of people
with addresses of their own, and of those behind the tool's address, that were answered by the shop within 2.5 s. owner: the same of whoever owns the key that the tool uses.`;

/** What Sallyport told its operator about each tool: the first that it said. */
function said(results: readonly RunResult[]): string {
  const lines = results
    .filter((r) => r.mitigations.length > 0)
    .map((r) => `${r.plan.tool.name} (${r.plan.setting}): ${r.mitigations[0].sentence.slice(0, SENTENCE)}`);
  return lines.length === 0 ? 'Nothing was said about any of them.' : `What was said first:\n${lines.join('\n')}`;
}

function failures(results: readonly RunResult[]): string {
  return results
    .flatMap((r) => (r.failure === '' ? [] : [`\n${r.plan.tool.name} (${r.plan.setting}) failed: ${r.failure}`]))
    .join('');
}

const fared = ({ sent, completed }: UserOutcome): string => (sent === 0 ? '-' : `${completed}/${sent}`);

const inWords = (s: Standing): string => `${s.action} ${s.actor.dimension} (${s.class})`;

const isHeld = (r: RunResult): boolean =>
  r.failure === '' && r.tool.sent > 0 && r.tool.seconds !== null && r.tool.heldAfter >= HELD_SHARE;

/** A tool that is not installed was not held: nobody has seen it. */
export function figuresOf(
  results: readonly RunResult[],
  missing: readonly Tool[],
  minutes: number,
  suite = 'tools',
): Figure[] {
  const held = results.filter(isHeld).length;
  const all = results.length + missing.length * 2;
  const hurt = results
    .filter((r) => r.plan.setting === 'own')
    .reduce((sum, r) => sum + r.elsewhere.sent - r.elsewhere.completed, 0);
  const shared = results.filter((r) => r.plan.setting === 'shared');
  const worst = shared.length === 0 ? null : Math.min(...shared.map((r) => shareOf(r.beside)));
  return [
    ...results.flatMap((r) => figuresOfRun(r, suite)),
    { suite, metric: 'missing_tools', value: missing.length, target: exactly(0), note: noteOf(missing) },
    { suite, metric: 'held', value: held, target: atLeast(all), note: `of ${all}` },
    { suite, metric: 'hurt_own', value: hurt, target: exactly(0), note: whoWasHurt(results) },
    {
      ...{ suite, metric: 'completed_shared_worst', value: worst, target: atLeast(COMPLETED_SHARE) },
      ...(worst === null ? { note: 'no run in the shared setting' } : {}),
    },
    { suite, metric: 'minutes', value: minutes, target: atMost(MOST_MINUTES) },
  ];
}

function figuresOfRun(r: RunResult, suite: string): Figure[] {
  const name = `${r.plan.tool.name}_${r.plan.setting}${r.plan.disguised ? '_disguised' : ''}`.replaceAll('-', '_');
  const failed = r.failure !== '' || r.tool.sent === 0;
  const note = failed ? { note: r.failure || 'it sent nothing' } : {};
  const figures: Figure[] = [
    { suite, metric: `${name}_leaked`, value: failed ? null : r.tool.leaked, note: `of ${r.tool.sent}` },
    { suite, metric: `${name}_seconds`, value: failed ? null : r.tool.seconds, ...note },
    {
      suite,
      metric: `${name}_held`,
      value: failed ? null : r.tool.heldAfter,
      target: atLeast(HELD_SHARE),
      ...note,
    },
  ];
  if (r.plan.setting === 'own') {
    const hurt = r.elsewhere.sent - r.elsewhere.completed;
    figures.push({
      suite,
      metric: `${name}_hurt`,
      value: hurt,
      target: exactly(0),
      note: `of ${r.elsewhere.sent}`,
    });
  } else {
    const target = atLeast(COMPLETED_SHARE);
    figures.push({
      suite,
      metric: `${name}_completed`,
      value: shareOf(r.beside),
      target,
      note: refusals(r.beside),
    });
  }
  return figures;
}

const shareOf = ({ sent, completed }: UserOutcome): number => (sent === 0 ? Number.NaN : completed / sent);

const noteOf = (missing: readonly Tool[]): string =>
  missing.length === 0 ? 'all are here' : `apt-get install ${[...new Set(missing.map((t) => t.package))].join(' ')}`;

function refusals({ sent, refusals: of }: UserOutcome): string {
  const parts = Object.entries(of).map(([why, n]) => `${why}: ${n}`);
  return `of ${sent}${parts.length === 0 ? '' : `; ${parts.join(', ')}`}`;
}

function whoWasHurt(results: readonly RunResult[]): string {
  const sent = results.filter((r) => r.plan.setting === 'own').reduce((sum, r) => sum + r.elsewhere.sent, 0);
  return `of ${plain(sent)} requests of people`;
}
