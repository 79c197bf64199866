import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Random } from '../core/random.ts';
import {
  CarrierNat,
  countriesOf,
  drawAddress,
  isServed,
  type NetworkKind,
  rotateInterface,
  searchBotAddress,
} from './addresses.ts';
import { brands } from './browsers.ts';
import {
  asking,
  browser,
  device,
  LIBRARIES,
  library,
  mobileApp,
  monitor,
  SEARCH_BOTS,
  searchBot,
  TOOLS,
  tool,
} from './clients.ts';
import { COUNTRIES } from './countries.ts';
import { drawIpv6, formatIpv6, parsePrefix } from './prefixes.ts';

const KINDS: NetworkKind[] = ['hosting', 'residential', 'mobile', 'office', 'vpn', 'carrier-nat', 'search-bot'];

describe('addresses', () => {
  it('are addresses of the family asked for, none private or reserved', () => {
    const random = new Random(1);
    for (const kind of KINDS) {
      for (let i = 0; i < 400; i++) {
        const address = drawAddress(kind, random);
        expect(isIP(address)).toBe(4);
        expect(/^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|22[4-9]|23\d|24\d|25\d)\./.test(address)).toBe(
          false,
        );
        if (kind !== 'carrier-nat' && kind !== 'search-bot') expect(isIP(drawAddress(kind, random, 6))).toBe(6);
      }
    }
  });

  it('spread over continents, and follow the country asked for', () => {
    const random = new Random(2);
    const first = new Set(Array.from({ length: 500 }, () => drawAddress('residential', random).split('.')[0]));
    expect(first.size).toBeGreaterThan(50);
    for (let i = 0; i < 50; i++) expect(drawAddress('residential', random, 4, 'SE')).toMatch(/^(78|81|90)\./);
  });

  it('stay with one operator, whatever the line is given each day', () => {
    const days = Array.from({ length: 40 }, (_, day) => new Random(day));
    const groups = (draw: (day: Random) => string) => new Set(days.map((day) => draw(day).split(':')[0])).size;
    const loose = groups((day) => drawAddress('residential', day, 6));
    const kept = groups((day) => drawAddress('residential', day, 6, '', new Random(9)));
    expect(loose).toBeGreaterThan(8);
    expect(kept).toBeLessThan(4);
    expect([isServed('mobile', 6, 'US'), isServed('mobile', 6, 'XX')]).toEqual([true, false]);
  });

  it('know the languages of every country that they lie in', () => {
    for (const kind of ['residential', 'mobile', 'office'] as const) {
      for (const country of countriesOf(kind)) expect(COUNTRIES[country], country).toBeDefined();
    }
  });

  it('keep the /64 when the interface id changes', () => {
    const random = new Random(3);
    for (let i = 0; i < 200; i++) {
      const before = drawAddress('residential', random, 6);
      const after = rotateInterface(before, random);
      expect(after).not.toBe(before);
      expect(groups(after).slice(0, 4)).toEqual(groups(before).slice(0, 4));
    }
    expect(rotateInterface('192.0.2.1', random)).toBe('192.0.2.1');
  });

  it('stay in their prefix and are written as RFC 5952 says', () => {
    const random = new Random(4);
    const prefix = parsePrefix('2001:db8:a000::/36');
    for (let i = 0; i < 200; i++) expect(drawIpv6(prefix, random)).toMatch(/^2001:db8:a[0-9a-f]{3}:/);
    expect(formatIpv6([0x2001, 0xdb8, 0, 0, 1, 0, 0, 1])).toBe('2001:db8::1:0:0:1');
    expect(formatIpv6([0, 0, 0, 0, 0, 0, 0, 1])).toBe('::1');
    expect(formatIpv6([1, 0, 2, 3, 4, 5, 6, 7])).toBe('1:0:2:3:4:5:6:7');
    expect(formatIpv6([1, 2, 3, 4, 5, 6, 0, 0])).toBe('1:2:3:4:5:6::');
    expect(() => parsePrefix('300.1.1.1/8')).toThrow(RangeError);
  });

  it('of crawlers lie in the ranges that the engines publish', () => {
    const random = new Random(5);
    for (let i = 0; i < 50; i++) {
      expect(searchBotAddress('googlebot', random)).toMatch(/^(66\.249|192\.178)\./);
      expect(searchBotAddress('googlebot', random, 6)).toMatch(/^2001:4860:4801:1/);
    }
    expect(() => searchBotAddress('nobody', random)).toThrow(RangeError);
  });

  it('of a carrier are shared by a hundred to ten thousand people', () => {
    for (let seed = 0; seed < 200; seed++) {
      const nat = new CarrierNat(new Random(seed), 20_000);
      const share = nat.people / nat.addresses.length;
      expect(share).toBeGreaterThanOrEqual(90);
      expect(share).toBeLessThanOrEqual(11_000);
      expect(nat.addresses).toContain(nat.address());
      expect(new Set(nat.addresses).size).toBe(nat.addresses.length);
    }
  });
});

describe('clients', () => {
  it('have headers that fit their User-Agent', () => {
    const random = new Random(6);
    for (let i = 0; i < 2000; i++) {
      const { agent, headers } = browser(random, { country: i % 2 ? 'DE' : 'JP' });
      const hint = headers['sec-ch-ua'];
      expect(hint !== undefined).toBe(/ Chrome\//.test(agent) && !/FB_IAB/.test(agent));
      if (hint !== undefined) {
        const release = /Chrome\/(\d+)/.exec(agent)?.[1];
        expect(hint).toContain(`"Chromium";v="${release}"`);
        expect(headers['sec-ch-ua-mobile']).toBe(/Mobile/.test(agent) ? '?1' : '?0');
      }
      expect(headers['accept-language']).toMatch(i % 2 ? /^(de|en)/ : /^(ja|en)/);
    }
  });

  it('age with the world', () => {
    const release = (timeMs: number) => {
      const random = new Random(7);
      const agents = Array.from({ length: 400 }, () => browser(random, { timeMs, engine: 'chrome' }).agent);
      return agents.map((agent) => Number(/Chrome\/(\d+)/.exec(agent)?.[1])).sort((a, b) => a - b);
    };
    const [early, late] = [release(Date.UTC(2025, 5, 26)), release(Date.UTC(2026, 0, 15))];
    expect(early.at(-1)).toBeGreaterThanOrEqual(137);
    expect(early.at(-1)).toBeLessThanOrEqual(138);
    expect(late[200]).toBeGreaterThan(early[200] + 4);
    expect(new Set(early).size).toBeGreaterThan(4);
  });

  it('permute the nonsense brand as Chromium does', () => {
    expect(brands(138, 'Google Chrome')).toBe('"Not)A;Brand";v="8", "Chromium";v="138", "Google Chrome";v="138"');
    expect(brands(131, 'Google Chrome')).toBe('"Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"');
  });

  it('ask for data and for parts of pages with other headers, but with the same agent', () => {
    const page = browser(new Random(8), { engine: 'chrome' });
    const data = asking(page, 'fetch');
    expect(data.agent).toBe(page.agent);
    expect(data.headers['sec-fetch-dest']).toBe('empty');
    expect(data.headers['upgrade-insecure-requests']).toBeUndefined();
    expect(asking(page, 'fetch')).toBe(data);
    expect(asking(library('curl'), 'image')).toBe(library('curl'));
  });

  it('exist for every name, and for none other', () => {
    for (const name of SEARCH_BOTS) expect(searchBot(name).agent).toMatch(/bot|spider/i);
    for (const name of LIBRARIES) expect(library(name).protocol).toMatch(/^HTTP\//);
    for (const name of TOOLS) expect(tool(name).agent.length).toBeGreaterThan(0);
    expect(() => library('nobody')).toThrow(RangeError);
    expect(() => tool('constructor')).toThrow(RangeError);
  });

  it('of apps and devices carry their release', () => {
    const random = new Random(9);
    for (let i = 0; i < 50; i++) {
      expect(mobileApp(random, '4.12.0').agent).toContain('Shop/4.12.0');
      expect(device(random, '2.3.1').agent).toContain('/2.3.1');
      expect(monitor(random).agent.length).toBeGreaterThan(5);
    }
  });
});

function groups(address: string): string[] {
  const [head, tail = ''] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  return address.includes('::') ? [...left, ...new Array(8 - left.length - right.length).fill('0'), ...right] : left;
}
