/**
 * fail2ban over a log file: `fail2ban-regex` finds the failures as its jails would, and the bans follow from its defaults (five
 * failures within ten minutes ban an address for ten minutes). Two jails: refused answers, as the recipes for access logs
 * have it, and its own filter for bots that look for what is not there.
 */
import { existsSync } from 'node:fs';
import { BLOCK, type Decision } from '../actions.ts';
import type { PeerDecisions } from './crowdsec.ts';
import { installed, runProgram } from './program.ts';

const MAX_RETRY = 5;
const FIND_MS = 600_000;
const BAN_MS = 600_000;
const REFUSED = '^<HOST> \\S+ \\S+ \\[\\] "[^"]*" (?:401|403) ';
const BOT_SEARCH = '/etc/fail2ban/filter.d/nginx-botsearch.conf';
/** ['192.0.2.1',	1741090849,	{'ip4': '192.0.2.1', 'ip6': None}], */
const FAILURE = /^\['([^']+)',\s*(\d+(?:\.\d+)?),/;

export interface Failure {
  readonly address: string;
  readonly timeMs: number;
}

/** Runs it over a combined log for at most `limitMs`. */
export async function fail2ban(log: string, limitMs: number): Promise<PeerDecisions> {
  if (!installed('fail2ban-regex')) return { absent: 'not installed' };
  const decisions: Decision[] = [];
  let seconds = 0;
  const jails = [REFUSED, ...(existsSync(BOT_SEARCH) ? [BOT_SEARCH] : [])];
  for (const jail of jails) {
    const ran = await runProgram('fail2ban-regex', ['--usedns', 'no', '-o', 'row', log, jail], limitMs);
    if (!ran.ok) return { absent: `installed, but ${ran.trouble}` };
    seconds += ran.seconds;
    decisions.push(...bans(readFailures(ran.output)));
  }
  decisions.sort((a, b) => a.timeMs - b.timeMs);
  return { decisions, seconds, detail: `${jails.length} jails` };
}

/** Failures out of its rows, in order of time. */
export function readFailures(output: string): Failure[] {
  const failures: Failure[] = [];
  for (const line of output.split('\n')) {
    const match = FAILURE.exec(line);
    if (match) failures.push({ address: match[1], timeMs: Number(match[2]) * 1000 });
  }
  return failures.sort((a, b) => a.timeMs - b.timeMs);
}

/** Bans by its defaults. Failures while banned count for none, as the banned could not have made them. */
export function bans(failures: readonly Failure[]): Decision[] {
  const recent = new Map<string, number[]>();
  const until = new Map<string, number>();
  const decisions: Decision[] = [];
  for (const { address, timeMs } of failures) {
    if (timeMs < (until.get(address) ?? 0)) continue;
    const times = (recent.get(address) ?? []).filter((t) => t > timeMs - FIND_MS);
    times.push(timeMs);
    recent.set(address, times);
    if (times.length < MAX_RETRY) continue;
    recent.delete(address);
    until.set(address, timeMs + BAN_MS);
    decisions.push({
      timeMs,
      actor: { dimension: 'ip', key: address },
      rank: BLOCK,
      ttlMs: BAN_MS,
      class: 'fail2ban',
      risk: 1,
    });
  }
  return decisions;
}
