/**
 * The desk: takes what a request presents to the scheme that knows it, asks whether that was revoked, and looks at how it is
 * used. What is in memory is answered at once; nothing in here throws.
 */
import { AUTH_OUTCOME, AUTH_SCHEME } from '../enrich/kinds.ts';
import type { Answered, Caller, Desk, Presented } from './contract.ts';
import { createDenylist } from './denylist.ts';
import { createReader } from './read.ts';
import { callerOf, type Found, NOBODY, type Revocations, type Scheme } from './scheme.ts';

/** Looks at how credentials are used; it proves nothing and refuses nothing. */
export interface Watch {
  needsBody?(presented: Presented, found: Found): boolean;
  /** Bits of FLAG, when the request comes. */
  seen?(presented: Presented, found: Found, caller: Caller): number;
  /** Bits of FLAG, when it was answered. `found` reads the headers, for who needs them: most answers interest nobody. */
  answered?(presented: Presented, found: () => Found, caller: Caller, answer: Answered): number;
}

export interface DeskOptions {
  /** In order: the first that is present counts, companions beside it. */
  readonly schemes: readonly Scheme[];
  readonly watches?: readonly Watch[];
  readonly revocations?: Revocations;
  /** Names of headers that carry keys. */
  readonly keyHeaders?: readonly string[];
  /** Dresses an accepted caller for the upstream: inner tokens, headers that name it. */
  readonly dress?: (caller: Caller, nowMs: number) => Caller | Promise<Caller>;
  /** Headers that the upstream is not to see, whoever is calling; small letters. */
  readonly removed?: readonly string[];
  /** Told about what schemes throw: defects, never what a client sends. */
  readonly onDefect?: (scheme: string, error: unknown) => void;
}

/** Puts schemes together. The desk owns them: {@link Desk.close} closes them. */
export function createDesk(options: DeskOptions): Desk {
  return new SchemeDesk(options);
}

const { accepted, claimed, malformed, revoked, unavailable } = AUTH_OUTCOME;
const NONE: readonly string[] = [];
const isPromise = <T>(value: T | Promise<T>): value is Promise<T> => value instanceof Promise;

class SchemeDesk implements Desk {
  private readonly options: DeskOptions;
  private readonly revocations: Revocations;
  private readonly read: ReturnType<typeof createReader>;
  private readonly nobody: Caller;
  /** Who wants to know what became of a request. */
  private readonly askers: readonly Scheme[];
  /** Somebody may want a body. */
  private readonly wantsBodies: boolean;

  constructor(options: DeskOptions) {
    this.options = options;
    this.revocations = options.revocations ?? createDenylist();
    this.read = createReader(options.keyHeaders ?? []);
    this.askers = options.schemes.filter((scheme) => scheme.answered !== undefined);
    this.wantsBodies = [...options.schemes, ...(options.watches ?? [])].some((part) => part.needsBody !== undefined);
    this.nobody = options.removed?.length ? { ...NOBODY, removed: options.removed } : NOBODY;
  }

  needsBody(presented: Presented): boolean {
    if (!this.wantsBodies) return false;
    const found = this.read(presented);
    try {
      for (const scheme of this.options.schemes)
        if (scheme.needsBody?.(presented, found) && scheme.present(presented, found)) return true;
      for (const watch of this.options.watches ?? []) if (watch.needsBody?.(presented, found)) return true;
    } catch (error) {
      this.defect('needsBody', error);
    }
    return false;
  }

  identify(presented: Presented): Caller | Promise<Caller> {
    let first: Scheme | null = null;
    try {
      const found = this.read(presented);
      const { schemes } = this.options;
      let others: Scheme[] | null = null;
      for (let i = 0; i < schemes.length; i++) {
        const scheme = schemes[i];
        if (first !== null && scheme.companion !== true) continue;
        if (!scheme.present(presented, found)) continue;
        if (first === null) first = scheme;
        else if (others === null) others = [scheme];
        else others.push(scheme);
      }
      if (first === null) return this.watched(presented, found, this.nobody);
      if (found.ambiguous) return this.watched(presented, found, AMBIGUOUS);
      const proof = first.identify(presented, found);
      if (others === null && !isPromise(proof)) return this.finish(presented, found, proof);
      return this.later(first, proof, others ?? [], presented, found);
    } catch (error) {
      return this.failed(first, error);
    }
  }

  /** What has to be waited for, or put together. */
  private async later(
    first: Scheme,
    proof: Caller | Promise<Caller>,
    others: readonly Scheme[],
    presented: Presented,
    found: Found,
  ): Promise<Caller> {
    let at = first;
    try {
      let caller = this.current(await proof, presented.nowMs);
      for (const other of others) {
        at = other;
        caller = joined(caller, this.current(await other.identify(presented, found), presented.nowMs));
      }
      return await this.finish(presented, found, caller);
    } catch (error) {
      return this.failed(at, error);
    }
  }

  private finish(presented: Presented, found: Found, caller: Caller): Caller | Promise<Caller> {
    caller = this.current(caller, presented.nowMs);
    const { dress } = this.options;
    if (caller.outcome !== accepted || dress === undefined) return this.watched(presented, found, caller);
    const dressed = dress(caller, presented.nowMs);
    if (!isPromise(dressed)) return this.watched(presented, found, dressed);
    return dressed.then(
      (ready) => this.watched(presented, found, ready),
      (error) => this.failed(null, error, caller.scheme),
    );
  }

  /** The caller, or the same one revoked. */
  private current(caller: Caller, nowMs: number): Caller {
    if (caller.outcome !== accepted && caller.outcome !== claimed) return caller;
    if (!this.revocations.isRevoked(caller, nowMs)) return caller;
    return { ...caller, principal: '', outcome: revoked, added: NONE, detail: 'it was revoked' };
  }

  /** Adds what watches have seen, and the headers that nobody may send on. */
  private watched(presented: Presented, found: Found, caller: Caller): Caller {
    const { watches, removed } = this.options;
    let { flags } = caller;
    if (watches !== undefined)
      for (let i = 0; i < watches.length; i++) flags |= watches[i].seen?.(presented, found, caller) ?? 0;
    const bare = removed === undefined || removed.length === 0 || caller.removed === removed;
    if (flags === caller.flags && bare) return caller;
    return { ...caller, flags, removed: bare ? caller.removed : [...removed, ...caller.removed] };
  }

  answered(presented: Presented, caller: Caller, answer: Answered): number {
    const { watches } = this.options;
    const isWatched = watches !== undefined && watches.length > 0;
    if (!isWatched && this.askers.length === 0) return 0;
    let flags = 0;
    try {
      for (const scheme of this.askers) flags |= scheme.answered?.(presented, caller, answer) ?? 0;
      if (!isWatched) return flags;
      const found = () => this.read(presented);
      for (const watch of watches) flags |= watch.answered?.(presented, found, caller, answer) ?? 0;
    } catch (error) {
      this.defect('answered', error);
    }
    return flags;
  }

  revoke(credential: string, untilMs: number): void {
    this.revocations.revoke(credential, untilMs);
    for (const scheme of this.options.schemes) scheme.forget?.(credential);
  }

  restore(credential: string): void {
    this.revocations.restore(credential);
  }

  async close(): Promise<void> {
    const closing = [...this.options.schemes, this.revocations].map(async (part) => part.close());
    for (const result of await Promise.allSettled(closing))
      if (result.status === 'rejected') this.defect('close', result.reason);
  }

  private failed(scheme: Scheme | null, error: unknown, kind: number = AUTH_SCHEME.none): Caller {
    this.defect(scheme?.name ?? 'desk', error);
    const { removed } = this.options;
    return callerOf(kind, unavailable, { detail: 'it could not be checked', removed: removed ?? [] });
  }

  private defect(where: string, error: unknown): void {
    try {
      this.options.onDefect?.(where, error);
    } catch {
      // Whoever listens to defects has one, too: the request goes on all the same.
    }
  }
}

const AMBIGUOUS = callerOf(AUTH_SCHEME.none, malformed, { detail: 'a credential stands twice, with different values' });

/**
 * The first proof, with what a second one adds. A second one that fails makes the whole fail: who shows a false key beside a
 * good token tries keys. `claimed` and unmapped ones add nothing.
 */
function joined(first: Caller, second: Caller): Caller {
  if (first.outcome !== accepted || second.outcome === claimed || second.outcome === AUTH_OUTCOME.none) return first;
  if (second.outcome !== accepted) {
    if (second.scheme === AUTH_SCHEME.certificate && second.outcome === AUTH_OUTCOME.unknown) return first;
    return second;
  }
  return {
    ...first,
    principal: first.principal || second.principal,
    partner: first.partner || second.partner,
    plan: first.plan || second.plan,
    device: first.device || second.device,
    scopes: first.scopes.length > 0 ? first.scopes : second.scopes,
    flags: first.flags | second.flags,
    untilMs: earliest(first.untilMs, second.untilMs),
    added: second.added.length > 0 ? [...first.added, ...second.added] : first.added,
    removed: second.removed.length > 0 ? [...first.removed, ...second.removed] : first.removed,
  };
}

const earliest = (a: number, b: number): number => (a === 0 ? b : b === 0 ? a : Math.min(a, b));
