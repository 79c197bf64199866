/**
 * The accounts, in bounded memory. Whoever has proven to be somebody has a place apart from those who are known by their
 * address only, so that a flood of strange addresses pushes nobody out whose usage is billed.
 */
import { Account } from './account.ts';

/** Accounts of callers who are known, and of addresses. Of each the longest unused goes, and begins anew. */
const MAX_KNOWN = 100_000;
export const MAX_ADDRESSES = 50_000;

export class Accounts {
  private readonly known = new Map<string, Account>();
  private readonly addresses = new Map<string, Account>();
  /** Accounts that had to go although their month was not over. */
  evicted = 0;

  /** The account of that id; made where there is none. */
  of(id: string, plan: string, isAddress: boolean, label: () => string): Account {
    const map = isAddress ? this.addresses : this.known;
    const found = map.get(id);
    const account = found ?? new Account(id, plan, label());
    if (found === undefined) this.put(map, account);
    return account;
  }

  /** Moves an account behind all others: it was used. */
  touch(account: Account, nowMs: number): void {
    // The order need not be exact: an account that was used within the last minute is far from its end.
    if (nowMs - account.lastMs >= TOUCH_MS) {
      const map = this.mapOf(account);
      map.delete(account.id);
      map.set(account.id, account);
      account.lastMs = nowMs;
    }
  }

  /** Takes over an account of a file. */
  restore(account: Account): void {
    const map = this.mapOf(account);
    map.delete(account.id);
    this.put(map, account);
  }

  remove(account: Account): void {
    this.mapOf(account).delete(account.id);
  }

  *all(): Generator<Account> {
    yield* this.known.values();
    yield* this.addresses.values();
  }

  get size(): number {
    return this.known.size + this.addresses.size;
  }

  private mapOf({ id }: Account): Map<string, Account> {
    return isAddressId(id) ? this.addresses : this.known;
  }

  private put(map: Map<string, Account>, account: Account): void {
    map.set(account.id, account);
    const most = map === this.addresses ? MAX_ADDRESSES : MAX_KNOWN;
    if (map.size <= most) return;
    map.delete(map.keys().next().value as string);
    this.evicted++;
  }
}

const TOUCH_MS = 60_000;

const isAddressId = (id: string): boolean => id.includes('/address:');
