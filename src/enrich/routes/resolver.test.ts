import { describe, expect, it } from 'vitest';
import { hashBytes, lanes } from '../../lib/hash.ts';
import { METHODS, ROUTE_CLASS } from '../facts.ts';
import { compileGlob } from './glob.ts';
import { PATH, RouteResolver, UNLEARNED_ROUTE_BASE, UNLEARNED_ROUTES } from './resolver.ts';

import { bytes, route } from './testing.ts';

describe('resolver', () => {
  const resolver = new RouteResolver({
    routes: [route('/users/{id}', 'learned')],
    overrides: [{ glob: compileGlob('/x/*/enter'), routeClass: ROUTE_CLASS.login, method: METHODS.indexOf('POST') }],
    seed: 1,
  });
  const at = (path: string, method: (typeof METHODS)[number] = 'GET'): Record<string, number> => {
    const buf = bytes(path);
    hashBytes(buf, 0, buf.length, 1);
    const at = resolver.resolve(buf, 0, buf.length, lanes.hi, lanes.lo, METHODS.indexOf(method));
    return {
      route: resolver.cells[at + PATH.route],
      routeClass: resolver.cells[at + PATH.routeClass],
      object: resolver.cells[at + PATH.objectLo],
      number: resolver.doubles[at / 2 + PATH.number],
      page: resolver.cells[at + PATH.page],
    };
  };

  it('gives paths that nothing was learned about a route by their looks', () => {
    const a = at('/api/orders/1001');
    const b = at('/api/orders/1002');
    expect(a.route).toBeGreaterThanOrEqual(UNLEARNED_ROUTE_BASE);
    expect(a.route).toBeLessThan(UNLEARNED_ROUTE_BASE + UNLEARNED_ROUTES);
    expect(b.route).toBe(a.route);
    expect(b.object).not.toBe(a.object);
    expect(b.number).toBe(1002);
    expect(at('/api/carts/1001').route).not.toBe(a.route);
    expect(at('/some/word').route).toBe(0);
    expect(at('/users/7')).toMatchObject({ route: 1, number: 7 });
  });

  it('knows pages in paths and configured classes, by method', () => {
    expect(at('/blog/page/12').page).toBe(12);
    expect(at('/blog/homepage/12').page).toBe(-1);
    expect(at('/x/7/enter', 'POST').routeClass).toBe(ROUTE_CLASS.login);
    expect(at('/x/7/enter').routeClass).toBe(ROUTE_CLASS.page);
    expect(at('/img/12.png')).toMatchObject({ routeClass: ROUTE_CLASS.asset, object: 0, route: 0 });
  });

  it('says the same after the cache has forgotten', () => {
    const before = at('/users/42');
    for (let i = 0; i < 40_000; i++) at(`/made/up${i}`);
    expect(at('/users/42')).toEqual(before);
  });
});
