/**
 * What a careful administrator adds to the limit: three scenarios over the log, each by address, each with a ban. Thresholds
 * are those that fail2ban's and CrowdSec's examples use, rounded.
 *
 *     refused   10 answers 401 or 403 within 5 minutes
 *     missing   20 answers 404 within 1 minute
 *     flood     600 requests within 1 minute
 */
import { BLOCK } from '../actions.ts';
import type { Verdicts } from '../holds.ts';
import type { TruthColumns } from '../truth.ts';
import { SlidingWindow } from './limit.ts';

const MINUTE = 60_000;
export const BAN_MS = 4 * 60 * MINUTE;
const RULES = [
  { when: (status: number) => status === 401 || status === 403, more: 10, withinMs: 5 * MINUTE },
  { when: (status: number) => status === 404, more: 20, withinMs: MINUTE },
  { when: () => true, more: 600, withinMs: MINUTE },
] as const;

/** Bans of an address for four hours, from the request after the one that fulfils a rule. Banned requests count for none. */
export function logRules(truth: TruthColumns): Verdicts {
  const level = new Uint8Array(truth.rows);
  const addresses = truth.texts.address.length;
  const bannedUntil = new Float64Array(addresses);
  const windows = RULES.map((rule) => new SlidingWindow(addresses, truth.rows, rule.withinMs));
  for (let row = 0; row < truth.rows; row++) {
    const address = truth.address[row];
    if (truth.timeMs[row] < bannedUntil[address]) {
      level[row] = BLOCK;
      continue;
    }
    for (const [i, rule] of RULES.entries()) {
      if (!rule.when(truth.status[row])) continue;
      if (windows[i].add(address, row, truth.timeMs) < rule.more) continue;
      windows[i].clear(address);
      bannedUntil[address] = truth.timeMs[row] + BAN_MS;
    }
  }
  return { name: 'log-rules', level };
}
