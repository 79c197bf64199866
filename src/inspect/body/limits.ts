/** How much of a body is looked at. */
import type { Config } from '../../config/schema.ts';

export interface BodyLimits {
  /** Bytes after decoding. */
  readonly decodedBytes: number;
  /** A compressed body that fills `decodedBytes` and grows by more than this factor is a bomb. */
  readonly ratio: number;
  /** Levels of objects, elements, messages. */
  readonly depth: number;
  readonly fields: number;
  /** Characters of one text; longer ones become several fields. */
  readonly textLength: number;
  /** Parts of a multipart body. */
  readonly parts: number;
  /** Bodies that are decompressed at once. */
  readonly decodings: number;
}

/** Limits as the configuration names them: `inspection.bodies`. */
export function bodyLimits(config: Config['inspection']['bodies']): BodyLimits {
  return {
    decodedBytes: config.decoded_bytes,
    ratio: config.ratio,
    depth: config.depth,
    fields: config.fields,
    textLength: config.text_bytes,
    parts: config.parts,
    decodings: config.decodings,
  };
}
