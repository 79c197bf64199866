/** How answers are read and what is kept of them, each by itself. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Request, Role } from '../contract.ts';
import { type Delivered, failureOf } from './deliver.ts';
import { Judge } from './handling.ts';
import { headersOf } from './headers.ts';
import { Identities, NameMarks } from './identities.ts';
import { mailboxOf, writeInventory } from './index.ts';
import { fieldsOf, jsonOf } from './read.ts';
import { ATTACK, CHROME, CURL, INVENTORY, operation, PEOPLE } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

function answer(status: number, more: Partial<Delivered> = {}): Delivered {
  return { status, headers: {}, bytes: 0, text: '', durationMs: 5, ...more };
}

describe('reading', () => {
  const read = (role: Role, json: unknown, headers = {}) => fieldsOf(role, answer(200, { headers }), json, 'session');

  test.each<[Role, unknown, unknown]>([
    ['login', { access_token: 't', id: 4, name: 'a' }, { token: 't', id: 4, owner: 'a' }],
    ['list', [{ id: 1 }, { id: '2' }, { id: 'x' }, {}, 7], { ids: [1, 2, 'x'] }],
    ['search', { results: [{ id: 3 }], next: '/search?page=4&q=a' }, { ids: [3], next: 4 }],
    ['order-list', { orders: [], next: '7' }, { ids: [], next: 7 }],
    ['order', { id: 9, user: { username: 'b' } }, { id: 9, owner: 'b' }],
    ['profile', { id: 2, username: 'c', owner: 'x' }, { id: 2, owner: 'c' }],
    ['quote', { id: 'q1', total: '12' }, { quote: 'q1', price: 12 }],
    ['checkout', { orderId: 8, total: 3 }, { order: 8, price: 3 }],
    ['redeem', { amount: 500 }, { value: 500 }],
    ['export', { records: 12, next: 2 }, { records: 12, next: 2 }],
    ['export', { data: [{}, {}] }, { records: 2 }],
    ['list', null, { ids: [] }],
    ['graphql', { data: {} }, {}],
  ])('%s %j', (role, json, fields) => {
    expect(read(role, json)).toEqual(fields);
  });

  test('the session comes out of its cookie', () => {
    const headers = { 'set-cookie': ['theme=1; Path=/', 'session=a.b=; Path=/; HttpOnly', 'session=; Max-Age=0'] };
    expect(read('login', {}, headers)).toEqual({ session: 'a.b=' });
  });

  test('nothing is read out of failures, or of what is no JSON', () => {
    expect(fieldsOf('login', answer(401), { token: 't' }, 'session')).toEqual({});
    expect(jsonOf(answer(200, { text: '{"a":1}' }))).toBeUndefined();
    expect(jsonOf(answer(200, { text: '{', headers: { 'content-type': 'application/json' } }))).toBeUndefined();
    const headers = { 'content-type': 'application/problem+json' };
    expect(jsonOf(answer(400, { text: '{"a":1}', headers }))).toEqual({ a: 1 });
  });

  test('whatever the JSON, nothing is thrown', () => {
    const role = fc.constantFrom<Role>('login', 'list', 'order', 'profile', 'quote', 'checkout', 'redeem', 'export');
    fc.assert(
      fc.property(role, fc.jsonValue(), (which, json) => {
        expect(Object.values(read(which, json))).not.toContain(undefined);
      }),
    );
  });
});

describe('handling', () => {
  const problem = { 'content-type': 'application/problem+json' };
  const own = { server: 'shop' };

  test('a refusal is told from the site’s own by its signature', () => {
    const judge = new Judge(100);
    expect(judge.judge(answer(403, { headers: problem }), {}, 'a')).toBe('refused');
    expect(judge.judge(answer(403), undefined, 'a')).toBe('served');
    expect(judge.judge(answer(200, { headers: own }), {}, 'a')).toBe('served');
    expect(judge.judge(answer(403, { headers: { ...problem, ...own } }), {}, 'a')).toBe('served');
    expect(judge.judge(answer(403), undefined, 'a')).toBe('refused');
    expect(judge.judge(answer(429, { headers: own }), {}, 'a')).toBe('refused');
    expect(judge.judge(answer(500), undefined, 'a')).toBe('served');
  });

  test('a challenge shows in a header, a problem or a page', () => {
    const judge = new Judge(100);
    const page = { 'content-type': 'text/html' };
    expect(judge.judge(answer(403, { headers: { 'x-challenge': 'pow' } }), undefined, 'a')).toBe('challenged');
    expect(judge.judge(answer(403, { headers: { 'cf-mitigated': 'challenge' } }), undefined, 'a')).toBe('challenged');
    expect(judge.judge(answer(401, { headers: problem }), { type: 'urn:challenge:pow' }, 'a')).toBe('challenged');
    expect(judge.judge(answer(503, { headers: page, text: 'Solve the CAPTCHA' }), undefined, 'a')).toBe('challenged');
    expect(judge.judge(answer(200, { headers: page, text: 'a challenge for you' }), undefined, 'a')).toBe('served');
    expect(judge.judge(answer(401, { headers: { 'www-authenticate': 'Bearer' } }), {}, 'a')).toBe('served');
  });

  test('a delay is far beyond what the operation takes, and does not become usual', () => {
    const judge = new Judge(100);
    for (let i = 0; i < 20; i++) judge.judge(answer(200, { durationMs: 10 }), {}, 'quick');
    for (let i = 0; i < 20; i++) judge.judge(answer(200, { durationMs: 400 }), {}, 'slow');
    for (let i = 0; i < 99; i++) {
      expect(judge.judge(answer(200, { durationMs: 400 }), {}, 'quick')).toBe('delayed');
      expect(judge.judge(answer(404, { durationMs: 5 }), {}, 'other')).toBe('served');
    }
    expect(judge.judge(answer(200, { durationMs: 90 }), {}, 'quick')).toBe('served');
    expect(judge.judge(answer(200, { durationMs: 900 }), {}, 'slow')).toBe('served');
    expect(judge.judge(answer(200, { durationMs: 9000 }), {}, 'new')).toBe('served');
  });
});

describe('what everybody waits for is nobody’s delay', () => {
  const usual = () => {
    const judge = new Judge(100);
    for (let at = 0; at < 600; at += 10) judge.judge(answer(200, { durationMs: 4 }), {}, 'a', at, 3);
    return judge;
  };
  const late = answer(200, { durationMs: 500 });

  test('a site that says nothing to anybody has stopped', () => {
    const judge = usual();
    expect(judge.judge(late, {}, 'a', 1090, 5)).toBe('served');
    expect(judge.judge(late, {}, 'a', 1091, 4)).toBe('served');
  });

  test('one that answers others meanwhile has not', () => {
    const judge = usual();
    for (let at = 600; at < 1090; at += 40) judge.judge(answer(200, { durationMs: 4 }), {}, 'a', at, 3);
    expect(judge.judge(late, {}, 'a', 1090, 5)).toBe('delayed');
  });

  test('and nobody else waits, there is nothing to compare with', () => {
    expect(usual().judge(late, {}, 'a', 1090, 0)).toBe('delayed');
  });

  test('a crowd makes everything slow', () => {
    const judge = usual();
    for (let at = 600; at < 1200; at += 10) judge.judge(answer(200, { durationMs: 450 }), {}, 'b', at, 60);
    expect(judge.judge(late, {}, 'a', 1200, 60)).toBe('served');
  });
});

describe('identities', () => {
  test('what a log says of a sender', () => {
    const identities = new Identities(INVENTORY.keys);
    identities.learn('anna', ['s1.secret', 's1.other', undefined]);
    const of = (more: Partial<Request>) => identities.of({ client: CURL, method: 'GET', target: '/', ...more });
    expect(of({ session: 's1.secret' })).toEqual({ principal: 'anna', session: 's1', credential: '' });
    expect(of({ token: 's1.other' })).toEqual({ principal: 'anna', session: 's1', credential: '' });
    expect(of({ token: 'pk_1' })).toEqual({ principal: '', session: '', credential: 'partner-1' });
    expect(of({ session: 's2.x' })).toEqual({ principal: '', session: '', credential: '' });
  });

  test('names are marked where they were invented, and only there', () => {
    const marks = new NameMarks('rt.');
    const [signup, login] = [operation('signup', 'POST', '/s'), operation('login', 'POST', '/l')];
    const send = (body: Record<string, unknown>, to = login) =>
      marks.mark({ client: CURL, method: 'POST', target: '/', body }, to).body;
    expect(send({ username: 'new' })).toEqual({ username: 'new' });
    expect(send({ username: 'new', email: 'n@m', password: 'p' }, signup)).toEqual({
      username: 'rt.new',
      email: 'rt.n@m',
      password: 'p',
    });
    expect(send({ username: 'new', password: 'new' })).toEqual({ username: 'rt.new', password: 'new' });
    expect(send({ username: 'rt.new' }, signup)).toEqual({ username: 'rt.new' });
    const request = { client: CURL, method: 'POST', target: '/', body: { username: 'new' } };
    expect(new NameMarks('').mark(request, signup)).toBe(request);
  });
});

test.each([
  ['ECONNREFUSED', 'refused'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['ENOTFOUND', 'unreachable'],
  ['EMFILE', 'local'],
  ['HPE_INVALID_CONSTANT', 'protocol'],
  ['', 'other'],
])('%s is %s', (code, kind) => {
  expect(failureOf(code)).toBe(kind);
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'live-parts-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('the inventory is written as it is', () => {
    const path = join(folder, 'inventory.json');
    writeInventory(path, INVENTORY);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(INVENTORY);
  });

  test('a mailbox is read while it grows', () => {
    const path = join(folder, 'mail.jsonl');
    const codeOf = mailboxOf(path);
    expect([existsSync(path), codeOf('anna')]).toEqual([false, undefined]);
    const letter = (account: string, text: string) => `${JSON.stringify({ account, text })}\n`;
    const whole = `${letter('Anna', 'Your code is 01234.')}no letter\n${letter('Zoë', 'Ihr Code: 99887')}`;
    writeFileSync(path, whole.slice(0, 20));
    expect(codeOf('anna')).toBeUndefined();
    writeFileSync(path, whole);
    expect([codeOf('anna'), codeOf('zoë'), codeOf('bert')]).toEqual(['01234', '99887', undefined]);
    writeFileSync(path, whole + letter('anna', 'Your code is 55555.'));
    expect(codeOf('ANNA')).toBe('55555');
  });
});

test('labels of attacks are not told by headers', () => {
  const dressing = {
    host: 'h',
    forwarded: true,
    cookie: 'c',
    keyHeader: 'k',
    markCampaigns: false,
    isKey: () => false,
  };
  const request = { client: CHROME, method: 'GET', target: '/' };
  expect(headersOf(request, undefined, ATTACK, dressing)).toEqual(headersOf(request, undefined, PEOPLE, dressing));
});
