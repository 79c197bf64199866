/**
 * Request bodies that nobody sends by accident: bombs, nesting, names without end, lengths that lie, letters that are none.
 * Made from a seed; one kind after another, each time with other sizes.
 */
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { Prng } from '../../bench/lib/prng.ts';
import { ENCODED } from './encoded.ts';
import { STRUCTURED } from './structured.ts';

export interface Hostile {
  readonly kind: string;
  readonly mediaType: string;
  readonly encoding: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** What a kind makes: a media type and bytes, and what else differs from plain. */
interface Made {
  readonly type: string;
  readonly body: Buffer | string;
  readonly encoding?: string;
  readonly headers?: readonly string[];
}

export type Maker = (random: Prng, size: number) => Made;

/** Sizes of which each kind gets its share, in bytes: as little as a route looks at, and as much. */
const SIZES = [300, 5_000, 65_536, 300_000, 1_048_576];

/** Everything a kind can be packed in, now and then. */
const PACKINGS = ['', '', '', '', 'gzip', 'br', 'deflate', 'gzip, br'];

/** `count` bodies. */
export function* hostileBodies(random: Prng, count: number): Generator<Hostile> {
  const kinds = Object.entries({ ...ENCODED, ...STRUCTURED });
  for (let i = 0; i < count; i++) {
    const [kind, make] = kinds[i % kinds.length];
    const size = SIZES[Math.floor(i / kinds.length) % SIZES.length];
    const made = make(random, size);
    const bytes = Buffer.from(made.body as string);
    // Nothing longer than this is ever held back to be looked at.
    const body = bytes.subarray(0, 1_048_576);
    const packing = made.encoding === undefined ? random.pick(PACKINGS) : '';
    yield {
      kind,
      mediaType: made.type,
      encoding: made.encoding ?? packing,
      headers: made.headers ?? [],
      body: packing === '' ? body : pack(body, packing),
    };
  }
}

/** Packs a body as `encoding` says. */
function pack(body: Buffer, encoding: string): Buffer {
  let packed = body;
  for (const name of encoding.split(',').map((item) => item.trim())) {
    if (name === 'gzip') packed = gzipSync(packed);
    else if (name === 'deflate') packed = deflateSync(packed);
    else if (name === 'raw') packed = deflateRawSync(packed);
    else if (name === 'br') packed = brotliCompressSync(packed, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });
  }
  return packed;
}
