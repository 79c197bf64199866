/** Requests for tests: a body of a media type through the reader and the inspector. */
import { createBodyReader } from '../body/index.ts';
import { LIMITS } from '../body/testing.ts';
import type { BodyHit } from '../contract.ts';
import type { ContentInspector } from './index.ts';

/** Evidence that is a finding of its own, in millinats. */
export const FINDING = 4600;

const reader = createBodyReader(LIMITS);

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
