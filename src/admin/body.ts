/** Bodies of requests to the admin API: JSON objects, small, whole. */
import type { IncomingMessage } from 'node:http';
import { AdminError } from './reply.ts';

/** Bytes. A reason and an id need a few hundred. */
export const MOST_BODY_BYTES = 16 * 1024;
/** Bytes beyond which a connection is cut in the middle of a body. */
const MOST_IGNORED_BYTES = 1024 * 1024;
/** Characters of a reason. */
export const MOST_REASON = 500;

export type Fields = Readonly<Record<string, unknown>>;

/** The body as a JSON object; an empty one counts as `{}`. @throws AdminError SP7003 */
export async function readFields(req: IncomingMessage): Promise<Fields> {
  const text = await readText(req);
  if (text === '') return {};
  const type = (req.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
  // A form of another site cannot send this type without being asked first (Fetch, CORS-safelisted request-header).
  if (type !== 'application/json') throw new AdminError(415, 'SP7003', 'the body must be application/json');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AdminError(400, 'SP7003', 'the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AdminError(400, 'SP7003', 'the body must be a JSON object');
  }
  return value as Fields;
}

function readText(req: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MOST_BODY_BYTES) {
        chunks.push(chunk);
        return;
      }
      reject(
        new AdminError(413, 'SP7003', `the body is longer than ${MOST_BODY_BYTES} bytes`, { Connection: 'close' }),
      );
      // The rest is read and thrown away, so that the answer arrives; nobody is listened to without end.
      if (bytes > MOST_IGNORED_BYTES) req.destroy();
    });
    req.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    req.on('error', () => reject(new AdminError(400, 'SP7003', 'the body ended before its end')));
    req.on('aborted', () => reject(new AdminError(400, 'SP7003', 'the body ended before its end')));
  });
}

/** Why somebody does what is asked for: it stands in the ledger, so there must be one. @throws AdminError SP7003 */
export function reasonOf(fields: Fields): string {
  const { reason } = fields;
  const text = typeof reason === 'string' ? reason.replace(/\s+/g, ' ').trim() : '';
  if (text === '') throw new AdminError(400, 'SP7003', '"reason" is missing: it is kept with what is done');
  if (text.length > MOST_REASON) {
    throw new AdminError(400, 'SP7003', `"reason" is longer than ${MOST_REASON} characters`);
  }
  return text;
}
