/**
 * From a live request to a row of facts, and from its answer to the rest of it. The texts are written into the row's own
 * memory, and enrichment reads them there as it reads those of a log.
 */
import type { Config } from '../../config/schema.ts';
import type { Enricher } from '../../enrich/enrich.ts';
import { FLAG, ROUTE_CLASS } from '../../enrich/facts.ts';
import { setOutcome, setPrincipal } from '../../enrich/outcome.ts';
import { type BusinessName, type OutcomeKind, REPEATING } from '../../event/events.ts';
import { BUSINESS, F, RawExchange } from '../../event/exchange.ts';
import type { Allowlist } from '../../runtime/allowlist.ts';
import type { HeaderList, Inbound, Outcome } from './contract.ts';
import { IdentityMemory, type Pseudonyms } from './identity.ts';
import type { RowPool, Slot } from './rows.ts';
import type { Signal, SignalEvent } from './signals.ts';

/** Longest value of one header that is taken over, in bytes; the rest is cut. */
const MAX_VALUE = 8192;
/** Bytes kept free in a row for what the upstream says about the caller. */
const SIGNAL_ROOM = 256;

export interface ObserverOptions {
  readonly identity: Config['identity'];
  readonly seed: number;
  readonly enricher: Enricher;
  readonly allowlist: Allowlist;
  readonly pool: RowPool;
  readonly pseudonyms: Pseudonyms;
  /** Does a target carry a value that only our invented answers contain? Left out where none are given. */
  readonly isHoneytoken?: (target: string) => boolean;
}

/** Id of a decoy that is a value, not a path of the configuration. */
const HONEYTOKEN = 0xffff;

/** What of a request is looked at, found in one pass over its headers. */
interface Found {
  agent: string;
  referrer: string;
  forwarded: string;
  session: string;
  credential: string;
}

export class Observer {
  private options: ObserverOptions;
  private readonly raw = new RawExchange();
  private readonly memory = new IdentityMemory();
  private readonly credentialHeaders: ReadonlySet<string>;
  private readonly found: Found = { agent: '', referrer: '', forwarded: '', session: '', credential: '' };

  constructor(options: ObserverOptions) {
    this.options = options;
    this.credentialHeaders = new Set(options.identity.credential_headers.map((name) => name.toLowerCase()));
  }

  /** Goes over to an enricher with another model. */
  use(enricher: Enricher, allowlist: Allowlist): void {
    this.options = { ...this.options, enricher, allowlist };
  }

  /** A row with what is known when the request has come; null where its texts are larger than any row. */
  request(inbound: Inbound): Slot | null {
    const { found } = this;
    this.look(inbound.headers);
    const known =
      found.session === '' && found.credential === '' ? '' : this.memory.of(found.session, found.credential);
    const lengths =
      inbound.target.length + inbound.host.length + found.agent.length + found.referrer.length + found.forwarded.length;
    const slot = this.options.pool.take(lengths + found.session.length + found.credential.length + SIGNAL_ROOM + 512);
    if (slot === null) return null;
    slot.session = found.session;
    slot.credential = found.credential;
    const { raw } = this;
    raw.reset(slot.batch.text);
    raw.timeMs = inbound.startedMs;
    raw.timeMeaning = 'start';
    raw.durationMs = 0;
    let at = slot.start;
    at = this.put(slot, F.address, inbound.peer, at);
    at = this.put(slot, F.forwarded, found.forwarded, at);
    at = this.put(slot, F.host, inbound.host, at);
    at = this.put(slot, F.method, inbound.method, at);
    at = this.put(slot, F.target, inbound.target, at);
    at = this.put(slot, F.protocol, inbound.protocol, at);
    at = this.put(slot, F.referrer, found.referrer, at);
    at = this.put(slot, F.agent, found.agent, at);
    at = this.put(slot, F.session, found.session, at);
    at = this.put(slot, F.credential, found.credential, at);
    raw.proven = known !== '';
    if (known !== '' && known !== IdentityMemory.NAMELESS) this.put(slot, F.principal, known, at);
    this.options.enricher.row(raw, slot.batch, slot.row, 0, 1);
    if (this.options.isHoneytoken?.(inbound.target)) slot.batch.decoy[slot.row] = HONEYTOKEN;
    this.options.allowlist.apply(slot.batch, slot.row);
    return slot;
  }

  /** How the exchange ended, and whom the upstream named. */
  response(
    slot: Slot,
    inbound: Inbound,
    outcome: Outcome,
    signal: Signal | null,
    admitted: boolean,
    nowMs: number,
  ): void {
    const { batch, row } = slot;
    const { session, credential } = slot;
    if (signal !== null && signal.principal !== '' && admitted) this.name(slot, signal.principal);
    const named = batch.principalLength[row] > 0;
    const claimed = named || credential !== '';
    setOutcome(batch, row, {
      status: outcome.status,
      bytes: outcome.bytes,
      durationMs: nowMs - inbound.startedMs,
      claimed,
      admitted,
    });
    if (!admitted || outcome.status === 0) return;
    const { status } = outcome;
    if (status === 401 || status === 407) this.memory.forget(session, credential);
    else if (status < 400 && signal !== null && signal.principal !== '')
      this.memory.learn(session, credential, signal.principal);
    else if (status < 400 && credential !== '') this.memory.learn('', credential, IdentityMemory.NAMELESS);
  }

  /** A row for a business event that came with an answer: who asked is whom the exchange was with. */
  business(slot: Slot, inbound: Inbound, event: SignalEvent, nowMs: number): Slot | null {
    const { found, raw } = this;
    this.look(inbound.headers);
    const principal = event.principal;
    const own = this.options.pool.take(
      principal.length +
        event.object.length +
        inbound.target.length +
        found.session.length +
        found.credential.length +
        found.agent.length +
        found.forwarded.length +
        512,
    );
    if (own === null) return null;
    raw.reset(own.batch.text);
    raw.kind = BUSINESS;
    raw.business = event.name;
    raw.amountMinor = event.amountMinor;
    raw.timeMs = nowMs;
    raw.timeMeaning = 'start';
    let at = own.start;
    at = this.put(own, F.address, inbound.peer, at);
    at = this.put(own, F.forwarded, found.forwarded, at);
    at = this.put(own, F.host, inbound.host, at);
    at = this.put(own, F.target, event.object, at);
    at = this.put(own, F.agent, found.agent, at);
    at = this.put(own, F.protocol, inbound.protocol, at);
    at = this.put(own, F.session, found.session, at);
    at = this.put(own, F.credential, found.credential, at);
    this.put(own, F.principal, principal, at);
    this.options.enricher.row(raw, own.batch, own.row, 0, 1);
    // The exchange has told which client it was; a business event has no protocol of its own.
    own.batch.fingerprintHi[own.row] = slot.batch.fingerprintHi[slot.row];
    own.batch.fingerprintLo[own.row] = slot.batch.fingerprintLo[slot.row];
    if (repeats(event.name, slot.batch.routeClass[slot.row], slot.batch.status[slot.row]))
      own.batch.flags[own.row] |= FLAG.REPEATED;
    this.options.allowlist.apply(own.batch, own.row);
    return own;
  }

  private name(slot: Slot, principal: string): void {
    const { batch, row, bytes } = slot;
    const length = Math.min(principal.length, SIGNAL_ROOM);
    const at = slot.start + slot.size - SIGNAL_ROOM;
    setPrincipal(batch, row, at, bytes.write(principal, at, length, 'latin1'), this.options.seed);
  }

  private put(slot: Slot, field: number, text: string, at: number): number {
    if (text === '') return at;
    const end = at + slot.bytes.write(text, at, MAX_VALUE, 'latin1');
    this.raw.set(field, at, end);
    return end;
  }

  /** One pass over the headers: by length first, so that most names are passed over without being looked at. */
  private look(headers: HeaderList): void {
    const { found } = this;
    found.agent = '';
    found.referrer = '';
    found.forwarded = '';
    found.session = '';
    found.credential = '';
    let authorization = '';
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i];
      switch (name.length) {
        case 6:
          if (found.session === '' && isNamed(name, 'cookie')) found.session = this.sessionOf(headers[i + 1]);
          else if (this.credentialHeaders.has(name.toLowerCase())) found.credential ||= headers[i + 1];
          break;
        case 7:
          if (isNamed(name, 'referer')) found.referrer = headers[i + 1];
          else if (this.credentialHeaders.has(name.toLowerCase())) found.credential ||= headers[i + 1];
          break;
        case 10:
          if (isNamed(name, 'user-agent')) found.agent = headers[i + 1];
          else if (this.credentialHeaders.has(name.toLowerCase())) found.credential ||= headers[i + 1];
          break;
        case 13:
          if (isNamed(name, 'authorization')) authorization = headers[i + 1];
          else if (this.credentialHeaders.has(name.toLowerCase())) found.credential ||= headers[i + 1];
          break;
        case 15:
          if (isNamed(name, 'x-forwarded-for'))
            found.forwarded = found.forwarded === '' ? headers[i + 1] : `${found.forwarded}, ${headers[i + 1]}`;
          else if (this.credentialHeaders.has(name.toLowerCase())) found.credential ||= headers[i + 1];
          break;
        default:
          if (this.credentialHeaders.has(name.toLowerCase())) found.credential ||= headers[i + 1];
      }
    }
    if (found.credential === '' && authorization !== '') found.credential = tokenOf(authorization);
    const { pseudonyms } = this.options;
    if (found.credential !== '') found.credential = pseudonyms.of('key', found.credential);
    if (found.session !== '') found.session = pseudonyms.of('session', found.session);
  }

  private sessionOf(cookie: string): string {
    for (const name of this.options.identity.session_cookies) {
      const at = cookie.startsWith(`${name}=`) ? 0 : cookie.indexOf(`; ${name}=`);
      if (at < 0) continue;
      const start = cookie.indexOf('=', at) + 1;
      const end = cookie.indexOf(';', start);
      return cookie.slice(start, end < 0 ? undefined : end);
    }
    return '';
  }
}

/** Does the status of the exchange already tell what a business event says? Then it must not count twice. */
function repeats(name: string, routeClass: number, status: number): boolean {
  const kind = REPEATING[name as BusinessName];
  if (kind === undefined || !KIND_ROUTES[kind].includes(routeClass)) return false;
  if (/failed|rejected|missed/.test(name)) return status >= 400 && status < 500;
  return status >= (kind === 'login' ? 201 : 200) && status < 400;
}

const KIND_ROUTES: Readonly<Record<OutcomeKind, readonly number[]>> = {
  login: [ROUTE_CLASS.login],
  code: [ROUTE_CLASS.code],
  account: [ROUTE_CLASS.lookup, ROUTE_CLASS.reset],
};

const isNamed = (name: string, wanted: string): boolean => name === wanted || name.toLowerCase() === wanted;

/** The token of `Bearer …`; '' for Basic and others, which carry a password rather than a key. */
function tokenOf(authorization: string): string {
  return /^bearer /i.test(authorization) ? authorization.slice(7).trim() : '';
}
