/** Requests for tests, as the gateway would hand them over. */
import { BODY_KIND } from '../../enrich/kinds.ts';
import type { Asked, ParsedBody } from '../contract.ts';

const encoder = new TextEncoder();

/** A request without a body, unless one is given. */
export function asked(method: string, target: string, more: Partial<Asked> = {}): Asked {
  return {
    method,
    target,
    host: 'shop.example',
    headers: [],
    mediaType: '',
    encoding: '',
    body: null,
    cut: false,
    routeClass: 2,
    ...more,
  };
}

/** A request with a JSON body, and the body taken apart. */
export function askedJson(
  method: string,
  target: string,
  value: unknown,
  more: Partial<Asked> = {},
): [Asked, ParsedBody] {
  const body = encoder.encode(JSON.stringify(value));
  return [asked(method, target, { mediaType: 'application/json', body, ...more }), parsed(value)];
}

export function parsed(value: unknown, more: Partial<ParsedBody> = {}): ParsedBody {
  return { kind: BODY_KIND.json, problem: '', fields: [], value, duplicates: [], bytes: 1, ...more };
}
