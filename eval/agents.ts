/** Which agents acting on an actor would meet, read from the log itself and not from what the product says. */
import type { ActorReport } from '../src/runtime/report.ts';
import { normalAddress } from './score.ts';

/** Every agent that each address of a combined log used. */
export function agentsByAddress(log: string): Map<string, string[]> {
  const agents = new Map<string, Set<string>>();
  for (const line of log.split('\n')) {
    const space = line.indexOf(' ');
    if (space <= 0) continue;
    const end = line.lastIndexOf('"');
    const start = line.lastIndexOf('"', end - 1);
    const address = normalAddress(line.slice(0, space));
    if (!agents.has(address)) agents.set(address, new Set());
    agents.get(address)!.add(line.slice(start + 1, end));
  }
  return new Map([...agents].map(([address, set]) => [address, [...set]]));
}

/** The agents that acting on an actor would meet: of its address, or of all addresses in its network. */
export function agentsReached(
  actor: Pick<ActorReport, 'actor'>,
  agentsOf: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const { dimension, key } = actor.actor;
  if (dimension === 'ip') return agentsOf.get(normalAddress(key)) ?? [];
  if (dimension !== 'network') return [];
  const prefix = /^(\d+\.\d+\.\d+\.)/.exec(key)?.[1];
  if (!prefix) return [];
  return [...agentsOf].filter(([address]) => address.startsWith(prefix)).flatMap(([, agents]) => agents);
}
