import { describe, expect, it } from 'vitest';
import type { Role } from '../contract.ts';
import { parseDocument } from './openapi.ts';
import { type Clues, overridden, roleOf } from './roles.ts';

const clues = (method: string, template: string, more: Partial<Clues> = {}): Clues => ({
  id: `${method} ${template}`,
  method,
  template,
  tags: [],
  queryParameters: [],
  bodyProperties: [],
  authenticated: false,
  media: 'application/json',
  many: false,
  ...more,
});

describe('roleOf', () => {
  const cases: [Role, Clues][] = [
    ['login', clues('POST', '/api/v2/sessions', { bodyProperties: ['email', 'password'] })],
    ['login', clues('POST', '/oauth/token', { bodyProperties: ['grant_type', 'username'] })],
    ['login', clues('POST', '/user/signIn')],
    ['other', clues('POST', '/logout')],
    ['other', clues('DELETE', '/sessions/{id}')],
    ['signup', clues('POST', '/register')],
    ['signup', clues('POST', '/users', { bodyProperties: ['name', 'password'] })],
    ['reset', clues('POST', '/account/forgot-password', { bodyProperties: ['email'] })],
    ['profile', clues('GET', '/me', { authenticated: true })],
    ['profile', clues('GET', '/users/{userId}', { authenticated: true })],
    ['list', clues('GET', '/articles', { many: true })],
    ['list', clues('GET', '/pets', { queryParameters: ['limit'] })],
    ['detail', clues('GET', '/pets/{petId}')],
    ['search', clues('GET', '/pets/findByStatus')],
    ['search', clues('GET', '/v1/catalog', { queryParameters: ['q'] })],
    // A list of a parent's orders names an id; it is a look at orders.
    ['order', clues('GET', '/customers/{id}/bookings', { authenticated: true })],
    ['order-list', clues('GET', '/my/bookings', { authenticated: true })],
    ['order', clues('GET', '/orders/{id}/invoice.pdf', { authenticated: true })],
    ['order', clues('GET', '/store/order/{orderId}')],
    ['order', clues('GET', '/invoices/{id}/lines')],
    ['checkout', clues('POST', '/orders')],
    ['checkout', clues('POST', '/payments')],
    ['quote', clues('POST', '/shipping/estimate')],
    ['redeem', clues('POST', '/coupons/apply', { bodyProperties: ['couponCode'] })],
    ['redeem', clues('GET', '/vouchers/{code}')],
    ['graphql', clues('POST', '/graphql')],
    ['webhook', clues('POST', '/stripe/webhook')],
    ['export', clues('GET', '/reports/export')],
    ['export', clues('GET', '/partners/feed')],
    ['telemetry', clues('POST', '/devices/{id}/readings')],
    ['health', clues('GET', '/-/readyz')],
    ['asset', clues('GET', '/assets/app.css')],
    ['asset', clues('GET', '/images/{id}.png')],
    ['page', clues('GET', '/', { media: '' })],
    ['page', clues('GET', '/about', { media: 'text/html' })],
    ['other', clues('GET', '/admin/users', { many: true })],
    ['other', clues('PUT', '/things/{id}')],
  ];
  it.each(cases)('%s: $method $template', (role, given) => {
    expect(roleOf(given)).toBe(role);
  });

  it('is overruled by id or by method and path', () => {
    expect(overridden({ getThing: 'detail' }, 'getThing', 'GET', '/x')).toBe('detail');
    expect(overridden({ 'GET /x': 'page' }, 'getThing', 'GET', '/x')).toBe('page');
    expect(overridden({}, 'getThing', 'GET', '/x')).toBeUndefined();
    expect(() => overridden({ getThing: 'details' }, 'getThing', 'GET', '/x')).toThrow(
      /"details" is no role.*getThing/,
    );
  });
});

describe('parseDocument', () => {
  it('says what is wrong', () => {
    expect(() => parseDocument('swagger: "2.0"')).toThrow(/no OpenAPI document of version 3/);
    expect(() => parseDocument('openapi: 3.0.0\npaths: {}')).toThrow(/no paths/);
    const lost =
      'openapi: 3.0.0\npaths: { /a: { get: { responses: { "200": { $ref: "#/components/responses/A" } } } } }';
    expect(() => parseDocument(lost)).toThrow(/not there: #\/components\/responses\/A/);
    const circle = 'openapi: 3.0.0\npaths: { /a: { $ref: "#/paths/~1a" } }';
    expect(() => parseDocument(circle)).toThrow(/circle/);
  });

  it('reads JSON, base paths, inherited parameters and security', () => {
    const json = JSON.stringify({
      openapi: '3.1.0',
      servers: [{ url: '/base/' }],
      security: [{ key: [] }],
      paths: {
        '/a/{x}': {
          parameters: [{ name: 'page', in: 'query' }],
          get: { responses: { '2XX': {} } },
          post: { security: [], requestBody: { content: { j: { schema: { allOf: [{ properties: { b: {} } }] } } } } },
        },
      },
      components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'K' } } },
    });
    const [get, post] = parseDocument(json).operations;
    expect(get).toMatchObject({
      template: '/base/a/{x}',
      pathParameters: ['x'],
      queryParameters: ['page'],
      success: 200,
    });
    expect(get).toMatchObject({ authenticated: true, keyed: true });
    expect(post).toMatchObject({
      authenticated: false,
      keyed: false,
      bodyProperties: ['b'],
      queryParameters: ['page'],
    });
  });
});
