/**
 * What counts no more, in this process, from the next request on: credentials and tokens, sessions, devices, and all that a
 * principal was given before a moment. Every entry has an end. Nothing in force is ever dropped to make room.
 */
import { AUTH_SCHEME } from '../../enrich/kinds.ts';
import type { Caller } from '../contract.ts';
import type { Revocations } from '../scheme.ts';

/** Whom or what a revocation is about. */
export type Target =
  | { readonly kind: 'credential' | 'session' | 'device'; readonly id: string }
  /** `issuer` '' stands for any. */
  | { readonly kind: 'principal'; readonly id: string; readonly issuer: string };

export interface Terms {
  /** Unix ms from which it counts no more; 0 for never. */
  readonly untilMs: number;
  /** For principals: only what was issued until then (Unix ms) is revoked; 0 for everything. */
  readonly issuedUntilMs?: number;
  /** Who wants it. Others may fill a part of the list only, so that there is room for us. */
  readonly by: 'us' | 'others';
}

/** One step of the list, as it can be kept and done again elsewhere. */
export type Change =
  | { readonly do: 'deny'; readonly target: Target; readonly terms: Terms }
  | { readonly do: 'allow'; readonly target: Target; readonly by: Terms['by'] };

export interface ListOptions {
  /** Revocations in force at once. */
  readonly capacity: number;
  readonly now: () => number;
  /** A revocation that is NOT in force for want of room: SP7609. */
  readonly onFull?: (target: Target) => void;
  /** Told of what {@link RevocationList.deny} and {@link RevocationList.allow} have done, not of what was applied. */
  readonly onChange?: (change: Change) => void;
}

interface Principal {
  readonly by: Terms['by'];
  readonly issuer: string;
  readonly untilMs: number;
  readonly issuedUntilMs: number;
}

/** Share of the list that others may fill, in percent. */
const OTHERS_PERCENT = 75;
/** Entries about one name of a principal: one for each issuer. */
const MAX_ISSUERS = 8;
/** Shortest time between two searches for entries that have ended, in ms. */
const SWEEP_MS = 1000;
const NEVER = Number.MAX_SAFE_INTEGER;

/** Schemes whose credentials a user gets by logging in: one that does not say when it was issued may be an old one. */
const LOGGED_IN: ReadonlySet<number> = new Set([
  AUTH_SCHEME.jwt,
  AUTH_SCHEME.opaque,
  AUTH_SCHEME.phantom,
  AUTH_SCHEME.cookie,
]);

/** {@link Revocations} of one process. A look costs at most four searches in a map, and none while nothing is revoked. */
export class RevocationList implements Revocations {
  /** Revocations that found no room. */
  refused = 0;
  private readonly options: ListOptions;
  private readonly ends = {
    credential: new Map<string, number>(),
    session: new Map<string, number>(),
    device: new Map<string, number>(),
  };
  private readonly principals = new Map<string, readonly Principal[]>();
  /** Of {@link ends} what we want ourselves, as `kind:id`: nobody else may lift it. */
  private readonly ours = new Set<string>();
  private sweptMs = 0;

  constructor(options: ListOptions) {
    this.options = options;
  }

  get size(): number {
    const { credential, session, device } = this.ends;
    return credential.size + session.size + device.size + this.principals.size;
  }

  isRevoked(caller: Caller, nowMs: number): boolean {
    const { credential, session, device } = this.ends;
    return (
      stands(credential, caller.credential, nowMs) ||
      stands(session, caller.session, nowMs) ||
      stands(device, caller.device, nowMs) ||
      this.isPrincipalRevoked(caller, nowMs)
    );
  }

  private isPrincipalRevoked({ principal, scheme, issuer = '', issuedMs = 0 }: Caller, nowMs: number): boolean {
    if (this.principals.size === 0 || principal === '') return false;
    const entries = this.principals.get(principal);
    if (entries === undefined) return false;
    for (const entry of entries) {
      if (entry.untilMs <= nowMs) continue;
      if (entry.issuer !== '' && issuer !== '' && entry.issuer !== issuer) continue;
      if (entry.issuedUntilMs === 0) return true;
      // Tokens tell whole seconds: what was issued in the same second counts as issued before.
      if (issuedMs === 0 ? LOGGED_IN.has(scheme) : issuedMs <= entry.issuedUntilMs) return true;
    }
    return false;
  }

  revoke(credential: string, untilMs: number): void {
    this.deny({ kind: 'credential', id: credential }, { untilMs, by: 'us' });
  }

  restore(credential: string): void {
    this.allow({ kind: 'credential', id: credential });
  }

  /** From the next request on `target` counts no more. False where it is not in force: there is no room, or it has ended. */
  deny(target: Target, terms: Terms): boolean {
    const inForce = this.add(target, terms);
    if (inForce) this.options.onChange?.({ do: 'deny', target, terms });
    return inForce;
  }

  /** Lifts a revocation of exactly this target. Others lift only what others wanted. False where it stands as before. */
  allow(target: Target, by: Terms['by'] = 'us'): boolean {
    const lifted = this.take(target, by);
    if (lifted) this.options.onChange?.({ do: 'allow', target, by });
    return lifted;
  }

  /** Does what was done elsewhere, or before a restart. False where that changes nothing. */
  apply(change: Change): boolean {
    return change.do === 'deny' ? this.add(change.target, change.terms) : this.take(change.target, change.by);
  }

  /** Goes over to another list: what is not in it counts again. Nothing is lifted in between. */
  replace(changes: readonly Change[]): void {
    this.close();
    for (const change of changes) this.apply(change);
  }

  private add(target: Target, terms: Terms): boolean {
    const nowMs = this.options.now();
    const untilMs = terms.untilMs === 0 ? NEVER : terms.untilMs;
    if (target.id === '' || untilMs <= nowMs) return false;
    if (!this.hasRoom(target, terms.by, nowMs)) {
      this.refused++;
      this.options.onFull?.(target);
      return false;
    }
    if (target.kind !== 'principal') {
      const ends = this.ends[target.kind];
      if (terms.by === 'us') this.ours.add(`${target.kind}:${target.id}`);
      // A shorter one must not end what somebody else wanted for longer.
      ends.set(target.id, Math.max(untilMs, ends.get(target.id) ?? 0));
      return true;
    }
    const others = (this.principals.get(target.id) ?? []).filter(({ issuer }) => issuer !== target.issuer);
    const entry = { by: terms.by, issuer: target.issuer, untilMs, issuedUntilMs: terms.issuedUntilMs ?? 0 };
    const before = this.principals.get(target.id)?.find(({ issuer }) => issuer === target.issuer);
    this.principals.set(target.id, [...others, before && before.untilMs > nowMs ? wider(before, entry) : entry]);
    return true;
  }

  private take(target: Target, by: Terms['by']): boolean {
    if (target.kind !== 'principal') {
      const mark = `${target.kind}:${target.id}`;
      if (by === 'others' && this.ours.has(mark)) return false;
      this.ours.delete(mark);
      return this.ends[target.kind].delete(target.id);
    }
    const entries = this.principals.get(target.id) ?? [];
    const rest = entries.filter((one) => one.issuer !== target.issuer || (by === 'others' && one.by === 'us'));
    if (rest.length === 0) this.principals.delete(target.id);
    else this.principals.set(target.id, rest);
    return rest.length < entries.length;
  }

  private hasRoom(target: Target, by: Terms['by'], nowMs: number): boolean {
    const { capacity } = this.options;
    const most = by === 'us' ? capacity : Math.floor((capacity * OTHERS_PERCENT) / 100);
    const known = target.kind === 'principal' ? this.principals : this.ends[target.kind];
    if (target.kind === 'principal') {
      const entries = this.principals.get(target.id) ?? [];
      if (entries.length >= MAX_ISSUERS && !entries.some(({ issuer }) => issuer === target.issuer)) return false;
    }
    if (known.has(target.id) || this.size < most) return true;
    if (nowMs - this.sweptMs >= SWEEP_MS) this.sweep(nowMs);
    return this.size < most;
  }

  private sweep(nowMs: number): void {
    this.sweptMs = nowMs;
    for (const [kind, ends] of Object.entries(this.ends)) {
      for (const [id, untilMs] of ends) {
        if (untilMs > nowMs) continue;
        ends.delete(id);
        this.ours.delete(`${kind}:${id}`);
      }
    }
    for (const [id, entries] of this.principals) {
      if (entries.every(({ untilMs }) => untilMs <= nowMs)) this.principals.delete(id);
    }
  }

  close(): void {
    for (const ends of Object.values(this.ends)) ends.clear();
    this.principals.clear();
    this.ours.clear();
  }
}

function stands(ends: Map<string, number>, id: string, nowMs: number): boolean {
  if (ends.size === 0 || id === '') return false;
  const end = ends.get(id);
  return end !== undefined && end > nowMs;
}

/** Both at once: the later end, and of what was issued the most. */
function wider(a: Principal, b: Principal): Principal {
  const all = a.issuedUntilMs === 0 || b.issuedUntilMs === 0;
  return {
    by: a.by === 'us' || b.by === 'us' ? 'us' : 'others',
    issuer: a.issuer,
    untilMs: Math.max(a.untilMs, b.untilMs),
    issuedUntilMs: all ? 0 : Math.max(a.issuedUntilMs, b.issuedUntilMs),
  };
}
