import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../config/schema.ts';
import { compileRoutes } from './routes.ts';

const matcher = (config: Record<string, unknown>) => compileRoutes(configSchema.parse(config));

describe('without routes', () => {
  it('everything has the defaults', () => {
    const routeOf = matcher({ upstream: 'http://127.0.0.1:1', gateway: { timeout_s: 5, body_limit_bytes: 7 } });
    const settings = routeOf('GET', 'a', '/x');
    expect(settings).toMatchObject({ name: 'default', upstream: 'default', timeoutMs: 5000, bodyLimitBytes: 7 });
    expect(settings).toMatchObject({ fail: 'open', priority: 'normal', concurrency: 0, capture: null });
    expect(routeOf('POST', 'b', '*')).toBe(settings);
  });

  it('the first group is the one behind', () => {
    const routeOf = matcher({ upstreams: [{ name: 'api', servers: ['http://127.0.0.1:1'] }] });
    expect(routeOf('GET', 'a', '/').upstream).toBe('api');
  });
});

describe('with routes', () => {
  const routeOf = matcher({
    upstreams: [
      { name: 'api', servers: ['http://127.0.0.1:1'] },
      { name: 'other', servers: ['http://127.0.0.1:2'] },
    ],
    gateway: {
      routes: [
        { match: { path: '/admin/**' }, fail: 'closed', body_limit_bytes: 0, timeout_s: 1.5 },
        { match: { path: '/v1/*/orders', methods: ['POST', 'PUT'] }, concurrency: 3, upstream: 'other' },
        { match: { host: '*.shop.example' }, priority: 'bulk' },
        { match: { host: 'shop.example:8443' }, priority: 'critical' },
        { match: { host: '[2001:db8::1]' }, scoring_budget_ms: 5 },
        { match: { path: '/raw' }, capture: { until: '2030-01-01', reason: 'test' } },
      ],
    },
  });
  const name = (method: string, host: string, target: string) => routeOf(method, host, target).name;

  it('the first that matches counts, and what it leaves out has the default', () => {
    expect(routeOf('GET', 'a', '/admin/x?y')).toMatchObject({
      fail: 'closed',
      bodyLimitBytes: 0,
      timeoutMs: 1500,
      upstream: 'api',
    });
    expect(routeOf('POST', 'x.shop.example', '/v1/7/orders')).toMatchObject({ concurrency: 3, upstream: 'other' });
    expect(name('GET', 'a', '/v1/7/orders')).toBe('default');
    expect(name('POST', 'a', '/v1/7/8/orders')).toBe('default');
    expect(routeOf('GET', 'a', '/raw').capture).toEqual({
      untilMs: Date.UTC(2030, 0, 1),
      reason: 'test',
      bodyBytes: 4096,
    });
  });

  it('a path is matched as a server would look it up', () => {
    for (const target of ['/%61dmin/x', '//admin//x', '/y/../admin/x', '/admin/x/?admin', '/admin;a=b/x']) {
      expect(name('GET', 'a', target), target).toBe('/admin/**');
    }
    expect(name('GET', 'a', '/x?/admin/x')).toBe('default');
    expect(name('GET', 'a', `/admin/${'a'.repeat(20_000)}`)).toBe('/admin/**');
    expect(name('OPTIONS', 'a', '*')).toBe('default');
  });

  it('a host is matched whatever its case and port', () => {
    expect(name('GET', 'A.Shop.Example:1', '/')).toBe('*.shop.example/**');
    expect(name('GET', 'shop.example', '/')).toBe('default');
    expect(name('GET', 'xshop.example', '/')).toBe('default');
    expect(name('GET', 'shop.example:8443', '/')).toBe('shop.example:8443/**');
    expect(name('GET', '[2001:db8::1]:80', '/')).toBe('[2001:db8::1]/**');
  });
});
