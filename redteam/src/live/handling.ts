/** Whether an answer came from the site, or from something before it that had its own idea of the request. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Handling } from '../contract.ts';
import type { Delivered } from './deliver.ts';

/** Answers of an operation that are remembered, and how many there must be before one can be slow. */
const REMEMBERED = 63;
const ENOUGH = 9;
/** How often the median a delayed answer takes, at least. */
const FAR = 8;

const CHALLENGE_PAGE = /challenge|captcha|proof[ -]of[ -]work|verify (that )?you are (a )?human|checking your browser/i;
const HOLDS_BACK = new Set([401, 403, 429, 503]);

export class Judge {
  private readonly delayMs: number;
  private readonly durations = new Map<string, number[]>();
  private readonly moments = new Moments();
  /** How the site signs what it answers, by its Server and X-Powered-By; learned from its successes. */
  private signature: string | undefined;

  constructor(delayMs: number) {
    this.delayMs = delayMs;
  }

  /**
   * Of an answer that has come just now: `operation` says which are alike, `others` how many requests still wait. Delays are
   * an estimate: work that only this request made looks the same.
   */
  judge(answer: Delivered, body: unknown, operation: string, nowMs = 0, others = 0): Handling {
    const moment = this.moments.note(nowMs, answer.durationMs, others);
    if (challenges(answer, body)) return 'challenged';
    if (this.refuses(answer)) return 'refused';
    if (answer.status < 300) this.signature ??= signatureOf(answer.headers);
    return this.slow(operation, answer.durationMs - moment) ? 'delayed' : 'served';
  }

  /**
   * 429 is a refusal whoever says it. A 403 or 503 as problem document is one unless the site signed it: sites refuse too,
   * because a profile is somebody else's, or because they are broken.
   */
  private refuses({ status, headers }: Delivered): boolean {
    if (status === 429) return true;
    if (status !== 403 && status !== 503) return false;
    const own = this.signature;
    if (own !== undefined && own !== '') return signatureOf(headers) !== own;
    return /problem\+json/.test(headers['content-type'] ?? '');
  }

  private slow(operation: string, durationMs: number): boolean {
    let known = this.durations.get(operation);
    if (!known) {
      known = [];
      this.durations.set(operation, known);
    }
    const slow = known.length >= ENOUGH && durationMs > Math.max(this.delayMs, FAR * median(known));
    // What is delayed must not become what is usual.
    if (!slow) {
      known.push(durationMs);
      if (known.length > REMEMBERED) known.shift();
    }
    return slow;
  }
}

/** Answers whose times are compared, of all operations. */
const COMPARED = 48;

/** How slow the site as a whole is at the moment: what everybody waits for is nobody's delay. */
class Moments {
  /** When the last answers came, and how long they took; the oldest first. */
  private readonly recent: { readonly atMs: number; readonly durationMs: number }[] = [];

  /**
   * What part of an answer's duration the site was slow for all, in ms: it said nothing to anybody although others waited
   * too, or even the quickest of the last answers took that long.
   */
  note(nowMs: number, durationMs: number, others: number): number {
    const { recent } = this;
    const fromMs = nowMs - durationMs;
    let silence = 0;
    let lastMs = fromMs;
    for (const { atMs } of recent) {
      if (atMs <= fromMs) continue;
      silence = Math.max(silence, atMs - lastMs);
      lastMs = atMs;
    }
    silence = Math.max(silence, nowMs - lastMs);
    const quick = recent.length < COMPARED ? 0 : decile(recent.map((one) => one.durationMs));
    recent.push({ atMs: nowMs, durationMs });
    if (recent.length > COMPARED) recent.shift();
    return Math.max(quick, others > 0 ? silence : 0);
  }
}

function decile(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 10)];
}

function challenges({ status, headers, text }: Delivered, body: unknown): boolean {
  for (const [name, value] of Object.entries(headers)) {
    if (name.includes('challenge') || (name === 'cf-mitigated' && value === 'challenge')) return true;
  }
  if (!HOLDS_BACK.has(status)) return false;
  const type = headers['content-type'] ?? '';
  if (/problem\+json/.test(type) && typeof body === 'object' && body !== null) {
    const problem = body as Record<string, unknown>;
    return problem.challenge !== undefined || /challenge/i.test(String(problem.type ?? ''));
  }
  return /text\/html/.test(type) && CHALLENGE_PAGE.test(text);
}

function signatureOf(headers: IncomingHttpHeaders): string {
  const { server, 'x-powered-by': software } = headers;
  return server === undefined && software === undefined ? '' : `${server ?? ''}|${software ?? ''}`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
