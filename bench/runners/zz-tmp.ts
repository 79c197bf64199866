/**
 * The engine alone over a whole file: facts are made ready first, then a block of events is timed, so that parsing and
 * ordering are not in it while the state is as large, and as cold in the cache, as the file makes it.
 */
import type { FactBatch } from '../../src/enrich/facts.ts';
import { compose } from '../../src/runtime/compose.ts';
import { OrderBuffer } from '../../src/runtime/order.ts';
import { openPipeline } from '../lib/pipeline.ts';
import { median, quantile } from '../lib/stats.ts';

/** Events of a block: long enough that reading the clock does not count, short enough to be many. */
const BLOCK = 1000;
const LATENESS_MS = 60_000;

const pipeline = await openPipeline(process.argv[2]);
const { engine, recorder, state } = compose({ model: pipeline.model, networks: pipeline.networks, seed: 0, disabled: (process.env.OFF ?? '').split(',') });
const rows: FactBatch[] = new Array(BLOCK);
const at = new Int32Array(BLOCK);
const responses = new Uint8Array(BLOCK);
const times = new Float64Array(BLOCK);
const perEventUs: number[] = [];
let n = 0;

const order = new OrderBuffer(LATENESS_MS, (batch, row, response, nowMs) => {
  rows[n] = batch;
  at[n] = row;
  responses[n] = response ? 1 : 0;
  times[n] = nowMs;
  if (++n === BLOCK) flush();
});

function flush(): void {
  const before = process.hrtime.bigint();
  for (let i = 0; i < n; i++) engine.step(rows[i], at[i], responses[i] === 1, times[i]);
  perEventUs.push(Number(process.hrtime.bigint() - before) / 1000 / n);
  n = 0;
}

order.open(0);
for await (const chunk of pipeline.chunks()) {
  for (const batch of pipeline.stage.process(chunk).batches) order.add(batch, 0);
  order.advance();
}
order.close(0);
if (n > 0) flush();
const sum = perEventUs.reduce((a, b) => a + b, 0);
const stateMb = state.statistics().bytes / 2 ** 20;
console.log(
  JSON.stringify({
    events: engine.sequence,
    findings: recorder.findings.length,
    enginePerEventUs: median(perEventUs),
    enginePerEventUsMean: sum / perEventUs.length,
    enginePerEventUsP99: quantile(perEventUs, 0.99),
    stateMb,
    detail: `per event: median ${median(perEventUs).toFixed(2)} µs, mean ${(sum / perEventUs.length).toFixed(2)} µs; state ${stateMb.toFixed(0)} MiB`,
  }),
);
