/**
 * Our own JSON lines: the events of docs/events.md, and an `exchange` object that holds both halves of one exchange in
 * one line. A `request` line alone is an exchange whose outcome is not known. A `response` line alone cannot be joined
 * to its request by a reader of single lines, and a `control` line steers decisions instead of being judged: both are
 * passed over like comments.
 */
import { BUSINESS_NAMES } from '../events.ts';
import { BUSINESS, type RawExchange } from '../exchange.ts';
import { BAD_LINE, type BadLine, type LogFormat } from '../format.ts';
import { ABSENT, type JsonName, JsonReader } from './json.ts';
import { names, readNumbers, readTexts, SLOT, TIME_MS, UNIT } from './json-format.ts';
import { integer, startsWith } from './scan.ts';

const NAMES: readonly JsonName[] = [
  ...names('kind', ['type'], { mark: true }),
  ...names('time', ['time_ms'], { mark: true, tag: TIME_MS }),
  ...names('address', ['address']),
  ...names('forwarded', ['forwarded_for']),
  ...names('host', ['host']),
  ...names('method', ['method']),
  ...names('target', ['target', 'object']),
  ...names('protocol', ['protocol']),
  ...names('referrer', ['referrer']),
  ...names('agent', ['user_agent']),
  ...names('principal', ['principal']),
  ...names('session', ['session']),
  ...names('credential', ['credential']),
  ...names('request', ['request']),
  ...names('status', ['status']),
  ...names('bytes', ['response_bytes']),
  ...names('duration', ['duration_ms'], { tag: UNIT.ms }),
  ...names('name', ['name']),
  ...names('amount', ['amount_minor']),
];

const utf8 = new TextDecoder('utf-8', { fatal: false });

function parse(reader: JsonReader, buf: Uint8Array, start: number, end: number, out: RawExchange): BadLine {
  const reason = reader.read(buf, start, end);
  if (reason !== BAD_LINE.ok) return reason;
  const isEvent = reader.type[SLOT.kind] !== ABSENT && reader.type[SLOT.time] !== ABSENT;
  if (!isEvent) return BAD_LINE.no_match;
  const from = reader.start[SLOT.kind];
  const to = reader.end[SLOT.kind];
  const isKind = (kind: string): boolean => to - from === kind.length && startsWith(buf, from, to, kind);
  if (isKind('response') || isKind('control')) return BAD_LINE.comment;
  const isBusiness = isKind('business');
  if (!isBusiness && !isKind('request') && !isKind('exchange')) return BAD_LINE.no_match;
  if (isBusiness && reader.type[SLOT.name] === ABSENT) return BAD_LINE.no_request;
  if (!isBusiness && reader.type[SLOT.target] === ABSENT && reader.type[SLOT.request] === ABSENT)
    return BAD_LINE.no_request;
  const failure = readNumbers(reader, 'start', buf, out);
  if (failure !== BAD_LINE.ok) return failure;
  if (isBusiness) readBusiness(reader, buf, out);
  return readTexts(reader, buf, start, end, out);
}

/** Name and amount. The object of a business event takes the place of the target. */
function readBusiness(reader: JsonReader, buf: Uint8Array, out: RawExchange): void {
  out.kind = BUSINESS;
  out.business = businessName(buf, reader.start[SLOT.name], reader.end[SLOT.name]);
  if (reader.type[SLOT.amount] !== ABSENT) {
    out.amountMinor = integer(buf, reader.start[SLOT.amount], reader.end[SLOT.amount]);
  }
}

function businessName(buf: Uint8Array, start: number, end: number): string {
  for (const name of BUSINESS_NAMES) {
    if (name.length === end - start && startsWith(buf, start, end, name)) return name;
  }
  return utf8.decode(buf.subarray(start, end));
}

export const SALLYPORT: LogFormat = {
  id: 'sallyport',
  title: 'Sallyport events (JSON lines)',
  timeMeaning: 'start',
  resolutionMs: 1,
  parser: () => {
    const reader = new JsonReader(NAMES, Object.keys(SLOT).length);
    return (buf, start, end, out) => parse(reader, buf, start, end, out);
  },
};
