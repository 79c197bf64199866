/**
 * The least that anyone does against abuse: one limit per address, with `rate-limiter-flexible` in memory. It reads no
 * more of a line than its address, so this is the price of one `Map` lookup and a counter, not of detection.
 */
import { createReadStream } from 'node:fs';
import { RateLimiterMemory } from 'rate-limiter-flexible';

const limiter = new RateLimiterMemory({ points: 120, duration: 60 });
let lines = 0;
let over = 0;
let carry = '';

for await (const chunk of createReadStream(process.argv[2], { encoding: 'latin1', highWaterMark: 1 << 20 })) {
  const text = carry + chunk;
  let at = 0;
  for (;;) {
    const end = text.indexOf('\n', at);
    if (end < 0) break;
    const address = text.slice(at, text.indexOf(' ', at));
    at = end + 1;
    lines++;
    try {
      await limiter.consume(address);
    } catch {
      over++;
    }
  }
  carry = text.slice(at);
}
console.log(JSON.stringify({ lines, over }));
// Its timers, one per key, would otherwise hold the process until the last limit has expired.
process.exit(0);
