/** The shop's own description against its benign visitors, and against what is wrong with the same requests. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Request } from '../redteam/src/contract.ts';
import { readScenario, runWorld } from '../redteam/src/simulate/index.ts';
import { BODY_KIND, SCHEMA } from '../src/enrich/kinds.ts';
import type { Asked, ParsedBody } from '../src/inspect/contract.ts';
import { createSchemaDesk, type DeskOperation } from '../src/inspect/schema/index.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
type Schema = Record<string, never> & { properties?: Record<string, { type?: string }>; required?: string[] };
const document = parse(readFileSync(at('../examples/shop/openapi.yaml'), 'utf8'));
const desk = createSchemaDesk({ documents: [{ document, mode: 'enforce' }] });

/** A request as the desk gets it. */
interface Sent {
  readonly method: string;
  readonly target: string;
  readonly mediaType: string;
  readonly value: Readonly<Record<string, unknown>> | undefined;
}

const sentOf = ({ method, target, body }: Request): Sent => ({
  method,
  target,
  mediaType: body === undefined ? '' : 'application/json',
  value: body,
});

function check({ method, target, mediaType, value }: Sent) {
  const asked: Asked = {
    method,
    target,
    host: 'shop.example',
    headers: [],
    mediaType,
    encoding: '',
    body: value === undefined ? null : new TextEncoder().encode(JSON.stringify(value)),
    cut: false,
    routeClass: 2,
  };
  const body: ParsedBody | null =
    value === undefined ? null : { kind: BODY_KIND.json, problem: '', fields: [], value, duplicates: [], bytes: 1 };
  return desk.check(asked, body);
}

/** Requests of benign visitors; those that say something of their own, of each operation. */
let exchanges = 0;
const samples = new Map<string, Sent[]>();
const departures = new Map<string, number>();

beforeAll(() => {
  const scenario = { ...readScenario(at('../redteam/scenarios/quick.yaml')), campaigns: [] };
  const keep = ({ request }: { request: Request }): void => {
    exchanges++;
    const sent = sentOf(request);
    const { operation, violations } = check(sent);
    for (const { where, what } of violations) {
      const name = `${operation?.id ?? `${sent.method} ${sent.target}`}: ${where} ${what}`;
      departures.set(name, (departures.get(name) ?? 0) + 1);
    }
    const id = operation?.id ?? '';
    const known = samples.get(id) ?? [];
    if (known.length < 20) samples.set(id, [...known, sent]);
  };
  runWorld(scenario, 'schemas', keep, { scale: 0.5 });
});

describe('benign visitors', () => {
  it('depart from nothing', () => {
    expect(exchanges).toBeGreaterThan(5000);
    expect(Object.fromEntries(departures)).toEqual({});
  });

  it('use most of what is described', () => {
    expect(samples.size).toBeGreaterThan(15);
    expect(samples.has('')).toBe(false);
  });
});

/** What is declared of the body of an operation. */
function schemaOf({ template, method }: DeskOperation): Schema | undefined {
  return document.paths[template]?.[method.toLowerCase()]?.requestBody?.content['application/json'].schema;
}

/** One mistake made in a request; null where there is nothing to make it in. */
type Mistake = (sent: Sent, schema: Schema | undefined) => Sent | null;

const withValue = (sent: Sent, name: string, value: unknown): Sent => ({
  ...sent,
  value: { ...sent.value, [name]: value },
});

const MISTAKES: readonly (readonly [string, number, number, Mistake])[] = [
  [
    'a required property is left out',
    SCHEMA.missing,
    422,
    (sent, schema) => {
      const name = schema?.required?.find((one) => one in (sent.value ?? {}));
      if (name === undefined) return null;
      const { [name]: _, ...value } = sent.value ?? {};
      return { ...sent, value };
    },
  ],
  [
    'a property has another type',
    SCHEMA.type,
    422,
    (sent, schema) => {
      const name = Object.keys(schema?.properties ?? {}).find((one) => one in (sent.value ?? {}));
      return name === undefined ? null : withValue(sent, name, { $gt: '' });
    },
  ],
  [
    'a number is a text',
    SCHEMA.type,
    422,
    (sent, schema) => {
      const name = Object.entries(schema?.properties ?? {}).find(
        ([one, { type }]) => type === 'integer' && one in (sent.value ?? {}),
      )?.[0];
      return name === undefined ? null : withValue(sent, name, `${sent.value?.[name]} or 1=1`);
    },
  ],
  [
    'a property nobody knows is set',
    SCHEMA.undeclaredParameter,
    0,
    (sent, schema) =>
      schema?.properties === undefined || sent.value === undefined ? null : withValue(sent, 'isAdmin', true),
  ],
  [
    'the body is of another media type',
    SCHEMA.mediaType,
    415,
    (sent) => (sent.value === undefined ? null : { ...sent, mediaType: 'text/xml' }),
  ],
  [
    'the body is left out',
    SCHEMA.missing,
    422,
    (sent) => (sent.value === undefined ? null : { ...sent, value: undefined, mediaType: '' }),
  ],
  [
    'the number of a page is none',
    SCHEMA.type,
    400,
    (sent) =>
      /[?&]page=\d/.test(sent.target) ? { ...sent, target: sent.target.replace(/page=\d+/, 'page=1%27') } : null,
  ],
  [
    'the number of a page is below the first',
    SCHEMA.range,
    400,
    (sent) =>
      /[?&]page=\d/.test(sent.target) ? { ...sent, target: sent.target.replace(/page=\d+/, 'page=-1') } : null,
  ],
  [
    'the id of a product is none',
    SCHEMA.type,
    400,
    (sent) =>
      /^\/api\/products\/\d+/.test(sent.target) ? { ...sent, target: '/api/products/1%20union%20select' } : null,
  ],
  [
    'a parameter nobody knows is sent',
    SCHEMA.undeclaredParameter,
    0,
    (sent) => ({ ...sent, target: `${sent.target}${sent.target.includes('?') ? '&' : '?'}debug=1` }),
  ],
  ['the method is another one', SCHEMA.undeclaredMethod, 0, (sent) => ({ ...sent, method: 'DELETE' })],
  [
    'the path is another one',
    SCHEMA.undeclaredRoute,
    0,
    (sent) => ({ ...sent, target: `${sent.target.replace(/\?.*/, '')}/x/y/.env` }),
  ],
];

describe('every mistake is named', () => {
  for (const [name, kind, status, mistake] of MISTAKES) {
    it(name, () => {
      let made = 0;
      for (const sent of [...samples.values()].flat()) {
        const { operation } = check(sent);
        const wrong = operation === null ? null : mistake(sent, schemaOf(operation));
        // Where no body is declared, or none is required, another one is no mistake.
        if (wrong === null || (status === 422 && schemaOf(operation as DeskOperation) === undefined)) continue;
        made++;
        const { violations, refusal } = check(wrong);
        expect(
          violations.map((one) => one.kind),
          `${wrong.method} ${wrong.target} ${JSON.stringify(wrong.value)}`,
        ).toContain(kind);
        expect(refusal?.status ?? 0).toBe(status);
      }
      expect(made).toBeGreaterThan(2);
    });
  }
});
