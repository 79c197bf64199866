import { describe, expect, it } from 'vitest';
import { AUTH_SCHEME, ROLE, SENSITIVITY } from '../../enrich/kinds.ts';
import { type Exchange, runFixture } from '../testing.ts';
import { leakedKey } from './leaked-key.ts';

const detectors = [leakedKey];
const HOUR = 3600;
const networks = {
  '192.0.2.0/24': { asn: 64500, country: 'DE' },
  '198.51.100.0/24': { asn: 64500, country: 'DE' },
  '203.0.113.0/24': { asn: 64510, country: 'BR' },
};
const run = (...exchanges: Exchange[]) => runFixture(exchanges, { detectors, networks }).findings;
const extras = { authScheme: AUTH_SCHEME.key };
const use = (t: number, more: Partial<Exchange> = {}): Exchange => ({
  t,
  ip: '192.0.2.7',
  key: 'k1',
  agent: 'PartnerSync/2.1',
  extras,
  ...more,
});
const history = use(0, { repeat: { n: 40, every_s: HOUR } });
const stolen = (more: Partial<Exchange> = {}): Exchange =>
  use(40 * HOUR, { ip: '203.0.113.5', agent: 'curl/8', ...more });

describe('leaked key', () => {
  it('finds a key in two places at once, and one that begins with a sensitive route', () => {
    const { findings } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    const why = Object.fromEntries(findings.map((f) => [f.actor.key, f]));
    expect(Object.keys(why).sort()).toEqual(['key-pa… (11 characters)', 'key-qu… (9 characters)']);
    expect(why['key-pa… (11 characters)'].why).toMatch(
      /^new network, country(?:, | and )client.* for this key, known from \d+ visits(?: and|,) .*1 in \d+ of its visits$/,
    );
    expect(why['key-pa… (11 characters)'].requests).toBeLessThanOrEqual(44);
    expect(why['key-qu… (9 characters)'].why).toContain('its first request to a sensitive route');
  });

  it('finds no builds in a cloud, no move, no public key, no phone abroad, no young key and no refused one', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('finds a new place with a new client at the first request', () => {
    expect(run(history, stolen())[0].requests).toBe(41);
    expect(run(history, stolen({ agent: 'PartnerSync/2.1' }))).toEqual([]);
    expect(run(history, stolen({ ip: '198.51.100.9' }))).toEqual([]);
  });

  it('needs a history', () => {
    expect(run(use(0, { repeat: { n: 8, every_s: HOUR } }), stolen())).toEqual([]);
  });

  it('finds the same client where both places take turns', () => {
    const turns = Array.from({ length: 6 }, (_, i) =>
      use(40 * HOUR + i * 30, i % 2 === 0 ? { ip: '203.0.113.5' } : {}),
    );
    const [finding] = run(history, ...turns);
    expect(finding.why).toMatch(/\d changes between networks within 10 min/);
  });

  it('takes the turns of machines that share a key for usual', () => {
    // Sites of a customer that come and go with one key and the same software, some at once.
    const sites = Array.from({ length: 7 }, (_, i) => `203.0.${i}.5`);
    const own = Object.fromEntries(sites.map((_, i) => [`203.0.${i}.0/24`, { asn: 64520 + i, country: 'DE' }]));
    const turns = (from: number, count: number, of: readonly string[]): Exchange[] =>
      Array.from({ length: count }, (_, i) => use(from + i * 20, { ip: of[(i * 3) % of.length] }));
    const some = [turns(0, 30, sites.slice(0, 4)), turns(2 * HOUR, 30, sites.slice(0, 5)), turns(4 * HOUR, 30, sites)];
    const { actions } = runFixture(some.flat(), { detectors, networks: own });
    expect(actions).toEqual({ 'credential:k1…': 'tag' });
  });

  it('takes a phone that changes between networks for one', () => {
    const agent = 'Shop/7.1 (Android)';
    const turns = Array.from({ length: 6 }, (_, i) =>
      use(40 * HOUR + i * 30, i % 2 === 0 ? { ip: '203.0.113.5', agent } : { agent }),
    );
    expect(run({ ...history, agent }, ...turns)).toEqual([]);
  });

  it('expects tokens of people to travel', () => {
    const person = { extras: { authScheme: AUTH_SCHEME.jwt, role: ROLE.user }, user: 'anna' };
    expect(run({ ...history, ...person }, stolen(person))).toEqual([]);
    const service = { extras: { authScheme: AUTH_SCHEME.jwt, role: ROLE.service }, user: 'job' };
    expect(run({ ...history, ...service }, stolen(service))).toHaveLength(1);
  });

  it('counts a sensitive route only the first time', () => {
    const money = { ...extras, sensitivity: SENSITIVITY.money };
    const quiet = { agent: 'PartnerSync/2.1', extras: money };
    expect(run(history, stolen(quiet))).toHaveLength(1);
    expect(run({ ...history, extras: money }, stolen(quiet))).toEqual([]);
  });
});
