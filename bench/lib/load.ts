/** The clients of `bench gateway` (bench/runners/gateway-load.ts), from the side of a suite. */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LoadOrder, LoadResult } from '../runners/gateway-load.ts';
import { type Running, start } from './processes.ts';

/** Connections at once. */
export const CONNECTIONS = 32;

export class Clients {
  readonly running: Running;
  private readonly lines: AsyncIterator<string>;

  private constructor(running: Running) {
    this.running = running;
    this.lines = createInterface({ input: running.child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  /** Starts them, from the copy of this repository in `built`, on the given cores or any. */
  static async start(built: string, cores?: string): Promise<Clients> {
    const path = join(built, 'bench', 'runners', 'gateway-load.ts');
    return new Clients(await start(process.execPath, ['--import', 'tsx', path], { cores }));
  }

  /** Sends requests and comes back when all are answered: as fast as they are, unless a pace is given. */
  async ask(order: Pick<LoadOrder, 'port' | 'kind' | 'requests' | 'seed'> & Partial<LoadOrder>): Promise<LoadResult> {
    const whole: LoadOrder = { connections: CONNECTIONS, perSecond: 0, ...order };
    this.running.child.stdin?.write(`${JSON.stringify(whole)}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`the clients have ended: ${this.running.complaints()}`);
    return JSON.parse(value as string) as LoadResult;
  }
}
