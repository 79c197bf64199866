import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RouteTemplate } from '../model.ts';
import { RouteMatcher } from './matcher.ts';

import { bytes, route } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

describe('matcher', () => {
  const match = (templates: string[], path: string, origin: RouteTemplate['origin'] = 'configured'): string => {
    const matcher = new RouteMatcher(
      templates.map((t) => route(t, origin)),
      7,
    );
    const buf = bytes(path);
    const id = matcher.match(buf, 0, buf.length);
    const values: string[] = [];
    for (let i = 0; i < matcher.valueCount; i++) {
      values.push(new TextDecoder().decode(buf.subarray(matcher.values[i * 2], matcher.values[i * 2 + 1])));
    }
    return id === 0 ? 'none' : [templates[id - 1], ...values].join(' ');
  };

  it('prefers what is more exact and goes back where that leads nowhere', () => {
    const templates = [
      '/users/{id}',
      '/users/me',
      '/users/{id}/posts',
      '/users/me/x',
      '/{page}',
      '/',
      '/f/{n}.json',
      '/f/{n}',
    ];
    expect(match(templates, '/users/me')).toBe('/users/me');
    expect(match(templates, '/users/42')).toBe('/users/{id} 42');
    expect(match(templates, '/users/me/posts')).toBe('/users/{id}/posts me');
    expect(match(templates, '/f/a.json')).toBe('/f/{n}.json a');
    expect(match(templates, '/f/a.xml')).toBe('/f/{n} a.xml');
    expect(match(templates, '/')).toBe('/');
    expect(match(templates, '/x')).toBe('/{page} x');
    expect(match(templates, '/x/y')).toBe('none');
  });

  it('in learned templates asks what a value looks like', () => {
    const learned = ['/a/{id}', '/b/{uuid}', '/c/{slug}', '/c/{file}.css', '/{id}'];
    expect(match(learned, '/a/7', 'learned')).toBe('/a/{id} 7');
    expect(match(learned, '/a/abc-def', 'learned')).toBe('/a/{id} abc-def');
    expect(match(learned, '/a/admin', 'learned')).toBe('none');
    expect(match(learned, '/b/7', 'learned')).toBe('none');
    expect(match(learned, '/c/anything', 'learned')).toBe('/c/{slug} anything');
    expect(match(learned, '/c/shell.php', 'learned')).toBe('none');
    expect(match(learned, '/c/x.css', 'learned')).toBe('/c/{file}.css x');
    expect(match(learned, '/wp-admin', 'learned')).toBe('none');
    expect(match(learned, '/42', 'learned')).toBe('/{id} 42');
  });

  it('agrees with a naive matcher', () => {
    const segment = fc.constantFrom('a', 'b', 'users', '{x}', '{x}.json', 'v{x}');
    const template = fc.array(segment, { maxLength: 4 }).map((s) => `/${s.join('/')}`);
    const word = fc.constantFrom('a', 'b', 'users', 'q.json', 'v1', 'v2.json', 'zz');
    const path = fc.array(word, { maxLength: 4 }).map((s) => `/${s.join('/')}`);
    fc.assert(
      fc.property(fc.uniqueArray(template, { minLength: 1, maxLength: 12 }), path, (templates, text) => {
        expect(match(templates, text).split(' ')[0]).toBe(naiveMatch(templates, text));
      }),
      { numRuns: 1000 },
    );
  });

  it('tells objects apart by their values', () => {
    const matcher = new RouteMatcher([route('/u/{a}/p/{b}')], 3);
    const object = (path: string): string => {
      const buf = bytes(path);
      matcher.match(buf, 0, buf.length);
      return `${matcher.objectHi} ${matcher.objectLo} ${matcher.objectNumber}`;
    };
    expect(object('/u/1/p/2')).toBe(object('/u/1/p/2'));
    expect(object('/u/1/p/2')).not.toBe(object('/u/2/p/2'));
    expect(object('/u/1/p/2')).not.toBe(object('/u/2/p/1'));
    expect(object('/u/1/p/22').endsWith(' 22')).toBe(true);
    expect(object('/u/1/p/x').endsWith(' -1')).toBe(true);
  });
});

/** Every template as a regular expression; of those that fit, the one with the best ranks, compared segment by segment. */
function naiveMatch(templates: string[], path: string): string {
  const ranks = (t: string): number[] =>
    t.split('/').map((s) => (s.includes('{') ? 1000 - s.replace(/\{.*\}/, '').length : 0));
  const fits = templates.filter((t) => {
    const pattern = t.replace(/[.]/g, '\\.').replace(/\{x\}/g, '[^/]+');
    return new RegExp(`^${pattern}$`).test(path);
  });
  fits.sort((a, b) => {
    const [x, y] = [ranks(a), ranks(b)];
    for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return x[i] - y[i];
    return 0;
  });
  return fits[0] ?? 'none';
}
