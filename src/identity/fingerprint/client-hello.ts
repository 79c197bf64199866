/**
 * The first message of a TLS connection (RFC 8446, 4.1.2), as far as it tells client software apart. Reads bytes that a
 * stranger sent: nothing is believed about any length.
 */

export interface ClientHello {
  /** Highest version offered: 0x0304 is TLS 1.3. */
  readonly version: number;
  readonly hasServerName: boolean;
  readonly ciphers: readonly number[];
  /** Types of extensions in the order in which they came. */
  readonly extensions: readonly number[];
  /** First name of ALPN as bytes in latin1; '' without. */
  readonly alpn: string;
  readonly signatureAlgorithms: readonly number[];
  /** Values reserved so that servers learn to ignore what they do not know (RFC 8701) were offered. */
  readonly grease: boolean;
}

/** Bytes that a ClientHello may take, its records included: those with several post-quantum key shares have some 4 KiB. */
export const MAX_CLIENT_HELLO = 16_384;

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER = 5;
const EXTENSION = { serverName: 0, signatureAlgorithms: 13, alpn: 16, supportedVersions: 43 } as const;

/**
 * Reads one from the first bytes of a connection. `more`: it is not whole yet. `none`: there is none; whoever reads TLS
 * properly will say what is wrong.
 */
export function readClientHello(bytes: Uint8Array): ClientHello | 'more' | 'none' {
  const message = messageOf(bytes);
  if (typeof message === 'string') return message;
  try {
    return parse(new Reader(message));
  } catch (error) {
    if (error instanceof RangeError) return 'none';
    throw error;
  }
}

/** The message, put together from its records. */
function messageOf(bytes: Uint8Array): Uint8Array | 'more' | 'none' {
  const parts: Uint8Array[] = [];
  let have = 0;
  for (let at = 0; ; ) {
    if (at + RECORD_HEADER > bytes.length) return at >= MAX_CLIENT_HELLO ? 'none' : 'more';
    if (bytes[at] !== HANDSHAKE || bytes[at + 1] !== 3) return 'none';
    const length = (bytes[at + 3] << 8) | bytes[at + 4];
    const start = at + RECORD_HEADER;
    if (length === 0 || start + length > MAX_CLIENT_HELLO) return 'none';
    parts.push(bytes.subarray(start, Math.min(bytes.length, start + length)));
    have += Math.min(length, bytes.length - start);
    const first = parts[0];
    if (first.length > 0 && first[0] !== CLIENT_HELLO) return 'none';
    const whole = parts.length === 1 ? first : concat(parts);
    if (whole.length >= 4) {
      const wanted = 4 + ((whole[1] << 16) | (whole[2] << 8) | whole[3]);
      if (wanted > MAX_CLIENT_HELLO) return 'none';
      if (have >= wanted) return whole.subarray(4, wanted);
    }
    if (start + length > bytes.length) return 'more';
    at = start + length;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Reads big-endian numbers and vectors with their length before them. RangeError beyond the end. */
class Reader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  u8(): number {
    if (this.at >= this.bytes.length) throw new RangeError('beyond the end');
    return this.bytes[this.at++];
  }

  u16(): number {
    return (this.u8() << 8) | this.u8();
  }

  take(length: number): Reader {
    if (length > this.left) throw new RangeError('beyond the end');
    this.at += length;
    return new Reader(this.bytes.subarray(this.at - length, this.at));
  }

  /** All that is left, as 16-bit numbers. */
  numbers(): number[] {
    const out: number[] = [];
    while (this.left >= 2) out.push(this.u16());
    return out;
  }

  text(): string {
    let out = '';
    while (this.left > 0) out += String.fromCharCode(this.u8());
    return out;
  }
}

/** 0x0a0a, 0x1a1a … 0xfafa. */
export const isGrease = (value: number): boolean => (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);

function parse(reader: Reader): ClientHello {
  const legacy = reader.u16();
  reader.take(32);
  reader.take(reader.u8());
  const ciphers = reader.take(reader.u16()).numbers();
  reader.take(reader.u8());
  const extensions: number[] = [];
  let version = legacy;
  let alpn = '';
  let signatureAlgorithms: readonly number[] = [];
  const all = reader.left >= 2 ? reader.take(reader.u16()) : reader.take(0);
  while (all.left > 0) {
    const type = all.u16();
    const data = all.take(all.u16());
    extensions.push(type);
    if (type === EXTENSION.alpn) alpn = firstName(data);
    else if (type === EXTENSION.signatureAlgorithms) signatureAlgorithms = data.take(data.u16()).numbers();
    else if (type === EXTENSION.supportedVersions) version = highest(data.take(data.u8()).numbers(), version);
  }
  return {
    version,
    hasServerName: extensions.includes(EXTENSION.serverName),
    ciphers,
    extensions,
    alpn,
    signatureAlgorithms,
    grease: ciphers.some(isGrease) || extensions.some(isGrease),
  };
}

function firstName(data: Reader): string {
  const names = data.take(data.u16());
  return names.left > 0 ? names.take(names.u8()).text() : '';
}

function highest(versions: readonly number[], preset: number): number {
  const known = versions.filter((version) => !isGrease(version));
  return known.length === 0 ? preset : Math.max(...known);
}
