/** The shop, a tap before it, and `sallyport serve --enforce` before both: all on free ports of loopback. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Inventory, makeInventory } from '../../examples/shop/src/inventory.ts';
import { Children } from '../../scripts/demo/children.ts';
import { hours } from '../../src/lib/units.ts';
import { Book } from './book.ts';
import { Clock } from './clock.ts';
import { openTap, type Tap } from './tap.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What the site calls itself: clients have it in Host. */
export const HOST = 'shop.example';

/** A mitigation as the operator's API tells it; what this suite does not use is left out. */
export interface Standing {
  readonly id: string;
  readonly actor: { readonly dimension: string; readonly key: string };
  readonly class: string;
  readonly action: string;
  readonly sentence: string;
  readonly requests_before: number;
  readonly requests_met: number;
  readonly started_at: string;
}

export interface Stack {
  readonly folder: string;
  readonly inventory: Inventory;
  readonly book: Book;
  /** Ports of the gateway: the usual one, and the one whose connections begin with a PROXY protocol header. */
  readonly port: number;
  readonly wirePort: number;
  /** The gateway's, where it begins in the past. */
  readonly clock: Clock | null;
  /** Why the gateway is gone; '' while it is there. */
  died(): string;
  mitigations(): Promise<readonly Standing[]>;
  /** Ends everything; keeps the folder with configuration, journal and lists where asked to. */
  close(keep: boolean): Promise<void>;
}

/** The machine has the tool, the people and the shop to bear as well: that it runs late is not the gateway's load. */
const CONFIG = (upstream: string, data: string): string => `
listen:
  - { address: 127.0.0.1:0 }
  - { address: 127.0.0.1:0, proxy_protocol: true }
upstream: ${upstream}
routes: { openapi: ${join(ROOT, 'examples/shop/openapi.yaml')} }
clients: { trusted_proxies: [127.0.0.0/8] }
records: { data_dir: ${data} }
admin: { listen: 127.0.0.1:0 }
gateway:
  overload: { lag_ms: 500 }
`;

/**
 * The shop signs its tokens and the gateway checks them, it knows the partners' keys, and is told what its routes are worth and
 * whom an order belongs to. All else is as it ships.
 */
const TOKENS = (shop: string, { keys }: Inventory): string => `
identity:
  jwt:
    - { issuer: 'https://shop.example', audience: [shop], algorithms: [ES256], jwks_url: '${shop}/.well-known/jwks.json' }
  keys:
    entries:
${keys.map((k) => `      - { id: ${k.id}, partner: ${k.owner}, role: partner, hash: 'sha256:${sha256(k.secret)}' }`).join('\n')}
`;

const TOKEN_ROUTES = `
  routes:
    - { match: { path: /api/partner/** }, auth: { schemes: [key] }, sensitivity: personal }
    - { match: { path: '/api/orders/*' }, sensitivity: personal, answer: { owner: $.owner } }
    - { match: { path: /api/codes/redeem }, sensitivity: money }
`;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export interface StackOptions {
  /** Draws the shop. */
  readonly seed: string;
  /** Signed tokens and keys that the gateway checks. */
  readonly tokens?: boolean;
  /** GraphQL beyond the limits is refused. */
  readonly limits?: boolean;
  /** Hours that the gateway's clock is behind at first. */
  readonly past?: number;
}

/** Starts everything for one run. */
export async function startStack({ seed, tokens = false, limits = false, past = 0 }: StackOptions): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-tools-'));
  const children = new Children(ROOT);
  const lastResort = (): void => children.killAll();
  process.once('exit', lastResort);
  const book = new Book();
  let tap: Tap | null = null;
  try {
    const options = ['--port', '0', '--seed', seed, '--signals', ...(tokens ? ['--tokens'] : [])];
    const shop = await children.start('shop', 'examples/shop/src/main.ts', options).ready;
    const inventory = makeInventory(seed);
    const opened = await openTap(portOf(String(shop.listening)), book);
    tap = opened;
    mkdirSync(join(folder, 'data'));
    const config = join(folder, 'sallyport.yaml');
    const more = tokens ? `${TOKEN_ROUTES}${TOKENS(String(shop.listening), inventory)}` : '';
    const bounds = limits ? 'inspection: { graphql: { mode: enforce } }\n' : '';
    writeFileSync(config, `${CONFIG(opened.url, join(folder, 'data'))}${more}${bounds}`);
    const words = ['serve', '--config', config, '--enforce', '--json'];
    const clock = past > 0 ? new Clock(join(folder, 'clock'), hours(past)) : null;
    const [script, begun] = clock === null ? ['src/cli/main.ts', []] : ['eval/past-child.ts', [clock.file]];
    const child = children.start('sallyport', script, [...begun, ...words]);
    const gateway = await child.ready;
    let died = '';
    void child.ended.then((code) => {
      died = `sallyport ended with code ${code} in the middle of the run`;
    });
    const [port, wirePort] = (gateway.urls as string[]).map(portOf);
    return {
      folder,
      inventory,
      clock,
      book,
      port,
      wirePort,
      died: () => died,
      mitigations: () => mitigationsOf(String(gateway.admin)),
      close: async (keep) => {
        await children.stop();
        process.off('exit', lastResort);
        await opened.close();
        if (!keep) rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await children.stop();
    await tap?.close();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

const portOf = (url: string): number => Number(new URL(url).port);

/** Everything that stood about anybody, newest first. The link to the live page carries the token in its fragment. */
async function mitigationsOf(link: string): Promise<readonly Standing[]> {
  const { origin, hash } = new URL(link);
  const token = new URLSearchParams(hash.slice(1)).get('token') ?? '';
  const answer = await fetch(`${origin}/api/v1/mitigations?limit=200`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(`the operator's API answered ${answer.status}: ${await answer.text()}`);
  const body = (await answer.json()) as { mitigations?: Standing[] } | Standing[];
  return Array.isArray(body) ? body : (body.mitigations ?? []);
}
