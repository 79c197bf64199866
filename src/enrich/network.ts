/**
 * The network an address belongs to: autonomous system, country, and what kind of network it is.
 *
 * {@link NetworkTable} is a sorted list of range starts in typed arrays with an index over the first 16 bits, so that a
 * look-up reads a handful of cache lines. It is immutable; a newer table is another object with another version.
 */
import { SCOPE, scopeOf } from '../lib/ip.ts';
import { NETWORK_CLASS } from './facts.ts';
import { type Header, Reader, readHeader } from './networks/format.ts';

/** Where a look-up writes. Reused by every look-up of the same table. */
export interface NetworkResult {
  /** Autonomous system number as signed 32-bit integer; 0 unknown. */
  asn: number;
  /** ISO 3166 code, first letter in the upper byte; 0 unknown. */
  country: number;
  /** NETWORK_CLASS. */
  networkClass: number;
}

/** What every source of network facts can do, be it the shipped table or an operator's own MMDB. */
export interface NetworkLookup {
  readonly result: NetworkResult;
  /** Identifies the data in the manifest of a run: its day and a hash of its content. */
  readonly version: string;
  /** Day the data was published, "2026-06-17"; "" for none. */
  readonly dataDate: string;
  /** Fills {@link result} for an actor's key (lib/ip.ts): IPv4 (0, address) or the first 64 bits of IPv6. */
  lookup(hi: number, lo: number): void;
  /** Name of an autonomous system, "" where unknown. Allocates. */
  asName(asn: number): string;
}

/** "DE" of a country column, "" of 0. */
export function countryText(country: number): string {
  return country === 0 ? '' : String.fromCharCode(country >>> 8, country & 255);
}

/** The country column of "DE", 0 of anything that is not two letters. */
export function countryCode(text: string): number {
  return /^[A-Za-z]{2}$/.test(text) ? (text.toUpperCase().charCodeAt(0) << 8) | text.toUpperCase().charCodeAt(1) : 0;
}

/** Names of NETWORK_CLASS for reports. */
export const networkClassName = (networkClass: number): string =>
  Object.keys(NETWORK_CLASS)[Object.values(NETWORK_CLASS).indexOf(networkClass as 0)] ?? 'unknown';

/** Whole days between the day of the data and a Unix time in ms, at least 0; −1 where the data has no date. */
export function dataAgeDays(dataDate: string, timeMs: number): number {
  const published = Date.parse(`${dataDate}T00:00:00Z`);
  return Number.isNaN(published) ? -1 : Math.max(0, Math.floor((timeMs - published) / 86_400_000));
}

/** Bits of a range's value: the system's index + 1 below, the country's index + 1 above. */
const SYSTEM_BITS = 20;
const SYSTEM_MASK = (1 << SYSTEM_BITS) - 1;

interface Columns {
  readonly asns: Uint32Array;
  readonly classes: Uint8Array;
  readonly nameEnds: Uint32Array;
  readonly names: Uint8Array;
  readonly countries: Uint16Array;
  readonly v4: Uint32Array;
  readonly v4Values: Uint32Array;
  readonly v6Hi: Uint32Array;
  readonly v6Lo: Uint32Array;
  readonly v6Values: Uint32Array;
}

export class NetworkTable implements NetworkLookup {
  readonly result: NetworkResult = { asn: 0, country: 0, networkClass: 0 };
  readonly version: string;
  readonly dataDate: string;
  /** Attribution lines that the licences of the data ask for. */
  readonly sources: readonly string[];
  private readonly columns: Columns;
  /** For each first 16 bits the number of ranges that start below them; one more for the end. */
  private readonly index4: Uint32Array;
  private readonly index6: Uint32Array;

  constructor(header: Pick<Header, 'dataDate' | 'hash' | 'sources'>, columns: Columns) {
    this.version = header.dataDate === '' ? 'none' : `${header.dataDate}-${header.hash}`;
    this.dataDate = header.dataDate;
    this.sources = header.sources;
    this.columns = columns;
    this.index4 = indexOf(columns.v4);
    this.index6 = indexOf(columns.v6Hi);
  }

  /** A table that knows only the special-purpose ranges. */
  static empty(): NetworkTable {
    const none = new Uint32Array(0);
    return new NetworkTable(
      { dataDate: '', hash: '', sources: [] },
      {
        asns: none,
        classes: new Uint8Array(0),
        nameEnds: none,
        names: new Uint8Array(0),
        countries: new Uint16Array(1),
        v4: none,
        v4Values: none,
        v6Hi: none,
        v6Lo: none,
        v6Values: none,
      },
    );
  }

  /** Number of ranges, for the start-up message. */
  get size(): number {
    return this.columns.v4.length + this.columns.v6Hi.length;
  }

  lookup(hi: number, lo: number): void {
    const result = this.result;
    result.asn = 0;
    result.country = 0;
    result.networkClass = NETWORK_CLASS.unknown;
    if (hi === 0 && lo === 0) return;
    const scope = scopeOf(hi, lo);
    if (scope !== SCOPE.public) {
      if (scope === SCOPE.internal) result.networkClass = NETWORK_CLASS.internal;
      return;
    }
    const columns = this.columns;
    const value = hi === 0 ? this.find4(lo >>> 0) : this.find6(hi >>> 0, lo >>> 0);
    result.country = columns.countries[value >>> SYSTEM_BITS];
    const system = value & SYSTEM_MASK;
    if (system === 0) return;
    result.asn = columns.asns[system - 1] | 0;
    result.networkClass = columns.classes[system - 1];
  }

  private find4(address: number): number {
    const starts = this.columns.v4;
    const page = address >>> 16;
    let low = this.index4[page];
    let high = this.index4[page + 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle] <= address) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.columns.v4Values[low - 1];
  }

  private find6(hi: number, lo: number): number {
    const his = this.columns.v6Hi;
    const los = this.columns.v6Lo;
    const page = hi >>> 16;
    let low = this.index6[page];
    let high = this.index6[page + 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const start = his[middle];
      if (start < hi || (start === hi && los[middle] <= lo)) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.columns.v6Values[low - 1];
  }

  asName(asn: number): string {
    const { asns, nameEnds, names } = this.columns;
    const wanted = asn >>> 0;
    let low = 0;
    let high = asns.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (asns[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    if (wanted === 0 || asns[low] !== wanted) return '';
    return new TextDecoder().decode(names.subarray(low === 0 ? 0 : nameEnds[low - 1], nameEnds[low]));
  }
}

/** For each first 16 bits the number of starts below them. */
function indexOf(starts: Uint32Array): Uint32Array {
  const index = new Uint32Array(65_537);
  let at = 0;
  for (let page = 0; page <= 65_536; page++) {
    const first = page * 65_536;
    while (at < starts.length && starts[at] < first) at++;
    index[page] = at;
  }
  return index;
}

/**
 * Builds the table from the bytes of a network file, already decompressed (networks/README.md). RangeError where they
 * are damaged or of another version.
 */
export function decodeNetworks(bytes: Uint8Array): NetworkTable {
  const { header, at } = readHeader(bytes);
  const reader = new Reader(bytes, at);
  const asns = new Uint32Array(header.systems);
  for (let i = 0, asn = 0; i < asns.length; i++) {
    asn += reader.varint();
    asns[i] = asn;
  }
  const classes = reader.take(header.systems).slice();
  const mainCountry = reader.take(header.systems);
  const lengths = reader.take(header.systems);
  const nameEnds = new Uint32Array(header.systems);
  for (let i = 0, end = 0; i < nameEnds.length; i++) {
    end += lengths[i];
    nameEnds[i] = end;
  }
  const names = reader.take(header.nameBytes).slice();
  const v4 = new Uint32Array(header.v4);
  for (let i = 0, start = 0; i < v4.length; i++) {
    start += reader.varint();
    v4[i] = start;
  }
  const v4Values = readValues(reader, header.v4, mainCountry);
  const v6Hi = new Uint32Array(header.v6);
  const v6Lo = new Uint32Array(header.v6);
  for (let i = 0, hi = 0, lo = 0; i < v6Hi.length; i++) {
    const step = reader.varint();
    const rest = reader.varint();
    lo = step === 0 ? lo + rest : rest;
    hi += step;
    v6Hi[i] = hi;
    v6Lo[i] = lo;
  }
  const v6Values = readValues(reader, header.v6, mainCountry);
  if (!reader.finished) throw new RangeError('network table: the file is damaged');
  const countries = Uint16Array.from(['', ...header.countries], countryCode);
  return new NetworkTable(header, {
    asns,
    classes,
    nameEnds,
    names,
    countries,
    v4,
    v4Values,
    v6Hi,
    v6Lo,
    v6Values,
  });
}

function readValues(reader: Reader, length: number, mainCountry: Uint8Array): Uint32Array {
  const values = new Uint32Array(length);
  for (let i = 0; i < length; i++) values[i] = reader.varint();
  const countries = reader.take(length);
  for (let i = 0; i < length; i++) {
    const system = values[i];
    const country = countries[i] !== 0 ? countries[i] : system === 0 ? 0 : mainCountry[system - 1];
    values[i] = (system | (country << SYSTEM_BITS)) >>> 0;
  }
  return values;
}
