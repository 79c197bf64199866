/** From a scenario and a seed to a score: the world, its event file, what the system says of it, and who was right. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exchange } from '../contract.ts';
import { Random } from '../core/random.ts';
import { compose, type Registry } from '../simulate/compose.ts';
import { LineFile } from '../simulate/files.ts';
import { Events } from '../simulate/formats.ts';
import type { Plan, Sizing } from '../simulate/plan.ts';
import { type RunResult, runComposed } from '../simulate/run.ts';
import type { Scenario } from '../simulate/scenario.ts';
import { Shipping } from '../simulate/shipping.ts';
import { type Truth, TruthLog } from '../simulate/truth.ts';
import { cutOf, ExcerptWriter } from './baselines/excerpt.ts';
import { type Excerpt, type PeerScore, scorePeers } from './baselines/peers.ts';
import { factsOf } from './cli.ts';
import type { MarginalTable } from './marginals/compare.ts';
import { compareWithReal, worldSamplers } from './marginals/real.ts';
import { type NullScore, scoreNull } from './null.ts';
import { type RunScore, scoreRun } from './run.ts';
import { askSystem } from './system.ts';

export interface MeasureOptions extends Sizing {
  readonly registry: Registry;
  /** The built command line of the system under test. */
  readonly command: string;
  /** Lines of the excerpt for other programs; 0 for none. */
  readonly excerptLines: number;
  /** Where temporary folders are made; the system's own place where it is not given. */
  readonly scratch?: string;
  print(text: string): void;
}

export interface Measured {
  readonly score: RunScore;
  readonly peers: readonly PeerScore[];
  readonly marginals: MarginalTable;
}

/** A world with campaigns. Temporary files are gone when it returns or throws. */
export async function measureSeed(scenario: Scenario, seed: string, options: MeasureOptions): Promise<Measured> {
  return inScratch(options, async (directory) => {
    const world = writeWorld(scenario, seed, directory, options);
    const answered = await askSystem(options.command, world.events, directory);
    options.print(`seed ${seed}: try and replay took ${answered.seconds.toFixed(0)} s at the same time`);
    const started = performance.now();
    const { truth, result } = world;
    const facts = result.campaigns.map(factsOf);
    const score = scoreRun({ seed, truth, said: answered.said, decisions: answered.decisions, facts });
    options.print(`seed ${seed}: scored in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    const peers = world.excerpt ? await scorePeers(truth, world.excerpt, answered.decisions) : [];
    return { score, peers, marginals: world.marginals };
  });
}

/** A world without campaigns: whatever is found there is wrong. */
export async function measureNull(scenario: Scenario, seed: string, options: MeasureOptions): Promise<NullScore> {
  return inScratch(options, async (directory) => {
    const world = writeWorld({ ...scenario, campaigns: [] }, seed, directory, { ...options, excerptLines: 0 });
    const { said, decisions, seconds } = await askSystem(options.command, world.events, directory);
    options.print(`null run: try and replay took ${seconds.toFixed(0)} s at the same time`);
    return scoreNull(seed, world.truth, said, decisions);
  });
}

async function inScratch<T>(options: MeasureOptions, use: (directory: string) => Promise<T>): Promise<T> {
  const scratch = options.scratch ?? tmpdir();
  mkdirSync(scratch, { recursive: true });
  const directory = mkdtempSync(join(scratch, 'redteam-score-'));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Written {
  readonly events: string;
  readonly truth: Truth;
  readonly result: RunResult;
  readonly excerpt: Excerpt | null;
  readonly marginals: MarginalTable;
}

/** Runs a world once, for everything that has to see it: event file, truth, excerpt, samples. */
function writeWorld(scenario: Scenario, seed: string, directory: string, options: MeasureOptions): Written {
  const started = performance.now();
  const composed = compose(scenario, seed, options.registry, options);
  const { plan, model } = composed;
  const events = join(directory, 'events.jsonl');
  const file = new LineFile(events);
  const format = new Events(model.host);
  const shipping = new Shipping(scenario.log, plan.disturbances, new Random(seed).fork('log'), (exchange, skewMs) =>
    file.write(format.lines(exchange, skewMs)),
  );
  const truth = new TruthLog();
  const size = expectedExchanges(plan.populations, plan.endMs - plan.startMs);
  const samplers = worldSamplers(plan.startMs, size);
  const excerptPath = join(directory, 'excerpt.log');
  const excerpt = excerptOf(excerptPath, plan, size, options.excerptLines);
  const sink = (exchange: Exchange): void => {
    truth.add(exchange, shipping.offer(exchange));
    excerpt?.add(exchange);
    samplers.everybody.addExchange(exchange);
    if (exchange.label.cohort.startsWith('people')) samplers.people.addExchange(exchange);
  };
  const result = runComposed(scenario, seed, composed, sink, {});
  shipping.close();
  file.close();
  excerpt?.close();
  const took = (performance.now() - started) / 1000;
  options.print(
    `seed ${seed}: ${result.exchanges} exchanges, ${result.attackExchanges} of them abusive, ` +
      `${(file.bytes / 1e6).toFixed(0)} MB of events in ${took.toFixed(0)} s`,
  );
  return {
    events,
    truth: truth.finish(),
    result,
    excerpt: excerpt ? { path: excerptPath, rows: excerpt.rows } : null,
    marginals: compareWithReal({ everybody: samplers.everybody.sample(), people: samplers.people.sample() }),
  };
}

function excerptOf(path: string, plan: Plan, size: number, lines: number): ExcerptWriter | null {
  if (lines === 0 || plan.campaigns.length === 0) return null;
  const abusive = plan.campaigns.reduce((sum, c) => sum + c.budget.requests, 0);
  const starts = plan.campaigns.map((c) => c.startMs);
  return new ExcerptWriter(path, cutOf(plan, starts, { exchanges: size + abusive, abusive, lines }));
}

function expectedExchanges(populations: readonly { readonly requestsPerDay: number }[], lengthMs: number): number {
  return (populations.reduce((sum, p) => sum + p.requestsPerDay, 0) * lengthMs) / 86_400_000;
}
