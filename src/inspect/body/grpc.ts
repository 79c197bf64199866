/**
 * gRPC, gRPC-Web and Connect streams: messages of a stated length, compressed or not, one after another. What they hold is
 * looked at and never a reason to hold them up.
 */
import { gunzipSync, inflateSync } from 'node:zlib';
import type { Fields } from './fields.ts';
import { readJson } from './json.ts';
import { readProtobuf, strings } from './protobuf.ts';

/** Compressed messages of one body that are opened. */
const MAX_COMPRESSED = 64;
/** Flag of a compressed message; of the end of a stream (Connect, gRPC-Web trailers). */
const COMPRESSED = 1;
const ENDS = 0x82;
const PREFIX_BYTES = 5;

export interface GrpcOptions {
  /** The type without parameters: application/grpc+proto, application/grpc-web-text, application/connect+json … */
  readonly essence: string;
  /** Value of grpc-encoding or connect-content-encoding; '' for none. */
  readonly encoding: string;
  readonly cut: boolean;
}

/** Reads the messages of a body into `fields`. Never throws. */
export function readGrpc(body: Buffer, fields: Fields, options: GrpcOptions): void {
  const bytes = options.essence.includes('-text') ? Buffer.from(body.toString('latin1'), 'base64') : body;
  const json = options.essence.endsWith('+json');
  let room = fields.limits.decodedBytes;
  let opened = 0;
  for (let at = 0; at < bytes.length; ) {
    if (at + PREFIX_BYTES > bytes.length) {
      fields.note(options.cut ? 'truncated' : 'syntax');
      strings(bytes.subarray(at), fields, '$');
      return;
    }
    const flags = bytes[at];
    const length = bytes.readUInt32BE(at + 1);
    let content: Buffer | null = bytes.subarray(at + PREFIX_BYTES, at + PREFIX_BYTES + length);
    const whole = content.length === length;
    at += PREFIX_BYTES + length;
    if (!whole) fields.note(options.cut ? 'truncated' : 'syntax');
    if ((flags & COMPRESSED) !== 0) {
      if (++opened > MAX_COMPRESSED) fields.note('fields');
      content = opened > MAX_COMPRESSED ? null : open(content, options.encoding, room, whole, fields);
      room -= content?.length ?? 0;
    }
    if (content === null) continue;
    if ((flags & ENDS) !== 0) fields.rest('$', content.toString('utf8'));
    else if (json) readJson(content.toString('utf8'), fields, { path: '$', cut: !whole && options.cut, lines: false });
    else if (!whole) strings(content, fields, '$');
    else if (!readProtobuf(content, fields, '$')) fields.note('syntax');
    if (fields.full) return;
  }
}

/** A message, decompressed within bounds; null where it cannot be. */
function open(content: Buffer, encoding: string, room: number, whole: boolean, fields: Fields): Buffer | null {
  if (content.length === 0) return null;
  if (!whole || room <= 0) {
    fields.note(whole ? 'bomb' : 'truncated');
    return null;
  }
  try {
    if (encoding === 'gzip') return gunzipSync(content, { maxOutputLength: room });
    if (encoding === 'deflate') return inflateSync(content, { maxOutputLength: room });
    fields.note('encoding');
  } catch (error) {
    fields.note((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? 'bomb' : 'encoding');
  }
  return null;
}
