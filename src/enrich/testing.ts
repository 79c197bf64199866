/** Builds the rows that tests are about, from strings. Not part of the package. */
import { BUSINESS, EXCHANGE, F, FIELDS, type Field, RawExchange } from '../event/exchange.ts';
import { Enricher } from './enrich.ts';
import { createBatch, type FactBatch } from './facts.ts';
import { EMPTY_MODEL } from './model.ts';
import { NetworkTable } from './network.ts';
import type { EnricherOptions } from './ports.ts';

/** An exchange in strings and numbers. */
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
  const usual: RawInit =
    business === '' ? { method: 'GET', target: '/', protocol: 'HTTP/1.1', status: 200, bytes: 1000 } : {};
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

/** An enricher without tables: every agent is unknown software, every address of unknown network. */
export function testEnricher(options: Partial<EnricherOptions> = {}): Enricher {
  const software = { software: 0, softwareClass: 0, bot: 0, staleAt: 0, odd: false, classify() {}, botStatus: () => 0 };
  return new Enricher({ seed: 0, model: EMPTY_MODEL, networks: NetworkTable.empty(), software, ...options });
}

/** Rows of the given exchanges, all in one batch with one text. */
export function batchFrom(exchanges: readonly RawExchange[], enricher: Enricher = testEnricher()): FactBatch {
  const text = new Uint8Array(exchanges.reduce((sum, raw) => sum + raw.buf.length, 0));
  const batch = createBatch(Math.max(8, exchanges.length), text);
  let at = 0;
  exchanges.forEach((raw, row) => {
    text.set(raw.buf, at);
    const moved = new RawExchange();
    Object.assign(moved, raw, { spans: moved.spans });
    moved.spans.set(raw.spans.map((offset) => offset + at));
    moved.buf = text;
    enricher.row(moved, batch, row, 0, 1000);
    at += raw.buf.length;
  });
  batch.count = exchanges.length;
  return batch;
}
