/**
 * A thousand hostile request bodies through the reader of bodies, in a process of its own, which is ended when one of them
 * does not come back: `HOSTILE_SEED` (1) and `HOSTILE_BODIES` (1000) say which.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { atMost, exactly, type Figure, table } from '../../bench/lib/figures.ts';

const SUITE = 'hostile-bodies';
/** No body may take longer, in ms. */
const SLOWEST_MS = 50;
/** Memory that all of it may take on top, in MB. */
const PEAK_MB = 200;
const SILENCE_MS = 30_000;
const SHOWN = 8;
const child = join(dirname(dirname(fileURLToPath(import.meta.url))), 'hostile-child.ts');

interface About {
  readonly kind: string;
  readonly type: string;
  readonly encoding: string;
  readonly size: number;
}

interface Line {
  readonly about?: About;
  readonly ms?: number;
  readonly cpuUs?: number;
  readonly bytes?: number;
  readonly problem?: string;
  readonly bound?: string;
  readonly peakMb?: number;
  readonly threw?: string;
}

interface Result extends Line {
  readonly about: About;
}

export async function hostileBodies(print: (text: string) => void): Promise<readonly Figure[]> {
  const { results, last, hung } = await watch(process.env.HOSTILE_SEED ?? '1', process.env.HOSTILE_BODIES ?? '1000');
  const threw = results.filter((result) => result.threw !== undefined);
  const beyond = results.filter((result) => (result.bound ?? '') !== '');
  for (const { about, threw: what } of threw.slice(0, SHOWN)) print(`${about.kind} threw: ${what}`);
  for (const { about, bound } of beyond.slice(0, SHOWN)) print(`${about.kind} goes beyond its bound: ${bound}`);
  if (hung !== '')
    print(`${hung} at ${last?.kind ?? 'the start'} (${last?.type}, ${last?.encoding}, ${last?.size} bytes)`);
  const slowest = [...results].sort((a, b) => (b.ms ?? 0) - (a.ms ?? 0));
  print(
    table(
      ['slowest', 'ms', 'CPU us/KB', 'bytes', 'problem'],
      slowest
        .slice(0, SHOWN)
        .map((r) => [
          `${r.about.kind} ${r.about.encoding.slice(0, 12)}`,
          (r.ms ?? 0).toFixed(1),
          perKb(r).toFixed(1),
          String(r.bytes),
          String(r.problem),
        ]),
    ),
  );
  const costs = results.map(perKb).sort((a, b) => a - b);
  return [
    { suite: SUITE, metric: 'slowest_ms', value: slowest[0]?.ms ?? null, target: atMost(SLOWEST_MS) },
    { suite: SUITE, metric: 'cpu_us_per_kb_median', value: costs[costs.length >> 1] ?? null },
    { suite: SUITE, metric: 'peak_mb', value: results.at(-1)?.peakMb ?? null, target: atMost(PEAK_MB) },
    { suite: SUITE, metric: 'threw', value: threw.length, target: exactly(0) },
    { suite: SUITE, metric: 'unbounded', value: beyond.length + (hung === '' ? 0 : 1), target: exactly(0) },
    { suite: SUITE, metric: 'bodies', value: results.length },
  ];
}

const perKb = ({ cpuUs = 0, bytes = 0 }: Line): number => cpuUs / Math.max(1, bytes / 1024);

interface Watched {
  readonly results: readonly Result[];
  readonly last: About | null;
  /** '' where it came to its end. */
  readonly hung: string;
}

async function watch(seed: string, count: string): Promise<Watched> {
  const args = ['--expose-gc', '--import', 'tsx', child, seed, count];
  const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const results: Result[] = [];
  let last: About | null = null;
  let hung = '';
  const silence = setTimeout(() => {
    hung = 'no sign of life';
    running.kill('SIGKILL');
  }, SILENCE_MS);
  const lines = createInterface({ input: running.stdout });
  lines.on('line', (text) => {
    silence.refresh();
    const line = JSON.parse(text) as Line;
    if (line.about !== undefined) last = line.about;
    else if (last !== null) results.push({ ...line, about: last });
  });
  const code = await new Promise<number | null>((resolve) => running.on('close', resolve));
  clearTimeout(silence);
  if (hung === '' && code !== 0) hung = `ended with ${code}`;
  return { results, last, hung };
}
