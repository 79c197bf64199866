/** Customers, their passwords and reset codes. */
import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';
import { Bounded } from './bounded.ts';
import { Problem } from './http.ts';
import { drawn, type InventoryAccount } from './inventory.ts';

/**
 * Far below what a shop should use (N = 2^17, r = 8): about half a millisecond a password, so that an attack on the login
 * meets the shop's missing limits and not the machine's.
 */
const SCRYPT = { N: 256, r: 8, p: 1 };
const KEY_BYTES = 32;
/** Sign-ups end here: an attacked shop must stay alive. */
const ACCOUNT_LIMIT = 500_000;
const RESET_LIMIT = 50_000;
const RESET_MS = 30 * 60_000;
const DAY_MS = 86_400_000;

export interface Account {
  readonly id: number;
  readonly name: string;
  email: string;
  displayName: string;
  /** Cents. */
  credit: number;
  role: string;
  readonly since: string;
  readonly orders: number[];
}

/** A stored password; the plain text of the inventory lasts until it is first asked for. */
type Secret = { readonly plain: string } | { readonly salt: Buffer; readonly hash: Buffer };

export interface Letter {
  /** Name of the account that it is about. */
  readonly account: string;
  readonly to: string;
  readonly text: string;
}

/** Sends mail. */
export type Mail = (letter: Letter) => void;

export class Accounts {
  private readonly byId: Account[] = [];
  private readonly byName = new Map<string, Account>();
  private readonly secrets = new Map<Account, Secret>();
  private readonly resets = new Bounded<string, { code: string; untilMs: number }>(RESET_LIMIT);
  private readonly mail: Mail;

  constructor(stock: readonly InventoryAccount[], mail: Mail) {
    this.mail = mail;
    for (const { name, password, orders } of stock) {
      const since = new Date(Date.UTC(2021, 0, 1) + drawn(`since/${name}`, 1400) * DAY_MS).toISOString();
      this.add(name, `${name}@mail.example`, [...orders], { plain: password }, since.slice(0, 10));
    }
  }

  get all(): readonly Account[] {
    return this.byId;
  }

  named(name: string): Account | undefined {
    return this.byName.get(name.toLowerCase());
  }

  /** By number, which starts at 1, or by name. */
  find(text: string): Account | undefined {
    return /^\d+$/.test(text) ? this.byId[Number(text) - 1] : this.named(text);
  }

  /** @throws Problem 409 when the name is taken, 503 when the shop is full. */
  async signUp(name: string, email: string, password: string, nowMs: number): Promise<Account> {
    this.refuseTaken(name);
    if (this.byId.length >= ACCOUNT_LIMIT) throw new Problem(503, 'Full', 'No more accounts can be opened.');
    const secret = await hashed(password);
    // Hashing took a while: somebody else may have the name by now.
    this.refuseTaken(name);
    return this.add(name, email, [], secret, new Date(nowMs).toISOString().slice(0, 10));
  }

  private refuseTaken(name: string): void {
    if (this.named(name)) throw new Problem(409, 'Conflict', `The user name "${name}" is taken.`);
  }

  /** The account, if name and password belong together. An unknown name is answered sooner, which is a weakness. */
  async logIn(name: string, password: string): Promise<Account | undefined> {
    const account = this.named(name);
    if (!account) return undefined;
    let secret = this.secrets.get(account)!;
    if ('plain' in secret) {
      secret = await hashed(secret.plain);
      this.secrets.set(account, secret);
    }
    const { salt, hash } = secret;
    return timingSafeEqual(hash, await derive(password, salt)) ? account : undefined;
  }

  /** Sends a code of five digits. False for an unknown name, which the caller then says aloud: a weakness. */
  requestReset(name: string, nowMs: number): boolean {
    const account = this.named(name);
    if (!account) return false;
    const code = String(randomInt(100_000)).padStart(5, '0');
    this.resets.set(account.name, { code, untilMs: nowMs + RESET_MS });
    this.mail({ account: account.name, to: account.email, text: `Your code is ${code}.` });
    return true;
  }

  /** Sets the password if the code is right. Wrong codes cost nothing, and sessions survive: weaknesses both. */
  async confirmReset(name: string, code: string, password: string, nowMs: number): Promise<boolean> {
    const account = this.named(name);
    const reset = account && this.resets.get(account.name);
    if (!reset || reset.code !== code || reset.untilMs < nowMs) return false;
    this.resets.delete(account.name);
    this.secrets.set(account, await hashed(password));
    return true;
  }

  private add(name: string, email: string, orders: number[], secret: Secret, since: string): Account {
    const id = this.byId.length + 1;
    const account: Account = { id, name, email, displayName: name, credit: 0, role: 'customer', since, orders };
    this.byId.push(account);
    this.byName.set(name.toLowerCase(), account);
    this.secrets.set(account, secret);
    return account;
  }
}

async function hashed(password: string): Promise<{ salt: Buffer; hash: Buffer }> {
  const salt = randomBytes(16);
  return { salt, hash: await derive(password, salt) };
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, SCRYPT, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
