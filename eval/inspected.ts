/**
 * Single requests through the inspection that the gateway runs: the content part of enrichment over target, agent and
 * referrer, the body reader, and the inspector of bodies and headers. No state, no history: what one request shows.
 */
import { inspection } from '../src/config/inspection.ts';
import { FIELD_WEIGHT } from '../src/detectors/injection/weights.ts';
import { contentRule, inspect, newHit, resetHit } from '../src/enrich/content/index.ts';
import { CONTENT_FIELD } from '../src/enrich/facts.ts';
import { bodyLimits, createBodyReader } from '../src/inspect/body/index.ts';
import { createContentInspector } from '../src/inspect/content/index.ts';
import type { Asked } from '../src/inspect/contract.ts';

/** The configuration's defaults. */
const LIMITS = bodyLimits(inspection.parse({}).bodies);

/** Evidence from which a single request is a finding, in millinats. */
export const FINDING = 4600;
/** The most that content can say. */
export const CERTAIN = 9200;

/** A request as test data has it. */
export interface TestRequest {
  readonly method: string;
  readonly target: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array | null;
}

export interface Judged {
  readonly millinats: number;
  /** '' for none. */
  readonly rule: string;
  readonly language: string;
  readonly where: string;
  readonly excerpt: string;
}

const encoder = new TextEncoder();
const fieldNames = Object.fromEntries(Object.entries(CONTENT_FIELD).map(([name, id]) => [id, name]));

/** One judge for many requests: it holds buffers and no state. */
export function createJudge(): (request: TestRequest) => Promise<Judged> {
  const reader = createBodyReader(LIMITS);
  const inspector = createContentInspector();
  const hit = newHit();
  const one = newHit();
  return async (request) => {
    resetHit(hit);
    let text: Uint8Array = encoder.encode('');
    const take = (value: string, field: number): void => {
      const bytes = encoder.encode(value);
      resetHit(one);
      inspect(bytes, 0, bytes.length, field, one);
      const weighed = Math.trunc((one.millinats * FIELD_WEIGHT[one.field]) / 1000);
      if (weighed <= hit.millinats) return;
      Object.assign(hit, one, { millinats: weighed });
      text = bytes;
    };
    take(request.target, CONTENT_FIELD.path);
    take(headerOf(request.headers, 'referer'), CONTENT_FIELD.referrer);
    take(headerOf(request.headers, 'user-agent'), CONTENT_FIELD.agent);
    const asked = askedOf(request);
    const body = asked.body === null ? null : await reader.read(asked);
    const found = inspector.request(asked, body);
    const weight = found === null ? 0 : Math.trunc((found.millinats * FIELD_WEIGHT[found.field]) / 1000);
    if (found !== null && weight > hit.millinats) return judged(weight, found.rule, found.path, found.excerpt);
    const span = new TextDecoder().decode(text.subarray(hit.at, hit.at + hit.length));
    return judged(hit.millinats, hit.rule, fieldNames[hit.field] ?? '', span);
  };
}

function judged(millinats: number, id: number, where: string, excerpt: string): Judged {
  const rule = contentRule(id);
  return { millinats, rule: rule?.name ?? '', language: rule?.language ?? '', where, excerpt };
}

/** A request as the gateway hands it to inspection. */
export function askedOf({ method, target, headers, body }: TestRequest): Asked {
  const bytes = typeof body === 'string' ? encoder.encode(body) : body;
  return {
    method,
    target,
    host: headerOf(headers, 'host'),
    headers,
    mediaType: headerOf(headers, 'content-type'),
    encoding: headerOf(headers, 'content-encoding'),
    body: bytes === null || bytes.length === 0 ? null : bytes,
    cut: false,
    routeClass: 0,
  };
}

function headerOf(headers: readonly string[], name: string): string {
  for (let i = 0; i + 1 < headers.length; i += 2) if (headers[i].toLowerCase() === name) return headers[i + 1];
  return '';
}

/** Share in percent, NaN of nothing. */
export const percent = (part: number, whole: number): number => (part / whole) * 100;
