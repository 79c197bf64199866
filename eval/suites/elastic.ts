/**
 * Ten thousand real lines without labels: printed for reading by hand. One thing can be scored: nobody may recommend to
 * block a search engine. The log's clock is altered, so rates and timing prove nothing here.
 */
import { readFileSync } from 'node:fs';
import { exactly, type Figure, table } from '../../bench/lib/figures.ts';
import type { ActorReport, Report } from '../../src/runtime/report.ts';
import { agentsByAddress, agentsReached } from '../agents.ts';
import { needData } from '../data.ts';
import { cut, runLog } from '../run.ts';
import { atLeastAction, isSearchEngine, namesSearchEngine } from '../score.ts';

const SUITE = 'elastic';
const SHOWN = 25;

export async function elastic(print: (text: string) => void): Promise<readonly Figure[]> {
  const path = needData(SUITE, 'apache_logs');
  const report = await runLog(path);
  const agentsOf = agentsByAddress(readFileSync(path, 'latin1'));
  printActors(report, print);
  printClasses(report, print);
  const agents = (a: ActorReport): readonly string[] => agentsReached(a, agentsOf);
  const blocked = report.actors.filter((a) => a.recommended === 'block');
  const crawlers = blocked.filter((a) => isSearchEngine(a, agents(a)));
  for (const a of crawlers)
    print(`crawler blocked  ${a.actor.dimension} ${a.actor.key}: ${cut(a.agent, 80)}: ${a.reason}`);
  const unproven = blocked.filter((a) => !crawlers.includes(a) && agents(a).some(namesSearchEngine));
  for (const a of unproven) {
    print(
      `says crawler, network does not  ${a.actor.dimension} ${a.actor.key} (AS${a.network?.asn ?? 0} ${a.network?.name ?? ''}): ${a.reason}`,
    );
  }
  const addresses = report.actors.filter((a) => a.actor.dimension === 'ip');
  const acted = addresses.filter((a) => atLeastAction(a.recommended, 'throttle')).length;
  return [
    { suite: SUITE, metric: 'search_engines_blocked', value: crawlers.length, target: exactly(0) },
    {
      suite: SUITE,
      metric: 'self_named_search_engines_blocked',
      value: unproven.length,
      note: 'impostors, to be read by hand',
    },
    { suite: SUITE, metric: 'bad_lines', value: total(report.bad_lines), note: JSON.stringify(report.bad_lines) },
    { suite: SUITE, metric: 'findings', value: report.findings.length },
    {
      suite: SUITE,
      metric: 'addresses_above_tag_share',
      value: acted / agentsOf.size,
      note: `${acted} of ${agentsOf.size} addresses`,
    },
  ];
}

function printActors(report: Report, print: (text: string) => void): void {
  const why = new Map(report.findings.map((f) => [f.id, f]));
  const worst = [...report.actors].sort((a, b) => b.risk - a.risk || b.requests - a.requests).slice(0, SHOWN);
  for (const a of worst) {
    const network = a.network ? `AS${a.network.asn} ${a.network.name} ${a.network.class}` : 'network unknown';
    print(
      `\n${a.actor.dimension} ${a.actor.key}  risk ${a.risk.toFixed(2)} ${a.risk_class} → ${a.recommended}  (${network})`,
    );
    print(
      `  ${a.requests} requests, ${a.reason}; sharing ${a.sharing.low}–${a.sharing.high}, collateral ${a.collateral}`,
    );
    print(`  agent ${cut(a.agent, 110)}${a.bot ? ` [${a.bot.name} ${a.bot.status}]` : ''}`);
    for (const id of a.findings) {
      const f = why.get(id);
      if (f) print(`  - ${f.class} by ${f.detector}, ${f.nats.toFixed(1)} nats: ${f.why} | ${cut(f.sample, 120)}`);
    }
  }
  print('');
}

function printClasses(report: Report, print: (text: string) => void): void {
  const classes = new Map<string, { findings: number; actors: Set<string>; detectors: Set<string> }>();
  for (const f of report.findings) {
    const entry = classes.get(f.class) ?? { findings: 0, actors: new Set(), detectors: new Set() };
    entry.findings++;
    entry.actors.add(`${f.actor.dimension} ${f.actor.key}`);
    entry.detectors.add(f.detector);
    classes.set(f.class, entry);
  }
  const rows = [...classes].map(([c, e]) => [c, String(e.findings), String(e.actors.size), [...e.detectors].join(' ')]);
  print(table(['class', 'findings', 'actors', 'detectors'], rows));
  const actions = new Map<string, number>();
  for (const a of report.actors) {
    const key = `${a.actor.dimension} ${a.recommended}`;
    actions.set(key, (actions.get(key) ?? 0) + 1);
  }
  print(
    [...actions]
      .map(([k, n]) => `${k}: ${n}`)
      .sort()
      .join('; '),
  );
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}
