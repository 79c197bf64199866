/**
 * Clearances: the proof that a challenge was solved. A clearance counts for one actor, one class of abuse and one kind of
 * client, for a time and for a number of requests.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { Verdict } from '../../../runtime/live/verdict.ts';
import type { HeaderList, Inbound } from '../contract.ts';
import { headerOf } from './answer.ts';
import type { ActContext } from './settings.ts';
import { derive, ID_BYTES, KIND, type Token, type TokenBox } from './tokens.ts';

/** Clearances whose requests are counted at once, in one worker. To push one out, as many puzzles have to be solved. */
const MAX_COUNTED = 65_536;
/** Clearances that one header may carry, separated by commas. */
const MAX_SHOWN = 4;
/** Classes whose cookie name is remembered; there are fewer. */
const MAX_TAGS = 64;
const COOKIE = 'sallyport-';
const SECURE_COOKIE = `__Host-${COOKIE}`;

/** Counts requests by clearance: the oldest goes when the table is full. */
export class UseTable {
  private readonly uses = new Map<string, number>();
  private readonly capacity: number;

  constructor(capacity = MAX_COUNTED) {
    this.capacity = capacity;
  }

  /** Counts one more use. False where there were `limit` before. */
  take(id: string, limit: number): boolean {
    const before = this.uses.get(id) ?? 0;
    if (before >= limit) return false;
    if (before === 0 && this.uses.size >= this.capacity) {
      const oldest = this.uses.keys().next().value;
      if (oldest !== undefined) this.uses.delete(oldest);
    }
    this.uses.set(id, before + 1);
    return true;
  }

  get size(): number {
    return this.uses.size;
  }
}

export interface Issued {
  /** The clearance itself, for `Sallyport-Clearance`. */
  readonly text: string;
  readonly untilSec: number;
  /** Set-Cookie. */
  readonly headers: HeaderList;
}

export class Clearances {
  private readonly uses = new UseTable();
  private readonly context: ActContext;
  private readonly box: TokenBox;
  private readonly nameKey: KeyObject;
  /** Class → tag in the cookie's name. */
  private readonly tags = new Map<string, string>();

  constructor(context: ActContext, box: TokenBox) {
    this.context = context;
    this.box = box;
    this.nameKey = createSecretKey(derive(context.secret, 'cookie name'));
  }

  /** What tokens are bound to besides the actor: the host that was asked and the program that asks. */
  binding(inbound: Inbound): Buffer {
    return this.box.binding(inbound.host.toLowerCase(), headerOf(inbound, 'user-agent'));
  }

  /** A clearance for what a solved token was about. */
  issue(inbound: Inbound, solved: Token): Issued {
    const { config, clock, random } = this.context;
    const issuedSec = Math.floor(clock() / 1000);
    const lifeSec = config.challenge.clearance_s;
    const untilSec = issuedSec + lifeSec;
    const text = this.box.seal({
      ...solved,
      kind: KIND.clearance,
      issuedSec,
      fromSec: issuedSec,
      untilSec,
      id: random(ID_BYTES),
    });
    const secure = inbound.scheme === 'https';
    const attributes = `; Path=/; Max-Age=${lifeSec}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
    const cookie = `${this.cookieName(inbound, solved.about)}=${text}${attributes}`;
    return { text, untilSec, headers: ['set-cookie', cookie] };
  }

  /** True where the request shows a clearance for this verdict; uses up one of its requests. */
  admits(inbound: Inbound, verdict: Verdict): boolean {
    const header = headerOf(inbound, 'sallyport-clearance');
    const shown = header === '' ? [] : header.split(',', MAX_SHOWN);
    const cookie = cookieOf(headerOf(inbound, 'cookie'), this.cookieName(inbound, verdict.class));
    if (cookie !== '') shown.push(cookie);
    return shown.some((text) => this.counts(inbound, verdict, text.trim()));
  }

  private counts(inbound: Inbound, verdict: Verdict, text: string): boolean {
    const token = this.box.open(text, KIND.clearance);
    if (token === null || token.untilSec * 1000 <= this.context.clock()) return false;
    if (token.actor !== verdict.actor || token.about !== verdict.class) return false;
    if (!token.binding.equals(this.binding(inbound))) return false;
    return this.uses.take(token.id.toString('latin1'), this.context.config.challenge.requests_per_clearance);
  }

  /** One cookie a class, so that two challenges do not take each other's place. Its name does not tell the class. */
  private cookieName(inbound: Inbound, about: string): string {
    let tag = this.tags.get(about);
    if (tag === undefined) {
      tag = createHmac('sha256', this.nameKey).update(about).digest('hex').slice(0, 6);
      if (this.tags.size < MAX_TAGS) this.tags.set(about, tag);
    }
    return (inbound.scheme === 'https' ? SECURE_COOKIE : COOKIE) + tag;
  }
}

/** The value of the first cookie of that name, '' where there is none (RFC 6265, 4.2.1). */
export function cookieOf(header: string, name: string): string {
  for (let at = header.indexOf(name); at >= 0; at = header.indexOf(name, at + 1)) {
    const before = at === 0 ? ';' : header[at - 1];
    if ((before !== ';' && before !== ' ') || header[at + name.length] !== '=') continue;
    const start = at + name.length + 1;
    const end = header.indexOf(';', start);
    return header.slice(start, end < 0 ? undefined : end).trim();
  }
  return '';
}
