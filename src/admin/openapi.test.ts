/** The description and the listener agree: every route both ways, and every answer as its schema says. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROUTES } from './routes.ts';
import { type Admin, startAdmin } from './server.ts';
import { type Answer, adminOptions, CAPTURE, call, FakeOperator, TOKEN } from './testing.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly format?: string;
}
interface Operation {
  readonly security?: readonly unknown[];
  readonly responses: Readonly<Record<string, { $ref?: string; content?: Record<string, { schema: Schema }> }>>;
}

const API = parse(readFileSync(new URL('./openapi.yaml', import.meta.url), 'utf8'));
const METHODS = ['get', 'post', 'delete'];
const OPERATIONS: [string, string, Operation][] = Object.entries(
  API.paths as Record<string, Record<string, Operation>>,
).flatMap(([path, item]) =>
  METHODS.filter((m) => m in item).map((m) => [m.toUpperCase(), path, item[m]] as [string, string, Operation]),
);

const resolve = (ref: string) =>
  ref
    .slice(2)
    .split('/')
    .reduce((at, key) => at[key], API);

/** Where a value differs from a schema: the parts of JSON Schema that the description uses. */
function differences(value: unknown, schema: Schema, at = '$'): string[] {
  if (schema.$ref) return differences(value, resolve(schema.$ref), at);
  const kind = Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
  if (schema.type !== undefined && kind !== schema.type && !(schema.type === 'number' && kind === 'integer')) {
    return [`${at} is ${kind}, not ${schema.type}`];
  }
  if (schema.enum && !schema.enum.includes(value as string)) return [`${at} is ${value}`];
  if (schema.format === 'date-time' && Number.isNaN(Date.parse(value as string))) return [`${at} is no time`];
  if (kind === 'array')
    return (value as unknown[]).flatMap((v, i) => differences(v, schema.items ?? {}, `${at}[${i}]`));
  if (kind !== 'object') return [];
  const fields = value as Record<string, unknown>;
  const unknown = schema.properties ? Object.keys(fields).filter((key) => !(key in schema.properties!)) : [];
  return [
    ...(schema.required ?? []).filter((key) => !(key in fields)).map((key) => `${at}.${key} is missing`),
    ...unknown.map((key) => `${at}.${key} is not described`),
    ...Object.entries(schema.properties ?? {}).flatMap(([key, s]) =>
      key in fields ? differences(fields[key], s, `${at}.${key}`) : [],
    ),
  ];
}

function checked(method: string, path: string, answer: Answer): string[] {
  const operation = OPERATIONS.find(([m, p]) => m === method && p === path)![2];
  let response = operation.responses[String(answer.status)];
  if (response === undefined) return [`${method} ${path}: status ${answer.status} is not described`];
  if (response.$ref) response = resolve(response.$ref);
  const type = (answer.headers['content-type'] ?? '').split(';')[0];
  const schema = response.content?.[type]?.schema;
  if (response.content && !schema) return [`${method} ${path}: type ${type} is not described`];
  return /json/.test(type) && schema ? differences(answer.json, schema) : [];
}

const operator = new FakeOperator();
let admin: Admin;

beforeAll(async () => {
  admin = await startAdmin(adminOptions(operator));
});
afterAll(() => admin.close());

describe('openapi.yaml', () => {
  it('has every route, and none that is not there', () => {
    const described = OPERATIONS.map(([method, path]) => `${method} ${path}`).sort();
    expect(described).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it('says of every route whether it needs a proof', () => {
    for (const [method, path, { security }] of OPERATIONS) {
      const route = ROUTES.find((r) => r.method === method && r.path === path)!;
      expect(security?.length === 0, `${method} ${path}`).toBe(route.access === 'open');
    }
  });

  it('describes every answer as it comes', async () => {
    operator.tick({ requests: 3 });
    operator.mitigate();
    const reason = { reason: 'a test' };
    const requests: [string, string, string, unknown?][] = [
      ['GET', '/', '/'],
      ['GET', '/page/{file}', '/page/app.js'],
      ['GET', '/page/{file}', '/page/none.js'],
      ['GET', '/healthz', '/healthz'],
      ['GET', '/readyz', '/readyz'],
      ['GET', '/metrics', '/metrics'],
      ['GET', '/api/v1/session', '/api/v1/session'],
      ['POST', '/api/v1/session', '/api/v1/session', { token: TOKEN }],
      ['DELETE', '/api/v1/session', '/api/v1/session'],
      ['GET', '/api/v1/status', '/api/v1/status'],
      ['GET', '/api/v1/ticks', '/api/v1/ticks'],
      ['GET', '/api/v1/mitigations', '/api/v1/mitigations?active=true&limit=5'],
      ['GET', '/api/v1/mitigations', '/api/v1/mitigations?limit=0'],
      ['GET', '/api/v1/mitigations/{id}', '/api/v1/mitigations/M-0123456789'],
      ['GET', '/api/v1/mitigations/{id}', '/api/v1/mitigations/M-ffffffffff'],
      ['POST', '/api/v1/mitigations/{id}/undo', '/api/v1/mitigations/M-0123456789/undo', {}],
      ['POST', '/api/v1/mitigations/{id}/undo', '/api/v1/mitigations/M-0123456789/undo', reason],
      ['POST', '/api/v1/mitigations/{id}/undo', '/api/v1/mitigations/M-0123456789/undo', reason],
      ['POST', '/api/v1/mode', '/api/v1/mode', { mode: 'observe', ...reason }],
      ['POST', '/api/v1/mode', '/api/v1/mode', { mode: 'off', ...reason }],
      ['GET', '/api/v1/trust', '/api/v1/trust'],
      ['POST', '/api/v1/revocations', '/api/v1/revocations', { id: 'acme-2026', ...reason }],
      [
        'POST',
        '/api/v1/revocations',
        '/api/v1/revocations',
        { kind: 'principal', id: 'u1', issuer: 'https://id.example', until: '2100-01-01T00:00:00Z', ...reason },
      ],
      ['POST', '/api/v1/revocations', '/api/v1/revocations', { id: 'one too many', ...reason }],
      ['POST', '/api/v1/revocations', '/api/v1/revocations', { id: 'x', until: 'soon', ...reason }],
      ['POST', '/api/v1/revocations', '/api/v1/revocations', { id: '', ...reason }],
      ['POST', '/api/v1/revocations', '/api/v1/revocations', { id: 'x', kind: 'ip', ...reason }],
      ['POST', '/api/v1/revocations', '/api/v1/revocations', { id: 'x' }],
      ['GET', '/api/v1/revocations', '/api/v1/revocations?limit=5'],
      ['GET', '/api/v1/revocations', '/api/v1/revocations?limit=x'],
      ['POST', '/api/v1/revocations/restore', '/api/v1/revocations/restore', { id: 'acme-2026', ...reason }],
      ['POST', '/api/v1/revocations/restore', '/api/v1/revocations/restore', { id: 'acme-2026', ...reason }],
      ['GET', '/api/v1/inventory', '/api/v1/inventory'],
      ['GET', '/api/v1/inventory', '/api/v1/inventory?kind=shadow&limit=1'],
      ['GET', '/api/v1/inventory', '/api/v1/inventory?kind=none'],
      ['GET', '/api/v1/plans', '/api/v1/plans'],
      ['GET', '/api/v1/plans', '/api/v1/plans?limit=0'],
      ['GET', '/api/v1/captures', '/api/v1/captures?limit=5'],
      ['GET', '/api/v1/captures', '/api/v1/captures?limit=many'],
      ['POST', '/api/v1/captures/{id}/read', `/api/v1/captures/${CAPTURE}/read`, reason],
      ['POST', '/api/v1/captures/{id}/read', `/api/v1/captures/${CAPTURE}/read`, {}],
      ['POST', '/api/v1/captures/{id}/read', '/api/v1/captures/C-0195d0e6a80000000000/read', reason],
      ['POST', '/api/v1/reload', '/api/v1/reload'],
    ];
    for (const [method, path, target, body] of requests) {
      const answer = await call(admin.url, target, { method, body, token: TOKEN });
      expect(checked(method, path, answer), `${method} ${target} ${answer.status}`).toEqual([]);
    }
    for (const [method, path, { security }] of OPERATIONS) {
      if (security?.length === 0) continue;
      const answer = await call(admin.url, path.replace('{id}', 'M-0123456789'), { method });
      expect(answer.status, `${method} ${path} without a proof`).toBe(401);
      expect(checked(method, path, answer)).toEqual([]);
    }
  });
});
