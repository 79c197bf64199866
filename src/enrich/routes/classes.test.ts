import { describe, expect, it } from 'vitest';
import { METHODS, ROUTE_CLASS } from '../facts.ts';
import { classByName } from './classes.ts';

import { bytes } from './testing.ts';

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
