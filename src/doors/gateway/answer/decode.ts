/** The beginning of a compressed answer, decoded at once and within bounds: what it says is wanted before the exchange ends. */
import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { ZstdReader } from '../../../inspect/body/zstd/reader.ts';

/** Codings in a row. */
const MAX_CODINGS = 2;
/** What may come of one step at most, as a multiple of what is wanted; beyond it less of the input is taken. */
const MARGIN = 4;
/** Each further try takes this part of the input, and there are so many tries. */
const SHRINK = 8;
const MAX_TRIES = 5;

/** What frames and blocks may cost besides their output, in the reader's bytes. */
const ZSTD_BLOCKS = 131_072;

type Undo = (bytes: Buffer, limit: number) => Buffer;

const zlib = { finishFlush: constants.Z_SYNC_FLUSH };
const CODINGS: Readonly<Record<string, Undo>> = {
  gzip: (bytes, limit) => gunzipSync(bytes, { ...zlib, maxOutputLength: limit }),
  deflate: (bytes, limit) =>
    (hasZlibHead(bytes) ? inflateSync : inflateRawSync)(bytes, { ...zlib, maxOutputLength: limit }),
  br: (bytes, limit) =>
    brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: limit }),
  zstd: (bytes, limit) => {
    const reader = new ZstdReader(bytes, limit);
    reader.run(limit + ZSTD_BLOCKS);
    return reader.output();
  },
};

/** RFC 1950, 2.2; some send raw deflate data under this name. */
function hasZlibHead(bytes: Buffer): boolean {
  return (bytes[0] & 0x0f) === 8 && ((bytes[0] << 8) | bytes[1]) % 31 === 0;
}

/** Codings that Content-Encoding names, in the order in which they are undone; null where one is not known. */
function codingsOf(encoding: string): readonly Undo[] | null {
  const codings: Undo[] = [];
  for (const item of encoding.toLowerCase().split(',')) {
    const name = item.trim().replace(/^x-/, '');
    if (name === '' || name === 'identity') continue;
    if (!Object.hasOwn(CODINGS, name) || codings.length === MAX_CODINGS) return null;
    codings.unshift(CODINGS[name]);
  }
  return codings;
}

/** Is the body sent as it is? */
export function isPlain(encoding: string): boolean {
  return encoding === '' || codingsOf(encoding)?.length === 0;
}

/**
 * Up to `limit` decoded bytes of the beginning of a body; null where the coding is not known or the data are damaged. Takes time in
 * proportion to `limit`, however much there is to come of it. Never throws.
 */
export function decodeBeginning(bytes: Buffer, encoding: string, limit: number): Buffer | null {
  const codings = codingsOf(encoding);
  if (codings === null) return null;
  let so: Buffer | null = bytes;
  for (const undo of codings) {
    so = within(undo, so, limit);
    if (so === null) return null;
  }
  return so.subarray(0, limit);
}

function within(undo: Undo, bytes: Buffer, limit: number): Buffer | null {
  let input = bytes;
  for (let tries = 0; tries < MAX_TRIES && input.length > 0; tries++) {
    try {
      return undo(input, limit * MARGIN);
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_BUFFER_TOO_LARGE') return null;
    }
    input = input.subarray(0, Math.ceil(input.length / SHRINK));
  }
  return null;
}
