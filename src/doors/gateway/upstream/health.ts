/** Active health checks: a GET at an interval, apart from the traffic and with connections of its own. */
import { Client } from 'undici';
import { type ConnectOptions, connectorFor, dispatchName } from './connector.ts';
import type { GroupSettings } from './settings.ts';

/** How much of the answer to a check is read, in bytes: a health page is short, and only its status counts. */
const MAX_HEALTH_BYTES = 65_536;

type HealthSettings = NonNullable<GroupSettings['health']>;

/** Counts answers in a row: a single lost check says nothing. A server is taken for well until checks say otherwise. */
export class HealthState {
  private readonly settings: HealthSettings;
  private inARow = 0;
  up = true;

  constructor(settings: HealthSettings) {
    this.settings = settings;
  }

  /** One check went well or not. True where that changed whether the server is up. */
  record(well: boolean): boolean {
    if (well === this.up) {
      this.inARow = 0;
      return false;
    }
    const needed = well ? this.settings.healthyAfter : this.settings.unhealthyAfter;
    if (++this.inARow < needed) return false;
    this.inARow = 0;
    this.up = well;
    return true;
  }
}

/** One check. Resolves to true for 2xx and 3xx; never rejects. `timeoutMs` bounds all of it. */
export async function probe(url: string, settings: HealthSettings, connect: ConnectOptions): Promise<boolean> {
  const client = new Client(url, { connect: connectorFor(url, connect) });
  const timer = setTimeout(() => void client.destroy(), settings.timeoutMs);
  timer.unref();
  try {
    const answer = await client.request({
      path: settings.path,
      method: 'GET',
      headers: ['user-agent', 'sallyport-health'],
      servername: dispatchName(url),
    } as Parameters<Client['request']>[0]);
    await answer.body.dump({ limit: MAX_HEALTH_BYTES });
    return answer.statusCode >= 200 && answer.statusCode < 400;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    void client.destroy();
  }
}

/** Checks one server again and again until it is stopped. */
export class HealthCheck {
  private readonly check: () => Promise<boolean>;
  private readonly intervalMs: number;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;
  readonly state: HealthState;

  /** `check` does one of them; it must not reject. */
  constructor(settings: HealthSettings, check: () => Promise<boolean>) {
    this.state = new HealthState(settings);
    this.intervalMs = settings.intervalMs;
    this.check = check;
  }

  start(): void {
    void this.round();
  }

  stop(): void {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
  }

  private async round(): Promise<void> {
    const well = await this.check();
    if (this.stopped) return;
    this.state.record(well);
    this.timer = setTimeout(() => void this.round(), this.intervalMs);
    this.timer.unref();
  }
}
