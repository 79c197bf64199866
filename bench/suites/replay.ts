/** A whole file from start to exit, against other ways of doing the same or less, in interleaved rounds. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../../src/runtime/report.ts';
import { freeze } from '../lib/built.ts';
import { type Cost, lastJson, run } from '../lib/child.ts';
import { atLeast, atMost, exactly, type Figure, plain, table } from '../lib/figures.ts';
import { ensureLog } from '../lib/generate.ts';
import { crowdsec, excerpt, goaccess, type PeerResult } from '../lib/peers.ts';
import { only, planFromEnvironment, rounds, withPeers } from '../lib/settings.ts';
import { amdahlBound, amdahlShare, median } from '../lib/stats.ts';

const SUITE = 'replay';
const CROWDSEC_LINES = 20_000;
const ONE = '0';
const TWO = '0,1';
/** One-core processes that wait longer than this for their core are not alone on it. */
const BUSY_SHARE = 0.1;

/** What one run of a contender gave. */
interface Sample {
  readonly wallS: number;
  readonly cpuS: number;
  readonly rssMb: number;
  readonly hash?: string;
  readonly enginePerEventUs?: number;
  readonly stageCpuS?: number;
  readonly detail?: string;
}
interface Contender {
  readonly id: string;
  readonly title: string;
  readonly lines: number;
  readonly run: () => Promise<Sample | string>;
  readonly samples: Sample[];
  /** Why there is nothing to show, once a run said so. */
  absent?: string;
}

export async function replay(print: (text: string) => void): Promise<readonly Figure[]> {
  const built = freeze();
  try {
    return await compete(built, print);
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
}

async function compete(built: string, print: (text: string) => void): Promise<readonly Figure[]> {
  const plan = planFromEnvironment();
  const log = await ensureLog(plan);
  const wanted = only();
  const all = await contenders(built, log, plan.lines);
  const running = all.filter((c) => !wanted || wanted.has(c.id));
  print(`${plan.lines} lines, ${plan.addresses} addresses, ${rounds()} interleaved rounds: ${log}`);
  for (let round = 1; round <= rounds(); round++) {
    for (const contender of running) await sample(contender, round);
  }
  print(show(running));
  const busy = waited(running);
  if (busy > BUSY_SHARE) {
    print(`Busy machine: one-core runs waited ${plain(busy * 100)} % of their time for a core; trust lines/CPU s.`);
  }
  for (const c of running) if (c.absent) print(`${c.title}: ${c.absent}`);
  return figures(running, plan.lines);
}

async function sample(contender: Contender, round: number): Promise<void> {
  if (contender.absent) return;
  const result = await contender.run();
  if (typeof result === 'string') {
    contender.absent = result;
    return;
  }
  contender.samples.push(result);
  process.stderr.write(`  round ${round}  ${contender.title}: ${plain(result.wallS)} s, ${plain(result.cpuS)} CPU s\n`);
}

async function contenders(built: string, log: string, lines: number): Promise<Contender[]> {
  const make = (id: string, title: string, n: number, runIt: Contender['run']): Contender => ({
    id,
    title,
    lines: n,
    run: runIt,
    samples: [],
  });
  const two = availableParallelism() >= 2;
  const list = [
    make('one', 'sallyport, 1 core', lines, () => sallyport(built, log, 1)),
    make('two', 'sallyport, 2 cores', lines, async () =>
      two ? sallyport(built, log, 2) : 'this machine has one core',
    ),
    make('stateless', 'parse + enrich only', lines, () => runner(built, 'stateless.ts', log)),
    make('engine', 'engine by blocks', lines, () => runner(built, 'engine.ts', log)),
    make('map', 'plain Map', lines, () => runner(built, 'plain-map.ts', log)),
    make('limiter', 'rate-limiter-flexible', lines, () => runner(built, 'rate-limiter.ts', log)),
  ];
  if (!withPeers()) return list;
  const short = await excerpt(log, CROWDSEC_LINES);
  list.push(make('goaccess', 'goaccess', lines, async () => fromPeer(await goaccess(log, ONE))));
  list.push(
    make('crowdsec', 'crowdsec (excerpt)', Math.min(lines, CROWDSEC_LINES), async () =>
      fromPeer(await crowdsec(short, ONE)),
    ),
  );
  return list;
}

async function sallyport(built: string, log: string, workers: number): Promise<Sample | string> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-try-'));
  const out = join(folder, 'report.json');
  const args = [
    join(built, 'dist', 'cli', 'main.js'),
    'try',
    log,
    '--workers',
    String(workers),
    '--quiet',
    '--json',
    out,
  ];
  const cost = await run(process.execPath, args, workers === 1 ? ONE : TWO);
  const report = existsSync(out) ? (JSON.parse(readFileSync(out, 'utf8')) as Report) : null;
  rmSync(folder, { recursive: true, force: true });
  if (!cost.ok || !report) return `failed: ${errorLine(cost.stderr)}`;
  return { ...cost, hash: report.decision_hash, detail: `${report.findings.length} findings` };
}

interface RunnerOutput {
  readonly detail?: string;
  readonly enginePerEventUs?: number;
  readonly stageCpuS?: number;
}

/** A program of ours in bench/runners, held to the first core. */
async function runner(built: string, name: string, log: string): Promise<Sample | string> {
  const path = join(built, 'bench', 'runners', name);
  const cost: Cost = await run(process.execPath, ['--import', 'tsx', path, log], ONE);
  const output = lastJson<RunnerOutput>(cost.stdout);
  if (!cost.ok || !output) return `failed: ${errorLine(cost.stderr)}`;
  const { enginePerEventUs, stageCpuS, detail } = output;
  return { ...cost, enginePerEventUs, stageCpuS, detail };
}

/** The line that says what went wrong; Node prints it in the middle. */
function errorLine(stderr: string): string {
  const lines = stderr.trim().split('\n');
  return (lines.find((l) => /^\w*Error\b/.test(l)) ?? lines.at(-1) ?? '').slice(0, 200);
}

function fromPeer(result: PeerResult): Sample | string {
  return 'absent' in result ? result.absent : { ...result.cost, detail: result.detail };
}

function show(all: readonly Contender[]): string {
  const rows = all
    .filter((c) => c.samples.length > 0)
    .map((c) => {
      const walls = c.samples.map((s) => s.wallS);
      const wall = median(walls);
      const cpu = median(c.samples.map((s) => s.cpuS));
      return [
        c.title,
        plain(c.lines),
        plain(c.lines / wall),
        plain(c.lines / cpu),
        plain(wall),
        plain(cpu),
        plain(Math.max(...c.samples.map((s) => s.rssMb))),
        `${plain(((Math.max(...walls) - Math.min(...walls)) / wall) * 100)} %`,
        c.samples[0].detail ?? '',
      ];
    });
  return table(['contender', 'lines', 'lines/s', 'lines/CPU s', 'wall s', 'CPU s', 'RSS MiB', 'spread', ''], rows);
}

/** Share of the wall time of our own one-core runs in which they did not have the core. */
function waited(all: readonly Contender[]): number {
  const samples = all.filter((c) => ['one', 'stateless', 'engine', 'map'].includes(c.id)).flatMap((c) => c.samples);
  const sum = (of: (s: Sample) => number): number => samples.reduce((total, s) => total + of(s), 0);
  return samples.length === 0 ? 0 : 1 - sum((s) => s.cpuS) / sum((s) => s.wallS);
}

function figures(all: readonly Contender[], lines: number): Figure[] {
  const of = (id: string): readonly Sample[] => all.find((c) => c.id === id)?.samples ?? [];
  const wall = (id: string): number => median(of(id).map((s) => s.wallS));
  // The quickest round is the one that was disturbed least: of a ratio of two wall times nothing else is left.
  const quickest = (id: string): number => (of(id).length > 0 ? Math.min(...of(id).map((s) => s.wallS)) : Number.NaN);
  const [one, two] = [of('one'), of('two')];
  const rss = one.map((s) => s.rssMb);
  const share = median(of('stateless').map((s) => s.stageCpuS ?? Number.NaN)) / median(one.map((s) => s.cpuS));
  const hashes = new Set([...one, ...two].map((s) => s.hash));
  const engine = of('engine').map((s) => s.enginePerEventUs ?? Number.NaN);
  const figure = (metric: string, value: number | null, target?: Figure['target'], note?: string): Figure => ({
    suite: SUITE,
    metric,
    value,
    target,
    note,
  });
  return [
    figure('lines_per_s_one_core', lines / wall('one'), atLeast(150_000)),
    figure('lines_per_s_one_core_best_round', lines / quickest('one')),
    figure('lines_per_cpu_s_one_core', lines / median(one.map((s) => s.cpuS))),
    figure('rss_mb', rss.length > 0 ? Math.max(...rss) : null, atMost(600)),
    figure('engine_us_per_event_median', median(engine), atMost(2.5)),
    figure('stateless_share', share),
    figure(
      'amdahl_share',
      amdahlShare(quickest('one'), quickest('two'), share, 2),
      atLeast(0.8),
      `speed-up ${plain(quickest('one') / quickest('two'))} of at most ${plain(amdahlBound(share, 2))}`,
    ),
    figure('hash_equal', one.length > 0 && two.length > 0 ? Number(hashes.size === 1) : null, exactly(1)),
  ];
}
