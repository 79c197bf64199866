/**
 * What all schemes of bearer tokens share: what was found out about a token is remembered by its digest, good and bad ones
 * apart, so that garbage never pushes out tokens that are good; and who asks while it is being found out waits for the answer.
 */
import { Cache } from './cache.ts';
import type { Caller, Presented } from './contract.ts';
import type { Confirmation } from './jwt/binding.ts';
import { digestOf } from './pseudonym.ts';
import { tokenOf } from './read.ts';
import type { Found, Scheme } from './scheme.ts';

/** A token that is good, and what it is bound to. */
export interface GoodToken {
  readonly caller: Caller;
  readonly cnf: Confirmation;
}

export abstract class TokenScheme<T extends GoodToken> implements Scheme {
  abstract readonly name: string;
  protected readonly good: Cache<T>;
  protected readonly bad: Cache<Caller>;
  private readonly pending = new Map<string, Promise<T | Caller>>();

  /** `cached`: tokens of each kind in one generation of their cache. */
  constructor(cached: number) {
    this.good = new Cache(cached);
    this.bad = new Cache(cached);
  }

  abstract present(presented: Presented, found: Found): boolean;

  /** What can be said against a token without looking anything up; null for nothing. */
  protected abstract misshapen(token: string): Caller | null;

  /** Whoever brings a new token while so many are being looked into: null, or what is answered instead of looking. */
  protected abstract tooBusy(pending: number, nowMs: number): Caller | null;

  /** Finds out about a token, and puts what is to be remembered into `good` or `bad`. */
  protected abstract ask(digest: string, token: string, nowMs: number): Promise<T | Caller>;

  /** A good token in this request. */
  protected abstract use(good: T, token: string, presented: Presented, found: Found): Caller | Promise<Caller>;

  identify(presented: Presented, found: Found): Caller | Promise<Caller> {
    const token = tokenOf(found);
    const wrong = this.misshapen(token);
    if (wrong !== null) return wrong;
    const digest = digestOf(token);
    const good = this.good.get(digest, presented.nowMs);
    if (good !== undefined) return this.use(good, token, presented, found);
    return this.bad.get(digest, presented.nowMs) ?? this.later(digest, token, presented, found);
  }

  private async later(digest: string, token: string, presented: Presented, found: Found): Promise<Caller> {
    let pending = this.pending.get(digest);
    if (pending === undefined) {
      const busy = this.tooBusy(this.pending.size, presented.nowMs);
      if (busy !== null) return busy;
      pending = this.ask(digest, token, presented.nowMs).finally(() => this.pending.delete(digest));
      this.pending.set(digest, pending);
    }
    const result = await pending;
    return 'cnf' in result ? this.use(result, token, presented, found) : result;
  }

  close(): void {
    this.pending.clear();
  }
}
