/**
 * An excerpt of a world as an access log in combined format, for programs that read nothing else and not much of it. It is one
 * stretch of time, the one in which most campaigns begin, with all of the attackers and some addresses of the benign, each
 * with everything that it sends: rates and pauses of an address are what they were, and these programs judge by address.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Exchange } from '../../contract.ts';
import { oneIn } from '../sampling.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const FLUSH_AT = 1 << 20;

/** Begin of the stretch of `widthMs` in which most of the `starts` (Unix ms) lie; a tenth of it before the first of them. */
export function densestWindow(starts: readonly number[], widthMs: number): number {
  const sorted = [...starts].sort((a, b) => a - b);
  let best = 0;
  let most = 0;
  let to = 0;
  for (const [from, start] of sorted.entries()) {
    while (to < sorted.length && sorted[to] < start + widthMs * 0.9) to++;
    if (to - from > most) [most, best] = [to - from, start - widthMs / 10];
  }
  return most === 0 ? 0 : best;
}

/** What an excerpt is to hold. */
export interface Cut {
  readonly fromMs: number;
  /** At most so many lines. */
  readonly lines: number;
  /** Of the benign, one in so many addresses, with all that it sends. */
  readonly everyNth: number;
}

/**
 * Where to cut a world with about `exchanges` exchanges, `abusive` of them, so that half of `lines` are abusive: the fewer
 * of the benign are kept, the longer it lasts.
 */
export function cutOf(
  world: { readonly startMs: number; readonly endMs: number },
  starts: readonly number[],
  sizes: { readonly exchanges: number; readonly abusive: number; readonly lines: number },
): Cut {
  const { exchanges, abusive, lines } = sizes;
  const part = Math.min(1, lines / 2 / Math.max(1, abusive));
  const widthMs = (world.endMs - world.startMs) * part;
  const from = Math.max(world.startMs, Math.min(densestWindow(starts, widthMs), world.endMs - widthMs));
  const benign = Math.max(0, exchanges - abusive) * part;
  return { fromMs: from, lines, everyNth: Math.max(1, Math.round(benign / (lines / 2))) };
}

/** Writes the exchanges of a {@link Cut}, and remembers which rows of the truth they are. */
export class ExcerptWriter {
  readonly rows: number[] = [];
  private readonly file: number;
  private readonly cut: Cut;
  private buffer = '';
  private row = 0;

  constructor(path: string, cut: Cut) {
    this.file = openSync(path, 'w');
    this.cut = cut;
  }

  /** Must see every exchange, in the order of the truth. */
  add(exchange: Exchange): void {
    const row = this.row++;
    const { fromMs, lines, everyNth } = this.cut;
    if (exchange.timeMs < fromMs || this.rows.length >= lines) return;
    if (exchange.label.campaign === '' && !oneIn(everyNth, exchange.request.client.address)) return;
    this.rows.push(row);
    this.buffer += `${combinedLine(exchange)}\n`;
    if (this.buffer.length > FLUSH_AT) this.flush();
  }

  close(): void {
    this.flush();
    closeSync(this.file);
  }

  private flush(): void {
    writeSync(this.file, this.buffer);
    this.buffer = '';
  }
}

/** A line as nginx and Apache write it. Quotes, backslashes and control characters are escaped as nginx does (\x22). */
export function combinedLine({ timeMs, request, answer }: Exchange): string {
  const { client } = request;
  const user = answer.principal === '' ? '-' : safe(answer.principal).replaceAll(' ', '_');
  const line = `${request.method} ${safe(request.target)} ${client.protocol}`;
  const agent = client.agent === '' ? '-' : safe(client.agent);
  const referrer = request.referrer ? safe(request.referrer) : '-';
  const bytes = answer.bytes > 0 ? answer.bytes : '-';
  return `${client.address} - ${user} [${logTime(timeMs)}] "${line}" ${answer.status} ${bytes} "${referrer}" "${agent}"`;
}

function safe(text: string): string {
  return text.replace(/["\\\p{Cc}]/gu, (c) => `\\x${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function logTime(ms: number): string {
  const date = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  return `${day}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}
