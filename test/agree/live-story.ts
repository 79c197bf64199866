/** An application, a gateway before it, and everything that steers decisions: once, under a clock of its own. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type House, openHouse } from '../../src/doors/gateway/testing.ts';
import { VERSION } from '../../src/doors/replay/try.ts';
import type { Mitigation } from '../../src/runtime/live/operator.ts';

const START_MS = Date.UTC(2025, 2, 3, 9);

/** An application that knows one password and says who was served. */
function serve(req: IncomingMessage, res: ServerResponse): void {
  const path = (req.url ?? '').split('?', 1)[0];
  const name = String(req.headers['x-name'] ?? '');
  const user = /session=([a-z0-9]+)/.exec(req.headers.cookie ?? '')?.[1] ?? '';
  const signals: Record<string, string> = user === '' ? {} : { 'Sallyport-Principal': `"${user}"` };
  req.resume();
  if (path === '/login') {
    signals['Sallyport-Event'] = `login.failed;principal="${name}"`;
    res.writeHead(401, signals).end();
  } else if (path === '/codes') {
    signals['Sallyport-Event'] = `code.rejected;object="${name}"`;
    res.writeHead(404, signals).end();
  } else if (path.startsWith('/items/')) res.writeHead(200, signals).end('{"an":"item"}');
  else res.writeHead(404).end();
}

export interface StoryOptions {
  readonly dir: string;
  readonly journal?: Readonly<Record<string, unknown>>;
  /** Characters of nonsense in each query, so that a journal fills its segments. */
  readonly padding?: number;
  /** Unix ms at which it begins. */
  readonly startMs?: number;
}

export class Story {
  readonly house: House;
  /** Answers by status. */
  readonly statuses = new Map<number, number>();
  nowMs: number;
  private noise = 1;
  private readonly padding: number;
  private readonly upstream: Server;

  static async open(options: StoryOptions): Promise<Story> {
    const upstream = createServer(serve);
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    let story: Story | undefined;
    const { startMs = START_MS } = options;
    const house = await openHouse({
      upstream: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
      dir: options.dir,
      version: VERSION,
      clock: () => story?.nowMs ?? startMs,
      settings: {
        seed: 0,
        records: { data_dir: options.dir, journal: { ...options.journal } },
        decoys: ['/trap'],
        routes: { login: ['/login'], code: ['/codes'], templates: [{ template: '/items/{id}' }] },
        // Models have a story of their own (model.test.ts).
        learning: { enabled: false },
        // Nobody waits: what would be delayed is refused.
        gateway: { throttle: { max_delay_ms: 0 } },
      },
    });
    story = new Story(house, upstream, startMs, options.padding ?? 0);
    return story;
  }

  private constructor(house: House, upstream: Server, startMs: number, padding: number) {
    this.house = house;
    this.nowMs = startMs;
    this.upstream = upstream;
    this.padding = padding;
  }

  async close(): Promise<void> {
    await this.house.close();
    this.upstream.closeAllConnections();
    this.upstream.close();
  }

  /** Logins, probing, an undo, the mode there and back, codes, a decoy; people all the while. */
  async play(): Promise<void> {
    const { operator } = this.house.live;
    await this.people(12);
    await this.logins('198.51.100.7', 20);
    await operator.undo(this.mitigationOf('198.51.100.7').id, 'operator:test', 'our own load test');
    await this.logins('198.51.100.7', 10);
    await this.probes('198.51.100.9', 8);
    await operator.setMode('observe', 'operator:test', 'let us see');
    await this.probes('198.51.100.9', 3);
    await operator.setMode('enforce', 'operator:test', 'seen');
    await this.probes('198.51.100.9', 3);
    await this.codes('198.51.100.11', 20);
    await this.ask('GET', '/trap', '198.51.100.13');
    this.nowMs += 400_000;
    await operator.second(this.nowMs);
    await this.people(6);
    await this.probes('198.51.100.9', 4);
  }

  /** People who look around at the same time: their events interleave as they come. */
  async people(rounds: number): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      this.nowMs += 700;
      const one = (p: number) => {
        const path = `/items/${(i * 7 + p) % 40}?token=secret${p}&pad=${this.pad()}`;
        return this.ask('GET', path, `203.0.113.${p + 1}`, { Cookie: `session=u${p}` });
      };
      await Promise.all([0, 1, 2, 3, 4, 5].map(one));
    }
  }

  private async logins(address: string, n: number): Promise<void> {
    for (let i = 0; i < n; i++) {
      this.nowMs += 900;
      await this.ask('POST', '/login', address, { 'X-Name': `victim${i}` });
    }
  }

  private async probes(address: string, n: number): Promise<void> {
    for (let i = 0; i < n; i++) {
      this.nowMs += 300;
      await this.ask('GET', `/${['.env', '.git/config', 'wp-login.php', 'admin.php'][i % 4]}?n=${i}`, address);
      await this.ask('GET', `/old/${i}?pad=${this.pad()}`, address);
    }
  }

  private async codes(address: string, n: number): Promise<void> {
    for (let i = 0; i < n; i++) {
      this.nowMs += 2000;
      await this.ask('POST', '/codes', address, { 'X-Name': `CODE${i}`, Cookie: 'session=guesser' });
    }
  }

  private async ask(method: string, path: string, address: string, more: Record<string, string> = {}): Promise<void> {
    const headers = { 'X-Forwarded-For': address, 'User-Agent': 'Mozilla/5.0 (X11; Linux) Firefox/130.0', ...more };
    const response = await fetch(this.house.url + path, { method, headers });
    await response.arrayBuffer();
    this.statuses.set(response.status, (this.statuses.get(response.status) ?? 0) + 1);
  }

  private mitigationOf(address: string): Mitigation {
    const found = this.house.live.operator.mitigations({ active: true }).find((m) => m.actor.key === address);
    if (found === undefined) throw new Error(`nothing stands about ${address}`);
    return found;
  }

  private pad(): string {
    let text = '';
    while (text.length < this.padding) {
      this.noise = (Math.imul(this.noise, 1_664_525) + 1_013_904_223) >>> 0;
      text += this.noise.toString(36);
    }
    return text;
  }
}
