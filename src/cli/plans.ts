/** `plans`: what callers have used of their usage plans. */
import type { Command } from 'commander';
import { columns, type Paint, printable } from '../doors/replay/render/text.ts';
import { count, counted, when } from '../doors/replay/render/words.ts';
import type { KeyReport, PlanReport, PlansReport, QuotaReport } from '../runtime/live/plans/report.ts';
import { EXIT } from './exit.ts';
import { answer, type Flags, remote } from './operate.ts';
import { wholeNumber } from './options.ts';
import type { Cli } from './ports.ts';

const SHOWN = 5;
const MOST_SHOWN = 1000;

const HELP = `
Examples:
    sallyport plans
    sallyport plans --last 50
    sallyport plans --json

Keys are pseudonyms, as reports show them. Refused is counted since the start of the process. docs/plans.md.`;

interface PlansFlags extends Flags {
  readonly last: number;
}

/** Adds the verb to the program. `done` receives the exit code. */
export function addPlans(program: Command, cli: Cli, done: (code: number) => void): void {
  remote(program.command('plans'))
    .summary('usage plans: who has used how much')
    .description('Lists the usage plans of a running Sallyport, and for each the keys that have used up most.')
    .option('--last <n>', 'how many keys of each plan', wholeNumber(1, MOST_SHOWN), SHOWN)
    .addHelpText('after', HELP)
    .action(async (flags: PlansFlags) => {
      await answer(flags, cli, (client) => client.plans(flags.last), plansText);
      done(EXIT.ok);
    });
}

function plansText(report: PlansReport, width: number, paint: Paint): string {
  if (!report.enabled) return 'There are no usage plans: the configuration has no "plans".\n';
  return [...report.plans.map((plan) => planText(plan, width, paint)), tiersText(report)].join('\n');
}

function planText(plan: PlanReport, width: number, paint: Paint): string {
  const { name, tier, keys, in_flight, admitted, refused, would_refuse, most_used } = plan;
  const shadow = would_refuse === 0 ? '' : `, ${count(would_refuse)} would be refused`;
  const usual = plan.default ? ', default' : '';
  const head =
    `${paint.bold(printable(name))} (${tier}${usual}): ${counted(keys, 'key')}, ${count(in_flight)} under way, ` +
    `${count(admitted)} let through, ${count(refused)} refused${shadow}\n`;
  if (most_used.length === 0) return head;
  const names = ['key', 'today', 'this month', 'refused', 'quota', 'used', 'of', '%', 'anew at (UTC)'];
  const rows = most_used.flatMap((key) => rowsOf(key).map((row) => row.map(printable)));
  return `${head}${columns([names.map(paint.bold), ...rows], width).join('\n')}\n`;
}

/** A line a quota; the key stands in the first. */
function rowsOf(key: KeyReport): string[][] {
  const first = [key.key, count(key.requests_day), count(key.requests_month), count(key.refused)];
  if (key.quotas.length === 0) return [[...first, '–', '–', '–', '–', '–']];
  return key.quotas.map((quota, i) => [...(i === 0 ? first : ['', '', '', '']), ...quotaCells(quota)]);
}

function quotaCells({ quota, measure, used, limit, percent, renews_at }: QuotaReport): string[] {
  const shown = (value: number): string => (measure === 'money' ? value.toFixed(2) : count(value));
  const unit = measure === 'requests' ? '' : ` ${measure}`;
  return [quota, shown(used), `${shown(limit)}${unit}`, String(percent), when(renews_at)];
}

function tiersText({ tiers, capacity }: PlansReport): string {
  if (tiers.every(({ kept }) => kept === 0)) return '';
  const parts = tiers.map(
    ({ tier, in_flight, kept, refused }) =>
      `${tier} ${count(in_flight)} under way, ${count(kept)} kept, ${count(refused)} refused`,
  );
  return `Room for ${count(capacity)} at once: ${parts.join('; ')}\n`;
}
