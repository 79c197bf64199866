/**
 * Mutated and random lines at every log format's parser, and mutated lines through the whole path, for as long as asked:
 * `FUZZ_SECONDS` (600), from seed `FUZZ_SEED` on (another one each run, printed). It runs in a process of its own
 * that is ended when it says nothing for too long: that is a hang.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { exactly, type Figure } from '../../bench/lib/figures.ts';
import { DEFAULT_PLAN, ensureLog } from '../../bench/lib/generate.ts';

const SUITE = 'fuzz';
/** A round takes about a second; start-up, with learning a model, a few. */
const SILENCE_MS = 60_000;
const child = join(dirname(dirname(fileURLToPath(import.meta.url))), 'fuzz-child.ts');

interface Round {
  readonly seed: number;
  readonly lines: number;
  readonly accepted: number;
  readonly ms: number;
}

export async function fuzz(print: (text: string) => void): Promise<readonly Figure[]> {
  const seconds = Number(process.env.FUZZ_SECONDS ?? '600');
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000_000);
  const log = await ensureLog({ ...DEFAULT_PLAN, lines: 5000, addresses: 2500 });
  print(`${seconds} s from seed ${seed}`);
  const { rounds, hung, code, stderr } = await watch(seed, seconds, log);
  const lines = rounds.reduce((sum, r) => sum + r.lines, 0);
  const next = rounds.length > 0 ? rounds[rounds.length - 1].seed + 1 : seed;
  if (hung) print(`no sign of life for ${SILENCE_MS / 1000} s in seed ${next}`);
  else if (code !== 0) print(`seed ${next}: ${stderr}`);
  const slowest = Math.max(0, ...rounds.map((r) => r.ms));
  return [
    { suite: SUITE, metric: 'throws', value: Number(!hung && code !== 0), target: exactly(0) },
    { suite: SUITE, metric: 'hangs', value: Number(hung), target: exactly(0) },
    { suite: SUITE, metric: 'lines', value: lines, note: `${rounds.length} rounds` },
    { suite: SUITE, metric: 'slowest_round_ms', value: slowest },
  ];
}

interface Watched {
  readonly rounds: readonly Round[];
  readonly hung: boolean;
  readonly code: number | null;
  readonly stderr: string;
}

async function watch(seed: number, seconds: number, log: string): Promise<Watched> {
  const args = ['--import', 'tsx', child, String(seed), String(seconds), log];
  const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const rounds: Round[] = [];
  let hung = false;
  let stderr = '';
  const silence = setTimeout(() => {
    hung = true;
    running.kill('SIGKILL');
  }, SILENCE_MS);
  running.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-4000);
  });
  createInterface({ input: running.stdout }).on('line', (line) => {
    silence.refresh();
    rounds.push(JSON.parse(line) as Round);
  });
  const code = await new Promise<number | null>((resolve) => running.on('close', resolve));
  clearTimeout(silence);
  return { rounds, hung, code, stderr };
}
