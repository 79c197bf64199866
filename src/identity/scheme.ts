/**
 * What one way of proving who is calling has to offer to the desk: an API key, a token, a certificate, a signature. The desk
 * (desk.ts) holds them in order and takes the first whose credential is there.
 */
import { AUTH_OUTCOME, AUTH_SCHEME, ROLE } from '../enrich/kinds.ts';
import type { Answered, Caller, Presented } from './contract.ts';

/**
 * What of a request every scheme would look for, found in one pass over its headers. Texts are '' where nothing is there.
 * A header that stands twice counts once: the first; `ambiguous` says that it happened to one that proves something.
 */
export interface Found {
  /** Authorization as it came, and taken apart: the scheme in small letters, and what follows it. */
  readonly authorization: string;
  readonly authScheme: string;
  readonly authValue: string;
  /** All Cookie headers, joined with '; '. */
  readonly cookie: string;
  /** Value of the first header of `credential_headers` that is there, and its name in small letters. */
  readonly key: string;
  readonly keyHeader: string;
  /** DPoP (RFC 9449). */
  readonly dpop: string;
  readonly ambiguous: boolean;
}

export interface Scheme {
  /** For logs and metrics: 'keys', 'jwt', 'hmac:partners'. */
  readonly name: string;
  /** Is there something of this kind? Nothing is checked yet. Called for every request: headers only, no hashing. */
  present(presented: Presented, found: Found): boolean;
  /** Left out where bodies never matter. Asked before {@link identify}, of schemes that are present. */
  needsBody?(presented: Presented, found: Found): boolean;
  /**
   * At once where everything needed is in memory. What goes wrong is an outcome; what is thrown all the same becomes
   * AUTH_OUTCOME.unavailable. {@link callerOf} gives an answer with everything left out that is not known.
   */
  identify(presented: Presented, found: Found): Caller | Promise<Caller>;
  /**
   * A second proof beside the first, where both are presented: a certificate beside a token. It adds partner, plan and
   * scopes where the first has none, and where it fails the request fails; `false` (or left out) where it is not looked
   * at then.
   */
  readonly companion?: boolean;
  /** Bits of FLAG that only the answer shows. Called with the caller whom this desk has identified by whichever scheme. */
  answered?(presented: Presented, caller: Caller, answer: Answered): number;
  /** Forgets what is cached of a credential. */
  forget?(credential: string): void;
  close(): void | Promise<void>;
}

/** What counts no more. The desk asks for every accepted caller, also for cached ones. */
export interface Revocations {
  /** By its credential, session, device or principal; `issuedMs` of the caller counts for "all that is older". ~100 ns. */
  isRevoked(caller: Caller, nowMs: number): boolean;
  revoke(credential: string, untilMs: number): void;
  restore(credential: string): void;
  close(): void | Promise<void>;
}

const NONE: readonly never[] = [];

/** Nobody: nothing was presented. */
export const NOBODY: Caller = {
  scheme: AUTH_SCHEME.none,
  outcome: AUTH_OUTCOME.none,
  principal: '',
  credential: '',
  session: '',
  partner: '',
  plan: '',
  role: ROLE.anonymous,
  scopes: NONE,
  device: '',
  flags: 0,
  untilMs: 0,
  added: NONE,
  removed: NONE,
  detail: '',
  issuedMs: 0,
  issuer: '',
};

/**
 * A caller with what is known; everything else as for nobody, ROLE unknown. Written out field by field: copying objects takes
 * longer the more there is in them, and how long a refusal takes must not tell how much was known.
 */
export function callerOf(scheme: number, outcome: number, known: Partial<Caller> = NOTHING): Caller {
  const caller: Caller = {
    scheme,
    outcome,
    principal: known.principal ?? '',
    credential: known.credential ?? '',
    session: known.session ?? '',
    partner: known.partner ?? '',
    plan: known.plan ?? '',
    role: known.role ?? ROLE.unknown,
    scopes: known.scopes ?? NONE,
    device: known.device ?? '',
    flags: known.flags ?? 0,
    untilMs: known.untilMs ?? 0,
    added: known.added ?? NONE,
    removed: known.removed ?? NONE,
    detail: known.detail ?? '',
    issuedMs: known.issuedMs ?? 0,
    issuer: known.issuer ?? '',
  };
  return known.ask === undefined ? caller : { ...caller, ask: known.ask };
}

const NOTHING: Partial<Caller> = {};
