/**
 * Runs visitors against a real server with real sockets: in real or accelerated time, within bounds, on this machine.
 *
 * Accounts that visitors open are called {@link NAME_PREFIX}…; accounts of the inventory are made up anyway.
 */
import { type LiveOptions, planOf } from './options.ts';
import { Run } from './run.ts';
import type { LiveSummary } from './summary.ts';

export { mailboxOf, writeInventory } from './inventory.ts';
export { LIMITS, type LiveOptions, NAME_PREFIX } from './options.ts';
export { type LiveSummary, summaryText } from './summary.ts';

/**
 * Drives the visitors of all sources until they are gone, the world ends, a bound is reached or the signal says stop.
 * Whatever happens to single requests is counted in the summary and never thrown.
 * @throws Error, before anything is sent, for an address beyond loopback without `allowRemote`, or a bound that is none.
 */
export async function runLive(options: LiveOptions): Promise<LiveSummary> {
  return new Run(planOf(options)).start();
}
