/** The demo's parts: a shop with stock, Sallyport before it, and people (and others) who come. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Child, Children } from './children.ts';
import { type Access, accessOf, ask } from './watch.ts';

const SCENARIO = 'redteam/scenarios/demo.yaml';
/** The world's seed: who comes, with which addresses, and what the shop sells. */
const SEED = 'demo';
/** Bounds of the traffic: requests a second, at once. */
const MOST_PER_SECOND = 120;
const MOST_AT_ONCE = 32;
/** How often readiness is asked for, and for how long: ms. */
const ASK_MS = 200;
const READY_MS = 20_000;

export interface Options {
  readonly folder: string;
  /** Port of the gateway and of the admin listener; 0 for free ones. */
  readonly port: number;
  readonly adminPort: number;
  /** The built command. */
  readonly command: string;
}

export interface Running {
  readonly gateway: string;
  /** The link with the token. */
  readonly page: string;
  readonly access: Access;
  readonly shop: Child;
  readonly serve: Child;
}

/** Starts shop and gateway, and comes back when requests can be sent. */
export async function start(children: Children, { folder, port, adminPort, command }: Options): Promise<Running> {
  const inventory = join(folder, 'inventory.json');
  const stock = ['site', '--scenario', SCENARIO, '--seed', SEED, '--out', inventory];
  const stocked = await children.start('the inventory', 'redteam/src/main.ts', stock).ended;
  if (stocked !== 0) throw new Error('the shop could not be stocked');

  const words = ['--port', '0', '--data', inventory, '--mail', mailOf(folder), '--signals'];
  const shop = children.start('the shop', 'examples/shop/src/main.ts', words);
  const upstream = String((await shop.ready).listening);

  const config = join(folder, 'sallyport.yaml');
  writeFileSync(config, configuration(upstream, port, adminPort), { mode: 0o600 });
  const serve = children.start('sallyport serve', command, ['serve', '--config', config, '--enforce', '--json']);
  const { listening, admin } = await serve.ready;
  const page = String(admin);
  const access = accessOf(page);
  await untilReady(access);
  return { gateway: String(listening), page, access, shop, serve };
}

/** The visitors of the scenario, in real time, for so many seconds. */
export function traffic(children: Children, { gateway }: Running, folder: string, seconds: number): Child {
  return children.start('the traffic', 'redteam/src/main.ts', [
    ...['live', SCENARIO, '--seed', SEED, '--url', gateway, '--mailbox', mailOf(folder)],
    ...['--seconds', String(seconds), '--rate', String(MOST_PER_SECOND), '--in-flight', String(MOST_AT_ONCE), '--json'],
  ]);
}

const mailOf = (folder: string): string => join(folder, 'mail.jsonl');

/** Five lines are enough for an API of your own; the rest keeps the demo to itself. */
function configuration(upstream: string, port: number, adminPort: number): string {
  return [
    '# Written by the demo, and removed with it.',
    `listen: "127.0.0.1:${port}"`,
    `upstream: ${upstream}`,
    'mode: enforce',
    '# The visitors say their addresses in X-Forwarded-For, as a proxy before the gateway would.',
    'clients: { trusted_proxies: [127.0.0.0/8] }',
    'records: { data_dir: data }',
    `admin: { listen: "127.0.0.1:${adminPort}" }`,
    '',
  ].join('\n');
}

async function untilReady({ url }: Access): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    if (Date.now() > deadline) throw new Error(`sallyport was not ready within ${READY_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
}

/** Seconds as the engine counts them now. */
export const ticksOf = (access: Access) =>
  ask<{ ticks: Parameters<import('./story.ts').Story['correct']>[0] }>(access, '/api/v1/ticks').then(
    ({ ticks }) => ticks,
  );
