/** Contenders of `bench gateway`, their samples, and what is said of them in the end. */
import { atMost, type Figure, plain, table } from '../lib/figures.ts';
import type { Counters, ProxyUnderTest } from '../lib/proxies.ts';
import { median, medianInterval } from '../lib/stats.ts';

const SUITE = 'gateway';
/** What ours may cost, as a multiple of the bare proxy of the same library. */
const TARGET_RATIO = 1.33;

export const KINDS = ['get', 'post'] as const;
export type Kind = (typeof KINDS)[number];

export interface Contender {
  readonly id: string;
  readonly title: string;
  readonly start: () => Promise<ProxyUnderTest | string>;
  proxy: ProxyUnderTest | null;
  /** Why there is none. */
  absent: string;
  /** CPU µs of a request, one value a round; empty for the server behind, asked without a proxy. */
  readonly cpuUs: Record<Kind, number[]>;
  readonly perSecond: Record<Kind, number[]>;
  /** Latency of GETs at a fixed pace, one value a round. */
  readonly p50Us: number[];
  readonly p99Us: number[];
  /** Answers other than 200, and requests that got none. */
  notOk: number;
  sent: number;
  rssMb: number;
  /** Rounds after which scoring left something out. */
  degradedRounds: number;
  counters: Counters | null;
}

export function contender(id: string, title: string, start: Contender['start']): Contender {
  return {
    id,
    title,
    start,
    proxy: null,
    absent: '',
    cpuUs: { get: [], post: [] },
    perSecond: { get: [], post: [] },
    p50Us: [],
    p99Us: [],
    notOk: 0,
    sent: 0,
    rssMb: 0,
    degradedRounds: 0,
    counters: null,
  };
}

/** Values of one contender against those of another in the same round. */
const ratios = (a: readonly number[], b: readonly number[]): number[] => a.map((value, i) => value / b[i]);

export function show(all: readonly Contender[]): string {
  const bare = all.find((c) => c.id === 'bare');
  const rows = all
    .filter((c) => c.cpuUs.get.length > 0)
    .map((c) => {
      const cells = KINDS.flatMap((kind) => [
        withInterval(c.cpuUs[kind]),
        bare === undefined ? '' : withInterval(ratios(c.cpuUs[kind], bare.cpuUs[kind])),
      ]);
      return [c.title, ...cells, plain(median(c.perSecond.get)), plain(c.rssMb), String(c.notOk)];
    });
  const head = ['proxy', 'GET µs', '× bare', 'POST µs', '× bare', 'GET/s', 'RSS MiB', 'not 200'];
  const paced = all
    .filter((c) => c.p50Us.length > 0)
    .map((c) => [c.title, plain(median(c.p50Us)), plain(median(c.p99Us))]);
  return `${table(head, rows)}\n\n${table(['GETs at a fixed pace', 'p50 µs', 'p99 µs'], paced)}`;
}

function withInterval(values: readonly number[]): string {
  const [low, high] = medianInterval(values);
  return `${short(median(values))} [${short(low)}, ${short(high)}]`;
}

const short = (n: number): string => (n >= 10 ? n.toFixed(0) : n.toFixed(2));

export function figures(all: readonly Contender[]): Figure[] {
  const list: Figure[] = [];
  const bare = all.find((c) => c.id === 'bare');
  for (const c of all) {
    if (c.id === 'direct') continue;
    for (const kind of KINDS) list.push(figure(`${kind}_cpu_us_${c.id}`, c, c.cpuUs[kind]));
  }
  if (bare !== undefined)
    for (const c of all) {
      if (c.counters === null) continue;
      for (const kind of KINDS) {
        const target = kind === 'get' ? atMost(TARGET_RATIO) : undefined;
        list.push({ ...figure(`${kind}_ratio_${c.id}`, c, ratios(c.cpuUs[kind], bare.cpuUs[kind])), target });
      }
    }
  return [...list, ...latency(all), ...honesty(all)];
}

function figure(metric: string, c: Contender, values: readonly number[]): Figure {
  if (c.absent !== '') return { suite: SUITE, metric, value: null, note: c.absent };
  const [low, high] = medianInterval(values);
  return { suite: SUITE, metric, value: median(values), note: `95 % interval ${plain(low)} to ${plain(high)}` };
}

/** What a proxy adds to the latency of the server behind. */
function latency(all: readonly Contender[]): Figure[] {
  const direct = all.find((c) => c.id === 'direct');
  if (direct === undefined) return [];
  return all
    .filter((c) => c.id !== 'direct' && c.p50Us.length > 0)
    .flatMap((c) => [
      { suite: SUITE, metric: `p50_added_us_${c.id}`, value: median(c.p50Us) - median(direct.p50Us) },
      { suite: SUITE, metric: `p99_added_us_${c.id}`, value: median(c.p99Us) - median(direct.p99Us) },
    ]);
}

/** Whether ours did all of its work, and to nobody's harm. */
function honesty(all: readonly Contender[]): Figure[] {
  const list: Figure[] = [];
  for (const c of all) {
    if (c.sent > 0) list.push({ suite: SUITE, metric: `not_200_${c.id}`, value: c.notOk, target: atMost(0) });
    if (c.counters === null) continue;
    const { held, journalled, requests, dropped, ledgerEntries } = c.counters;
    list.push(
      { suite: SUITE, metric: `held_${c.id}`, value: held, target: atMost(0) },
      { suite: SUITE, metric: `journal_events_missing_${c.id}`, value: 2 * requests - journalled, target: atMost(0) },
      { suite: SUITE, metric: `journal_dropped_${c.id}`, value: dropped, target: atMost(0) },
      { suite: SUITE, metric: `degraded_rounds_${c.id}`, value: c.degradedRounds, target: atMost(0) },
      { suite: SUITE, metric: `ledger_entries_${c.id}`, value: ledgerEntries },
    );
  }
  return list;
}
