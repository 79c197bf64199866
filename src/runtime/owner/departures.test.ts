import { describe, expect, it } from 'vitest';
import { SCHEMA } from '../../enrich/kinds.ts';
import { type Departed, Departures, departedOf } from './departures.ts';

const { type, range } = SCHEMA;

describe('what workers tell for the inventory', () => {
  const departures = new Departures();
  const tell = (endpoint: string, bits: number, names: readonly string[]): Departed | null => {
    const fresh = departures.fresh(endpoint, bits, names);
    if (fresh !== null) departures.keep(fresh);
    return fresh;
  };

  it('is each kind and each name once', () => {
    expect(tell('GET /a', type, ['x', 'x'])).toEqual({ endpoint: 'GET /a', bits: type, names: ['x'] });
    expect(tell('GET /a', type, ['x'])).toBeNull();
    expect(tell('GET /a', type | range, ['x', 'y'])).toEqual({ endpoint: 'GET /a', bits: range, names: ['y'] });
    expect(tell('GET /b', 0, [])).toBeNull();
    expect(tell('GET /b', 0, ['x'])?.names).toEqual(['x']);
  });

  it('is told again where it did not get there', () => {
    expect(departures.fresh('GET /c', type, ['x'])).toEqual(departures.fresh('GET /c', type, ['x']));
  });

  it('is bounded, whatever strangers invent', () => {
    for (let i = 0; i < 100; i++) tell('GET /d', 0, [`${i}${'z'.repeat(1000)}`]);
    expect(tell('GET /d', 0, ['one more'])).toBeNull();
    expect(
      tell(
        'GET /e',
        0,
        Array.from({ length: 100 }, (_, i) => `n${i}`),
      )?.names,
    ).toHaveLength(32);
    expect(tell('GET /f', 0, ['z'.repeat(1000)])?.names[0]).toHaveLength(64);
  });

  it('is taken only where it is as workers tell it', () => {
    const good = { endpoint: 'GET /a', bits: 1, names: ['x'] };
    expect(departedOf(good)).toEqual(good);
    const wrong = [null, 1, {}, { ...good, endpoint: 1 }, { ...good, bits: 1.5 }, { ...good, names: [1] }];
    for (const one of [...wrong, { ...good, names: Array(33).fill('x') }, { ...good, names: ['x'.repeat(65)] }])
      expect(departedOf(one), JSON.stringify(one)).toBeNull();
  });
});
