/** Two workers over one owner of state: a worker is killed, the owner stands still, the owner is killed. */
import { atLeast, atMost, exactly, table } from '../../bench/lib/figures.ts';
import { type GatewayProcess, isAlive } from './gateway.ts';
import { ask, Load } from './load.ts';
import { verifyLedger } from './record.ts';
import type { Found, Scenario } from './scenario.ts';
import { holds, pause, Stage } from './stage.ts';

const WORKERS = 2;
const CLIENTS = 16;
/** Workers that are killed, one after the other. */
const KILLED = 4;
const BETWEEN_MS = 700;
const BACK_MS = 15_000;
/** How long the owner stands still. */
const STILL_MS = 2000;
/** Longest wait for the owner that the routes allow, and what an answer may take beyond it on a busy machine, in ms. */
const BUDGET_MS = 50;
const SLACK_MS = 950;
const BAD = '198.51.100.30';

const SETTING = (stage: Stage): string =>
  stage.config({
    workers: WORKERS,
    gateway: [`routes: [{ match: { path: /closed/** }, fail: closed, scoring_budget_ms: ${BUDGET_MS} }]`],
  });

export const workers: Scenario = async (command, seed, print) => {
  const stage = await Stage.open(command, 'workers');
  try {
    stage.write(SETTING(stage));
    const gateway = await stage.start();
    await ask({ url: `${gateway.url}/trap`, address: BAD });
    const rows: string[][] = [];
    const found = [
      ...(await killWorkers(stage, gateway, seed, rows)),
      ...(await stillOwner(stage, gateway, seed, rows)),
      ...(await killOwner(stage, gateway, command, seed, rows)),
    ];
    print(table(['two workers', 'requests', 'told 2xx', 'broken off', 'p99 ms', 'most ms'], rows));
    return [...found, { metric: 'orders_twice', value: stage.upstream.twice().length, target: exactly(0) }];
  } finally {
    await stage.close();
  }
};

function rowOf(name: string, load: Load): string[] {
  const most = Math.max(0, ...load.answers.map((a) => a.ms));
  const broken = load.total - load.count(/^\d/);
  return [
    name,
    String(load.total),
    String(load.count(/^2/)),
    String(broken),
    load.percentile(0.99).toFixed(0),
    most.toFixed(0),
  ];
}

const unservedOf = (stage: Stage, load: Load): number =>
  [...load.orders].filter(([id, { status }]) => status === 201 && stage.upstream.served.get(id) !== 1).length;

/** What was under way in a worker that dies breaks off, and nothing else. */
async function killWorkers(stage: Stage, gateway: GatewayProcess, seed: number, rows: string[][]): Promise<Found[]> {
  const load = new Load({ url: () => stage.url, clients: CLIENTS, seed, name: 'w' }).start();
  let back = 0;
  for (let i = 0; i < KILLED; i++) {
    await pause(BETWEEN_MS);
    const from = gateway.notes.length;
    // Who takes its place is like the others, whatever the file says by now.
    if (i === KILLED - 1) stage.write('mode: [enforce');
    const [victim] = gateway.workers();
    process.kill(victim, 'SIGKILL');
    const again = gateway.note(/^worker \d runs again/, from).then(() => true);
    if (await Promise.race([again, pause(BACK_MS).then(() => false)])) back++;
  }
  await pause(BETWEEN_MS);
  await load.stop();
  rows.push(rowOf(`${KILLED} workers killed`, load));
  const others = load.total - load.count(/^20[01]$/) - load.count(/^E|cut off|socket/);
  const settled = await holds(BACK_MS, async () => (await gateway.metric('sallyport_requests_in_flight')) === 0);
  return [
    { metric: 'workers_back', value: back, target: atLeast(KILLED) },
    { metric: 'requests_broken_off', value: load.count(/^E|cut off|socket/), target: atMost(KILLED * CLIENTS) },
    { metric: 'requests_lost_otherwise', value: others, target: exactly(0) },
    { metric: 'orders_acknowledged_unserved', value: unservedOf(stage, load), target: exactly(0) },
    { metric: 'left_in_flight', value: settled ? 0 : 1, target: exactly(0) },
  ];
}

/** An owner that does not answer: routes that fail open go on within their budget, those that fail closed refuse. */
async function stillOwner(stage: Stage, gateway: GatewayProcess, seed: number, rows: string[][]): Promise<Found[]> {
  const load = new Load({ url: () => stage.url, clients: CLIENTS, seed, name: 's', pauseMs: 10 }).start();
  await pause(500);
  gateway.signal('SIGSTOP');
  const stoppedAt = performance.now();
  await pause(STILL_MS / 2);
  const closed = await ask({ url: `${stage.url}/closed/1`, address: '10.20.7.7' });
  await pause(STILL_MS / 2);
  const during = load.answers.filter((a) => a.at > stoppedAt + SLACK_MS);
  gateway.signal('SIGCONT');
  const again = await holds(
    BACK_MS,
    async () => (await ask({ url: `${stage.url}/items/1`, address: BAD })).status === 403,
  );
  await load.stop();
  rows.push(rowOf(`owner still for ${STILL_MS / 1000} s`, load));
  const unscored = await gateway.metric('sallyport_unscored_total');
  return [
    { metric: 'still_answers', value: during.length, target: atLeast(1) },
    {
      metric: 'still_slowest_ms',
      value: Math.max(0, ...during.map((a) => a.ms)),
      target: atMost(BUDGET_MS + SLACK_MS),
    },
    { metric: 'still_requests_lost', value: load.total - load.count(/^20[01]$/), target: exactly(0) },
    { metric: 'still_unscored', value: unscored, target: atLeast(1) },
    {
      metric: 'still_closed_refused',
      value: closed.status === 503 || closed.status === 403 ? 1 : 0,
      target: exactly(1),
    },
    { metric: 'held_after_still', value: again ? 1 : 0, target: exactly(1) },
  ];
}

/** Its workers end with it; the next one finds everything, the port and the socket included. */
async function killOwner(
  stage: Stage,
  gateway: GatewayProcess,
  command: string,
  seed: number,
  rows: string[][],
): Promise<Found[]> {
  await holds(BACK_MS, async () =>
    (await gateway.mitigations()).some((m) => m.actor.key === BAD && m.status === 'active'),
  );
  const load = new Load({ url: () => stage.url, clients: CLIENTS, seed, name: 'o' }).start();
  await pause(BETWEEN_MS);
  const left = gateway.workers();
  await gateway.kill();
  const ended = await holds(BACK_MS, () => !left.some(isAlive));
  stage.write(SETTING(stage));
  const next = await stage.start();
  // A process that has just started may be late with its first verdicts, and the route fails open.
  const held = await holds(
    BACK_MS,
    async () => (await ask({ url: `${next.url}/items/1`, address: BAD })).status === 403,
  );
  await pause(BETWEEN_MS);
  await load.stop();
  rows.push(rowOf('owner killed, started again', load));
  const wrong = await verifyLedger(command, stage.dataDir);
  return [
    { metric: 'ended_with_owner', value: ended ? 1 : 0, target: exactly(1) },
    { metric: 'held_after_owner', value: held ? 1 : 0, target: exactly(1) },
    { metric: 'owner_orders_acknowledged_unserved', value: unservedOf(stage, load), target: exactly(0) },
    { metric: 'ledger_not_verified', value: wrong === '' ? 0 : 1, target: exactly(0), note: wrong || undefined },
  ];
}
