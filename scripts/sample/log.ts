/** Lines of the combined log format, collected out of order and written in the order of time. */

export const HOUR = 3_600_000;
export const MINUTE = 60_000;
export const SECOND = 1000;

/** Midnight before the first line. A Tuesday, so that the sample has an ordinary working day in it. */
export const START = Date.UTC(2025, 2, 4);
/** 36 hours: a day, a night and the next morning. */
export const LENGTH = 36 * HOUR;

export interface Request {
  readonly time: number;
  readonly address: string;
  readonly agent: string;
  readonly method?: string;
  readonly target: string;
  readonly status?: number;
  readonly bytes?: number;
  readonly referrer?: string;
  readonly user?: string;
}

export class Log {
  private readonly entries: { time: number; order: number; line: string }[] = [];

  /** Adds a request; those outside of the sample's hours are dropped. */
  add(request: Request): void {
    if (request.time < START || request.time >= START + LENGTH) return;
    this.entries.push({ time: request.time, order: this.entries.length, line: lineOf(request) });
  }

  get size(): number {
    return this.entries.length;
  }

  /** The whole log, ordered by time. */
  text(): string {
    this.entries.sort((a, b) => a.time - b.time || a.order - b.order);
    return `${this.entries.map((entry) => entry.line).join('\n')}\n`;
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => (n < 10 ? `0${n}` : `${n}`);

function lineOf(r: Request): string {
  const t = new Date(r.time);
  const day = `${two(t.getUTCDate())}/${MONTHS[t.getUTCMonth()]}/${t.getUTCFullYear()}`;
  const clock = `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())}`;
  const request = `${r.method ?? 'GET'} ${r.target} HTTP/1.1`;
  const answer = `${r.status ?? 200} ${r.bytes ?? 0}`;
  return `${r.address} - ${r.user ?? '-'} [${day}:${clock} +0000] "${request}" ${answer} "${r.referrer ?? '-'}" "${r.agent}"`;
}
