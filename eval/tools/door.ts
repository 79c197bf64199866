/**
 * What a tool is pointed at: a load balancer of our own before the gateway, that says in X-Forwarded-For where the tool comes
 * from (many tools cannot set a header), writes down each request, and holds the tool to a pace that the machine can bear.
 */
import { Agent, createServer } from 'node:http';
import { type Book, TAG } from './book.ts';
import { closeServer, endToEnd, listenOn, passOn } from './tap.ts';

export interface Door {
  readonly port: number;
  close(): Promise<void>;
}

export interface DoorOptions {
  /** Port of the gateway. */
  readonly gateway: number;
  /** Addresses that requests come from, as the gateway is to see them: in turn. */
  readonly addresses: readonly string[];
  /** The site's name: what a client would have in Host. */
  readonly host: string;
  readonly book: Book;
  /** Most requests a second. */
  readonly perSec: number;
  /** Statuses that the tool is told in place of others. */
  readonly told: Readonly<Record<number, number>>;
}

/** Opens a door on a free port of loopback. */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const agent = new Agent({ keepAlive: true });
  const pace = new Pace(options.perSec);
  let turn = 0;
  const server = createServer({ insecureHTTPParser: true, requestTimeout: 0 }, (incoming, outgoing) => {
    incoming.pause();
    setTimeout(() => {
      const { book, gateway, host, addresses, told } = options;
      const address = addresses[turn++ % addresses.length];
      const tag = book.sent('tool', `${incoming.method} ${incoming.url}`, Date.now());
      const headers = forwarded(endToEnd(incoming.rawHeaders), { host, address, tag });
      passOn(incoming, outgoing, {
        ...{ port: gateway, headers, agent, whole: true },
        done: (status) => book.ended(tag, status, Date.now()),
        told: (status) => told[status] ?? status,
      });
    }, pace.wait(Date.now()));
  });
  return { port: await listenOn(server), close: () => closeServer(server, agent) };
}

/** Headers as a load balancer passes them on. */
export function forwarded(
  raw: readonly string[],
  by: { readonly host: string; readonly address: string; readonly tag: string },
): string[] {
  const headers: string[] = [];
  let chain = by.address;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i].toLowerCase();
    if (name === 'host') headers.push(raw[i], by.host);
    else if (name === 'x-forwarded-for') chain = `${raw[i + 1]}, ${by.address}`;
    else headers.push(raw[i], raw[i + 1]);
  }
  headers.push('X-Forwarded-For', chain, TAG, by.tag);
  return headers;
}

/** At most so many a second, evenly. */
export class Pace {
  private readonly gapMs: number;
  private nextMs = 0;

  constructor(perSec: number) {
    this.gapMs = 1000 / perSec;
  }

  /** How long the next one has to wait, in ms. */
  wait(nowMs: number): number {
    const at = Math.max(nowMs, this.nextMs);
    this.nextMs = at + this.gapMs;
    return at - nowMs;
  }
}
