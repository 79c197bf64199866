/** The application dies, hangs, cuts connections, breaks off in the middle of answers, says no, and comes back. */
import { atMost, exactly, table } from '../../bench/lib/figures.ts';
import { Prng } from '../../bench/lib/prng.ts';
import { ask, Load } from './load.ts';
import type { Found, Scenario } from './scenario.ts';
import { holds, pause, Stage } from './stage.ts';
import { MOODS, type Mood } from './upstream.ts';

const CLIENTS = 12;
/** Phases, and how long one lasts, in ms. */
const PHASES = 30;
const SHORTEST_MS = 150;
const LONGEST_MS = 700;
/** Share of requests that their clients give up. */
const ABORTS = 0.05;
/** Right answers in a row after which the application counts as back, and the time allowed for them, in ms. */
const IN_A_ROW = 20;
const BACK_MS = 5000;
const SETTLE_MS = 5000;

const SETTING = {
  gateway: ['timeout_s: 1'],
  group: [
    'connect_timeout_s: 0.5',
    'breaker: { min_requests: 10, window_s: 2, open_s: 0.5, probe_percent: 5 }',
    'outlier: { ejection_s: 0.5 }',
  ],
};

export const flap: Scenario = async (command, seed, print) => {
  const stage = await Stage.open(command, 'flap');
  try {
    stage.write(stage.config(SETTING));
    const gateway = await stage.start();
    const load = new Load({ url: () => stage.url, clients: CLIENTS, seed, name: 'f', aborts: ABORTS }).start();
    const phases = await moods(stage, seed);
    await stage.upstream.be('ok');
    const backMs = await back(stage);
    await load.stop();
    const settled = await holds(SETTLE_MS, async () => (await gateway.metric('sallyport_requests_in_flight')) === 0);
    print(tableOf(load, phases));
    const figures = figuresOf(stage, load, backMs, settled);
    return [...figures, { metric: 'ended_by_itself', value: gateway.running ? 0 : 1, target: exactly(0) }];
  } finally {
    await stage.close();
  }
};

/** Goes through moods, a good one after each bad one; how often each came. */
async function moods({ upstream }: Stage, seed: number): Promise<Map<Mood, number>> {
  const prng = new Prng(seed);
  const phases = new Map<Mood, number>();
  const bad = MOODS.filter((mood) => mood !== 'ok');
  for (let i = 0; i < PHASES; i++) {
    const mood = i % 2 === 0 ? bad[(i / 2 + seed) % bad.length] : 'ok';
    phases.set(mood, (phases.get(mood) ?? 0) + 1);
    await upstream.be(mood);
    await pause(SHORTEST_MS + prng.below(LONGEST_MS - SHORTEST_MS));
  }
  return phases;
}

/** Until answers are right again and stay so, in ms. */
async function back(stage: Stage): Promise<number> {
  const began = performance.now();
  let row = 0;
  await holds(BACK_MS, async () => {
    for (row = 0; row < IN_A_ROW; row++)
      if ((await ask({ url: `${stage.url}/items/1`, address: '10.20.9.9' })).status !== 200) return false;
    return true;
  });
  return performance.now() - began;
}

function tableOf(load: Load, phases: ReadonlyMap<Mood, number>): string {
  const outcomes = [...load.outcomes].sort().map(([name, n]) => [`told ${name}`, String(n)]);
  const moodRows = [...phases].map(([mood, n]) => [`phases "${mood}"`, String(n)]);
  return table(
    ['an application that comes and goes', 'count'],
    [['requests', String(load.total)], ...moodRows, ...outcomes],
  );
}

function figuresOf({ upstream }: Stage, load: Load, backMs: number, settled: boolean): Found[] {
  const unserved = [...load.orders].filter(
    ([id, { status }]) => status >= 200 && status < 300 && upstream.served.get(id) !== 1,
  );
  return [
    { metric: 'requests', value: load.total },
    { metric: 'orders_twice', value: upstream.twice().length, target: exactly(0) },
    { metric: 'orders_acknowledged_unserved', value: unserved.length, target: exactly(0) },
    // What breaks before the head is told in an answer; only a half answer is cut.
    { metric: 'connections_broken', value: load.count(/^E|socket|in time/), target: exactly(0) },
    { metric: 'back_ms', value: Math.round(backMs), target: atMost(BACK_MS) },
    { metric: 'left_in_flight', value: settled ? 0 : 1, target: exactly(0) },
  ];
}
