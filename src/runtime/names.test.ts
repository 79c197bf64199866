import { describe, expect, it } from 'vitest';
import { LEVEL } from '../engine/batch.ts';
import { Facts } from '../engine/facts.ts';
import type { ActorDimension } from '../engine/keys.ts';
import { EMPTY_MODEL } from '../enrich/model.ts';
import { actorOf, routeText } from './names.ts';
import { type RowInit, rowOf } from './testing.ts';

const MODEL = {
  ...EMPTY_MODEL,
  routes: [{ template: '/users/{id}', routeClass: 0, answered: 1, requests: 1, origin: 'learned' as const }],
};
const name = (dimension: ActorDimension, init: RowInit, level: number = LEVEL.own) =>
  actorOf(dimension, new Facts().at(rowOf(init), 0, 0), MODEL, level);

describe('names of actors', () => {
  it.each<[ActorDimension, RowInit, string]>([
    ['ip', { ipLo: 0xc6336407 | 0 }, '198.51.100.7'],
    ['ip', { ipHi: 0x20010db8, ipLo: 0x00010002 }, '2001:db8:1:2::/64'],
    ['network', { networkLo: 0xc6336400 | 0 }, '198.51.100.0/24'],
    ['asn', { asn: 64_500 }, 'AS64500'],
    ['session', { texts: { session: 's-1' } }, 's-1'],
    ['principal', { texts: { principal: 'alice' } }, 'alice'],
    ['fingerprint', { texts: { agent: 'curl/8' } }, 'curl/8'],
    ['route', { route: 1, texts: { target: '/users/7' } }, '/users/{id}'],
    ['route', { route: 0, texts: { target: '/other?x=1' } }, '/other'],
  ])('%s', (dimension, init, key) => {
    expect(name(dimension, init)).toEqual({ dimension, key });
  });

  it('of collapsed addresses are those of what they were counted in', () => {
    const init = { ipLo: 0xc6336407 | 0, networkLo: 0xc6336400 | 0, asn: 64_500 };
    expect(name('ip', init, LEVEL.network)).toEqual({ dimension: 'network', key: '198.51.100.0/24' });
    expect(name('ip', init, LEVEL.asn)).toEqual({ dimension: 'asn', key: 'AS64500' });
    expect(name('ip', init, LEVEL.rest).key).toMatch(/without a record/);
  });

  it('are cut, however long the text', () => {
    expect(name('session', { texts: { session: 'x'.repeat(5000) } }).key).toHaveLength(200);
    expect(routeText(new Facts().at(rowOf({ texts: { target: `/${'y'.repeat(5000)}?z` } }), 0, 0), MODEL)).toHaveLength(
      200,
    );
  });
});
