/**
 * One process that reads hostile bodies: `hostile-child.ts SEED COUNT`. It prints a line of JSON before and after each, so that
 * whoever started it knows which one did not come back.
 */
import { Prng } from '../bench/lib/prng.ts';
import { inspection } from '../src/config/inspection.ts';
import { bodyLimits, createBodyReader } from '../src/inspect/body/index.ts';
import type { ParsedBody } from '../src/inspect/contract.ts';
import { type Hostile, hostileBodies } from './hostile/bodies.ts';

/** The fastest of so many counts, more of them where it was slow: what else the machine does is not the body's fault. */
const RUNS = 3;
const MORE_RUNS = 15;
const SLOW_MS = 20;
/** Fields beyond the limit that hold what was not taken apart. */
const REST_FIELDS = 64;

const limits = bodyLimits(inspection.parse({}).bodies);
const reader = createBodyReader(limits);

const read = (hostile: Hostile): ParsedBody | Promise<ParsedBody> =>
  reader.read({
    ...{ method: 'POST', target: '/', host: 'shop.example', headers: hostile.headers, routeClass: 0 },
    ...{ mediaType: hostile.mediaType, encoding: hostile.encoding, body: hostile.body, cut: false },
  });

/** Which bound a result breaks; '' for none. */
function brokenBound(parsed: ParsedBody): string {
  if (parsed.bytes > limits.decodedBytes) return 'bytes';
  if (parsed.fields.length > limits.fields + REST_FIELDS) return 'fields';
  if (parsed.fields.some(({ text }) => text.length > limits.textLength)) return 'text';
  if (parsed.fields.some(({ path }) => path.length > 2048)) return 'path';
  return '';
}

async function measure(hostile: Hostile): Promise<Record<string, unknown>> {
  let best = Number.POSITIVE_INFINITY;
  let cpu = Number.POSITIVE_INFINITY;
  let parsed: ParsedBody | null = null;
  for (let run = 0; run < RUNS || (best > SLOW_MS && run < MORE_RUNS); run++) {
    const before = process.cpuUsage();
    const start = performance.now();
    parsed = await read(hostile);
    best = Math.min(best, performance.now() - start);
    const used = process.cpuUsage(before);
    cpu = Math.min(cpu, used.user + used.system);
  }
  const { problem, bytes } = parsed as ParsedBody;
  return {
    ms: best,
    cpuUs: cpu,
    bytes: Math.max(bytes, hostile.body.length),
    problem,
    bound: brokenBound(parsed as ParsedBody),
  };
}

const seed = Number(process.argv[2]);
const count = Number(process.argv[3]);
// The code is compiled by the machine before anything is measured.
for (const hostile of hostileBodies(new Prng(seed + 1), 300)) await read(hostile);
(globalThis as { gc?: () => void }).gc?.();
const restBytes = process.memoryUsage.rss();
let peakBytes = restBytes;
for (const hostile of hostileBodies(new Prng(seed), count)) {
  const { kind, mediaType, encoding, body } = hostile;
  const about = { kind, type: mediaType.slice(0, 60), encoding: encoding.slice(0, 40), size: body.length };
  console.log(JSON.stringify({ about }));
  try {
    const result = await measure(hostile);
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    console.log(JSON.stringify({ ...result, peakMb: (peakBytes - restBytes) / 1e6 }));
  } catch (error) {
    console.log(JSON.stringify({ threw: error instanceof Error ? `${error.stack}` : String(error) }));
  }
}
