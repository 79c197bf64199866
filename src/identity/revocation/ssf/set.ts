/** Security Event Tokens (RFC 8417): verified by the keys of the one transmitter that they are taken from. */
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { ReceiverSettings } from '../../../config/signing.ts';
import { type Fetcher, Unavailable } from '../../http.ts';
import { RemoteKeys } from '../../jwt/jwks.ts';
import type { LastingReplay } from '../../replay.ts';
import { EVENT, type SecurityEvent } from './events.ts';
import { NOBODY, subjectsOf } from './subjects.ts';

/** Longest SET in characters, and most events in one. */
export const MAX_SET = 65_536;
const MAX_EVENTS = 10;
/** How far clocks may differ, in ms. */
const SKEW_MS = 60_000;
const KEYS = { timeoutMs: 5000, ttlMs: 600_000, staleMs: 86_400_000, coolDownMs: 30_000 };

/** Codes of RFC 8935, 2.4. */
export type SetError =
  | 'invalid_request'
  | 'invalid_key'
  | 'invalid_issuer'
  | 'invalid_audience'
  | 'authentication_failed'
  | 'access_denied';

/** `again`: it cannot be judged now. `seen`: it was taken before. */
export type SetVerdict =
  | {
      readonly jti: string;
      readonly events: readonly SecurityEvent[];
      readonly state: string;
      /** Unix ms from which it is too old to be taken. */
      readonly untilMs: number;
    }
  | { readonly refused: SetError; readonly detail: string }
  | 'again'
  | 'seen';

const no = (refused: SetError, detail: string): SetVerdict => ({ refused, detail });

export class SetVerifier {
  private readonly settings: ReceiverSettings;
  private readonly keys: RemoteKeys;
  private readonly replay: LastingReplay;

  constructor(settings: ReceiverSettings, fetch: Fetcher, replay: LastingReplay) {
    this.settings = settings;
    this.keys = new RemoteKeys({ jwksUrl: settings.jwks, fetch, ...KEYS });
    this.replay = replay;
  }

  /** Checks a SET, and that it comes for the first time. Never rejects. */
  async verify(text: string, nowMs: number): Promise<SetVerdict> {
    if (text.length > MAX_SET) return no('invalid_request', 'it is too long');
    let payload: JWTPayload;
    try {
      // SETs without a type are as good as any JWT of the issuer: an ID token must not pass for an event.
      const { typ } = decodeProtectedHeader(text);
      if (typeof typ !== 'string' || !/^(application\/)?secevent\+jwt$/i.test(typ)) {
        return no('invalid_request', 'its type is not secevent+jwt');
      }
      ({ payload } = await jwtVerify(text, this.keys.at(nowMs), {
        issuer: this.settings.issuer,
        audience: this.settings.audience,
        algorithms: [...this.settings.algorithms],
        currentDate: new Date(nowMs),
      }));
    } catch (error) {
      return refusal(error);
    }
    return this.judge(payload, nowMs);
  }

  private async judge(payload: JWTPayload, nowMs: number): Promise<SetVerdict> {
    const { jti, iat, events } = payload;
    if (typeof jti !== 'string' || jti === '' || jti.length > 512) return no('invalid_request', 'it has no jti');
    if (typeof iat !== 'number') return no('invalid_request', 'it has no iat');
    const issuedMs = iat * 1000;
    const untilMs = issuedMs + this.settings.max_age_s * 1000;
    if (nowMs > untilMs) return no('invalid_request', 'it is too old');
    if (issuedMs > nowMs + SKEW_MS) return no('invalid_request', 'it was issued ahead of time');
    if (typeof events !== 'object' || events === null || Array.isArray(events)) {
      return no('invalid_request', 'it has no events');
    }
    const entries = Object.entries(events as Record<string, unknown>);
    if (entries.length === 0 || entries.length > MAX_EVENTS)
      return no('invalid_request', 'its events are none, or too many');
    const use = await this.replay.firstUse(this.keyOf(jti), untilMs + 1, nowMs);
    if (use === 'seen') return 'seen';
    if (use === 'full') return 'again';
    return { jti, untilMs, ...eventsOf(entries, payload, this.settings.principal_prefix, nowMs) };
  }

  private keyOf(jti: string): string {
    return `set:${this.settings.name}:${jti}`;
  }

  /** What it said has been carried out: resolves once a restart does not make it new again. */
  async remember(jti: string, untilMs: number): Promise<void> {
    await this.replay.keep?.(this.keyOf(jti), untilMs + 1);
  }
}

function eventsOf(
  entries: readonly (readonly [string, unknown])[],
  payload: JWTPayload,
  prefix: string,
  nowMs: number,
): { events: SecurityEvent[]; state: string } {
  const found: SecurityEvent[] = [];
  let state = '';
  for (const [type, value] of entries) {
    const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
    if (type === EVENT.verification && typeof fields.state === 'string') state = fields.state.slice(0, 512);
    const atMs = Math.min(nowMs, timeOf(fields.event_timestamp) ?? timeOf(payload.toe) ?? Number(payload.iat) * 1000);
    // `sub_id` of the token, or `subject` within the event, as drafts before 1.0 had it.
    const subjects = subjectsOf(payload.sub_id ?? fields.subject, prefix);
    if (subjects.length === 0) subjects.push(NOBODY);
    for (const subject of subjects) found.push({ type, subject, payload: fields, atMs });
  }
  return { events: found, state };
}

/** Seconds since 1970; some send milliseconds. */
function timeOf(value: unknown): number | null {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return null;
  return value > 1e11 ? value : value * 1000;
}

/** What to answer to a token that could not be verified. Nothing in it comes from the token. */
function refusal(error: unknown): SetVerdict {
  if (error instanceof Unavailable) return 'again';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'iss') {
    return no('invalid_issuer', 'it is of another issuer');
  }
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
    return no('invalid_audience', 'it is for somebody else');
  }
  const keyErrors = [errors.JWKSNoMatchingKey, errors.JWSSignatureVerificationFailed, errors.JOSEAlgNotAllowed];
  if (keyErrors.some((kind) => error instanceof kind)) return no('invalid_key', 'its signature does not verify');
  return no('invalid_request', 'it is not a security event token');
}
