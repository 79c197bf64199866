/**
 * Compiles the published tables of autonomous systems and countries into data/networks.bin, which the package ships.
 *
 *     npx tsx scripts/networks/compile.ts [output file]
 *
 * Input: the development dependencies @ip-location-db/asn and @ip-location-db/asn-country. What is dropped: range
 * ends (a range ends where the next starts), splits between ranges of the same system and country, IPv6 below /64, and
 * names beyond 48 bytes. Attribution stands in data/NOTICE.networks.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { networkClassName } from '../../src/enrich/network.ts';
import { networkClassOf } from '../../src/enrich/networks/classes.ts';
import { encodeColumns, encodeFile, type RangeRow, type SystemRow } from '../../src/enrich/networks/format.ts';
import { hashBytes, lanes } from '../../src/lib/hash.ts';

const MAX_NAME_BYTES = 48;
const NOBODY = -1;

const SOURCES = [
  'Autonomous systems: RouteViews (routeviews.org), NRO (nro.net) and DB-IP (db-ip.com), CC BY 4.0, by way of ip-location-db',
  'Countries: NRO (nro.net), CC BY 4.0, by way of ip-location-db',
];

/** Inclusive range over 64 bits: IPv4 addresses as they are, IPv6 by its first 64 bits. */
interface Row {
  readonly first: bigint;
  readonly last: bigint;
  readonly fields: readonly string[];
}

const require = createRequire(import.meta.url);

function packageFile(name: string, file: string): string {
  return readFileSync(require.resolve(`@ip-location-db/${name}/${file}`), 'utf8');
}

/** Rows of a CSV file whose first two columns are the bounds; the rest may be quoted. */
function readRows(text: string, shift: bigint): Row[] {
  const rows: Row[] = [];
  for (const line of text.split('\n')) {
    const match = /^(\d+),(\d+),([^,]*)(?:,(.*))?$/.exec(line.trim());
    if (!match) continue;
    const [, first, last, key, rest = ''] = match;
    const name = rest.startsWith('"') ? rest.slice(1, -1).replaceAll('""', '"') : rest;
    rows.push({ first: BigInt(first) >> shift, last: BigInt(last) >> shift, fields: [key, name] });
  }
  return rows.sort((x, y) => (x.first < y.first ? -1 : x.first > y.first ? 1 : 0));
}

/** Cuts a name to what fits, without an index that some registries put before it. */
function shortName(name: string): string {
  const plain = name
    .replace(/^AS\d+ - /, '')
    .replaceAll('"', '')
    .trim();
  const encoder = new TextEncoder();
  let end = plain.length;
  while (encoder.encode(plain.slice(0, end)).length > MAX_NAME_BYTES) end--;
  return plain.slice(0, end).trim();
}

interface Segment {
  readonly start: bigint;
  readonly asn: number;
  readonly country: string;
}

/** Lays the countries over the systems: a segment for each start of either, merged where both stay the same. */
function overlay(systems: readonly Row[], countries: readonly Row[]): Segment[] {
  const starts = new Set<bigint>([0n]);
  for (const row of [...systems, ...countries]) {
    starts.add(row.first);
    starts.add(row.last + 1n);
  }
  const out: Segment[] = [];
  let s = 0;
  let c = 0;
  for (const start of [...starts].sort((x, y) => (x < y ? -1 : 1))) {
    while (s < systems.length && systems[s].last < start) s++;
    while (c < countries.length && countries[c].last < start) c++;
    const announced = s < systems.length && systems[s].first <= start;
    const asn = announced ? Number(systems[s].fields[0]) : 0;
    // A country without a system is worth no space: nothing is sent from there.
    const country = announced && c < countries.length && countries[c].first <= start ? countries[c].fields[0] : '';
    const previous = out[out.length - 1];
    if (previous && previous.asn === asn && previous.country === country) continue;
    out.push({ start, asn, country });
  }
  return out;
}

/** The country in which most of a system's ranges lie. */
function mainCountries(segments: readonly Segment[]): Map<number, string> {
  const counts = new Map<number, Map<string, number>>();
  for (const { asn, country } of segments) {
    const own = counts.get(asn) ?? new Map<string, number>();
    own.set(country, (own.get(country) ?? 0) + 1);
    counts.set(asn, own);
  }
  return new Map([...counts].map(([asn, own]) => [asn, [...own].sort((x, y) => y[1] - x[1])[0][0]]));
}

/** Day the data was published, from the version of its package. */
function dayOfData(): string {
  const manifest = JSON.parse(packageFile('asn', 'package.json')) as { version: string };
  const [, year, month, day] = /\.(\d{4})(\d{2})(\d{2})\d*$/.exec(manifest.version) ?? [];
  if (!year) throw new Error(`no day in the version of the data: ${manifest.version}`);
  return `${year}-${month}-${day}`;
}

function classCounts(systems: readonly SystemRow[]): string {
  const classes = new Map<string, number>();
  for (const system of systems) {
    const name = networkClassName(system.networkClass);
    classes.set(name, (classes.get(name) ?? 0) + 1);
  }
  return [...classes].map(([name, count]) => `${name} ${count}`).join(', ');
}

function main(): void {
  const output = process.argv[2] ?? 'data/networks.bin';
  const dataDate = dayOfData();
  const asn4 = readRows(packageFile('asn', 'asn-ipv4-num.csv'), 0n);
  const asn6 = readRows(packageFile('asn', 'asn-ipv6-num.csv'), 64n);
  const segments4 = overlay(asn4, readRows(packageFile('asn-country', 'asn-country-ipv4-num.csv'), 0n));
  const segments6 = overlay(asn6, readRows(packageFile('asn-country', 'asn-country-ipv6-num.csv'), 64n));

  const names = new Map<number, string>();
  for (const row of [...asn6, ...asn4]) names.set(Number(row.fields[0]), shortName(row.fields[1]));
  const home = mainCountries([...segments4, ...segments6]);
  const systems: SystemRow[] = [...names]
    .sort((x, y) => x[0] - y[0])
    .map(([asn, name]) => ({ asn, name, networkClass: networkClassOf(asn, name), country: home.get(asn) ?? '' }));
  const position = new Map(systems.map((system, i) => [system.asn, i]));
  const toRange = ({ start, asn, country }: Segment): RangeRow => ({
    hi: Number(start >> 32n),
    lo: Number(start & 0xffffffffn),
    system: asn === 0 ? NOBODY : (position.get(asn) ?? NOBODY),
    country,
  });
  const v4 = segments4.filter(({ start }) => start <= 0xffffffffn).map(toRange);
  const v6 = segments6.filter(({ start }) => start <= 0xffffffffffffffffn).map(toRange);
  const countries = [...new Set([...v4, ...v6].map((range) => range.country))].filter((c) => c !== '').sort();

  const { bytes, nameBytes } = encodeColumns(systems, v4, v6, countries);
  hashBytes(bytes, 0, bytes.length, 0);
  const hash = [lanes.hi, lanes.lo].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  const counts = { systems: systems.length, nameBytes, v4: v4.length, v6: v6.length };
  const file = encodeFile({ dataDate, hash, sources: SOURCES, countries, ...counts }, bytes);
  const packed = gzipSync(file, { level: 9 });
  writeFileSync(output, packed);
  console.log(`${output}: ${packed.length} bytes (${file.length} unpacked), data of ${dataDate}, ${hash}`);
  console.log(
    `${v4.length} IPv4 and ${v6.length} IPv6 ranges, ${systems.length} systems, ${countries.length} countries`,
  );
  console.log(classCounts(systems));
}

main();
