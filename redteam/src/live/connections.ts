/** Connections as clients hold them: one for each visitor and machine, kept alive between its requests. */
import { Agent } from 'node:http';
import type { Client } from '../contract.ts';

/** Whoever has connections: a visitor, as the run keeps it. */
export interface Holder {
  readonly connections: Map<string, Held>;
}

/** One connection, or the place for it. */
export interface Held {
  readonly agent: Agent;
  readonly key: string;
  readonly holder: Holder;
  busy: boolean;
}

export class Connections {
  private readonly limit: number;
  /** In the order of their last use. */
  private readonly held = new Set<Held>();
  private spread: boolean;

  constructor(limit: number, spread: boolean) {
    this.limit = limit;
    this.spread = spread;
  }

  /** The client's connection, for one request; {@link done} gives it back. */
  take(holder: Holder, client: Client): Held {
    const key = `${client.address} ${client.agent}`;
    let held = holder.connections.get(key);
    if (held) this.held.delete(held);
    else {
      held = { agent: this.open(client), key, holder, busy: true };
      holder.connections.set(key, held);
    }
    held.busy = true;
    this.held.add(held);
    if (this.held.size > this.limit) this.closeOldest();
    return held;
  }

  done(held: Held): void {
    held.busy = false;
    // Left while the request was under way.
    if (held.holder.connections.get(held.key) !== held) held.agent.destroy();
  }

  /** Closes what a visitor held, who is gone. */
  leave(holder: Holder): void {
    for (const held of holder.connections.values()) this.close(held);
    holder.connections.clear();
  }

  /** This system has no further loopback addresses: connects from the usual one from now on. True the first time. */
  giveUpSpreading(): boolean {
    const { spread } = this;
    this.spread = false;
    return spread;
  }

  /** Forgets the connection of a client, so that its next is a new one. */
  drop(held: Held): void {
    if (held.holder.connections.get(held.key) === held) held.holder.connections.delete(held.key);
    this.close(held);
  }

  closeAll(): void {
    for (const held of this.held) held.agent.destroy();
    this.held.clear();
  }

  private open(client: Client): Agent {
    const localAddress = this.spread ? loopbackFor(client.address) : undefined;
    return new Agent({ keepAlive: true, maxSockets: 1, ...(localAddress ? { localAddress } : {}) });
  }

  private closeOldest(): void {
    for (const held of this.held) {
      if (held.busy) continue;
      held.holder.connections.delete(held.key);
      this.close(held);
      return;
    }
  }

  private close(held: Held): void {
    this.held.delete(held);
    held.agent.destroy();
  }
}

/** An address in 127.0.0.0/8 that always belongs to the same client address; never 127.0.0.0/24, where servers listen. */
export function loopbackFor(address: string): string {
  let h = 0x811c9dc5;
  for (let i = 0; i < address.length; i++) h = Math.imul(h ^ address.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = (h ^ (h >>> 13)) >>> 0;
  return `127.${1 + (h % 254)}.${(h >>> 8) & 255}.${1 + ((h >>> 16) % 254)}`;
}
