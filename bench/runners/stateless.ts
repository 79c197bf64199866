/** Parsing and enrichment of a whole file, and nothing else: the part of a run that a second core can take over. */
import { cpuSeconds, openPipeline } from '../lib/pipeline.ts';

const pipeline = await openPipeline(process.argv[2]);
let lines = 0;
let stageCpuS = 0;
for await (const chunk of pipeline.chunks()) {
  const before = cpuSeconds();
  lines += pipeline.stage.process(chunk).lines;
  stageCpuS += cpuSeconds() - before;
}
console.log(JSON.stringify({ lines, stageCpuS, detail: `${stageCpuS.toFixed(1)} CPU s of it parse + enrich` }));
