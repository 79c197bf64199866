import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Request } from '../contract.ts';
import { loopbackFor } from './connections.ts';
import { headersOf } from './headers.ts';
import { NAME_PREFIX } from './index.ts';
import { loopbackOf, planOf } from './options.ts';
import { InOrder } from './order.ts';
import { Pace, WorldClock } from './pace.ts';
import { CHROME, CURL, options, PEOPLE } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

describe('time', () => {
  test('the world’s clock runs both ways', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2e12 }), fc.integer({ min: 1, max: 10_000 }), (realMs, factor) => {
        const clock = new WorldClock(1000, 500, factor);
        expect(clock.real(clock.world(realMs))).toBeCloseTo(realMs, 1);
      }),
    );
  });

  test('no second has more than the rate and one burst', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.array(fc.integer({ min: 0, max: 90 })), (rate, steps) => {
        const pace = new Pace(rate, 0);
        const taken: number[] = [];
        let nowMs = 0;
        for (const step of steps) {
          nowMs += step;
          for (let i = 0; i < 20; i++) if (pace.take(nowMs) === 0) taken.push(nowMs);
        }
        const burst = Math.max(1, rate / 20);
        for (const from of taken) {
          expect(taken.filter((at) => at >= from && at < from + 1000).length).toBeLessThanOrEqual(rate + burst + 1e-6);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('whoever waits as long as asked may go', () => {
    const pace = new Pace(3, 0);
    let nowMs = 0;
    for (let i = 0; i < 50; i++) {
      const wait = pace.take(nowMs);
      if (wait > 0) {
        nowMs += Math.ceil(wait);
        expect(pace.take(nowMs)).toBe(0);
      }
    }
  });
});

test('whatever the order of the ends, the beginnings decide', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }),
      fc.func(fc.boolean()),
      (ends, kept) => {
        const told: number[] = [];
        const order = new InOrder<number>((item) => told.push(item));
        for (let i = 0; i < 8; i++) order.begin();
        for (const end of ends) order.end(end, kept(end) ? end : undefined);
        expect(told).toEqual([0, 1, 2, 3, 4, 5, 6, 7].filter((i) => kept(i)));
      },
    ),
  );
});

describe('addresses', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
    ['localhost', '127.0.0.1'],
    ['127.255.0.3', '127.255.0.3'],
    ['localhost.example', undefined],
    ['10.0.0.1', undefined],
    ['', undefined],
  ])('%j is %j', (host, address) => {
    expect(loopbackOf(host)).toBe(address);
  });

  test('every client has a loopback address, the same each time', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const own = loopbackFor(address);
        expect(own).toBe(loopbackFor(address));
        expect(own).toMatch(/^127\.([1-9]\d?|1\d\d|2[0-4]\d|25[0-4])\.\d+\.[1-9]\d*$/);
        expect(loopbackOf(own)).toBe(own);
      }),
    );
    const many = new Set(Array.from({ length: 500 }, (_, i) => loopbackFor(`10.0.${i >> 8}.${i & 255}`)));
    expect(many.size).toBeGreaterThan(495);
  });

  test('beyond this machine accounts are always marked', () => {
    const remote = options('http://192.0.2.1', { sources: [], allowRemote: true, namePrefix: '' });
    expect(planOf(remote)).toMatchObject({ namePrefix: NAME_PREFIX, spread: false, port: 80 });
    const here = options('http://127.0.0.1:81', { sources: [], namePrefix: '' });
    expect(planOf(here)).toMatchObject({ namePrefix: '', spread: true, port: 81 });
  });
});

describe('header lines', () => {
  const dressing = {
    host: 'shop.example',
    forwarded: true,
    cookie: 'session',
    keyHeader: 'X-Api-Key',
    markCampaigns: false,
    isKey: (token: string) => token.startsWith('pk_'),
  };
  const linesOf = (request: Partial<Request>, body?: string, more = {}) => {
    const whole = { client: CURL, method: 'GET', target: '/', ...request };
    const flat = headersOf(whole, body === undefined ? undefined : Buffer.from(body), PEOPLE, { ...dressing, ...more });
    return flat.flatMap((line, i) => (i % 2 ? [] : [[line, flat[i + 1]]]));
  };
  const namesOf = (lines: string[][]) => lines.map(([name]) => name);

  test('stand in the order of a browser', () => {
    expect(namesOf(linesOf({ client: CHROME, referrer: 'https://shop.example/', session: 's.1' }))).toEqual([
      'Host',
      'Connection',
      'sec-ch-ua',
      'Upgrade-Insecure-Requests',
      'User-Agent',
      'Accept',
      'Accept-Language',
      'Referer',
      'Cookie',
      'X-Forwarded-For',
      'X-Forwarded-Proto',
    ]);
  });

  test('and in that of a tool', () => {
    const lines = linesOf({ method: 'POST', token: 'abc' }, '{}');
    expect(namesOf(lines).slice(0, 6)).toEqual([
      'Host',
      'User-Agent',
      'Accept',
      'Content-Type',
      'Content-Length',
      'Authorization',
    ]);
    expect(lines).toContainEqual(['Authorization', 'Bearer abc']);
    expect(lines).toContainEqual(['Content-Length', '2']);
  });

  test('keys, cookies and lengths', () => {
    expect(linesOf({ token: 'pk_1' })).toContainEqual(['X-Api-Key', 'pk_1']);
    const cookies = { ...CURL, headers: { cookie: 'seen=1' } };
    expect(linesOf({ client: cookies, session: 'a.b' })).toContainEqual(['Cookie', 'seen=1; session=a.b']);
    expect(linesOf({ method: 'PUT' })).toContainEqual(['Content-Length', '0']);
    expect(namesOf(linesOf({}))).not.toContain('Content-Length');
    expect(namesOf(linesOf({ client: { ...CURL, agent: '' } }))).not.toContain('User-Agent');
  });

  test('no value ends a line or the encoding', () => {
    const client = { ...CURL, agent: 'a\r\nX-Evil: 1', headers: { 'x-name': 'Zoë\u{1f600}' } };
    const lines = Object.fromEntries(linesOf({ client }));
    expect(lines['User-Agent']).toBe('a  X-Evil: 1');
    expect(Buffer.from(lines['X-Name'], 'latin1').toString('utf8')).toBe('Zoë\u{1f600}');
  });
});
