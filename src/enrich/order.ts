/** The order of rows of one time, independent of where they stood in a log. */
import { F, type RawExchange } from '../event/exchange.ts';
import { mix32 } from '../lib/hash.ts';
import type { FactBatch } from './facts.ts';

/** Everything a row says, in 32 bits: rows of one time and equal order are interchangeable. */
export function orderOf(raw: RawExchange, batch: FactBatch, row: number): number {
  const { buf, spans } = raw;
  let h = mixBytes(0x2545f491, buf, spans[F.target], spans[F.target + 1]);
  h = mixBytes(h, buf, spans[F.referrer], spans[F.referrer + 1]);
  if (spans[F.request + 1] > spans[F.request]) h = mixBytes(h, buf, spans[F.request], spans[F.request + 1]);
  h = step(h, batch.ipHi[row] ^ Math.imul(batch.ipLo[row], 0x85ebca6b));
  h = step(h, batch.fingerprintLo[row]);
  h = step(h, batch.tenantLo[row] ^ Math.imul(batch.principalLo[row], 0x9e3779b1));
  h = step(h, batch.sessionLo[row] ^ Math.imul(batch.credentialLo[row], 0x9e3779b1));
  h = step(h, (raw.status << 16) ^ (batch.method[row] << 12) ^ (batch.business[row] << 8) ^ raw.kind);
  h = step(h, raw.bytes | 0);
  h = step(h, batch.durationMs[row]);
  return mix32(h) | 0;
}

function step(h: number, value: number): number {
  h = Math.imul(h ^ value, 0xcc9e2d51);
  return h ^ (h >>> 15);
}

/** Mixes bytes four at a time: this hash only orders rows, so one lane does. */
function mixBytes(h: number, buf: Uint8Array, start: number, end: number): number {
  let i = start;
  for (; i + 4 <= end; i += 4) {
    h = step(h, buf[i] | (buf[i + 1] << 8) | (buf[i + 2] << 16) | (buf[i + 3] << 24));
  }
  for (; i < end; i++) h = step(h, buf[i]);
  return step(h, end - start);
}
