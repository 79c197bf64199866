/**
 * `npm run eval -- [SUITE…] [--strict]`: measures what Sallyport finds on data that nobody on the project wrote, and
 * what must hold on any data. Each suite ends with one line per figure: `SUITE metric value target ok|short`.
 *
 * Exit codes: 0 everything ran (also where a target was missed or a suite skipped: read the lines), 1 with `--strict` and a
 * target missed, 2 wrong usage, 3 a suite threw.
 */
import { type Figure, figureLine, missed } from '../bench/lib/figures.ts';
import { Skipped } from './data.ts';
import type { Suite } from './run.ts';

/** Loaded on demand, so that one suite's missing part does not stop another. */
const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  'crowdsec-hub': async () => (await import('./suites/crowdsec-hub.ts')).crowdsecHub,
  'web-bots': async () => (await import('./suites/web-bots.ts')).webBots,
  elastic: async () => (await import('./suites/elastic.ts')).elastic,
  gotestwaf: async () => (await import('./suites/gotestwaf.ts')).gotestwaf,
  crs: async () => (await import('./suites/crs.ts')).crs,
  benign: async () => (await import('./suites/benign.ts')).benign,
  hash: async () => (await import('./suites/hash.ts')).hash,
  flood: async () => (await import('./suites/flood.ts')).flood,
  fuzz: async () => (await import('./suites/fuzz.ts')).fuzz,
  redteam: async () => (await import('./suites/redteam.ts')).redteam,
  'hostile-bodies': async () => (await import('./suites/hostile-bodies.ts')).hostileBodies,
  undo: async () => (await import('./suites/undo.ts')).undo,
  'redteam-live': async () => (await import('./suites/redteam-live.ts')).redteamLive,
  tools: async () => (await import('./suites/tools.ts')).tools,
  'tools-tokens': async () => (await import('./suites/tools-tokens.ts')).toolsTokens,
  robust: async () => (await import('./suites/robust.ts')).robust,
  identity: async () => (await import('./suites/identity.ts')).identity,
  soak: async () => (await import('./suites/soak.ts')).soak,
};

async function main(args: readonly string[]): Promise<number> {
  const strict = args.includes('--strict');
  const names = args.filter((a) => !a.startsWith('-'));
  const unknown = names.filter((n) => !(n in SUITES));
  if (unknown.length > 0) {
    console.error(
      `No suite ${unknown.join(', ')}. There are: ${Object.keys(SUITES).join(', ')}; without a name all run.`,
    );
    return 2;
  }
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
      if (error instanceof Skipped) console.log(`${name} skipped: ${error.message}`);
      else {
        broken = true;
        console.error(`${name} failed: ${error instanceof Error ? error.stack : error}`);
      }
    }
  }
  if (broken) return 3;
  return strict && missed(figures).length > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
