/** One endpoint of the inventory: what was seen of it, in a fixed amount of memory. */
import { type FactBatch, FLAG, NETWORK_CLASS } from '../../enrich/facts.ts';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';

const DAY_MS = 86_400_000;
/** Days of which requests are kept one by one. */
export const KEPT_DAYS = 14;
/** Registers of the estimate of distinct callers: its error is 1.04 / √128, 9 %. */
export const REGISTERS = 128;
/** Different statuses kept of one endpoint. */
const MAX_STATUSES = 24;
/** Undeclared parameters kept of one endpoint, and letters of their names. */
const MAX_UNDECLARED = 32;
const MAX_NAME = 64;

/** An endpoint as it is kept on disk. Every field of {@link Endpoint} that is not said by documents. */
export interface SavedEndpoint {
  readonly method: string;
  readonly template: string;
  readonly documentedFromMs: number;
  readonly documentedUntilMs: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly requests: number;
  readonly succeeded: number;
  readonly authenticated: number;
  readonly schemes: number;
  readonly internal: number;
  readonly leaks: number;
  readonly sensitivity: number;
  readonly schema: number;
  readonly day: number;
  readonly days: readonly number[];
  readonly callers: readonly number[];
  readonly callersToday: readonly number[];
  readonly callersBefore: number;
  readonly statuses: readonly (readonly [number, number])[];
  readonly undeclared: readonly (readonly [string, number])[];
}

/** What of it is one number. */
export const NUMBERS = [
  'documentedFromMs',
  'documentedUntilMs',
  'firstMs',
  'lastMs',
  'requests',
  'succeeded',
  'authenticated',
  'schemes',
  'internal',
  'leaks',
  'sensitivity',
  'schema',
  'day',
  'callersBefore',
] as const satisfies readonly (keyof SavedEndpoint)[];

export class Endpoint {
  readonly method: string;
  readonly template: string;
  /** Place of its operation among those that are documented; −1 for none. */
  operation = -1;
  operationId = '';
  deprecated = false;
  /** The document asks for credentials. */
  secured = false;
  /** Unix ms between which it was known to be documented; 0 for never. */
  documentedFromMs = 0;
  documentedUntilMs = 0;
  firstMs = 0;
  lastMs = 0;
  requests = 0;
  /** Answered with 2xx or 3xx, and how many of those for somebody whose credentials were accepted. */
  succeeded = 0;
  authenticated = 0;
  /** Bit set: 1 << AUTH_SCHEME. */
  schemes = 0;
  /** Requests from networks of our own. */
  internal = 0;
  /** Bit sets LEAK and SCHEMA over all exchanges, and the largest SENSITIVITY that rows said. */
  leaks = 0;
  sensitivity = 0;
  schema = 0;
  /** Days since 1970 of the last entry of {@link days}, which hold requests a day. */
  day = 0;
  days: number[] = new Array<number>(KEPT_DAYS).fill(0);
  callers = new Uint8Array(REGISTERS);
  callersToday = new Uint8Array(REGISTERS);
  /** Callers of the last whole day. */
  callersBefore = 0;
  private readonly codes: number[] = [];
  private readonly counts: number[] = [];
  readonly undeclared = new Map<string, number>();

  constructor(method: string, template: string) {
    this.method = method;
    this.template = template;
  }

  /** Takes one exchange in, after its answer. Allocates nothing. */
  add(batch: FactBatch, row: number): void {
    const timeMs = batch.timeMs[row];
    const status = batch.status[row];
    if (this.firstMs === 0) this.firstMs = timeMs;
    if (timeMs > this.lastMs) this.lastMs = timeMs;
    this.turn(Math.floor(timeMs / DAY_MS));
    this.requests++;
    this.days[KEPT_DAYS - 1]++;
    if (status >= 200 && status < 400) {
      this.succeeded++;
      const isProven = batch.authOutcome[row] === AUTH_OUTCOME.accepted;
      if (isProven || (batch.flags[row] & FLAG.AUTHENTICATED) !== 0) this.authenticated++;
    }
    this.schemes |= 1 << batch.authScheme[row];
    if (batch.networkClass[row] === NETWORK_CLASS.internal) this.internal++;
    this.leaks |= batch.leaks[row];
    this.schema |= batch.schema[row];
    if (batch.sensitivity[row] > this.sensitivity) this.sensitivity = batch.sensitivity[row];
    this.countStatus(status);
    this.countCaller(batch, row);
  }

  /** Names of parameters that nothing declares. */
  addUndeclared(names: readonly string[]): void {
    for (const name of names) {
      const key = name.slice(0, MAX_NAME);
      const count = this.undeclared.get(key);
      if (count !== undefined || this.undeclared.size < MAX_UNDECLARED) this.undeclared.set(key, (count ?? 0) + 1);
    }
  }

  statuses(): [number, number][] {
    return this.codes.map((code, i): [number, number] => [code, this.counts[i]]).sort((a, b) => a[0] - b[0]);
  }

  /** Brings the days up to date. */
  turn(day: number): void {
    if (day <= this.day) return;
    const gone = this.day === 0 ? KEPT_DAYS : Math.min(KEPT_DAYS, day - this.day);
    if (this.day !== 0) this.callersBefore = day - this.day === 1 ? estimate(this.callersToday) : 0;
    this.callersToday.fill(0);
    this.days.copyWithin(0, gone);
    this.days.fill(0, KEPT_DAYS - gone);
    this.day = day;
  }

  saved(): SavedEndpoint {
    const { method, template } = this;
    const numbers = Object.fromEntries(NUMBERS.map((name) => [name, this[name]]));
    return {
      ...(numbers as Record<(typeof NUMBERS)[number], number>),
      method,
      template,
      days: [...this.days],
      callers: [...this.callers],
      callersToday: [...this.callersToday],
      statuses: this.statuses(),
      undeclared: [...this.undeclared],
    };
  }

  /** Goes on from what was kept. */
  restore(saved: SavedEndpoint): void {
    const { days, callers, callersToday, statuses, undeclared } = saved;
    for (const name of NUMBERS) this[name] = saved[name];
    this.days = [...days];
    this.callers = Uint8Array.from(callers);
    this.callersToday = Uint8Array.from(callersToday);
    for (const [code, count] of statuses) {
      this.codes.push(code);
      this.counts.push(count);
    }
    for (const [name, count] of undeclared) this.undeclared.set(name, count);
  }

  private countStatus(status: number): void {
    const { codes, counts } = this;
    for (let i = 0; i < codes.length; i++) {
      if (codes[i] !== status) continue;
      counts[i]++;
      return;
    }
    if (codes.length >= MAX_STATUSES) return;
    codes.push(status);
    counts.push(1);
  }

  /** HyperLogLog over whoever it was, by the strongest identity of the exchange (Flajolet et al. 2007). */
  private countCaller(batch: FactBatch, row: number): void {
    let hi = batch.principalHi[row];
    let lo = batch.principalLo[row];
    if ((hi | lo) === 0) {
      hi = batch.credentialHi[row];
      lo = batch.credentialLo[row];
    }
    if ((hi | lo) === 0) {
      // An address keeps its bits: its neighbours must not fall into neighbouring registers.
      hi = Math.imul(batch.ipHi[row] ^ 0x2545f491, 0x85ebca6b) ^ Math.imul(batch.ipLo[row], 0xc2b2ae35);
      hi = Math.imul(hi ^ (hi >>> 15), 0x27d4eb2f);
      lo = Math.imul(batch.ipLo[row] ^ hi ^ (hi >>> 13), 0x165667b1);
      lo ^= lo >>> 16;
    }
    const register = hi & (REGISTERS - 1);
    const rank = Math.clz32(lo) + 1;
    if (rank > this.callers[register]) this.callers[register] = rank;
    if (rank > this.callersToday[register]) this.callersToday[register] = rank;
  }
}

/** About how many different callers filled these registers. */
export function estimate(registers: Uint8Array): number {
  let sum = 0;
  let empty = 0;
  for (const rank of registers) {
    sum += 1 / (1 << Math.min(30, rank));
    if (rank === 0) empty++;
  }
  const raw = (0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * (REGISTERS / sum);
  return Math.round(raw <= 2.5 * REGISTERS && empty > 0 ? REGISTERS * Math.log(REGISTERS / empty) : raw);
}
