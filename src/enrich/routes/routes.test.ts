import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBytes, lanes } from '../../lib/hash.ts';
import { METHODS, ROUTE_CLASS } from '../facts.ts';
import type { RouteTemplate } from '../model.ts';
import { readTarget, Target } from '../target.ts';
import { classByName } from './classes.ts';
import { compileGlob, matchGlob } from './glob.ts';
import { RouteMatcher } from './matcher.ts';
import { QueryReader } from './query.ts';
import { PATH, RouteResolver, UNLEARNED_ROUTE_BASE, UNLEARNED_ROUTES } from './resolver.ts';
import { extensionDot, SHAPE, shapeOf } from './shape.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const route = (template: string, origin: RouteTemplate['origin'] = 'configured'): RouteTemplate => ({
  template,
  routeClass: ROUTE_CLASS.page,
  answered: 1,
  requests: 1,
  origin,
});

describe('shape of a segment', () => {
  const table: Record<keyof typeof SHAPE, string[]> = {
    word: ['users', 'v1', 'v2.1', 'index.php', 'Deadbeef', '', 'robots.txt'],
    slug: ['abc-def', 'top-10-foods', 'wp-admin', 'sign_in', 'oauth2', 'en-US', 'grok-1.2010', 's3', 'über'],
    number: ['1', '0042', '20240517'],
    uuid: ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', '6BA7B810-9DAD-11D1-80B4-00C04FD430C8'],
    hash: ['d41d8cd98f00b204e9800998ecf8427e', '507f1f77bcf86cd799439011', 'a1b2c3d4'],
    date: ['2024-05-17', '2024-05', '2024-05-17T10:00:00Z'],
    email: ['a.b@example.com'],
    token: ['dQw4w9WgXcQ', 'cus_9s6XKzkNRiz8i3', 'order-12345', 'INV_2024001', '@alice', 'Zk3fQ9_xP1aB7mNc2LdE'],
    junk: ['<script>', 'a"b', '{id}', 'a|b', '\x01'],
  };
  for (const [shape, texts] of Object.entries(table)) {
    for (const text of texts) {
      it(`${JSON.stringify(text)} is a ${shape}`, () => {
        const buf = bytes(`/${text}/`);
        const found = shapeOf(buf, 1, buf.length - 1);
        expect(Object.keys(SHAPE)[found]).toBe(shape);
      });
    }
  }

  it('finds extensions', () => {
    const dot = (text: string): number => extensionDot(bytes(text), 0, bytes(text).length);
    expect(dot('a.html')).toBe(1);
    expect(dot('a.tar.gz')).toBe(5);
    expect(dot('grok-1.2010')).toBe(-1);
    expect(dot('.env')).toBe(-1);
    expect(dot('plain')).toBe(-1);
    expect(dot('a.')).toBe(-1);
  });
});

describe('target', () => {
  const read = (text: string): { path: string; query: string; host: string } => {
    const buf = bytes(text);
    const out = new Target();
    readTarget(buf, 0, buf.length, 0, out);
    const slice = (b: Uint8Array, s: number, e: number): string => new TextDecoder().decode(b.subarray(s, e));
    return {
      path: slice(out.path, out.pathStart, out.pathEnd),
      query: slice(buf, out.queryStart, out.queryEnd),
      host: slice(buf, out.hostStart, out.hostEnd),
    };
  };
  const cases: [string, string][] = [
    ['/', '/'],
    ['/login', '/login'],
    ['/login/', '/login'],
    ['//login//', '/login'],
    ['/./x/../login', '/login'],
    ['/%6cogin', '/login'],
    ['/login;jsessionid=1', '/login'],
    ['/a;x=1/b;y', '/a/b'],
    ['/../../etc/passwd', '/etc/passwd'],
    ['/a/%2e%2e/b', '/b'],
    ['/a%2Fb', '/a%2Fb'],
    ['/100%', '/100%'],
    ['/a%zz', '/a%zz'],
    ['/a/..', '/'],
    ['/a?b=/c', '/a'],
    ['/a#b', '/a'],
    ['http://example.com', '/'],
    ['HTTPS://example.com:8443/x/?q', '/x'],
    ['/.well-known/x', '/.well-known/x'],
    ['/...', '/...'],
  ];
  for (const [text, path] of cases) it(`${text} → ${path}`, () => expect(read(text).path).toBe(path));

  it('gives query and authority', () => {
    expect(read('http://example.com:80/a?b=c#d')).toEqual({ path: '/a', query: 'b=c', host: 'example.com:80' });
    expect(read('/a')).toEqual({ path: '/a', query: '', host: '' });
  });

  it('never throws, and what it rewrote reads the same again', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('/', '.', '%', '2', 'e', 'F', ';', '?', 'a', 'é'), maxLength: 30 }),
        (text) => {
          const { path } = read(`/${text}`);
          expect(path.startsWith('/')).toBe(true);
          // Encoded text may hold encoded text: only what has no percent sign left is settled.
          if (!/[%;?#]/.test(path)) expect(read(path).path).toBe(path);
        },
      ),
    );
  });
});

describe('route class by name', () => {
  const table: [keyof typeof ROUTE_CLASS, string, string][] = [
    ['login', 'POST', '/login'],
    ['login', 'GET', '/wp-login.php'],
    ['login', 'POST', '/api/v1/auth/sign-in'],
    ['login', 'POST', '/users/sign_in'],
    ['login', 'POST', '/sessions'],
    ['page', 'GET', '/sessions'],
    ['login', 'POST', '/oauth/token'],
    ['login', 'POST', '/realms/x/protocol/openid-connect/token'],
    ['login', 'POST', '/xmlrpc.php'],
    ['login', 'GET', '/login/callback'],
    ['login', 'POST', '/userLogin.do'],
    ['page', 'GET', '/last-login'],
    ['page', 'GET', '/logout'],
    ['reset', 'POST', '/forgot-password'],
    ['reset', 'POST', '/password/reset'],
    ['reset', 'GET', '/password-reset/abc'],
    ['page', 'POST', '/cart/reset'],
    ['signup', 'POST', '/register'],
    ['signup', 'POST', '/api/signup'],
    ['search', 'GET', '/search'],
    ['search', 'GET', '/products/search/shoes'],
    ['code', 'POST', '/cart/coupon'],
    ['code', 'POST', '/api/vouchers/ABC/redeem'],
    ['code', 'POST', '/verify-code'],
    ['code', 'POST', '/login/otp'],
    ['lookup', 'GET', '/api/users/exists'],
    ['lookup', 'POST', '/check-email'],
    ['feed', 'GET', '/robots.txt'],
    ['feed', 'GET', '/sitemap-2.xml'],
    ['feed', 'GET', '/blog/feed'],
    ['feed', 'GET', '/.well-known/acme-challenge/x'],
    ['feed', 'GET', '/healthz'],
    ['asset', 'GET', '/static/login.css'],
    ['asset', 'GET', '/favicon.ico'],
    ['api', 'GET', '/api/orders'],
    ['api', 'GET', '/v2/orders/1'],
    ['api', 'GET', '/shop/api/orders'],
    ['api', 'GET', '/data.json'],
    ['page', 'GET', '/'],
    ['page', 'GET', '/about.html'],
    ['page', 'GET', '/auth/me'],
  ];
  for (const [name, method, path] of table) {
    it(`${method} ${path} is ${name}`, () => {
      const buf = bytes(path);
      const found = classByName(buf, 0, buf.length, METHODS.indexOf(method as 'GET'));
      expect(Object.keys(ROUTE_CLASS)[found]).toBe(name);
    });
  }
});

describe('globs', () => {
  const naive = (pattern: string): RegExp =>
    new RegExp(
      `^${pattern.replace(/\*{2,}|\*|[^*]/gs, (s) => (s === '*' ? '[^/]*' : s[0] === '*' ? '.*' : s.replace(/[\\^$.|?+()[\]{}/]/g, '\\$&')))}$`,
      's',
    );
  it('agree with a regular expression', () => {
    const unit = fc.constantFrom('/', 'a', 'b', '*');
    fc.assert(
      fc.property(
        fc.string({ unit, maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('/', 'a', 'b'), maxLength: 10 }),
        (pattern, path) => {
          fc.pre(!(pattern.length > 1 && pattern.endsWith('/')));
          const buf = bytes(path);
          expect(matchGlob(compileGlob(pattern), buf, 0, buf.length)).toBe(naive(pattern).test(path));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

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

describe('query', () => {
  const read = (text: string, names = {}): Record<string, unknown> => {
    const reader = new QueryReader(names);
    const buf = bytes(text);
    reader.clear();
    reader.read(buf, 0, buf.length);
    const slice = (s: number, e: number): string => text.slice(s, e);
    return {
      page: reader.page,
      search: reader.search,
      object: slice(reader.objectStart, reader.objectEnd),
      credential: slice(reader.credentialStart, reader.credentialEnd),
      session: slice(reader.sessionStart, reader.sessionEnd),
      principal: slice(reader.principalStart, reader.principalEnd),
    };
  };

  it('reads pages', () => {
    expect(read('page=7').page).toBe(7);
    expect(read('a=1&offset=200&limit=50').page).toBe(5);
    expect(read('start=40').page).toBe(3);
    expect(read('page%5Bnumber%5D=3').page).toBe(3);
    expect(read('page=about').page).toBe(-1);
    expect(read('p=2').page).toBe(2);
    expect(read('p=1234').page).toBe(-1);
    expect(read('').page).toBe(-1);
  });

  it('reads identities, objects and searches', () => {
    expect(read('API_KEY=abc&id=7&q=x')).toMatchObject({ credential: 'abc', object: '7', search: true });
    expect(read('key=short').credential).toBe('');
    expect(read('key=0123456789abcdef').credential).toBe('0123456789abcdef');
    expect(read('PHPSESSID=s1').session).toBe('s1');
    expect(read('log=bob').principal).toBe('');
    expect(read('log=bob', { principal: ['log'] }).principal).toBe('bob');
    expect(read('id=&x&=&&user_id=9').object).toBe('9');
  });
});
