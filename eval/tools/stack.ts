/** The shop, a tap before it, and `sallyport serve --enforce` before both: all on free ports of loopback. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Inventory, makeInventory } from '../../examples/shop/src/inventory.ts';
import { Children } from '../../scripts/demo/children.ts';
import { Book } from './book.ts';
import { openTap } from './tap.ts';

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
gateway: { overload: { lag_ms: 500 } }
`;

/** Starts everything for one run. `seed` draws the shop. */
export async function startStack(seed: string): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-tools-'));
  const children = new Children(ROOT);
  const lastResort = (): void => children.killAll();
  process.once('exit', lastResort);
  const book = new Book();
  try {
    const shop = await children.start('shop', 'examples/shop/src/main.ts', ['--port', '0', '--seed', seed, '--signals'])
      .ready;
    const tap = await openTap(portOf(String(shop.listening)), book);
    mkdirSync(join(folder, 'data'));
    const config = join(folder, 'sallyport.yaml');
    writeFileSync(config, CONFIG(tap.url, join(folder, 'data')));
    const words = ['serve', '--config', config, '--enforce', '--json'];
    const child = children.start('sallyport', 'src/cli/main.ts', words);
    const gateway = await child.ready;
    let died = '';
    void child.ended.then((code) => {
      died = `sallyport ended with code ${code} in the middle of the run`;
    });
    const [port, wirePort] = (gateway.urls as string[]).map(portOf);
    return {
      folder,
      inventory: makeInventory(seed),
      book,
      port,
      wirePort,
      died: () => died,
      mitigations: () => mitigationsOf(String(gateway.admin)),
      close: async (keep) => {
        await children.stop();
        process.off('exit', lastResort);
        await tap.close();
        if (!keep) rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await children.stop();
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
