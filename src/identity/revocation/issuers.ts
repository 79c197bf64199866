/**
 * Telling issuers that a token was revoked here (RFC 7009). Only whoever holds a token can revoke it there, and Sallyport keeps
 * none: so where a token is revoked by its id, its issuer learns of it when the token is presented the next time.
 */
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { IssuerSettings, RevocationSettings } from '../../config/signing.ts';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import type { Caller } from '../contract.ts';
import type { Fetcher } from '../http.ts';
import { ReplayGuard } from '../replay.ts';
import type { Found } from '../scheme.ts';
import type { KeyFiles } from '../signed/index.ts';
import { signingKey } from './keys.ts';
import { Outbox, type Schedule, type Sent, type Settled } from './outbox.ts';

export interface IssuerNews {
  readonly issuer: string;
  readonly credential: string;
  readonly outcome: Settled;
  readonly attempts: number;
  /** '' where it went well. */
  readonly code: '' | 'SP7604' | 'SP7605';
}

export interface TellerOptions {
  readonly settings: RevocationSettings;
  readonly files: KeyFiles;
  readonly fetch: Fetcher;
  readonly now: () => number;
  /** How it went, for the ledger and metrics. */
  readonly settled?: (told: IssuerNews) => void;
  readonly schedule?: Schedule;
  readonly random?: () => number;
}

interface Telling {
  readonly token: string;
  readonly hint: 'access_token' | 'refresh_token';
  readonly credential: string;
}

interface IssuerDesk {
  readonly settings: IssuerSettings;
  readonly outbox: Outbox<Telling>;
}

/** How long a client assertion counts, in seconds. */
const ASSERTION_S = 60;
/** Credentials that have been told, remembered at once, and for how long in ms. */
const MAX_TOLD = 20_000;
const TOLD_MS = 86_400_000;
/** Longest token that is told, in characters. */
const MAX_TOKEN = 16_384;

/** Tells issuers. SallyportError SP7601 or SP7602 for a secret or key that cannot be used. */
export class IssuerTeller {
  private readonly desks = new Map<string, IssuerDesk>();
  private readonly told = new ReplayGuard({ capacity: MAX_TOLD });
  private readonly now: () => number;

  constructor(options: TellerOptions) {
    this.now = options.now;
    for (const settings of options.settings.issuers) {
      const authenticate = clientAuth(settings, options);
      const { issuer } = settings;
      const outbox = new Outbox<Telling>({
        capacity: options.settings.queue,
        attempts: options.settings.attempts,
        send: (item) => send(item, settings, authenticate, options),
        settled: ({ credential }, outcome, attempts) =>
          options.settled?.({ issuer, credential, outcome, attempts, code: codeOf(outcome) }),
        ...(options.schedule && { schedule: options.schedule }),
        ...(options.random && { random: options.random }),
      });
      this.desks.set(issuer, { settings, outbox });
    }
  }

  /** Has `issuer` revoke `token`. False where it is no issuer of the configuration, or too many wait for it. */
  tell(issuer: string, token: string, credential: string, hint: Telling['hint'] = 'access_token'): boolean {
    const desk =
      this.desks.get(issuer) ?? (issuer === '' && this.desks.size === 1 ? [...this.desks.values()][0] : undefined);
    if (!desk || token === '' || token.length > MAX_TOKEN) return false;
    return desk.outbox.offer({ token, hint, credential });
  }

  /**
   * For the watches of the desk: a revoked token that is presented is told to its issuer, once. `seen` never flags anything.
   */
  watch(): { seen(presented: unknown, found: Found, caller: Caller): number } {
    return {
      seen: (_, found, caller) => {
        if (caller.outcome !== AUTH_OUTCOME.revoked || this.desks.size === 0) return 0;
        if (found.authScheme !== 'bearer' && found.authScheme !== 'dpop') return 0;
        const nowMs = this.now();
        if (this.told.firstUse(caller.credential, nowMs + TOLD_MS, nowMs) === 'first') {
          this.tell(caller.issuer ?? '', found.authValue, caller.credential);
        }
        return 0;
      },
    };
  }

  close(): void {
    for (const { outbox } of this.desks.values()) outbox.close();
  }
}

function codeOf(outcome: Settled): IssuerNews['code'] {
  if (outcome === 'done') return '';
  return outcome === 'no-room' ? 'SP7605' : 'SP7604';
}

/** What proves who we are: a header, or fields of the form. */
type Authenticate = () => Promise<{ readonly authorization?: string; readonly fields?: Record<string, string> }>;

function clientAuth({ auth, issuer }: IssuerSettings, { files, now }: TellerOptions): Authenticate {
  if (auth.method === 'basic') {
    // RFC 6749, 2.3.1: both are form-encoded before they are joined.
    const encode = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
    const pair = `${encode(auth.id)}:${encode(files.secret(auth.secret).toString('utf8'))}`;
    const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    return async () => ({ authorization });
  }
  const key = signingKey(files.pem(auth.key), auth.key, auth.algorithm);
  return async () => {
    const seconds = Math.floor(now() / 1000);
    const assertion = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: auth.algorithm, ...(auth.kid !== '' && { kid: auth.kid }) })
      .setIssuer(auth.id)
      .setSubject(auth.id)
      .setAudience(auth.audience || issuer)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + ASSERTION_S)
      .sign(key);
    return {
      fields: {
        client_id: auth.id,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      },
    };
  };
}

async function send(
  { token, hint }: Telling,
  { endpoint }: IssuerSettings,
  authenticate: Authenticate,
  { fetch, settings }: TellerOptions,
): Promise<Sent> {
  const { authorization, fields } = await authenticate();
  const answer = await fetch({
    method: 'POST',
    url: endpoint,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
      ...(authorization !== undefined && { authorization }),
    },
    body: new URLSearchParams({ token, token_type_hint: hint, ...fields }).toString(),
    timeoutMs: settings.timeout_s * 1000,
  });
  // RFC 7009, 2.2: a token that is not known there is no error either.
  if (answer.status === 200) return 'done';
  return answer.status >= 500 || answer.status === 429 || answer.status === 408 ? 'again' : 'refused';
}
