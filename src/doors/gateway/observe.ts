/**
 * From a live request to a row of facts, and from its answer to the rest of it. The texts are written into the row's own
 * memory, and enrichment reads them there as it reads those of a log.
 */
import type { Config } from '../../config/schema.ts';
import type { Enricher } from '../../enrich/enrich.ts';
import { type Extras, setExtras } from '../../enrich/extras.ts';
import { FLAG, ROUTE_CLASS } from '../../enrich/facts.ts';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import { setOutcome, setPrincipal } from '../../enrich/outcome.ts';
import { type BusinessName, type OutcomeKind, REPEATING } from '../../event/events.ts';
import { BUSINESS, F, RawExchange } from '../../event/exchange.ts';
import type { Caller } from '../../identity/contract.ts';
import type { BodyHit } from '../../inspect/contract.ts';
import type { Allowlist } from '../../runtime/allowlist.ts';
import type { HeaderList, Inbound, Outcome } from './contract.ts';
import { equalsFolded } from './http/names.ts';
import { Identities, type Identity, NAMELESS, type Pseudonyms } from './identity.ts';
import type { RowPool, Slot } from './rows.ts';
import type { Signal, SignalEvent } from './signals.ts';

/** Longest value of one header that is taken over, in bytes; the rest is cut. */
const MAX_VALUE = 8192;
/** Bytes kept free in a row for what the upstream says about the caller, and before them for what a body gave away. */
const SIGNAL_ROOM = 256;
const HIT_ROOM = 192;
/** Bytes for what is always short: addresses, method, protocol, pseudonyms. */
const OTHER_ROOM = 640;
/** Shorter texts are copied letter by letter: a native copy costs more than it saves. */
const NATIVE_COPY = 40;

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
  session: Identity | null;
  credential: Identity | null;
}

export class Observer {
  private options: ObserverOptions;
  private readonly raw = new RawExchange();
  private readonly identities: Identities;
  /** Names of headers with keys, by their length. */
  private readonly credentialNames: string[][] = [];
  private readonly found: Found = { agent: '', referrer: '', forwarded: '', session: null, credential: null };

  constructor(options: ObserverOptions) {
    this.options = options;
    this.identities = new Identities(options.pseudonyms);
    for (const name of options.identity.credential_headers) {
      this.credentialNames[name.length] ??= [];
      this.credentialNames[name.length].push(name.toLowerCase());
    }
  }

  /** Goes over to an enricher with another model. */
  use(enricher: Enricher, allowlist: Allowlist): void {
    this.options = { ...this.options, enricher, allowlist };
  }

  /**
   * A row with what is known when the request has come; null where its texts are larger than any row. What the identity
   * room has found out counts before what headers look like.
   */
  request(inbound: Inbound, caller: Caller | null): Slot | null {
    const { found } = this;
    this.look(inbound.headers);
    const proven = caller !== null && caller.outcome === AUTH_OUTCOME.accepted;
    // What nobody has checked is known by what it is itself.
    if (caller !== null && caller.outcome !== AUTH_OUTCOME.claimed) this.recognise(caller);
    const { session, credential } = found;
    const known = (proven && (caller.principal || NAMELESS)) || credential?.principal || session?.principal || '';
    const lengths =
      inbound.target.length + inbound.host.length + found.agent.length + found.referrer.length + found.forwarded.length;
    const slot = this.options.pool.take(lengths + known.length + HIT_ROOM + SIGNAL_ROOM + OTHER_ROOM);
    if (slot === null) return null;
    slot.session = session;
    slot.credential = credential;
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
    if (session !== null) at = this.put(slot, F.session, session.name, at);
    if (credential !== null) at = this.put(slot, F.credential, credential.name, at);
    raw.proven = known !== '';
    if (known !== '' && known !== NAMELESS) this.put(slot, F.principal, known, at);
    this.options.enricher.row(raw, slot.batch, slot.row, 0, 1);
    if (this.options.isHoneytoken?.(inbound.target)) slot.batch.decoy[slot.row] = HONEYTOKEN;
    this.options.allowlist.apply(slot.batch, slot.row);
    return slot;
  }

  /** Sessions and credentials that the identity room names are remembered by those names. */
  private recognise({ session, credential, outcome }: Caller): void {
    const { found, identities } = this;
    if (session !== '') found.session = identities.of('session', session);
    if (credential !== '') found.credential = identities.of('key', credential);
    // What was refused proves nothing, whomever it belonged to before.
    if (outcome > AUTH_OUTCOME.accepted && found.credential !== null) identities.forget(found.credential);
  }

  /** Facts that only this door knows. */
  add(slot: Slot, extras: Extras): void {
    setExtras(slot.batch, slot.row, extras, this.options.seed);
  }

  /** Puts the evidence of a body into its row, where it is stronger than that of the target. */
  hit({ batch, row, start, size, bytes }: Slot, { millinats, rule, field, path, excerpt }: BodyHit): void {
    if (millinats <= batch.contentMillinats[row]) return;
    const at = start + size - SIGNAL_ROOM - HIT_ROOM;
    batch.contentMillinats[row] = millinats;
    batch.contentRule[row] = rule;
    batch.contentField[row] = field;
    batch.contentAt[row] = at;
    batch.contentLength[row] = bytes.write(`${path}: ${excerpt}`, at, HIT_ROOM, 'latin1');
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
    const claimed = named || credential !== null;
    setOutcome(batch, row, {
      status: outcome.status,
      bytes: outcome.bytes,
      durationMs: nowMs - inbound.startedMs,
      claimed,
      admitted,
    });
    if (!admitted || outcome.status === 0) return;
    const { status } = outcome;
    if (status === 401 || status === 407) {
      if (session !== null) this.identities.forget(session);
      if (credential !== null) this.identities.forget(credential);
    } else if (status < 400 && signal !== null && signal.principal !== '') {
      if (session !== null) this.identities.learn(session, signal.principal);
      if (credential !== null) this.identities.learn(credential, signal.principal);
    } else if (status < 400 && credential !== null && credential.principal !== NAMELESS) {
      this.identities.learn(credential, NAMELESS);
    }
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
        found.agent.length +
        found.forwarded.length +
        OTHER_ROOM,
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
    if (found.session !== null) at = this.put(own, F.session, found.session.name, at);
    if (found.credential !== null) at = this.put(own, F.credential, found.credential.name, at);
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
    const { length } = text;
    if (length === 0) return at;
    const { bytes } = slot;
    let end = at + length;
    if (length >= NATIVE_COPY) end = at + bytes.write(text, at, MAX_VALUE, 'latin1');
    else for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
    this.raw.set(field, at, end);
    return end;
  }

  /** One pass over the headers: by length first, so that most names are passed over without being looked at. */
  private look(headers: HeaderList): void {
    const { found, identities, credentialNames } = this;
    found.agent = '';
    found.referrer = '';
    found.forwarded = '';
    let session = '';
    let credential = '';
    let authorization = '';
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i];
      const value = headers[i + 1];
      const { length } = name;
      if (length === 10 && isNamed(name, 'user-agent')) found.agent = value;
      else if (length === 15 && isNamed(name, 'x-forwarded-for'))
        found.forwarded = found.forwarded === '' ? value : `${found.forwarded}, ${value}`;
      else if (length === 6 && session === '' && isNamed(name, 'cookie')) session = this.sessionOf(value);
      else if (length === 13 && isNamed(name, 'authorization')) authorization = value;
      else if (length === 7 && isNamed(name, 'referer')) found.referrer = value;
      else if (credential === '' && credentialNames[length]?.includes(name.toLowerCase())) credential = value;
    }
    if (credential === '' && authorization !== '') credential = tokenOf(authorization);
    found.credential = credential === '' ? null : identities.of('key', credential);
    found.session = session === '' ? null : identities.of('session', session);
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

/** An underscore is no dash here: what a proxy did not write itself, it may have passed on from a stranger. */
const isNamed = (name: string, wanted: string): boolean => equalsFolded(name, wanted) && name.indexOf('_') < 0;

/** The token of `Bearer …`; '' for Basic and others, which carry a password rather than a key. */
function tokenOf(authorization: string): string {
  return /^bearer /i.test(authorization) ? authorization.slice(7).trim() : '';
}
