/**
 * Takes security events of others: pushed to us (RFC 8935) or asked for (RFC 8936). What they revoke is in force on the next
 * request; an event that comes again does nothing twice.
 */
import type { ReceiverSettings } from '../../../config/signing.ts';
import type { Fetcher } from '../../http.ts';
import type { LastingReplay } from '../../replay.ts';
import type { KeyFiles } from '../../signed/index.ts';
import type { RevocationList } from '../list.ts';
import { pauseMs, type Schedule, timer } from '../outbox.ts';
import { carryOut, type Effect, type SecurityEvent } from './events.ts';
import { type HttpHandler, headerAt, isBearer, isFields, MAX_BODY, objectOf, told } from './http.ts';
import { SetVerifier } from './set.ts';

/** What a receiver tells of: for the ledger, metrics and the log. */
export type ReceiverNews =
  | {
      readonly kind: 'event';
      readonly receiver: string;
      readonly jti: string;
      readonly event: SecurityEvent;
      readonly effect: Effect;
    }
  /** The transmitter has tried the stream. */
  | { readonly kind: 'verified'; readonly receiver: string; readonly state: string }
  | { readonly kind: 'refused'; readonly receiver: string; readonly reason: string; readonly code: 'SP7606' }
  /** It was carried out, and after a restart it could come again. */
  | { readonly kind: 'not-kept'; readonly receiver: string; readonly reason: string; readonly code: 'SP7613' }
  | { readonly kind: 'poll-failed'; readonly receiver: string; readonly reason: string; readonly code: 'SP7607' };

export interface ReceiverOptions {
  readonly settings: ReceiverSettings;
  readonly files: KeyFiles;
  readonly fetch: Fetcher;
  readonly replay: LastingReplay;
  readonly list: RevocationList;
  readonly now: () => number;
  /** How long a revocation stands that an event asked for, in ms. */
  readonly lastsMs: number;
  readonly news?: (news: ReceiverNews) => void;
  readonly schedule?: Schedule;
  readonly random?: () => number;
}

type Taken = 'taken' | 'again' | { readonly err: string; readonly description: string };

/** Events asked for at once, and how long one question may take, in ms. */
const MAX_EVENTS = 50;
const POLL_TIMEOUT_MS = 30_000;

export class EventReceiver {
  readonly name: string;
  private readonly options: ReceiverOptions;
  private readonly verifier: SetVerifier;
  private readonly pushToken: Buffer | null;
  private readonly pollToken: Buffer | null;
  private callOff: (() => void) | null = null;
  private closed = false;
  private failures = 0;
  private readonly acks = new Set<string>();
  private readonly errors = new Map<string, { err: string; description: string }>();

  /** SallyportError SP7601 for a token that is not there. */
  constructor(options: ReceiverOptions) {
    const { settings, files } = options;
    this.options = options;
    this.name = settings.name;
    this.verifier = new SetVerifier(settings, options.fetch, options.replay);
    this.pushToken = settings.push_token ? files.secret(settings.push_token) : null;
    this.pollToken = settings.poll?.token ? files.secret(settings.poll.token) : null;
  }

  /** Begins to ask for events, where the configuration says so. */
  start(): void {
    if (this.options.settings.poll) this.later(0);
  }

  /** POST of one SET (RFC 8935). */
  readonly push: HttpHandler = async (asked) => {
    if (asked.method !== 'POST') return told(405, undefined, { allow: 'POST' });
    if (!isBearer(asked, this.pushToken)) {
      return told(
        401,
        { err: 'authentication_failed', description: 'a bearer token is needed' },
        { 'www-authenticate': 'Bearer' },
      );
    }
    const type = headerAt(asked, 'content-type').split(';')[0].trim().toLowerCase();
    if (type !== 'application/secevent+jwt' || asked.body.length > MAX_BODY) {
      return told(400, { err: 'invalid_request', description: 'the body is not application/secevent+jwt' });
    }
    const taken = await this.take(asked.body.trim());
    if (taken === 'again') return told(503, undefined, { 'retry-after': '30' });
    return taken === 'taken' ? told(202) : told(400, taken, { 'content-language': 'en' });
  };

  private async take(text: string): Promise<Taken> {
    const { now, list, lastsMs } = this.options;
    const nowMs = now();
    const verdict = await this.verifier.verify(text, nowMs);
    if (verdict === 'again') return 'again';
    if (verdict === 'seen') return 'taken';
    if ('refused' in verdict) {
      this.tell({
        kind: 'refused',
        receiver: this.name,
        reason: `${verdict.refused}: ${verdict.detail}`,
        code: 'SP7606',
      });
      return { err: verdict.refused, description: verdict.detail };
    }
    for (const event of verdict.events) {
      const effect = carryOut(event, list, nowMs, lastsMs);
      this.tell({ kind: 'event', receiver: this.name, jti: verdict.jti, event, effect });
    }
    if (verdict.state !== '') this.tell({ kind: 'verified', receiver: this.name, state: verdict.state });
    await this.remember(verdict.jti, verdict.untilMs);
    return 'taken';
  }

  /** Before it is acknowledged: from then on the transmitter will not send it again, and whoever has copied it may. */
  private async remember(jti: string, untilMs: number): Promise<void> {
    try {
      await this.verifier.remember(jti, untilMs);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.tell({ kind: 'not-kept', receiver: this.name, reason, code: 'SP7613' });
    }
  }

  private later(ms: number): void {
    if (this.closed) return;
    this.callOff = (this.options.schedule ?? timer)(() => void this.poll(), ms);
  }

  /** Asks once, and again after a while: at once where there is more, later and later where nobody answers. */
  private async poll(): Promise<void> {
    const intervalMs = (this.options.settings.poll?.interval_s ?? 10) * 1000;
    try {
      const more = await this.ask();
      this.failures = 0;
      this.later(more ? 0 : intervalMs);
    } catch (error) {
      this.failures++;
      this.tell({
        kind: 'poll-failed',
        receiver: this.name,
        reason: error instanceof Error ? error.message : 'unknown',
        code: 'SP7607',
      });
      this.later(Math.max(intervalMs, pauseMs(this.failures, this.options.random ?? Math.random)));
    }
  }

  /** One question: acknowledges what was taken, takes what comes. True where there is more to ask for now. */
  private async ask(): Promise<boolean> {
    const { settings, fetch } = this.options;
    const acks = [...this.acks];
    const errors = [...this.errors];
    const question: Record<string, unknown> = { maxEvents: MAX_EVENTS, returnImmediately: true };
    if (acks.length > 0) question.ack = acks;
    if (errors.length > 0) question.setErrs = Object.fromEntries(errors);
    const answer = await fetch({
      method: 'POST',
      url: settings.poll?.endpoint ?? '',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(this.pollToken && { authorization: `Bearer ${this.pollToken.toString('utf8')}` }),
      },
      body: JSON.stringify(question),
      timeoutMs: POLL_TIMEOUT_MS,
    });
    if (answer.status !== 200) throw new Error(`the transmitter answered ${answer.status}`);
    for (const jti of acks) this.acks.delete(jti);
    for (const [jti] of errors) this.errors.delete(jti);
    const told = objectOf(answer.text);
    const sets = told?.sets ?? {};
    if (told === null || !isFields(sets)) throw new Error('the answer cannot be read');
    for (const [jti, text] of Object.entries(sets).slice(0, MAX_EVENTS)) {
      const taken = typeof text === 'string' ? await this.take(text) : INVALID;
      if (taken === 'taken') this.acks.add(jti);
      else if (taken !== 'again') this.errors.set(jti, taken);
    }
    return told.moreAvailable === true && this.acks.size + this.errors.size > 0;
  }

  private tell(news: ReceiverNews): void {
    try {
      this.options.news?.(news);
    } catch {
      // Whoever listens has a defect; the event has been carried out.
    }
  }

  close(): void {
    this.closed = true;
    this.callOff?.();
  }
}

const INVALID: Taken = { err: 'invalid_request', description: 'it is not a security event token' };
