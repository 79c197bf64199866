/** Requests for tests: a body of a media type through the reader and the inspector. */
import { type BodyLimits, createBodyReader } from '../body/index.ts';
import type { BodyHit } from '../contract.ts';
import type { ContentInspector } from './index.ts';

/** Evidence that is a finding of its own, in millinats. */
export const FINDING = 4600;

const limits: BodyLimits = {
  decodedBytes: 1_048_576,
  ratio: 200,
  depth: 64,
  fields: 10_000,
  textLength: 65_536,
  parts: 256,
  decodings: 4,
};
const reader = createBodyReader(limits);

/** What an inspector finds in a request with this body and these headers. */
export async function hitOf(
  inspector: ContentInspector,
  mediaType: string,
  body: string,
  headers: readonly string[] = [],
): Promise<BodyHit | null> {
  const asked = {
    method: 'POST',
    target: '/api/items',
    host: 'shop.example',
    headers: ['Host', 'shop.example', ...(mediaType === '' ? [] : ['Content-Type', mediaType]), ...headers],
    mediaType,
    encoding: '',
    body: body === '' ? null : Buffer.from(body),
    cut: false,
    routeClass: 0,
  };
  return inspector.request(asked, asked.body === null ? null : await reader.read(asked));
}
