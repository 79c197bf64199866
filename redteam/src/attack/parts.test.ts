import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../core/random.ts';
import { Bandit } from './bandit.ts';
import { BreachList, Draw } from './breach.ts';
import { CheckedGuesser, CountingGuesser, checksumOf, LearnedGuesser, luhn, plainSum, RandomGuesser } from './codes.ts';
import { derive } from './grammar.ts';
import { inHours, Pace } from './pace.ts';
import { MECHANISMS, payload } from './payloads.ts';
import { costCents, PRICES } from './prices.ts';
import { Purse } from './purse.ts';
import { Surface } from './surface.ts';
import { FakeSite, worldOf } from './testing.ts';
import { probePath } from './words.ts';

fc.configureGlobal({ seed: 20240304 });

describe('lists', () => {
  it('draws every number once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3000 }), fc.string(), (n, seed) => {
        const draw = new Draw(n, new Random(seed));
        const got: number[] = [];
        for (let next = draw.next(); next !== undefined; next = draw.next()) got.push(next);
        expect(got.toSorted((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      }),
      { numRuns: 50 },
    );
  });

  it('has as many pairs that fit as it should', () => {
    const world = worldOf(new FakeSite());
    const real = new Map(world.site.inventory.accounts.map(({ name, password }) => [name, password]));
    const list = new BreachList(world, { valid: 0.02, stale: 0.1 }, new Random('list'));
    const pairs = Array.from({ length: 10_000 }, () => list.next());
    const valid = pairs.filter(({ name, password }) => real.get(name) === password).length;
    const stale = pairs.filter(({ name, password }) => real.has(name) && real.get(name) !== password).length;
    expect(valid).toBeGreaterThan(120);
    expect(valid).toBeLessThan(260);
    expect(stale).toBeGreaterThan(700);
    expect(stale).toBeLessThan(1300);
    expect(new Set(pairs.map(({ name }) => name)).size).toBeGreaterThan(2500);
  });
});

describe('code guessing', () => {
  const alphabet = 'BCDFGHJKMNPQRTVWXYZ23467';

  it('counts in order', () => {
    const guesser = new CountingGuesser('AB', 2);
    expect([0, 1, 2, 3, 4].map(() => guesser.next())).toEqual(['AA', 'AB', 'BA', 'BB', 'AA']);
  });

  it('keeps to alphabet and length', () => {
    const random = new Random('codes');
    const sample = Array.from({ length: 8 }, () => new RandomGuesser(alphabet, 7, random).next());
    for (const guesser of [new RandomGuesser(alphabet, 7, random), new LearnedGuesser(sample, alphabet, 7, random)]) {
      for (let i = 0; i < 200; i++) expect(guesser.next()).toMatch(new RegExp(`^[${alphabet}]{7}$`));
    }
  });

  it('keeps what all codes of a sample have in common', () => {
    const random = new Random('prefix');
    const tail = new RandomGuesser(alphabet, 5, random);
    const sample = Array.from({ length: 10 }, () => `XMAS${tail.next()}`);
    const learned = new LearnedGuesser(sample, alphabet, 9, random);
    const guesses = Array.from({ length: 300 }, () => learned.next());
    expect(guesses.filter((code) => code.startsWith('XMAS')).length).toBeGreaterThan(240);
    expect(new Set(guesses.map((code) => code.slice(4))).size).toBeGreaterThan(280);
  });

  it.each([
    ['luhn', luhn],
    ['sum', plainSum],
  ] as const)('finds a checksum by %s and makes it hold', (_, check) => {
    const random = new Random('checksum');
    const inner = new RandomGuesser(alphabet, 8, random);
    const made = new CheckedGuesser(inner, (code) => check(code, alphabet) === 3, alphabet);
    const holds = checksumOf(
      Array.from({ length: 6 }, () => made.next()),
      alphabet,
    );
    expect(holds).toBeDefined();
    const guesser = new CheckedGuesser(inner, holds ?? (() => false), alphabet);
    for (let i = 0; i < 50; i++) expect(check(guesser.next(), alphabet)).toBe(3);
  });

  it('sees no checksum where there is none', () => {
    const inner = new RandomGuesser(alphabet, 8, new Random('none'));
    expect(
      checksumOf(
        Array.from({ length: 8 }, () => inner.next()),
        alphabet,
      ),
    ).toBeUndefined();
    expect(checksumOf(['AAA', 'AAA'], alphabet)).toBeUndefined();
  });
});

describe('payloads and paths', () => {
  it('are derived to the end, and differ', () => {
    const random = new Random('payloads');
    for (const mechanism of MECHANISMS) {
      const made = Array.from({ length: 100 }, (_, i) => payload(mechanism, i % 5, random));
      for (const text of made) expect(text).not.toMatch(/[«»]/);
      expect(new Set(made).size).toBeGreaterThan(15);
    }
    const paths = Array.from({ length: 2000 }, () => probePath(new FakeSite().operations, 2, random));
    for (const path of paths) expect(path).toMatch(/^\/[\x21-\x7e]*$/);
    expect(new Set(paths).size).toBeGreaterThan(1200);
  });

  it('names a rule that is missing', () => {
    expect(() => derive({ a: ['«b»'] }, 'a', new Random('x'))).toThrow(/b/);
  });
});

describe('pace', () => {
  it('does an hour of work in an hour of weight one', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (now, ms) => {
          expect(inHours(now, ms, undefined)).toBe(now + ms);
          const even = inHours(now, ms, new Float64Array(168).fill(1));
          expect(Math.abs(even - now - ms)).toBeLessThan(1);
          const half = new Float64Array(168).map((_, hour) => (hour % 2 === 0 ? 2 : 0));
          expect(inHours(now, ms, half)).toBeGreaterThanOrEqual(now);
        },
      ),
    );
  });

  it('begins nothing in an hour of rest', () => {
    const half = new Float64Array(168).map((_, hour) => (hour % 2 === 0 ? 2 : 0));
    expect(inHours(19 * 3_600_000, 0, half)).toBe(20 * 3_600_000);
  });

  it('keeps the mean rate, however visits fall out', () => {
    const random = new Random('pace');
    const tempo = { workers: 1, cycleMs: 10_000, gapMs: 2000, sigma: 0.8, burst: 0, hours: undefined };
    const pace = new Pace(tempo, random);
    let now = 0;
    for (let i = 0; i < 20_000; i++) now = pace.next(now, now + 50, random.chance(0.2), 1);
    expect(now / 20_000).toBeGreaterThan(8500);
    expect(now / 20_000).toBeLessThan(12_500);
  });
});

it('learns which arm passes, and that it no longer does', () => {
  const random = new Random('bandit');
  const bandit = new Bandit([{ worth: 1 }, { worth: 0.7 }, { worth: 0.5 }], 200);
  const plays = (passes: readonly boolean[]) => {
    const count = [0, 0, 0];
    for (let i = 0; i < 1500; i++) {
      const arm = bandit.choose(random);
      count[arm]++;
      bandit.learn(arm, passes[arm] ? 1 : 0);
    }
    return count;
  };
  const first = plays([true, true, true]);
  expect(first[0]).toBeGreaterThan(1000);
  const then = plays([false, true, true]);
  expect(then[1]).toBeGreaterThan(then[0]);
  const last = plays([false, false, true]);
  expect(last[2]).toBeGreaterThan(700);
});

describe('purse', () => {
  it('counts what is sent, and never lets more be planned than there is', () => {
    const purse = new Purse({ requests: 3, addresses: 1, accounts: 0, solves: 0 });
    expect([purse.reserve(), purse.reserve(), purse.reserve(), purse.reserve()]).toEqual([true, true, true, false]);
    purse.sent();
    purse.release();
    expect(purse.reserve()).toBe(true);
    expect(purse.spend.requests).toBe(1);
    expect([purse.buy('addresses'), purse.buy('addresses'), purse.buy('accounts')]).toEqual([true, false, false]);
  });

  it('shares', () => {
    const purse = new Purse({ requests: 100, addresses: 10, accounts: 0, solves: 0 });
    const share = purse.share(0.1, 0.2);
    for (let i = 0; i < 20; i++) if (share.reserve()) share.sent();
    expect(share.spend.requests).toBe(10);
    expect(purse.spend.requests).toBe(10);
    expect([1, 2, 3].map(() => share.buy('addresses'))).toEqual([true, true, false]);
  });

  it('refuses budgets that are none', () => {
    expect(() => new Purse({ requests: -1, addresses: 0, accounts: 0, solves: 0 })).toThrow(/requests/);
    expect(() => new Purse({ requests: 1, addresses: Number.NaN, accounts: 0, solves: 0 })).toThrow(/addresses/);
  });
});

describe('surface', () => {
  const surface = new Surface(worldOf(new FakeSite(['export'])), 'scraping');

  it('fills in path, query and body by meaning', () => {
    const list = surface.need('list');
    expect(surface.request(list, {}).target).toBe('/things');
    expect(surface.request(list, { page: 2, size: 50 }).target).toBe('/things?page=2&limit=50');
    expect(surface.request(surface.need('detail'), { id: 'a/b' }).target).toBe('/things/a%2Fb');
    const join = surface.request(surface.need('signup'), { name: 'zoe', password: 'x' });
    expect(join).toEqual({ method: 'POST', target: '/join', body: { username: 'zoe', email: 'zoe', password: 'x' } });
  });

  it('says who misses what', () => {
    expect(() => surface.need('export')).toThrow(/scraping needs an operation of role export/);
    expect(surface.need('export', 'list').role).toBe('list');
  });
});

describe('prices', () => {
  it('adds up what was spent', () => {
    const spend = { requests: 1000, addresses: 10, accounts: 2, solves: 4 };
    const rest = 1000 * PRICES.request.cents + 2 * PRICES.account.cents + 4 * PRICES.solve.cents;
    expect(costCents(spend, 'E0')).toBeCloseTo(10 * PRICES.address.E0.cents + rest);
    expect(costCents(spend)).toBeCloseTo(10 * PRICES.address.E2.cents + rest);
  });

  it('lie within their ranges', () => {
    for (const price of [PRICES.request, PRICES.account, PRICES.solve, ...Object.values(PRICES.address)]) {
      expect(price.low).toBeLessThan(price.cents);
      expect(price.cents).toBeLessThan(price.high);
    }
  });
});
