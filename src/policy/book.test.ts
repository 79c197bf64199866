import { describe, expect, it } from 'vitest';
import { CLASSES } from '../engine/detector.ts';
import { Facts } from '../engine/facts.ts';
import { createBatch } from '../enrich/facts.ts';
import { type RawInit, rawFrom, TEST_TIME, testEnricher } from '../enrich/testing.ts';
import { compileBook } from './book.ts';
import { type ConfiguredRule, sourceOf } from './configured.ts';
import { MAX_RULES } from './source.ts';

const RULE: ConfiguredRule = {
  name: 'login',
  match: { paths: ['/login'], methods: [], hosts: [], route_classes: [] },
  class: 'credential-attack',
  costs: { miss_cents: 900, false_cents: { block: 50 } },
  ladder: ['tag', 'block'],
  ttl_s: [30],
  mode: 'enforce',
  canary_percent: 1,
  exemptions: [],
};
const NO_COSTS = { miss_cents: {}, false_cents: {} };
const bookOf = (rules: readonly ConfiguredRule[], mode: 'observe' | 'enforce' = 'enforce') =>
  compileBook(sourceOf({ mode, policy: NO_COSTS, policies: rules, stepUp: true }), 0);

function factsOf(init: RawInit): Facts {
  const raw = rawFrom(init);
  const batch = createBatch(1, raw.buf);
  testEnricher().row(raw, batch, 0, 0, 1);
  batch.count = 1;
  return new Facts().at(batch, 0, TEST_TIME);
}
const credential = CLASSES.indexOf('credential-attack');
const probing = CLASSES.indexOf('probing');

describe('a book of policies', () => {
  it('is the pack alone where there is no document', () => {
    expect(bookOf([]).book).toBeUndefined();
    expect(bookOf([], 'observe').base.enforced[probing]).toBe(0);
    expect(bookOf([]).base.enforced[probing]).toBe(1000);
  });

  it('puts a document over the pack for the requests and classes it matches', () => {
    const { base, book } = bookOf([RULE]);
    const there = book?.at(factsOf({ target: '/%6cogin?x=1' }));
    expect(there?.miss[credential]).toBe(900);
    expect(there?.ttl[credential]).toEqual([30]);
    expect(there?.miss[probing]).toBe(base.miss[probing]);
    expect(book?.at(factsOf({ target: '/cart' }))).toBe(base);
  });

  it('matches by method and host', () => {
    const { base, book } = bookOf([{ ...RULE, match: { ...RULE.match, methods: ['POST'], hosts: ['Shop.example'] } }]);
    expect(book?.at(factsOf({ target: '/login', host: 'shop.example:8080' }))).toBe(base);
    expect(book?.at(factsOf({ target: '/login', method: 'POST', host: 'other.example' }))).toBe(base);
    expect(book?.at(factsOf({ target: '/login', method: 'POST', host: 'shop.example:8080' }))?.miss[credential]).toBe(
      900,
    );
  });

  it('takes the first that matches, compiled once for the same set', () => {
    const { book } = bookOf([RULE, { ...RULE, name: 'second', costs: { miss_cents: 1, false_cents: {} } }]);
    const first = book?.at(factsOf({ target: '/login' }));
    expect(first?.miss[credential]).toBe(900);
    expect(book?.at(factsOf({ target: '/login?again' }))).toBe(first);
  });

  it('does nothing to who is exempt, until the exemption expires', () => {
    const exemption = { owner: 'ops', reason: 'load test', expires: '2024-03-05' };
    const { book } = bookOf([{ ...RULE, exemptions: [{ ...exemption, address: '198.51.100.0/24' }] }]);
    const login = (address: string) => book?.at(factsOf({ target: '/login', address }));
    expect(login('198.51.100.9')?.miss[credential]).toBe(0);
    expect(login('203.0.113.9')?.miss[credential]).toBe(900);
    const facts = factsOf({ target: '/login', address: '198.51.100.9' });
    facts.now = Date.parse('2024-03-05');
    expect(book?.at(facts).miss[credential]).toBe(900);
  });

  it('knows exempt principals and credentials by their hash', () => {
    const exemption = { owner: 'ops', reason: 'partner', expires: '2030-01-01' };
    const { book } = bookOf([
      {
        ...RULE,
        exemptions: [
          { ...exemption, principal: 'alice' },
          { ...exemption, credential: 'k-1' },
        ],
      },
    ]);
    const miss = (init: RawInit) => book?.at(factsOf({ target: '/login', ...init })).miss[credential];
    expect([miss({ principal: 'alice' }), miss({ credential: 'k-1' }), miss({ principal: 'bob' })]).toEqual([
      0, 0, 900,
    ]);
  });

  it('observes whatever documents say where the configuration observes', () => {
    const { book } = bookOf([RULE], 'observe');
    expect(book?.at(factsOf({ target: '/login' })).enforced[credential]).toBe(0);
  });

  it('has room for so many documents', () => {
    const many = Array.from({ length: MAX_RULES }, (_, i) => ({ ...RULE, name: `r-${i}` }));
    expect(bookOf(many).book?.at(factsOf({ target: '/login' })).miss[credential]).toBe(900);
    expect(() => bookOf([...many, RULE])).toThrow(RangeError);
  });

  it('leaves step-up out where the application does not know it', () => {
    const source = sourceOf({ mode: 'enforce', policy: NO_COSTS, policies: [], stepUp: false });
    expect(source.base.classes['credential-attack'].actions).not.toContain('step-up');
    expect(source.base.classes['credential-attack'].actions).toContain('challenge');
  });
});
