/** What operators see of revocations and may do about them. */
import type { Target } from './list.ts';

/** A revocation that is in force, and where it comes from. */
export interface StandingRevocation {
  readonly target: Target;
  /** Unix ms; 0 where it has no end. */
  readonly untilMs: number;
  readonly sinceMs: number;
  /** `operator:anna`, `engine`, `signals`. */
  readonly by: string;
  readonly reason: string;
  /** Id of the mitigation that it belongs to and ends with; '' for none. */
  readonly mitigation: string;
  /** Who was told so far. */
  readonly told: OthersTold;
}

export interface RevocationOrder {
  readonly target: Target;
  /** Who issued the token, where the target is one and that is known. */
  readonly issuer?: string;
  /** Unix ms; 0 for good. */
  readonly untilMs: number;
  readonly by: string;
  readonly reason: string;
}

/** What of a revocation cannot be taken back, because others were told. */
export interface OthersTold {
  /** Issuers that have revoked the token there (RFC 7009), or tokens of whom it was about: for good. */
  readonly issuers: readonly string[];
  /** Streams of shared signals that were told. There is no event that takes theirs back. */
  readonly streams: readonly string[];
}

export interface RevocationsPort {
  /** Those in force, newest first. */
  standing(limit: number): readonly StandingRevocation[];
  /** In force when this returns, on record when it resolves. SallyportError SP7609 where there is no room, SP41xx of the ledger. */
  revoke(order: RevocationOrder): Promise<StandingRevocation>;
  /** It counts again here. Gives what stays elsewhere. SallyportError SP7610 where nothing of the kind is revoked. */
  restore(target: Target, by: string, reason: string): Promise<OthersTold>;
}
