/**
 * One fuzzing process: `fuzz-child.ts FIRST_SEED SECONDS LOG`. Prints a line of JSON a round, so that whoever started it
 * notices when it stops: a hang cannot report itself.
 */

import { DEFAULT_PLAN, logLines } from '../bench/lib/generate.ts';
import { openPipeline } from '../bench/lib/pipeline.ts';
import { Prng } from '../bench/lib/prng.ts';
import { fuzzParsers } from '../src/event/formats/fuzz.ts';
import { compose } from '../src/runtime/compose.ts';

const PARSER_LINES = 20_000;
const PATH_LINES = 5000;
/** Bytes that mean something to a parser, a decoder or a content rule. */
const SHARP = Buffer.from('"\\[]{}()<>%&?=;:,.-+/|#$\'`*! \t\0\r\x16\x7f\xc3\xef\xff%00%2e%c0%u', 'latin1');

const firstSeed = Number(process.argv[2]);
const until = performance.now() + Number(process.argv[3]) * 1000;
const pipeline = await openPipeline(process.argv[4]);
const lines = [...logLines({ ...DEFAULT_PLAN, lines: 4000, addresses: 2000, hostileShare: 0.3 })];

/** Mutated lines through parser, enrichment and engine: what a hostile client can put into somebody's log. */
function fuzzPath(seed: number): void {
  const random = new Prng(seed);
  const text = Buffer.concat(Array.from({ length: PATH_LINES }, () => mutate(random)));
  const { engine } = compose({ model: pipeline.model, networks: pipeline.networks, seed: 0, scale: 0.001 });
  try {
    const { batches } = pipeline.stage.process({ source: 0, buffer: text, start: 0, end: text.length });
    let nowMs = 0;
    for (const batch of batches) {
      for (let row = 0; row < batch.count; row++) {
        nowMs = Math.max(nowMs, batch.timeMs[row]);
        engine.step(batch, row, false, nowMs);
        engine.step(batch, row, true, nowMs);
      }
    }
  } catch (error) {
    throw new Error(`the path throws on seed ${seed}: ${error instanceof Error ? error.stack : error}`);
  }
}

function mutate(random: Prng): Buffer {
  let line = Buffer.from(random.pick(lines), 'latin1');
  for (let n = random.below(5); n > 0; n--) {
    const at = random.below(line.length + 1);
    const kind = random.below(5);
    if (kind === 0) line = Buffer.concat([line.subarray(0, at), line.subarray(at + random.below(20))]);
    else if (kind === 1) line = line.subarray(0, at);
    else if (kind === 2) line = Buffer.concat([line.subarray(0, at), line, line.subarray(at)]);
    else {
      const from = random.below(SHARP.length);
      const piece = SHARP.subarray(from, from + 1 + random.below(6));
      line = Buffer.concat([line.subarray(0, at), piece, line.subarray(at)]);
    }
  }
  return Buffer.concat([line, Buffer.from('\n')]);
}

for (let seed = firstSeed; performance.now() < until; seed++) {
  const before = performance.now();
  const { accepted } = fuzzParsers(seed, PARSER_LINES);
  fuzzPath(seed);
  console.log(JSON.stringify({ seed, lines: PARSER_LINES + PATH_LINES, accepted, ms: performance.now() - before }));
}
