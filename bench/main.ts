/**
 * `npm run bench -- [SUITE…] [--strict]`: how fast and how large. Each suite prints a table and ends with one line per
 * figure: `SUITE metric value target ok|short`. docs/benchmarks.md says what each means and what it cannot prove.
 *
 * Exit codes: 0 everything ran (also where a target was missed: read the lines), 1 with `--strict` and a target missed,
 * 2 wrong usage, 3 a suite threw.
 */
import { cpus } from 'node:os';
import { measuringGaps } from './lib/child.ts';
import { type Figure, figureLine, missed } from './lib/figures.ts';

type Suite = (print: (text: string) => void) => Promise<readonly Figure[]>;

/** Loaded on demand, so that one suite's missing part does not stop another. */
const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  parse: async () => (await import('./suites/stages.ts')).parse,
  enrich: async () => (await import('./suites/stages.ts')).enrich,
  engine: async () => (await import('./suites/stages.ts')).engine,
  'inspect-lite': async () => (await import('./suites/stages.ts')).inspectLite,
  replay: async () => (await import('./suites/replay.ts')).replay,
  inspect: async () => (await import('./suites/inspect.ts')).inspect,
  gateway: async () => (await import('./suites/gateway.ts')).gateway,
  keep: async () => (await import('./suites/keep.ts')).keep,
};

async function main(args: readonly string[]): Promise<number> {
  const names = args.filter((a) => !a.startsWith('-'));
  const unknown = names.filter((n) => !(n in SUITES));
  if (unknown.length > 0) {
    console.error(
      `No suite ${unknown.join(', ')}. There are: ${Object.keys(SUITES).join(', ')}; without a name all run.`,
    );
    return 2;
  }
  console.log(`Node ${process.version} on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`);
  for (const gap of measuringGaps()) console.log(gap);
  const figures: Figure[] = [];
  let broken = false;
  for (const name of names.length > 0 ? names : Object.keys(SUITES)) {
    console.log(`\n== ${name}`);
    try {
      const suite = await SUITES[name]();
      const measured = await suite((text) => console.log(text));
      figures.push(...measured);
      for (const figure of measured) console.log(figureLine(figure));
    } catch (error) {
      broken = true;
      console.error(`${name} failed: ${error instanceof Error ? error.stack : error}`);
    }
  }
  if (broken) return 3;
  return args.includes('--strict') && missed(figures).length > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
