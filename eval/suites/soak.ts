/**
 * Half an hour, or less, of everything at once: people, orders, clients that give up, event streams, WebSockets, abuse, an
 * application that stumbles, reloads. Memory is sampled every second; its curve has to be flat in the second half.
 *
 * SOAK_SECONDS (60; 1800 for the full run), SOAK_RATE (requests a second, 250), SOAK_WORKERS (1), ROBUST_COMMAND. Below ten
 * minutes a slope says nothing yet: then it is printed without a target.
 */
import { atLeast, atMost, exactly, type Figure, table } from '../../bench/lib/figures.ts';
import { buildCopy } from '../robust/built.ts';
import { curveTable, type Sample, trendOf } from '../robust/curve.ts';
import type { GatewayProcess } from '../robust/gateway.ts';
import { ask, Load } from '../robust/load.ts';
import { replayJournal, verifyLedger } from '../robust/record.ts';
import { openEvents, openWebSocket } from '../robust/sideline.ts';
import { holds, pause, Stage } from '../robust/stage.ts';

const SUITE = 'soak';
const CLIENTS = 16;
const PEOPLE = 4000;
const VILLAINS = 200;
const ABORTS = 0.01;
/** Seconds from which a slope is held against its target, and that target in percent over ten minutes. */
const TELLING_SEC = 600;
const MOST_PERCENT = 1;
const ROWS = 15;
const SETTLE_MS = 15_000;
/** Every so many seconds, counted from the start. */
const EVERY = { side: 2, villain: 3, stumble: 30, reload: 20 };
const STUMBLE_MS = 300;

export async function soak(print: (text: string) => void): Promise<readonly Figure[]> {
  const seconds = Number(process.env.SOAK_SECONDS ?? 60);
  const rate = Number(process.env.SOAK_RATE ?? 250);
  if (!(seconds > 0 && rate > 0)) throw new Error('SOAK_SECONDS and SOAK_RATE have to be numbers above 0');
  const built = buildCopy();
  const stage = await Stage.open(built.command, 'soak');
  try {
    const setting = { workers: Number(process.env.SOAK_WORKERS ?? 1) };
    stage.write(stage.config(setting));
    const gateway = await stage.start();
    const pauseMs = (CLIENTS * 1000) / rate;
    const load = new Load({
      url: () => stage.url,
      clients: CLIENTS,
      seed: 1,
      name: 's',
      pauseMs,
      aborts: ABORTS,
      people: PEOPLE,
      keep: false,
    }).start();
    const samples = await live(stage, gateway, seconds, () => stage.write(stage.config(setting)));
    await load.stop();
    const settled = await holds(SETTLE_MS, async () => (await gateway.metric('sallyport_requests_in_flight')) === 0);
    const status = await gateway.status();
    const how = await gateway.stop();
    const wrong = await verifyLedger(built.command, stage.dataDir);
    const replayed = await replayJournal(built.command, stage.dataDir, stage.configPath);
    print(curveTable(samples, ROWS));
    const outcomes = [...load.outcomes].sort().map(([name, n]) => [`told ${name}`, String(n)]);
    print(
      `\n${table(['soak', 'count'], [['requests', String(load.total)], ['events', String(status.events)], ...outcomes])}`,
    );
    const broken = load.count(/^E|socket|in time/);
    const checks: Figure[] = [
      { suite: SUITE, metric: 'orders_twice', value: stage.upstream.twice().length, target: exactly(0) },
      { suite: SUITE, metric: 'connections_broken', value: broken, target: exactly(0) },
      { suite: SUITE, metric: 'left_in_flight', value: settled ? 0 : 1, target: exactly(0) },
      {
        suite: SUITE,
        metric: 'ended_well',
        value: how === 0 ? 1 : 0,
        target: exactly(1),
        note: how === 0 ? '' : String(how),
      },
      { suite: SUITE, metric: 'ledger_not_verified', value: wrong === '' ? 0 : 1, target: exactly(0), note: wrong },
      {
        suite: SUITE,
        metric: 'journal_not_replayed',
        value: replayed.problem === '' ? 0 : 1,
        target: exactly(0),
        note: replayed.problem,
      },
    ];
    return [...figuresOf(samples, seconds, load.total), ...checks];
  } finally {
    await stage.close();
    built.remove();
  }
}

/** Samples memory once a second, and does once in a while what disturbs. */
async function live(stage: Stage, gateway: GatewayProcess, seconds: number, rewrite: () => void): Promise<Sample[]> {
  const samples: Sample[] = [];
  const began = performance.now();
  for (let sec = 0; sec <= seconds && gateway.running; sec++) {
    await pause(began + sec * 1000 - performance.now());
    samples.push({ sec, bytes: gateway.rss() });
    if (sec % EVERY.side === 0) void Promise.all([openEvents(stage.port), openWebSocket(stage.port)]);
    if (sec % EVERY.villain === 0) {
      const n = (sec / EVERY.villain) % VILLAINS;
      void ask({ url: `${stage.url}/trap`, address: `198.51.${100 + (n >> 5)}.${(n & 31) * 8 + 1}` });
    }
    if (sec % EVERY.stumble === EVERY.stumble - 1) void stumble(stage);
    if (sec % EVERY.reload === EVERY.reload - 1) {
      rewrite();
      gateway.signal('SIGHUP');
    }
  }
  return samples;
}

async function stumble({ upstream }: Stage): Promise<void> {
  await upstream.be('reset');
  await pause(STUMBLE_MS);
  await upstream.be('ok');
}

function figuresOf(samples: readonly Sample[], seconds: number, requests: number): Figure[] {
  const { percentPer10Min, plusMinus } = trendOf(samples);
  const mib = (s: Sample | undefined): number => (s?.bytes ?? Number.NaN) / 2 ** 20;
  const peak = samples.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  return [
    { suite: SUITE, metric: 'seconds', value: samples.at(-1)?.sec ?? 0, target: atLeast(seconds) },
    { suite: SUITE, metric: 'requests', value: requests },
    { suite: SUITE, metric: 'rss_mib_half_way', value: mib(samples[samples.length >> 1]) },
    { suite: SUITE, metric: 'rss_mib_end', value: mib(samples.at(-1)) },
    { suite: SUITE, metric: 'rss_mib_peak', value: mib(peak) },
    {
      suite: SUITE,
      metric: 'rss_percent_per_10_min',
      value: percentPer10Min,
      target: seconds >= TELLING_SEC ? atMost(MOST_PERCENT) : undefined,
      note: `± ${plusMinus.toFixed(2)}${seconds >= TELLING_SEC ? '' : '; too short to tell'}`,
    },
  ];
}
