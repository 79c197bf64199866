/** A hang-up every 50 ms, with configurations that change and with some that are wrong, while clients go on as if nothing were. */
import { atLeast, atMost, exactly, table } from '../../bench/lib/figures.ts';
import type { GatewayProcess } from './gateway.ts';
import { ask, Load } from './load.ts';
import type { Found, Scenario } from './scenario.ts';
import { holds, pause, type Setting, Stage } from './stage.ts';

const EVERY_MS = 50;
const STORM_MS = 5000;
const CLIENTS = 8;
const SETTLE_MS = 10_000;
/** Bytes of an order that one configuration allows and the other does not. */
const SMALL = 1000;
const LARGE = 4000;
const BETWEEN = 2000;
/** Memory after the storm over that before it, in percent. */
const GROWTH_PERCENT = 60;

export const reload: Scenario = async (command, seed, print) => {
  const found: Found[] = [];
  const rows: string[][] = [];
  for (const workers of [1, 2]) {
    const stage = await Stage.open(command, 'reload');
    try {
      found.push(...(await storm(stage, workers, seed, rows)));
    } finally {
      await stage.close();
    }
  }
  print(
    table(['reload storm', 'hang-ups', 'taken over', 'refused', 'requests', 'p99 ms', 'MB before', 'MB after'], rows),
  );
  return found;
};

async function storm(stage: Stage, workers: number, seed: number, rows: string[][]): Promise<Found[]> {
  stage.write(stage.config(settingOf(workers, SMALL, 0)));
  const gateway = await stage.start();
  const load = new Load({ url: () => stage.url, clients: CLIENTS, seed, name: `r${workers}` }).start();
  await pause(1000);
  const before = gateway.rss();
  const sent = await hangUps(stage, gateway, workers);
  const last = await lastCounts(stage, gateway, workers);
  await load.stop();
  const taken = gateway.notes.filter((line) => line.startsWith('Reloaded')).length;
  const refused = gateway.notes.filter((line) => line.startsWith('SP7008')).length;
  const after = gateway.rss();
  const mb = (bytes: number): string => String(Math.round(bytes / 2 ** 20));
  const p99 = load.percentile(0.99).toFixed(0);
  rows.push([
    `${workers} worker(s)`,
    String(sent),
    String(taken),
    String(refused),
    String(load.total),
    p99,
    mb(before),
    mb(after),
  ]);
  const lost = load.total - load.count(/^20[01]$/);
  const name = workers === 1 ? '' : `workers${workers}_`;
  return [
    { metric: `${name}reloads`, value: taken, target: atLeast(5) },
    { metric: `${name}refused`, value: refused, target: atLeast(5) },
    { metric: `${name}requests_lost`, value: lost, target: exactly(0), note: lost > 0 ? outcomesOf(load) : undefined },
    { metric: `${name}orders_twice`, value: stage.upstream.twice().length, target: exactly(0) },
    { metric: `${name}last_in_force`, value: last ? 1 : 0, target: exactly(1) },
    {
      metric: `${name}memory_growth_percent`,
      value: Math.round((after / before - 1) * 100),
      target: atMost(GROWTH_PERCENT),
    },
  ];
}

const outcomesOf = (load: Load): string => [...load.outcomes].map(([name, n]) => `${name} ${n}`).join(', ');

/** Right ones in turn with some that cannot be read, are no configuration, or name what is not there. */
async function hangUps(stage: Stage, gateway: GatewayProcess, workers: number): Promise<number> {
  const until = performance.now() + STORM_MS;
  let sent = 0;
  for (; performance.now() < until && gateway.running; sent++) {
    const limit = sent % 2 === 0 ? LARGE : SMALL;
    const texts = [
      stage.config(settingOf(workers, limit, sent)),
      'mode: [enforce',
      stage.config(settingOf(workers, limit, sent)),
      stage.config({ ...settingOf(workers, limit, sent), more: 'no_such_key: 1' }),
      stage.config({ ...settingOf(workers, limit, sent), group: ['tls: { ca: no-such-file.pem }'] }),
    ];
    stage.write(texts[sent % texts.length]);
    gateway.signal('SIGHUP');
    await pause(EVERY_MS);
  }
  return sent;
}

/** After a last good one it is that one which counts, and no other that was still on its way. */
async function lastCounts(stage: Stage, gateway: GatewayProcess, workers: number): Promise<boolean> {
  for (const [limit, wanted] of [
    [LARGE, 201],
    [SMALL, 413],
  ]) {
    stage.write(stage.config(settingOf(workers, limit, limit)));
    gateway.signal('SIGHUP');
    const order = { url: `${stage.url}/orders`, address: '10.20.8.8', body: 'x'.repeat(BETWEEN) };
    const once = async (i: number): Promise<boolean> =>
      (await ask({ ...order, order: `last-${workers}-${limit}-${performance.now()}-${i}` })).status === wanted;
    // Each worker has to say so, and no later change may come.
    const all = async (): Promise<boolean> => (await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(once))).every(Boolean);
    if (!(await holds(SETTLE_MS, all))) return false;
    await pause(500);
    if (!(await all())) return false;
  }
  return true;
}

/** Policies, limits, allowlist and the pools change with each. */
function settingOf(workers: number, bodyLimit: number, n: number): Setting {
  return {
    workers,
    gateway: [`body_limit_bytes: ${bodyLimit}`, `timeout_s: ${30 + (n % 7)}`],
    group: [`connections: ${100 + (n % 3)}`],
    more: `limits: [{ name: orders, by: [address], match: { path: /orders }, limit: ${100_000 + n}, window_s: 60 }]`,
  };
}
