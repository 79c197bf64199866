/** Answers such as APIs give every day: nothing in them is a secret or somebody's. */

const id = (i: number): string => `6f1c2d3e-4b5a-4c6d-8e9f-0a1b2c3d4e${(i % 90) + 10}`;
const sha = (i: number): string => (i * 2654435761).toString(16).padStart(40, 'c3f1a9e07b5d2846');

export const ORDINARY: readonly (readonly [string, unknown])[] = [
  [
    'products',
    {
      data: Array.from({ length: 30 }, (_, i) => ({
        id: id(i),
        sku: `4006381333${900 + i}`,
        price: 79.9 + i,
        ean: 4006381333931,
      })),
    },
  ],
  [
    'orders',
    { orders: [{ order_number: '4485275742308327', ref: '371449635398431', total: '1249.00', currency: 'EUR' }] },
  ],
  ['an order by a plain id', { id: 4111111111111111, orderId: '5555555555554444' }],
  [
    'times',
    {
      created: 1795341600,
      updated_ms: 1795341600123,
      at: '2026-11-22T10:00:00.000Z',
      day: '2026-11-22',
      nanos: 1795341600123456789n.toString(),
    },
  ],
  [
    'times with zones',
    [
      '2026-11-22T10:00:00+01:00',
      '2026-11-22 10:00:00 +0100',
      'Sun, 22 Nov 2026 10:00:00 GMT',
      '22.11.2026',
      '11/22/2026',
    ],
  ],
  [
    'UUIDs and hashes',
    { id: id(1), etag: `"${sha(1)}"`, sha256: sha(2) + sha(3).slice(0, 24), md5: sha(4).slice(0, 32) },
  ],
  [
    'snowflakes',
    { id: '1079832410285826048', channel_id: '4485275742308327123', ids: [937465012345678901n.toString()] },
  ],
  [
    'assets',
    ['/static/js/main.4f2a9c1b.js', 'logo@2x.png', 'icons/user@3x.webp', 'app.min.js?v=1795341600', 'chunk-7f3a.css'],
  ],
  [
    'packages',
    { dependencies: { react: '^18.2.0', '@scope/tool': '1.2.3' }, resolved: 'https://registry.example/tool@1.2.3' },
  ],
  [
    'pages',
    {
      page: 1,
      per_page: 50,
      total: 12345678,
      next: 'https://api.example/items?page=2&since=1795341600',
      offset: 10000000,
    },
  ],
  [
    'measurements',
    { width: 1234.5678, series: [0.123456789, 48.1234567, -122.98765], temperature: -12.5, score: 9876543.21 },
  ],
  [
    'versions and addresses of machines',
    { version: '10.15.7.1234', ip: '192.168.100.200', v6: '2001:db8::1', mac: '00-1b-63-84-45-e6' },
  ],
  ['a health check', { status: 'ok', uptime: 123456789, memory: 8589934592, pid: 40021 }],
  ['a problem', { type: 'about:blank', title: 'Not Found', status: 404, instance: `urn:uuid:${id(7)}` }],
  [
    'mailboxes of a house',
    { contact: 'support@shop.example', from: 'no-reply@shop.example', press: 'press@shop.example' },
  ],
  [
    'texts',
    'Save 20% on 100 items; call us at any time. Version 2.0 (build 20261122) weighs 1,234.5 kg. #1234567 @home',
  ],
  [
    'a page',
    '<html><head><meta charset="utf-8"><link href="/a.css?v=123456789"></head><body><p>Hello, at 10:30</p></body></html>',
  ],
  [
    'GraphQL',
    {
      data: {
        users: {
          edges: [{ cursor: 'Y3Vyc29yOjE3OTUzNDE2MDA=', node: { id: 'VXNlcjoxMjM0NTY3' } }],
          pageInfo: { endCursor: 'eyJpZCI6MTIzfQ==' },
        },
      },
    },
  ],
  [
    'JSON:API',
    {
      data: [{ type: 'articles', id: '1234567890', links: { self: '/articles/1234567890' } }],
      jsonapi: { version: '1.1' },
    },
  ],
  ['rates', { EURUSD: 1.08451, timestamp: 1795341600, rates: { JPY: 162.345678, GBP: 0.8512345 } }],
  [
    'tracking',
    { tracking_number: '9400 1000 0000 0000 0000 00', carrier: 'x', tracking: '420123459400100000000000000000' },
  ],
  ['books', { isbn: '978-3-16-148410-0', isbn10: '3-16-148410-X', doi: '10.1000/182' }],
  ['phones that are none', { phone: null, phone_verified: true, phone_count: 3 }],
  [
    'keys that are none',
    { key: 'AKIAIOSFODNN7EXAMPLE', pattern: 'sk_live_xxxxxxxxxxxxxxxxxxxx', hint: 'ghp_', aiza: 'AIza' },
  ],
  ['places', { city: 'Berlin', country: 'DE', lat: 52.5, lng: 13.4, street: null, postal_code: '10115' }],
  [
    'words with at',
    ['a@b', '@context', 'user@', 'x@y.1', 'npm i react@18.2.0', 'git@github.com:org/repo.git', '@@ -1,7 +1,7 @@'],
  ],
  ['passwords that are not told', { password: '********', password_hint: 'pet', passwordChangedAt: '2026-11-22' }],
  ['base64', { thumbnail: Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 197) % 251)).toString('base64') }],
  ['code', 'const at = time.js; // see main.ts: 12, or readme.php'],
  ['an IBAN with a mistake', { iban: 'DE89370400440532013001', x: 'AB12CD34' }],
  ['log lines', '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a?id=1234567 HTTP/1.1" 200 12345678'],
];
