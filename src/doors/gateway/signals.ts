/**
 * What the application tells the gateway with an answer, in response headers that no client ever sees:
 *
 *     Sallyport-Principal: "alice"
 *     Sallyport-Session: "9f31c0"
 *     Sallyport-Event: login.failed;principal="bob", promo.redeemed;object="SPRING";amount=500
 *
 * Values are those of structured fields (RFC 9651): an item, and a list of tokens with parameters.
 */
import { ROUTE_CLASS } from '../../enrich/facts.ts';
import type { AnswerInsight, RequestInsight } from '../../inspect/contract.ts';
import type { HeaderList } from './contract.ts';
import type { Slot } from './rows.ts';

/** Events read from one answer, and the longest header looked at, in characters. */
const MAX_EVENTS = 8;
const MAX_HEADER = 2048;

export interface SignalEvent {
  readonly name: string;
  readonly principal: string;
  readonly object: string;
  /** −1 for none. */
  readonly amountMinor: number;
}

export interface Signal {
  principal: string;
  events: SignalEvent[];
}

const EVENT = /^\s*([a-z][a-z0-9_.-]{1,63})((?:\s*;\s*[a-z]+=(?:"(?:[^"\\]|\\["\\])*"|[\w.-]+))*)\s*(?:,|$)/;
const PARAMETER = /;\s*([a-z]+)=("(?:[^"\\]|\\["\\])*"|[\w.-]+)/g;

/**
 * Reads the signals of an answer and takes them out of its headers, in place; null where there are none. `principalHeader`
 * (lower case) is another header that names the user; it stays.
 */
export function takeSignals(headers: HeaderList, principalHeader: string): Signal | null {
  let signal: Signal | null = null;
  let kept = 0;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i];
    const value = headers[i + 1];
    const isOurs = name.length > 10 && (name.charCodeAt(0) | 0x20) === 0x73 && /^sallyport-/i.test(name);
    if (isOurs || (principalHeader.length === name.length && name.toLowerCase() === principalHeader)) {
      signal ??= { principal: '', events: [] };
      read(signal, isOurs ? name.slice(10).toLowerCase() : 'principal', value);
      if (isOurs) continue;
    }
    headers[kept++] = name;
    headers[kept++] = value;
  }
  headers.length = kept;
  return signal;
}

function read(signal: Signal, what: string, value: string): void {
  if (value.length > MAX_HEADER) return;
  if (what === 'principal') signal.principal = unquote(value.trim());
  else if (what === 'event') readEvents(signal, value);
}

function readEvents(signal: Signal, value: string): void {
  let rest = value;
  while (rest !== '' && signal.events.length < MAX_EVENTS) {
    const match = EVENT.exec(rest);
    if (match === null) return;
    const parameters = new Map([...match[2].matchAll(PARAMETER)].map((m) => [m[1], unquote(m[2])]));
    const amount = Number(parameters.get('amount') ?? '-1');
    signal.events.push({
      name: match[1],
      principal: parameters.get('principal') ?? '',
      object: parameters.get('object') ?? '',
      amountMinor: Number.isSafeInteger(amount) ? amount : -1,
    });
    rest = rest.slice(match[0].length);
  }
}

const unquote = (text: string): string =>
  text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text.slice(1, -1).replace(/\\(["\\])/g, '$1') : text;

/**
 * The outcome of a login, where the configuration says how answers tell it (`answer.accepted`) and their status does not: as
 * if the application had signalled it.
 */
export function loginOf(slot: Slot, told: AnswerInsight | null, insight: RequestInsight | null): SignalEvent[] {
  if (told === null || told.authenticated < 0 || slot.batch.routeClass[slot.row] !== ROUTE_CLASS.login) return [];
  const name = told.authenticated === 1 ? 'login.succeeded' : 'login.failed';
  return [{ name, principal: insight?.extras.subject ?? '', object: '', amountMinor: -1 }];
}
