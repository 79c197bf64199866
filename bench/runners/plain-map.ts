/** The whole path over a file with the state of plain-map-state.ts in place of the engine's own. */
import { compilePolicy } from '../../src/engine/decide.ts';
import { Engine } from '../../src/engine/engine.ts';
import { compose } from '../../src/runtime/compose.ts';
import { OrderBuffer } from '../../src/runtime/order.ts';
import { openPipeline } from '../lib/pipeline.ts';
import { PlainMapState } from './plain-map-state.ts';

const LATENESS_MS = 60_000;
/** The state that is composed along with the program stays empty: its memory must not count here. */
const UNUSED = 0.001;

const pipeline = await openPipeline(process.argv[2]);
const composed = compose({ model: pipeline.model, networks: pipeline.networks, seed: 0, scale: UNUSED });
const state = new PlainMapState(composed.program);
const engine = new Engine({
  program: composed.program,
  state,
  policy: compilePolicy(composed.policies.base),
  listener: composed.recorder,
  principalsValue: composed.program.builtin.principals,
});
let lines = 0;
const order = new OrderBuffer(LATENESS_MS, (batch, row, response, nowMs) => {
  engine.step(batch, row, response, nowMs);
  composed.recorder.event(nowMs, response, batch.status[row]);
});
order.open(0);
for await (const chunk of pipeline.chunks()) {
  const staged = pipeline.stage.process(chunk);
  lines += staged.lines;
  for (const batch of staged.batches) order.add(batch, 0);
  order.advance();
}
order.close(0);
const findings = composed.recorder.findings.length;
console.log(JSON.stringify({ lines, findings, records: state.size, detail: `${findings} findings` }));
