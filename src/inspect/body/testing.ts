/** What tests of this room share. */
import type { ParsedBody } from '../contract.ts';
import type { BodyLimits } from './limits.ts';
import { parseBody } from './parse.ts';

export const LIMITS: BodyLimits = {
  decodedBytes: 1_048_576,
  ratio: 200,
  depth: 64,
  fields: 10_000,
  textLength: 65_536,
  parts: 256,
  decodings: 4,
};

/** Parses a body that is all there. */
export function parsed(
  mediaType: string,
  body: string | Buffer,
  options: Partial<BodyLimits> & { cut?: boolean } = {},
) {
  const { cut = false, ...limits } = options;
  return parseBody({ bytes: Buffer.from(body as string), mediaType, cut, limits: { ...LIMITS, ...limits } });
}

/** Paths and texts, for comparison. */
export function pairs(body: ParsedBody): [string, string][] {
  return body.fields.map(({ path, text }) => [path, text]);
}
