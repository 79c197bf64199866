/** One stage at a time: `stages.ts parse|enrich|inspect LOG [PASSES]`. */
import { closeSync, openSync, readSync } from 'node:fs';
import { RawExchange } from '../../src/event/exchange.ts';
import { BAD_LINE } from '../../src/event/format.ts';
import { lineParser } from '../../src/event/formats/spec.ts';
import { compose } from '../../src/runtime/compose.ts';
import { openPipeline } from '../lib/pipeline.ts';
import { median, quantile } from '../lib/stats.ts';

/** Text that is read into memory for a pass. */
const PASS_BYTES = 64 << 20;
const [mode, log] = process.argv.slice(2);
const passes = Number(process.argv[4] ?? '5');

const pipeline = await openPipeline(log);
const text = head(log);
if (mode === 'parse') console.log(JSON.stringify(parsePasses()));
else if (mode === 'enrich') console.log(JSON.stringify(stagePasses()));
else console.log(JSON.stringify(inspect()));

/** The first part of a file, up to the last line end in it. */
function head(path: string): Buffer {
  const buffer = Buffer.alloc(PASS_BYTES);
  const file = openSync(path, 'r');
  const n = readSync(file, buffer, 0, PASS_BYTES, 0);
  closeSync(file);
  return buffer.subarray(0, buffer.lastIndexOf(10, n - 1) + 1);
}

/** Every pass gets a copy: parsers may unescape in place. */
function parsePasses(): { linesPerS: number; usPerLine: number; lines: number } {
  const parse = lineParser(pipeline.specs[0]);
  const raw = new RawExchange();
  const seconds: number[] = [];
  let lines = 0;
  for (let pass = 0; pass < passes; pass++) {
    const buffer = Buffer.from(text);
    lines = 0;
    const before = performance.now();
    for (let at = 0; at < buffer.length; ) {
      const end = buffer.indexOf(10, at);
      raw.reset(buffer);
      if (parse(buffer, at, end, raw) === BAD_LINE.ok) lines++;
      at = end + 1;
    }
    seconds.push((performance.now() - before) / 1000);
  }
  const s = median(seconds);
  return { linesPerS: lines / s, usPerLine: (s / lines) * 1e6, lines };
}

/** Parsing and enrichment together; the caller takes parsing off. */
function stagePasses(): { linesPerS: number; usPerLine: number; enrichUsPerLine: number } {
  const seconds: number[] = [];
  let lines = 0;
  for (let pass = 0; pass < passes; pass++) {
    const buffer = Buffer.from(text);
    const before = performance.now();
    lines = pipeline.stage.process({ source: 0, buffer, start: 0, end: buffer.length }).lines;
    seconds.push((performance.now() - before) / 1000);
  }
  const s = median(seconds);
  const usPerLine = (s / lines) * 1e6;
  return { linesPerS: lines / s, usPerLine, enrichUsPerLine: usPerLine - parsePasses().usPerLine };
}

/** One request at a time, as a door asks: how long until its decision is there. */
function inspect(): { p50Us: number; p99Us: number; requests: number } {
  const { engine } = compose({ model: pipeline.model, networks: pipeline.networks, seed: 0 });
  const { batches } = pipeline.stage.process({
    source: 0,
    buffer: Buffer.from(text),
    start: 0,
    end: text.length,
  });
  const us: number[] = [];
  let nowMs = 0;
  for (const batch of batches) {
    for (let row = 0; row < batch.count; row++) {
      nowMs = Math.max(nowMs, batch.timeMs[row]);
      const before = process.hrtime.bigint();
      engine.step(batch, row, false, nowMs);
      us.push(Number(process.hrtime.bigint() - before) / 1000);
      engine.step(batch, row, true, nowMs);
    }
  }
  // The first tenth is the compiler warming up.
  const warm = us.slice(Math.floor(us.length / 10));
  return { p50Us: median(warm), p99Us: quantile(warm, 0.99), requests: warm.length };
}
