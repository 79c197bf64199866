/**
 * What counts no more, as a gateway sees it. One process keeps the office: it decides, has it on record and talks to others. With
 * several workers that is the owner of state, and each worker has a branch of it: a list that is told every change.
 */
import { AUTH_OUTCOME } from '../../../enrich/kinds.ts';
import type { Caller } from '../../../identity/contract.ts';
import type { IssuerTeller } from '../../../identity/revocation/issuers.ts';
import type { Change, RevocationList, Target } from '../../../identity/revocation/list.ts';
import type { HttpAsked, HttpTold } from '../../../identity/revocation/ssf/http.ts';
import type { Revocations } from '../../../identity/scheme.ts';
import type { Verdict } from '../../../runtime/live/verdict.ts';

/** A credential that a verdict takes out of use. */
export interface Condemned {
  readonly credential: string;
  /** Who issued it, where it is a token; '' else. */
  readonly issuer: string;
  /** AUTH_SCHEME by which it was shown, and whom it proves. */
  readonly scheme: number;
  readonly principal: string;
  /** Unix ms: as long as the mitigation stands. */
  readonly untilMs: number;
  /** Id of the mitigation, with which it is restored. */
  readonly mitigation: string;
}

export interface Revoking {
  readonly list: RevocationList;
  readonly issuers: IssuerTeller;
  /** Paths of shared signals that are answered here. */
  owns(path: string): boolean;
  /** Never rejects. */
  serve(path: string, asked: HttpAsked): Promise<HttpTold>;
  condemned(what: Condemned): void;
  close(): Promise<void>;
}

/** Whom a verdict has to be about for the credential to go with it: an address may be shared. */
const OWNERS: ReadonlySet<string> = new Set(['credential', 'session', 'principal']);

/** What a verdict condemns of a caller; null for nothing. Who is known to be revoked is not condemned again. */
export function condemnedBy(verdict: Verdict, caller: Caller): Condemned | null {
  const counts = caller.outcome === AUTH_OUTCOME.accepted || caller.outcome === AUTH_OUTCOME.claimed;
  if (verdict.action !== 'revoke' || !counts || caller.credential === '') return null;
  if (!OWNERS.has(verdict.dimension) || verdict.mitigation === '') return null;
  const { credential, issuer = '', scheme } = caller;
  const principal = caller.outcome === AUTH_OUTCOME.accepted ? caller.principal : '';
  return { credential, issuer, scheme, principal, untilMs: verdict.untilMs, mitigation: verdict.mitigation };
}

/** The list as desks get it: a desk that goes leaves it to the next one. */
export const shared = (list: RevocationList): Revocations => ({
  isRevoked: (caller, nowMs) => list.isRevoked(caller, nowMs),
  revoke: (credential, untilMs) => list.revoke(credential, untilMs),
  restore: (credential) => list.restore(credential),
  close() {},
});

/** One text for each target, to find it by. */
export const nameOf = (target: Target): string =>
  `${target.kind}\0${target.id}\0${target.kind === 'principal' ? target.issuer : ''}`;

/** What the office tells its branches. */
export interface OfficeNews {
  /** All that is in force: in place of whatever was known. */
  readonly standing?: readonly Change[];
  /** Paths that the office answers. */
  readonly paths?: readonly string[];
  readonly change?: Change;
  /** Answer to a question of one worker. */
  readonly told?: { readonly worker: number; readonly id: number; readonly told: HttpTold };
}

/** What branches ask of the office. */
export type BranchAsk =
  | { readonly do: 'condemn'; readonly what: Condemned }
  /** An issuer has revoked a token for good (RFC 7009). */
  | { readonly do: 'issuer-told'; readonly credential: string; readonly issuer: string }
  | { readonly do: 'serve'; readonly id: number; readonly path: string; readonly asked: HttpAsked };
