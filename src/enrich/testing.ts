/** Builds the rows that tests are about, from strings. Not part of the package. */
import { BUSINESS, EXCHANGE, F, FIELDS, type Field, RawExchange } from '../event/exchange.ts';

/** An exchange in strings and numbers. `request` and `combined` lines are for the parsers' tests. */
export type RawInit = Partial<Record<Field, string>> & {
  readonly timeMs?: number;
  readonly timeMeaning?: 'start' | 'end';
  readonly durationMs?: number;
  readonly status?: number;
  readonly bytes?: number;
  readonly business?: string;
  readonly amountMinor?: number;
};

const encoder = new TextEncoder();

/** 2024-03-04 00:00 UTC, a Monday. */
export const TEST_TIME = 1_709_510_400_000;

/**
 * An exchange that carries what `init` says: an answered GET from 192.0.2.1 at {@link TEST_TIME} where it says nothing.
 * An empty string leaves a field out.
 */
export function rawFrom(init: RawInit): RawExchange {
  const raw = new RawExchange();
  const business = init.business ?? '';
  const usual: RawInit = business === '' ? { method: 'GET', target: '/', protocol: 'HTTP/1.1', status: 200, bytes: 1000 } : {};
  const all: RawInit = { address: '192.0.2.1', ...usual, ...init };
  const texts = FIELDS.map((name) => encoder.encode(all[name] ?? ''));
  const buf = new Uint8Array(texts.reduce((sum, text) => sum + text.length + 1, 0));
  raw.reset(buf);
  let at = 0;
  FIELDS.forEach((name, i) => {
    buf.set(texts[i], at);
    if (texts[i].length > 0) raw.set(F[name], at, at + texts[i].length);
    at += texts[i].length;
    buf[at++] = 0x20;
  });
  raw.kind = business === '' ? EXCHANGE : BUSINESS;
  raw.timeMs = all.timeMs ?? TEST_TIME;
  raw.timeMeaning = all.timeMeaning ?? 'end';
  raw.durationMs = all.durationMs ?? -1;
  raw.status = all.status ?? 0;
  raw.bytes = all.bytes ?? -1;
  raw.business = business;
  raw.amountMinor = all.amountMinor ?? -1;
  return raw;
}
