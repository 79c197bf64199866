/**
 * An operator's own MaxMind DB files as the source of network facts, in place of the shipped table.
 *
 * Reads the layouts that are common: GeoLite2 and DB-IP (`autonomous_system_number`, `country.iso_code`), IPinfo
 * (`asn: "AS64500"`, `as_name`, `country` or `country_code`), ip-location-db (`country_code`), and the hints of GeoIP2
 * (`user_type`, `traits`). Files may be split: systems in one, countries in another.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Reader, type Response } from 'maxmind';
import { NETWORK_CLASS } from '../enrich/facts.ts';
import { countryCode, type NetworkLookup, type NetworkResult } from '../enrich/network.ts';
import { networkClassOf } from '../enrich/networks/classes.ts';
import { SallyportError } from '../lib/errors.ts';
import { SCOPE, scopeOf } from '../lib/ip.ts';

/** Answers kept: IPv4 /24 or finer cannot be assumed, so each address has its own. A power of two. */
const CACHE_SLOTS = 1 << 16;

interface Found {
  readonly asn: number;
  readonly name: string;
  readonly country: string;
  readonly userType: string;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const textOf = (...values: unknown[]): string =>
  values.find((v): v is string => typeof v === 'string' && v !== '') ?? '';

/** The facts of a record, whatever its layout. */
function readRecord(record: Fields): Found {
  const traits = fieldsOf(record.traits);
  const country = fieldsOf(record.country);
  const registered = fieldsOf(record.registered_country);
  const rawAsn = record.autonomous_system_number ?? traits.autonomous_system_number ?? record.asn;
  const asn = typeof rawAsn === 'string' ? Number(rawAsn.replace(/^AS/i, '')) : Number(rawAsn ?? 0);
  return {
    asn: Number.isInteger(asn) && asn > 0 && asn <= 0xffffffff ? asn : 0,
    name: textOf(
      record.autonomous_system_organization,
      traits.autonomous_system_organization,
      record.as_name,
      record.name,
    ),
    country: textOf(country.iso_code, record.country_code, record.country, registered.iso_code),
    userType: textOf(traits.user_type, record.user_type, traits.connection_type, record.type),
  };
}

/** Where the database itself says what kind of network it is. */
function classFrom(userType: string): number {
  if (/hosting|datacenter|data_center|content_delivery/i.test(userType)) return NETWORK_CLASS.hosting;
  if (/cellular|mobile/i.test(userType)) return NETWORK_CLASS.mobile;
  if (/college|university|school|education/i.test(userType)) return NETWORK_CLASS.education;
  return /residential|isp|cable|dsl/i.test(userType) ? NETWORK_CLASS.access : NETWORK_CLASS.unknown;
}

function addressText(hi: number, lo: number): string {
  if (hi === 0) return `${lo >>> 24}.${(lo >>> 16) & 255}.${(lo >>> 8) & 255}.${lo & 255}`;
  return `${[hi >>> 16, hi & 0xffff, lo >>> 16, lo & 0xffff].map((group) => group.toString(16)).join(':')}::`;
}

interface Database {
  readonly bytes: Uint8Array;
  readonly reader: Reader<Response>;
}

class MmdbNetworks implements NetworkLookup {
  readonly result: NetworkResult = { asn: 0, country: 0, networkClass: 0 };
  readonly version: string;
  readonly dataDate: string;
  private readonly readers: readonly Reader<Response>[];
  private readonly names = new Map<number, string>();
  private readonly classes = new Map<number, number>();
  // Direct-mapped: a decoded record costs about a microsecond, and actors come again.
  private readonly keyHi = new Int32Array(CACHE_SLOTS);
  private readonly keyLo = new Int32Array(CACHE_SLOTS);
  private readonly asns = new Int32Array(CACHE_SLOTS);
  private readonly rest = new Int32Array(CACHE_SLOTS);

  constructor(databases: readonly Database[]) {
    this.readers = databases.map(({ reader }) => reader);
    const built = this.readers.map((reader) => reader.metadata.buildEpoch.toISOString().slice(0, 10)).sort();
    this.dataDate = built[0] ?? '';
    const hash = createHash('sha256');
    for (const { bytes } of databases) hash.update(bytes);
    this.version = `mmdb-${this.dataDate}-${hash.digest('hex').slice(0, 16)}`;
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
    const slot = (Math.imul(hi ^ Math.imul(lo, 0x9e3779b1), 0x85ebca6b) >>> 16) & (CACHE_SLOTS - 1);
    if (this.keyHi[slot] !== hi || this.keyLo[slot] !== lo) this.fill(slot, hi, lo);
    result.asn = this.asns[slot];
    result.country = this.rest[slot] & 0xffff;
    result.networkClass = this.rest[slot] >>> 16;
  }

  private fill(slot: number, hi: number, lo: number): void {
    let asn = 0;
    let country = 0;
    let networkClass: number = NETWORK_CLASS.unknown;
    const text = addressText(hi, lo);
    for (const reader of this.readers) {
      // An IPv4-only file knows no IPv6.
      if (hi !== 0 && reader.metadata.ipVersion === 4) continue;
      const record = reader.get(text);
      if (record === null) continue;
      const found = readRecord(record as unknown as Fields);
      if (asn === 0 && found.asn !== 0) {
        asn = found.asn;
        if (found.name !== '') this.names.set(asn, found.name);
      }
      if (country === 0) country = countryCode(found.country);
      if (networkClass === NETWORK_CLASS.unknown) networkClass = classFrom(found.userType);
    }
    if (networkClass === NETWORK_CLASS.unknown && asn !== 0) networkClass = this.classOf(asn);
    this.keyHi[slot] = hi;
    this.keyLo[slot] = lo;
    this.asns[slot] = asn | 0;
    this.rest[slot] = country | (networkClass << 16);
  }

  private classOf(asn: number): number {
    let known = this.classes.get(asn);
    if (known === undefined) {
      known = networkClassOf(asn, this.names.get(asn) ?? '');
      this.classes.set(asn, known);
    }
    return known;
  }

  /** The name of a system that some look-up met; MMDB files have no index by number. */
  asName(asn: number): string {
    return this.names.get(asn >>> 0) ?? '';
  }
}

/** Files of an operator: systems and countries may stand in one file or in two. */
export interface MmdbFiles {
  readonly asn: string | null;
  readonly country: string | null;
}

/**
 * Network facts from MMDB files; where both know an answer, the one of `asn` counts. SP5004 where a file cannot be read
 * or is no MMDB.
 */
export function fromMmdb(files: MmdbFiles): NetworkLookup {
  const paths = [...new Set([files.asn, files.country])].filter((path) => path !== null);
  return new MmdbNetworks(paths.map(readDatabase));
}

function readDatabase(path: string): Database {
  try {
    const bytes = readFileSync(path);
    return { bytes, reader: new Reader<Response>(bytes) };
  } catch (error) {
    throw new SallyportError('SP5004', `${path}: ${(error as Error).message}`);
  }
}
