import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/parse.ts';
import { FLAG, ROUTE_CLASS } from '../../enrich/facts.ts';
import { BODY_KIND, ROLE } from '../../enrich/kinds.ts';
import { amountMinor, exponentOf } from './amount.ts';
import { advanceDaily, createFieldReader, DailySecret, drawDaily, type FieldInput } from './index.ts';
import { bodyOf } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const DAY = 86_400_000;

const ROOT: Buffer = Buffer.concat([Buffer.alloc(4), createHash('sha256').update('a key').digest()]);
const secretAt = (clock: () => number = () => 0, state = ROOT): DailySecret =>
  new DailySecret(clock, Buffer.from(state));

const input = (part: Partial<FieldInput>): FieldInput => ({
  ...{ target: '/api/things', routeClass: ROUTE_CLASS.api, body: null, principal: '', role: ROLE.user },
  ...part,
});

const plain = createFieldReader([], secretAt());
const read = (value: unknown, routeClass: number, target = '/x') =>
  plain.read(-1, input({ body: bodyOf(value), routeClass, target }));

describe('fields by usual names', () => {
  it('are read of a login', () => {
    const extras = read({ email: ' Ann.Lee@Shop.example', password: 'hunter2', device_id: 'd-1' }, ROUTE_CLASS.login);
    expect(extras).toMatchObject({ subject: 'ann.lee@shop.example', device: 'd-1' });
    expect(extras.mail).toMatch(/@shop\.example$/);
    expect(extras.password).toBeGreaterThan(0);
    expect(JSON.stringify(extras)).not.toContain('hunter2');
  });

  it('are read where frameworks put them', () => {
    expect(read({ user: { login: 'ann', passwd: 'x' } }, ROUTE_CLASS.login)).toMatchObject({ subject: 'ann' });
    expect(read({ data: { attributes: { promoCode: ' spring ' } } }, ROUTE_CLASS.code).object).toBe('SPRING');
    expect(read({ items: [{ price: '2.50' }], total: 12.5, currency: 'EUR' }, ROUTE_CLASS.api).amountMinor).toBe(1250);
    expect(plain.read(-1, input({ target: '/redeem?code=ABC%2D1', routeClass: ROUTE_CLASS.code })).object).toBe(
      'ABC-1',
    );
  });

  it('are ids among the variables of GraphQL', () => {
    const graphql = (variables: unknown) => ({ ...bodyOf({ query: 'x', variables }), kind: BODY_KIND.graphql });
    const object = (variables: unknown) => plain.read(-1, input({ body: graphql(variables) })).object;
    expect(object({ first: 3, orderId: 'o-7' })).toBe('o-7');
    expect(object({ input: { user: { deep: { id: 1 } }, id: 9 } })).toBe('9');
    expect(object({ paid: 4 })).toBeUndefined();
    expect(plain.read(-1, input({ body: bodyOf({ variables: { id: 3 } }) })).object).toBeUndefined();
  });

  it('mean something only where routes are of that kind', () => {
    expect(read({ code: 'DE', password: 'x', email: 'a@b.example' }, ROUTE_CLASS.api)).toEqual({});
    expect(read({ amount: 5 }, ROUTE_CLASS.login).amountMinor).toBeUndefined();
  });
});

describe('fields by JSONPath', () => {
  const config = parseConfig(
    `
gateway:
  routes:
    - match: { path: /pay }
      fields: { amount: $.order.sum, object: $.order.id, subject: $.for, code: $.c, password: $.pw, device: "$..dev" }
    - match: { path: /other }
`,
    'test.yaml',
  );
  const reader = createFieldReader(config.gateway.routes, secretAt());
  it('come from the route, with the currency beside the amount', () => {
    const body = bodyOf({
      order: { sum: '19', id: 7, currency: 'JPY' },
      for: 'bob',
      pw: 'p',
      x: [{ dev: 'D' }],
      total: 3,
    });
    const extras = reader.read(0, input({ body }));
    expect(extras).toMatchObject({ amountMinor: 19, object: '7', subject: 'bob', device: 'D' });
    expect(extras.password).toBeGreaterThan(0);
  });

  it('take the place of usual names', () => {
    expect(reader.read(0, input({ body: bodyOf({ amount: 3 }) })).amountMinor).toBeUndefined();
    expect(reader.read(1, input({ body: bodyOf({ amount: 3 }) })).amountMinor).toBe(300);
  });

  it('are checked when they are loaded', () => {
    const routes = config.gateway.routes.map((route) => ({ ...route, fields: { code: 'not a path' } }));
    expect(() => createFieldReader(routes, secretAt())).toThrow(expect.objectContaining({ code: 'SP8002' }));
  });
});

describe('the daily secret', () => {
  it('gives equal numbers within a day and others on the next', () => {
    let now = 20 * DAY + 5;
    const secret = secretAt(() => now);
    const first = secret.hash('hunter2');
    expect(secret.hash('hunter2')).toBe(first);
    expect(secret.hash('hunter3')).not.toBe(first);
    now = 21 * DAY - 1;
    expect(secret.hash('hunter2')).toBe(first);
    now = 21 * DAY;
    expect(secret.hash('hunter2')).not.toBe(first);
  });

  it('is the same for everybody who began with the same, and for nobody else', () => {
    const now = () => 20 * DAY;
    const ask = (state?: Buffer) => secretAt(now, state).hash('hunter2');
    expect(ask()).toBe(ask());
    expect(ask(drawDaily(20 * DAY))).not.toBe(ask());
    expect(() => ask(Buffer.alloc(32, 1))).toThrow(RangeError);
  });

  it('goes on from day to day, alike for who was there all the time and who comes later, and never back', () => {
    let now = 20 * DAY;
    const state = drawDaily(now);
    const first = Buffer.from(state);
    const early = new DailySecret(() => now, state);
    const before = early.hash('hunter2');
    now = 23 * DAY;
    const later = Buffer.from(first);
    advanceDaily(later, now);
    const today = early.hash('hunter2');
    expect(secretAt(() => now, later).hash('hunter2')).toBe(today);
    // Nothing of the first key is left, and a clock that is set back brings nothing back.
    expect([state.equals(later), state.includes(first.subarray(4, 12))]).toEqual([true, false]);
    now = 20 * DAY;
    expect(early.hash('hunter2')).toBe(today);
    expect(today).not.toBe(before);
  });

  it('takes no time over a clock that is years ahead', () => {
    const far = drawDaily(0);
    const started = performance.now();
    advanceDaily(far, 100_000 * DAY);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(far.readUInt32LE(0)).toBe(100_000);
  });

  it('gives 31 bits that are never nothing', () => {
    const secret = secretAt();
    fc.assert(
      fc.property(fc.string(), (text) => {
        const hash = secret.hash(text);
        expect(hash).toBeGreaterThan(0);
        expect(hash).toBeLessThan(2 ** 31);
      }),
    );
  });
});

describe('amounts', () => {
  it.each([
    ['19.99', 2, 1999],
    ['0.1', 2, 10],
    ['1,234.50', 2, 123450],
    ['1.234,50', 2, 123450],
    ["1'234.50", 2, 123450],
    ['1 234,50', 2, 123450],
    ['1\u00a0234 567', 0, 1234567],
    ['1,234', 2, 123400],
    ['12,5', 2, 1250],
    ['12.345', 3, 12345],
    ['12.345', 2, 1234],
    ['$ 5.00', 2, 500],
    ['5 EUR', 2, 500],
    ['1500', 0, 1500],
    ['0.29', 2, 29],
    ['-5', 2, -1],
    ['1e9', 2, -1],
    ['', 2, -1],
    ['.', 2, -1],
    ['9'.repeat(30), 2, -1],
    ['1.2.3', 2, -1],
  ])('%s with %i digits is %i', (text, exponent, minor) => {
    expect(amountMinor(text, exponent)).toBe(minor);
  });

  it('are exact', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), (minor) => {
        const text = `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
        expect(amountMinor(text, 2)).toBe(minor);
        expect(amountMinor(Number(text).toLocaleString('en-US', { minimumFractionDigits: 2 }), 2)).toBe(minor);
        expect(amountMinor(Number(text).toLocaleString('de-DE', { minimumFractionDigits: 2 }), 2)).toBe(minor);
        expect(amountMinor(String(Number(text)), 2)).toBe(minor);
      }),
    );
  });

  it('know currencies', () => {
    expect(['jpy', 'KWD', 'EUR', 'CLF', '?'].map(exponentOf)).toEqual([0, 3, 2, 4, 2]);
  });
});

describe('ids that contradict each other', () => {
  const flags = (target: string, value?: unknown, duplicates: string[] = []) =>
    plain.read(-1, input({ target, body: value === undefined ? null : bodyOf(value, duplicates) })).flags ?? 0;
  it.each<[string, unknown]>([
    ['/users/5', { id: 6 }],
    ['/users/5/orders', { user_id: 6 }],
    ['/users/5?userId=6', undefined],
    ['/users/5?userid=6', undefined],
    ['/things?id=1&id=2', undefined],
    ['/things?order_id=1', { orderId: '2' }],
    ['/categories/7', { categoryId: 8 }],
  ])('%s with %j', (target, value) => {
    expect(flags(target, value) & FLAG.DUPLICATE_ID).toBe(FLAG.DUPLICATE_ID);
  });

  it('and a name that stands twice in the body', () => {
    expect(flags('/things', { id: 1 }, ['$.id']) & FLAG.DUPLICATE_ID).toBe(FLAG.DUPLICATE_ID);
    expect(flags('/things', { id: 1 }, ['$.note'])).toBe(0);
  });

  it.each<[string, unknown]>([
    ['/users/5', { id: 5 }],
    ['/users/5/orders', { id: 99 }],
    ['/users/5', { address: { id: 3 } }],
    ['/orders/5', { items: [{ id: 1 }, { id: 2 }] }],
    ['/things?id[]=1&id[]=2', undefined],
    ['/v2/items', { id: 3 }],
    ['/orders?paid=1', { paid: 2 }],
    ['/orders/A-1', { id: 'a-1' }],
  ])('are none: %s with %j', (target, value) => {
    expect(flags(target, value)).toBe(0);
  });
});

describe('a request about somebody else', () => {
  const flagged = (target: string, principal: string, role: number = ROLE.user, routeClass: number = ROUTE_CLASS.api) =>
    ((plain.read(-1, input({ target, principal, role, routeClass })).flags ?? 0) & FLAG.SUBJECT_MISMATCH) !== 0;
  it('is marked for ordinary users', () => {
    expect(flagged('/users/42/orders', '41')).toBe(true);
    expect(flagged('/customers/bob@shop.example', 'alice@shop.example')).toBe(true);
    const byPath = createFieldReader([{ fields: { subject: '$.for' } } as never], secretAt());
    const body = bodyOf({ for: 'bob' });
    expect(byPath.read(0, input({ body, principal: 'alice' })).flags).toBe(FLAG.SUBJECT_MISMATCH);
    expect(byPath.read(0, input({ body, principal: 'bob' })).flags).toBeUndefined();
    expect(flagged('/users/usr_9a1/cards', 'usr_8b2')).toBe(true);
  });

  it('is not where it is the same, nobody, or cannot be compared', () => {
    expect(flagged('/users/42/orders', '42')).toBe(false);
    expect(flagged('/users/me/orders', 'alice')).toBe(false);
    expect(flagged('/users/42', 'alice')).toBe(false);
    expect(flagged('/users/search', 'alice')).toBe(false);
    expect(flagged('/users/42', '')).toBe(false);
    expect(flagged('/orders/42', '41')).toBe(false);
    expect(flagged('/users/42', '41', ROLE.support)).toBe(false);
    expect(flagged('/users/bob', 'alice', ROLE.user, ROUTE_CLASS.lookup)).toBe(false);
  });
});

describe('whatever is sent', () => {
  it('is read without an error', () => {
    fc.assert(
      fc.property(
        fc.webUrl({ withQueryParameters: true }),
        fc.json(),
        fc.integer({ min: 0, max: 9 }),
        (url, json, routeClass) => {
          const { pathname, search } = new URL(url);
          const extras = plain.read(
            -1,
            input({ target: pathname + search, body: bodyOf(JSON.parse(json)), routeClass, principal: 'x' }),
          );
          expect(extras.amountMinor ?? 0).toBeGreaterThanOrEqual(0);
        },
      ),
    );
    expect(plain.read(-1, input({ target: '/%ff/%zz?%=%&id=%' }))).toEqual({});
  });
});
