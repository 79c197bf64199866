import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/parse.ts';
import { FLAG, ROUTE_CLASS } from '../../enrich/facts.ts';
import { LEAK } from '../../enrich/kinds.ts';
import type { Told } from '../contract.ts';
import { createAnswerReader } from './index.ts';

fc.configureGlobal({ seed: 20240304 });

function readerOf(answer: string, isDecoy: ((text: string) => boolean) | null = null) {
  const yaml = `gateway:\n  routes:\n    - match: { path: /a }\n      answer: { ${answer} }\n`;
  return createAnswerReader(parseConfig(yaml, 'test.yaml').gateway.routes, isDecoy);
}

const told = (body: unknown, part: Partial<Told> = {}): Told => ({
  ...{ status: 200, headers: [], mediaType: 'application/json', encoding: '', cut: false },
  body: body === null ? null : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  ...part,
});
const plain = createAnswerReader([], null);
const read = (value: Told, routeClass: number = ROUTE_CLASS.api) => plain.read(-1, value, routeClass, null);

describe('objects', () => {
  it('are counted in good answers', () => {
    expect(read(told({ items: [{}, {}] })).extras).toEqual({ objects: 2 });
    expect(read(told({ items: [{}, {}] }, { status: 404 })).extras).toEqual({});
    expect(read(told(null, { status: 204 })).extras).toEqual({});
    expect(read(told('<p>', { mediaType: 'text/html' })).extras).toEqual({});
  });

  it('are lines where a line is a record', () => {
    expect(read(told('{"a":1}\n{"a":2}\n', { mediaType: 'application/x-ndjson' })).extras.objects).toBe(2);
    expect(read(told('a\n1\n2\n3', { mediaType: 'text/csv; charset=utf-8' })).extras.objects).toBe(3);
  });

  it('are what Content-Range says, where it speaks of objects', () => {
    const headers = ['Content-Range', 'items 20-44/319'];
    expect(read(told({ items: [{}] }, { headers, cut: true })).extras.objects).toBe(25);
    const bytes = ['content-range', 'bytes 0-1/2'];
    expect(read(told({ items: [{}] }, { headers: bytes })).extras.objects).toBe(1);
  });

  it('come from the path of the route, with or without a filter', () => {
    const body = { rows: [{ a: 1 }, { a: 2 }], items: [1] };
    expect(readerOf('objects: "$.rows[*]"').read(0, told(body), 0, null).extras.objects).toBe(2);
    expect(readerOf('objects: "$.rows[?@.a > 1]"').read(0, told(body), 0, null).extras.objects).toBe(1);
    expect(readerOf('objects: "$..a"').read(0, told(body), 0, null).extras.objects).toBe(2);
    expect(readerOf('objects: "$..a"').read(0, told(body, { cut: true }), 0, null).extras.objects).toBeUndefined();
  });

  it('are counted as pieces pass, beyond what is looked at', () => {
    const counter = plain.counter(-1, 200, 'application/json');
    const body = Buffer.from(JSON.stringify(Array.from({ length: 1000 }, (_, i) => ({ i }))));
    for (let i = 0; i < body.length; i += 100) counter?.take(body.subarray(i, i + 100));
    const beginning = told(null, { body: body.subarray(0, 50), cut: true });
    expect(plain.read(-1, beginning, 0, counter).extras.objects).toBe(1000);
  });
});

describe('the owner', () => {
  it.each([
    ['$.customer.id', { customer: { id: 42 } }, '42'],
    ['$.customer', { customer: 'J\u00fcrgen "J"\n' }, 'J\u00fcrgen "J"\n'],
    ['$[*].by', [{ by: 'a' }, { by: 'b' }], 'a'],
    ['$..by', { x: { by: 'deep' } }, 'deep'],
    ['$.customer', { customer: { id: 1 } }, undefined],
    ['$.customer', { customer: null }, undefined],
    ['$.customer', {}, undefined],
  ])('%s', (path, body, owner) => {
    expect(readerOf(`owner: "${path}"`).read(0, told(body), 0, null).extras.owner).toBe(owner);
  });
});

describe('a login that went well', () => {
  const by = (accepted: string, value: Told) =>
    readerOf(`accepted: { ${accepted} }`).read(0, value, 0, null).authenticated;
  it('by status', () => {
    expect(by('status: [200, 302]', told({}, { status: 302 }))).toBe(1);
    expect(by('status: [200, 302]', told({}, { status: 401 }))).toBe(0);
    expect(by('status: [200]', told({}, { status: 503 }))).toBe(-1);
  });

  it('by header', () => {
    const headers = ['Location', '/home', 'Set-Cookie', 'sid=1'];
    expect(by('header: set-cookie', told({}, { headers }))).toBe(1);
    expect(by('header: "Location: /home"', told({}, { headers }))).toBe(1);
    expect(by('header: "Location: /login"', told({}, { headers }))).toBe(0);
    expect(by('header: x-user', told({}, { headers }))).toBe(0);
  });

  it.each<[unknown, 0 | 1]>([
    [{ ok: true }, 1],
    [{ ok: 'yes' }, 1],
    [{ ok: 1 }, 1],
    [{ ok: { user: 1 } }, 1],
    [{ ok: false }, 0],
    [{ ok: null }, 0],
    [{ ok: 0 }, 0],
    [{ ok: '' }, 0],
    [{}, 0],
    [{ error: { ok: true } }, 0],
  ])('by body: %j', (body, expected) => {
    expect(by('body: $.ok', told(body))).toBe(expected);
    expect(by('body: "$[?@.x == 1]"', told([{ x: expected }]))).toBe(expected);
  });

  it('cannot be told by a body that was not seen', () => {
    expect(by('body: $.ok', told('{"a": [1, 2', { cut: true }))).toBe(-1);
    expect(by('body: $.ok', told('{"ok": true, "a": [1', { cut: true }))).toBe(1);
    expect(by('body: $.ok', told(null))).toBe(-1);
  });

  it('takes all that is said, and nothing where nothing is', () => {
    expect(by('status: [200], body: $.ok', told({ ok: true }, { status: 201 }))).toBe(0);
    expect(by('', told({}))).toBe(-1);
    expect(read(told({})).authenticated).toBe(-1);
  });
});

describe('what leaks', () => {
  const body = { user: 'ann@shop.example', card: '4111 1111 1111 1111' };
  it('is told by kind and count, never by value', () => {
    const insight = read(told(body));
    expect(insight.extras).toEqual({ objects: 1, leaks: LEAK.email | LEAK.card, leaked: 2 });
    expect(JSON.stringify(insight)).not.toMatch(/ann|4111/);
  });

  it('is withheld where the route says so', () => {
    const reader = readerOf('withhold: [card, iban]');
    expect(reader.read(0, told(body), 0, null).withhold).toBe('card');
    expect(reader.read(0, told({ user: 'ann@shop.example' }), 0, null).withhold).toBe('');
    expect(reader.carries(0, Buffer.from(JSON.stringify(body)), 0)).toBe(LEAK.card);
    expect(reader.settings(0)).toMatchObject({ bytes: 65_536, inspect: true, withhold: LEAK.card | LEAK.iban });
  });

  it('is found in refusals, too', () => {
    expect(read(told('at a.B.c(B.java:7)', { status: 500, mediaType: 'text/plain' })).extras.leaks).toBe(
      LEAK.stackTrace,
    );
  });

  it('is not looked for in pictures and programs', () => {
    for (const mediaType of ['image/png', 'text/css', 'application/javascript', 'video/mp4', 'text/event-stream'])
      expect(read(told('ann@shop.example', { mediaType })).extras).toEqual({});
    for (const mediaType of ['', 'text/plain', 'application/problem+json; x=1', 'application/hal+json', 'text/xml'])
      expect(read(told('"ann@shop.example"', { mediaType })).extras.leaks).toBe(LEAK.email);
  });

  it('are no tokens where tokens are given out', () => {
    const part = (text: string) => Buffer.from(text).toString('base64url');
    const token = `${part('{"alg":"HS256","typ":"JWT"}')}.${part('{"sub":"1"}')}.${'aB3dE6gH9jK2mN5p'.repeat(3)}`;
    expect(read(told({ token })).extras.leaks).toBe(LEAK.token);
    expect(read(told({ token }), ROUTE_CLASS.login).extras.leaks).toBeUndefined();
  });

  it('are decoys that leave', () => {
    const uuid = '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d';
    const reader = readerOf('', (text) => text.includes(uuid));
    expect(reader.read(0, told({ id: uuid }), 0, null).extras.flags).toBe(FLAG.DECOY_LEFT);
    expect(reader.read(0, told({ id: uuid.replace('0a', '0b') }), 0, null).extras.flags).toBeUndefined();
  });
});

it('any answer is read without an error', () => {
  const reader = readerOf('objects: "$..a", owner: "$.a[0]", accepted: { header: "a: b", body: "$.b" }');
  fc.assert(
    fc.property(
      fc.oneof(fc.json(), fc.string()),
      fc.boolean(),
      fc.integer({ min: 0, max: 599 }),
      (body, cut, status) => {
        const insight = reader.read(0, told(body, { cut, status }), 0, null);
        expect([-1, 0, 1]).toContain(insight.authenticated);
      },
    ),
  );
});
