/**
 * The compact form of the network table: how `data/networks.bin` is laid out inside its gzip wrapper.
 *
 * Little-endian. "SPN1", the length of the header as u32, the header as JSON ({@link Header}), then the columns one after
 * another, each a run of LEB128 varints or bytes, because columns of like values compress best:
 *
 *     systems   number (difference to the previous) · class · main country · length of name    each × header.systems
 *               names, UTF-8
 *     IPv4      start (difference to the previous) · system + 1, 0 none · country              each × header.v4
 *     IPv6      the same over the first 64 bits; a start is the difference of its upper half, then its lower half
 *               (the difference again, where the upper half did not change)
 *
 * A range ends where the next one starts. A country is 1 + its index in header.countries; 0 stands for the main country
 * of the system (in the systems' column: for none).
 */
export interface Header {
  /** Day the data was published, "2026-06-17". */
  readonly dataDate: string;
  /** Hash over the columns, 16 hex digits. */
  readonly hash: string;
  readonly sources: readonly string[];
  readonly countries: readonly string[];
  readonly systems: number;
  readonly nameBytes: number;
  readonly v4: number;
  readonly v6: number;
}

export const MAGIC = 0x314e5053; // "SPN1"

export interface SystemRow {
  readonly asn: number;
  readonly name: string;
  readonly networkClass: number;
  readonly country: string;
}

/** A range starts at `hi`, `lo` (IPv4: `hi` is 0) and ends where the next one starts. `system` −1: nobody announces it. */
export interface RangeRow {
  readonly hi: number;
  readonly lo: number;
  readonly system: number;
  readonly country: string;
}

/** Growing byte buffer with varints. */
class Writer {
  private bytes = new Uint8Array(1 << 16);
  private length = 0;

  byte(value: number): void {
    if (this.length === this.bytes.length) {
      const grown = new Uint8Array(this.bytes.length * 2);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes[this.length++] = value;
  }

  /** `value` is an integer from 0 to 2^32 − 1. */
  varint(value: number): void {
    while (value > 127) {
      this.byte((value & 127) | 128);
      value = Math.floor(value / 128);
    }
    this.byte(value);
  }

  done(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

const encoder = new TextEncoder();

/** The columns, to be preceded by {@link encodeHeader}. `systems` ascend by number, ranges by start. */
export function encodeColumns(
  systems: readonly SystemRow[],
  v4: readonly RangeRow[],
  v6: readonly RangeRow[],
  countries: readonly string[],
): { readonly bytes: Uint8Array; readonly nameBytes: number } {
  const out = new Writer();
  const code = new Map(countries.map((country, i) => [country, i + 1]));
  const countryOf = (range: RangeRow): number => {
    const main = range.system < 0 ? '' : systems[range.system].country;
    return range.country === main ? 0 : (code.get(range.country) ?? 0);
  };
  let previous = 0;
  for (const system of systems) {
    out.varint(system.asn - previous);
    previous = system.asn;
  }
  for (const system of systems) out.byte(system.networkClass);
  for (const system of systems) out.byte(code.get(system.country) ?? 0);
  const names = systems.map((system) => encoder.encode(system.name));
  for (const name of names) out.byte(name.length);
  for (const name of names) for (const byte of name) out.byte(byte);
  writeRanges(out, v4, false, countryOf);
  writeRanges(out, v6, true, countryOf);
  return { bytes: out.done(), nameBytes: names.reduce((sum, name) => sum + name.length, 0) };
}

/** `wide` ranges (IPv6) carry an upper half too. */
function writeRanges(
  out: Writer,
  ranges: readonly RangeRow[],
  wide: boolean,
  countryOf: (range: RangeRow) => number,
): void {
  let hi = 0;
  let lo = 0;
  for (const range of ranges) {
    if (wide) out.varint(range.hi - hi);
    out.varint(range.hi === hi ? range.lo - lo : range.lo);
    hi = range.hi;
    lo = range.lo;
  }
  for (const range of ranges) out.varint(range.system + 1);
  for (const range of ranges) out.byte(countryOf(range));
}

/** Header and columns as one file, not yet compressed. */
export function encodeFile(header: Header, columns: Uint8Array): Uint8Array {
  const json = encoder.encode(JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + columns.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, json.length, true);
  file.set(json, 8);
  file.set(columns, 8 + json.length);
  return file;
}

/** Reads the columns back in order. RangeError where the bytes end too early. */
export class Reader {
  private readonly bytes: Uint8Array;
  private at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  varint(): number {
    const bytes = this.bytes;
    let byte = bytes[this.at++];
    if (byte < 128) return byte;
    let value = byte & 127;
    for (let scale = 128; ; scale *= 128) {
      byte = bytes[this.at++];
      // Beyond the end there is no byte (undefined): its bits would count as 0 and the loop would end.
      value += (byte & 127) * scale;
      if (!(byte > 127)) return value;
    }
  }

  take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.bytes.length) throw new RangeError('network table: the file ends too early');
    const part = this.bytes.subarray(this.at, end);
    this.at = end;
    return part;
  }

  /** True where exactly everything was read. */
  get finished(): boolean {
    return this.at === this.bytes.length;
  }
}

/** The header of a file and where its columns start. RangeError where the bytes are no network table. */
export function readHeader(bytes: Uint8Array): { readonly header: Header; readonly at: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || view.getUint32(0, true) !== MAGIC) {
    throw new RangeError('network table: not a table of this version (still compressed?)');
  }
  const length = view.getUint32(4, true);
  if (8 + length > bytes.length) throw new RangeError('network table: the file ends too early');
  return { header: JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Header, at: 8 + length };
}
