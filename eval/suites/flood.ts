/**
 * Millions of spoofed addresses, each seen once or twice, between the sessions of clients that have been around for
 * hours. Memory must stay bounded, and those who were known before must keep what is known about them. It feeds facts
 * to the engine directly: parsing has its own suites, and 20 million log lines would be 5 GB.
 */
import { atLeast, atMost, exactly, type Figure, table } from '../../bench/lib/figures.ts';
import { Prng } from '../../bench/lib/prng.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { createBatch, type FactBatch, FLAG, SOFTWARE_CLASS } from '../../src/enrich/facts.ts';
import { EMPTY_MODEL } from '../../src/enrich/model.ts';
import type { NetworkLookup } from '../../src/enrich/network.ts';
import { mix32 } from '../../src/lib/hash.ts';
import { compose } from '../../src/runtime/compose.ts';
import { PARTITION } from '../../src/state/table.ts';

const SUITE = 'flood';
const SPOOFED = 20_000_000;
const KNOWN = 50_000;
/** Visits of a known client before the flood, spread over {@link BEFORE_MS}. */
const VISITS = 24;
const BEFORE_MS = 3 * 3_600_000;
/** Spoofed requests per second of event time. */
const FLOOD_PER_S = 20_000;
/** One request of a known client after this many spoofed ones; half of the known clients stay away during the flood. */
const KNOWN_EVERY = 50;
/** Outcomes come in the same instant, so that time never runs backwards between two events. */
const DURATION_MS = 0;
const START_MS = Date.UTC(2026, 2, 3, 6, 0, 0);
const MIB = 1 << 20;

const NO_NETWORKS: NetworkLookup = {
  result: { asn: 0, country: 0, networkClass: 0 },
  version: 'none',
  dataDate: '',
  lookup: () => {},
  asName: () => '',
};

export async function flood(print: (text: string) => void): Promise<readonly Figure[]> {
  const scale = Number(process.env.SCALE ?? '1');
  if (!(scale > 0 && scale <= 1)) throw new RangeError(`SCALE=${process.env.SCALE} is not in (0, 1]`);
  const spoofed = Math.round(SPOOFED * scale);
  const known = Math.max(200, Math.round(KNOWN * scale));
  const { engine, state } = compose({ model: EMPTY_MODEL, networks: NO_NETWORKS, seed: 0, scale });
  const clients = new Clients(engine, known);
  let nowMs = clients.becomeKnown();
  const before = clients.kept((hi, lo) => state.partitionOf('ip', hi, lo));
  const marks: { readonly share: number; readonly rss: number; readonly bytes: number }[] = [];
  const started = performance.now();
  for (let quarter = 1; quarter <= 4; quarter++) {
    nowMs = clients.floodQuarter(Math.round(spoofed / 4), quarter, nowMs);
    marks.push({ share: quarter / 4, rss: process.memoryUsage.rss() / MIB, bytes: state.statistics().bytes / MIB });
  }
  const seconds = (performance.now() - started) / 1000;
  const after = clients.kept((hi, lo) => state.partitionOf('ip', hi, lo));
  const statistics = state.statistics();
  print(
    table(
      ['spoofed so far', 'RSS MiB', 'state MiB'],
      marks.map((m) => [String(m.share * spoofed), m.rss.toFixed(0), m.bytes.toFixed(0)]),
    ),
  );
  print(`records ${JSON.stringify(statistics.records)}`);
  print(`evicted ${JSON.stringify(statistics.evicted)}; collapsed events ${statistics.collapsed}`);
  print(`${spoofed} spoofed addresses in ${seconds.toFixed(1)} s, quotas scaled by ${scale}`);
  const figure = (metric: string, value: number, target?: Figure['target'], note?: string): Figure => ({
    suite: SUITE,
    metric,
    value,
    target,
    note,
  });
  return [
    figure('known_before_share', before / known, exactly(1), `${before} of ${known} were known when the flood began`),
    figure('known_kept_share', after / before, atLeast(0.99), `${after} of ${before}`),
    figure('state_growth', marks[3].bytes / marks[1].bytes, atMost(1.01), 'state at the end / half way'),
    figure('rss_growth', marks[3].rss / marks[1].rss, atMost(1.1), 'resident memory at the end / half way'),
    figure('rss_mb', Math.max(...marks.map((m) => m.rss))),
    figure('spoofed_per_s', spoofed / seconds),
  ];
}

/** Known clients and their impostors, as rows of facts. */
class Clients {
  private readonly engine: Engine;
  private readonly known: number;
  private readonly rows: FactBatch = createBatch(8);
  private readonly random = new Prng(11);
  private turn = 0;

  constructor(engine: Engine, known: number) {
    this.engine = engine;
    this.known = known;
  }

  /** Visits of every known client over three hours; returns the time afterwards. */
  becomeKnown(): number {
    const total = this.known * VISITS;
    for (let i = 0; i < total; i++) this.visit(i % this.known, START_MS + Math.floor((i * BEFORE_MS) / total));
    return START_MS + BEFORE_MS;
  }

  /** A quarter of the flood; returns the time afterwards. */
  floodQuarter(spoofed: number, quarter: number, fromMs: number): number {
    const base = this.known + (quarter - 1) * spoofed;
    for (let i = 0; i < spoofed; i++) {
      const nowMs = fromMs + Math.floor((i * 1000) / FLOOD_PER_S);
      this.exchange(addressOf(base + i), 64_512 + ((base + i) % 997), this.random.next() < 0.1 ? 404 : 200, 0, nowMs);
      // Only the first half of the known clients comes back while the flood lasts.
      if (i % KNOWN_EVERY === 0) this.visit(this.turn++ % Math.ceil(this.known / 2), nowMs);
    }
    return fromMs + Math.ceil((spoofed * 1000) / FLOOD_PER_S);
  }

  /** How many known clients have a record that says so. One that was dropped and made anew is anonymous. */
  kept(partitionOf: (hi: number, lo: number) => number): number {
    let kept = 0;
    for (let client = 0; client < this.known; client++) {
      if (partitionOf(0, addressOf(client)) >= PARTITION.established) kept++;
    }
    return kept;
  }

  private visit(client: number, nowMs: number): void {
    // One in four logs in; the others are known by age alone.
    this.exchange(addressOf(client), 64_512 + (client % 97), 200, client % 4 === 0 ? client + 1 : 0, nowMs);
  }

  private exchange(address: number, asn: number, status: number, principal: number, nowMs: number): void {
    const { rows } = this;
    const path = 1 + (mix32(address ^ nowMs) & 1023);
    rows.count = 1;
    rows.timeMs[0] = nowMs;
    rows.durationMs[0] = DURATION_MS;
    rows.ipLo[0] = address;
    rows.networkLo[0] = address & -256;
    rows.asn[0] = asn;
    rows.principalHi[0] = principal;
    rows.principalLo[0] = principal;
    rows.agentLo[0] = 1 + (mix32(address) & 255);
    rows.fingerprintLo[0] = rows.agentLo[0];
    rows.tenantLo[0] = 1;
    rows.pathLo[0] = path;
    rows.route[0] = 1 + (path & 63);
    rows.page[0] = -1;
    rows.objectNumber[0] = -1;
    rows.bytes[0] = 5000;
    rows.status[0] = status;
    rows.method[0] = 1;
    rows.softwareClass[0] = SOFTWARE_CLASS.browser;
    rows.flags[0] = (status === 404 ? 0 : FLAG.KNOWN_ROUTE) | (principal === 0 ? 0 : FLAG.AUTHENTICATED);
    rows.order[0] = address ^ nowMs;
    this.engine.step(rows, 0, false, nowMs);
    this.engine.step(rows, 0, true, nowMs + DURATION_MS);
  }
}

/** A different address for each number: mix32 is one-to-one. */
function addressOf(n: number): number {
  return mix32(n + 1) | 0;
}
