/**
 * Is a bot what it says it is? Answered from the network it comes from, where its operator says which those are.
 *
 * Offline and without DNS, so it can be replayed. Three answers: `verified` where the network proves the name, `impostor`
 * where the operator's networks are completely known and this is none of them, `declared` for all others: nothing is
 * published, or the machine is rented where anybody can rent.
 */
import { CidrSet } from '../lib/cidr.ts';
import { SCOPE, scopeOf } from '../lib/ip.ts';
import { BOT_STATUS } from './facts.ts';
import { BOTS, SEVERAL_NAMES, UNLISTED_BOT } from './software/catalogue.ts';
import { ORIGINS } from './software/origins.ts';

interface Check {
  readonly asns: Int32Array;
  readonly rented: Int32Array;
  readonly ranges: CidrSet;
  readonly complete: boolean;
}

/** One check an operator, shared by its bots; null where nothing is published. By bot id. */
let checks: (Check | null)[] | null = null;

function compile(): (Check | null)[] {
  const byOperator = new Map<string, Check>();
  for (const [operator, origin] of Object.entries(ORIGINS)) {
    byOperator.set(operator, {
      asns: Int32Array.from(origin.asns ?? []).sort(),
      rented: Int32Array.from(origin.rented ?? []).sort(),
      ranges: CidrSet.of(origin.ranges ?? []),
      complete: origin.complete,
    });
  }
  return [null, ...BOTS.map((bot) => byOperator.get(bot.operator) ?? null)];
}

function holds(sorted: Int32Array, wanted: number): boolean {
  for (let i = 0; i < sorted.length; i++) if (sorted[i] === wanted) return true;
  return false;
}

/**
 * BOT_STATUS of a declared bot that comes from system `asn` (0 unknown) and the actor's address key (`hi`, `lo`).
 * Without an address, or from an internal one (a proxy hides the origin), nothing can be said: `declared`.
 */
export function botStatus(botId: number, asn: number, hi: number, lo: number): number {
  if (botId === 0) return BOT_STATUS.none;
  if (botId === UNLISTED_BOT || botId === SEVERAL_NAMES) return BOT_STATUS.declared;
  if (checks === null) checks = compile();
  const check = checks[botId] ?? null;
  if (check === null || (hi === 0 && lo === 0)) return BOT_STATUS.declared;
  if (asn !== 0 && holds(check.asns, asn)) return BOT_STATUS.verified;
  if (check.ranges.hasKey(hi, lo)) return BOT_STATUS.verified;
  // Without a system of its own the address may be any of the operator's that no list names.
  if (!check.complete || asn === 0 || scopeOf(hi, lo) !== SCOPE.public) return BOT_STATUS.declared;
  return holds(check.rented, asn) ? BOT_STATUS.declared : BOT_STATUS.impostor;
}

/** Can the claim of this bot be proven at all? For sentences: "publishes no addresses". */
export function isCheckable(botId: number): boolean {
  if (checks === null) checks = compile();
  return (checks[botId] ?? null) !== null;
}
