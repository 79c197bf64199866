/** The challenge as programs meet it: what is asked, what counts as an answer, and what a clearance is good for. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Reply, Rig, solve, verdictOf } from './testing.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start({ challenge: { requests_per_clearance: 3, wait_s: 15 } });
  rig.verdict = verdictOf('challenge');
});
afterEach(() => rig.close());

const AGENT = { 'user-agent': 'client/1.0' };
const REDEEM = '/.well-known/sallyport/challenge';
const post = (body: unknown, headers: Record<string, string> = AGENT): Promise<Reply> =>
  rig.ask(REDEEM, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** Asks for a challenge and solves it. */
async function solved(): Promise<{ prefix: string; nonce: number }> {
  const { challenge } = JSON.parse((await rig.ask('/login', { headers: AGENT })).text);
  return { prefix: challenge.prefix, nonce: solve(challenge.prefix, challenge.difficulty_bits) };
}
const clearance = async (): Promise<string> => JSON.parse((await post(await solved())).text).clearance;
const show = (text: string, headers = AGENT): Promise<Reply> =>
  rig.ask('/login', { headers: { ...headers, 'sallyport-clearance': text } });
const why = (reply: Reply): string => `${reply.status} ${JSON.parse(reply.text).detail}`;

describe('the question', () => {
  it('names all that an answer needs', async () => {
    const reply = await rig.ask('/login', { headers: AGENT });
    expect(reply.status).toBe(403);
    expect(reply.headers['cache-control']).toBe('no-store');
    const document = JSON.parse(reply.text);
    expect(document).toMatchObject({ code: 'SP7404', receipt: 'M-0123456789' });
    expect(document.challenge).toEqual({
      algorithm: 'SHA-256',
      prefix: expect.stringMatching(/^[\w-]+$/),
      difficulty_bits: 8,
      expires: '2026-03-03T14:07:30Z',
      redeem: REDEEM,
    });
    expect((await rig.ended(1))[0]).toMatchObject({ status: 403, code: 'SP7404', ended: '' });
  });

  it('is harder with more risk, and another one every time', async () => {
    rig.verdict = verdictOf('challenge', { risk: 1 });
    const [a, b] = [await rig.ask('/login'), await rig.ask('/login')].map((r) => JSON.parse(r.text).challenge);
    expect(a.difficulty_bits).toBe(10);
    expect(a.prefix).not.toBe(b.prefix);
  });
});

describe('an answer', () => {
  it('that solves it gives a clearance, and tells the gate once', async () => {
    const reply = await post(await solved());
    expect(reply.status).toBe(200);
    const body = JSON.parse(reply.text);
    expect(body).toMatchObject({ header: 'Sallyport-Clearance', expires: '2026-03-03T14:17:30Z' });
    expect(reply.headers['set-cookie']?.[0]).toMatch(
      /^sallyport-[0-9a-f]{6}=[\w-]+; Path=\/; Max-Age=900; HttpOnly; SameSite=Lax$/,
    );
    expect(rig.solved).toEqual(['a1b2c3d4e5f60718 credential-attack']);
    expect(rig.spent.size).toBe(1);
  });

  it('counts once', async () => {
    const answer = await solved();
    expect((await post(answer)).status).toBe(200);
    expect(why(await post(answer))).toMatch(/^403 .*used before/);
    expect(rig.solved).toHaveLength(1);
  });

  it('does not count when it does not solve', async () => {
    const { prefix, nonce } = await solved();
    const { zeroBits } = await import('./puzzle.ts');
    let bad = nonce + 1;
    while (zeroBits(prefix, String(bad)) >= 8) bad++;
    expect(why(await post({ prefix, nonce: bad }))).toMatch(/^403 .*does not solve/);
    expect(rig.spent.size).toBe(0);
  });

  it('does not count when it comes too late, from another client, or was forged', async () => {
    const { prefix, nonce } = await solved();
    expect(why(await post({ prefix, nonce }, { 'user-agent': 'other' }))).toMatch(/^403 .*another client/);
    const forged = (prefix[0] === 'A' ? 'B' : 'A') + prefix.slice(1);
    expect(why(await post({ prefix: forged, nonce }))).toMatch(/^403 .*not one of ours/);
    expect(why(await post({ prefix: await clearance(), nonce }))).toMatch(/^403 .*not one of ours/);
    rig.timers.advance(300_000);
    expect(why(await post({ prefix, nonce }))).toMatch(/^403 .*expired/);
  });

  it('is refused where it cannot be understood', async () => {
    for (const body of [
      '',
      '{',
      '[]',
      'null',
      '{"prefix":1,"nonce":2}',
      '{"prefix":"x"}',
      '{"prefix":"x","nonce":"y"}',
    ])
      expect((await post(body)).status, body).toBe(400);
    expect((await post(`{"prefix":"${'x'.repeat(5000)}","nonce":1}`)).status).toBe(413);
    const got = await rig.ask(REDEEM);
    expect([got.status, got.headers.allow]).toEqual([405, 'POST']);
  });

  it('is refused where its length is not told and it goes on and on, or does not come at all', async () => {
    const { request } = await import('node:http');
    const headers = { 'transfer-encoding': 'chunked' };
    const open = (): { req: import('node:http').ClientRequest; status: Promise<number> } => {
      const req = request({ port: rig.port, host: '127.0.0.1', path: REDEEM, method: 'POST', agent: false, headers });
      req.on('error', () => {});
      const status = new Promise<number>((resolve) => req.once('response', (res) => resolve(res.statusCode ?? 0)));
      return { req, status };
    };
    const long = open();
    long.req.write('x'.repeat(5000));
    expect(await long.status).toBe(413);
    const slow = open();
    slow.req.write('{');
    await rig.arrived(2);
    rig.timers.advance(10_000);
    expect(await slow.status).toBe(413);
    long.req.destroy();
    slow.req.destroy();
    expect(rig.timers.pending).toBe(0);
  });

  it('is not used up where the owner of state is away', async () => {
    await rig.close();
    let away = true;
    const gate = {
      spend: () => (away ? Promise.reject(new Error('away')) : Promise.resolve('first' as const)),
      solved: () => {},
    };
    rig = await Rig.start({}, { gate });
    rig.verdict = verdictOf('challenge');
    const answer = await solved();
    const reply = await post(answer);
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1']);
    away = false;
    expect((await post(answer)).status).toBe(200);
  });
});

it('is understood by the client of docs/challenge.md', async () => {
  const { readFileSync } = await import('node:fs');
  const page = readFileSync(new URL('../../../../docs/challenge.md', import.meta.url), 'utf8');
  const source = /```js\n([\s\S]*?)```/.exec(page)?.[1];
  type Fetch = (url: string, options?: RequestInit) => Promise<Response>;
  const through = new Function(`${source}; return fetchThroughChallenge;`)() as Fetch;
  for (let i = 0; i < 2; i++)
    expect((await through(`${rig.url}/login`, { method: 'POST', body: 'a' })).status).toBe(200);
  expect(rig.solved).toHaveLength(1);
  rig.verdict = verdictOf('block');
  expect((await through(`${rig.url}/login`)).status).toBe(403);
});

describe('a clearance', () => {
  it('lets through, as header and as cookie, and tags', async () => {
    const reply = await post(await solved());
    const byHeader = await show(JSON.parse(reply.text).clearance);
    expect(JSON.parse(byHeader.text).slice(0, 2)).toEqual(['Sallyport-Action', 'challenge']);
    const cookie = String(reply.headers['set-cookie']?.[0]).split(';')[0];
    const byCookie = await rig.ask('/login', { headers: { ...AGENT, cookie: `a=b; ${cookie}` } });
    expect(byCookie.status).toBe(200);
  });

  it('counts for so many requests', async () => {
    const text = await clearance();
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await show(text)).status);
    expect(statuses).toEqual([200, 200, 200, 403, 403]);
    expect((await show(`${text}, ${await clearance()}`)).status).toBe(200);
  });

  it('counts for its actor, its class, its client and its time only', async () => {
    const text = await clearance();
    rig.verdict = verdictOf('challenge', { actor: 'ffffffffffffffff' });
    expect((await show(text)).status).toBe(403);
    rig.verdict = verdictOf('challenge', { class: 'scraping' });
    expect((await show(text)).status).toBe(403);
    rig.verdict = verdictOf('challenge');
    expect((await show(text, { 'user-agent': 'other' })).status).toBe(403);
    expect((await show(text)).status).toBe(200);
    rig.timers.advance(900_000);
    expect((await show(text)).status).toBe(403);
  });

  it('cannot be forged, nor replaced by a challenge', async () => {
    const { prefix } = await solved();
    for (const text of [prefix, 'x', '', ',,,', (await clearance()).slice(1)])
      expect((await show(text)).status, text).toBe(403);
  });

  it('does not help against a block', async () => {
    const text = await clearance();
    rig.verdict = verdictOf('block');
    expect((await show(text)).status).toBe(403);
  });

  it('is counted by every worker that shares the secret', async () => {
    const text = await clearance();
    const other = await Rig.start();
    other.verdict = verdictOf('challenge');
    const host = `127.0.0.1:${rig.port}`;
    const reply = await other.ask('/login', { headers: { ...AGENT, host, 'sallyport-clearance': text } });
    expect(reply.status).toBe(200);
    await other.close();
  });

  it('is marked secure where the client came by TLS', async () => {
    const { Clearances } = await import('./clearance.ts');
    const { KIND, TokenBox } = await import('./tokens.ts');
    const { configWith, countedRandom, SECRET, START_MS } = await import('./testing.ts');
    const context = {
      config: configWith(),
      secret: SECRET,
      clock: () => START_MS,
      random: countedRandom(),
      gate: { spend: () => 'first' as const, solved: () => {} },
      timers: rig.timers,
    };
    const inbound = { scheme: 'https', host: 'shop.example', req: { headers: {} } };
    const token = {
      kind: KIND.challenge,
      bits: 8,
      issuedSec: 0,
      fromSec: 0,
      untilSec: 1,
      about: 'probing',
      actor: 'a',
    };
    const issued = new Clearances(context, new TokenBox(SECRET)).issue(
      inbound as unknown as Parameters<InstanceType<typeof Clearances>['issue']>[0],
      { ...token, id: Buffer.alloc(12), binding: Buffer.alloc(8) },
    );
    expect(issued.headers[1]).toMatch(/^__Host-sallyport-[0-9a-f]{6}=.*; Path=\/; .*; Secure$/);
  });
});

describe('for people', () => {
  const browser = { ...AGENT, accept: 'text/html', 'sec-fetch-mode': 'navigate' };
  const waitOf = (reply: Reply): string =>
    /href="(\/\.well-known\/sallyport\/wait\?[^"]+)"/.exec(reply.text)?.[1].replaceAll('&amp;', '&') ?? '';

  it('a page asks, whose policy lets its own script in and nothing else', async () => {
    const reply = await rig.ask('/login?next=%2Fcart', { headers: browser });
    expect([reply.status, reply.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8']);
    expect(reply.headers['content-security-policy']).toMatch(
      /^default-src 'none'.*script-src 'sha256-[^']+'; worker-src/,
    );
    expect(reply.text).not.toMatch(/credential-attack|a1b2c3d4/);
    expect(reply.text).toContain('<meta http-equiv="refresh" content="15;url=/.well-known/sallyport/wait?ticket=');
  });

  it('a wait counts as well: too early it goes on waiting, then leads back with a clearance', async () => {
    const wait = waitOf(await rig.ask('/login?next=%2Fcart', { headers: browser }));
    rig.timers.advance(10_000);
    const early = await rig.ask(wait, { headers: browser });
    expect([early.status, early.headers['retry-after']]).toEqual([403, '5']);
    expect(waitOf(early)).toBe(wait);
    rig.timers.advance(5_000);
    const after = await rig.ask(wait, { headers: browser });
    expect([after.status, after.headers.location]).toEqual([303, '/login?next=%2Fcart']);
    const cookie = String(after.headers['set-cookie']?.[0]).split(';')[0];
    expect((await rig.ask('/login', { headers: { ...browser, cookie } })).status).toBe(200);
    expect(rig.solved).toHaveLength(1);
    expect((await rig.ask(wait, { headers: browser })).text).toContain('used before');
  });

  it('a ticket is no answer, and an answer is no ticket; one challenge gives one clearance', async () => {
    const page = await rig.ask('/login', { headers: browser });
    const wait = waitOf(page);
    const { prefix, bits } = JSON.parse(/id="task">([^<]+)</.exec(page.text)?.[1] ?? '');
    const ticket = new URLSearchParams(wait.split('?')[1]).get('ticket') ?? '';
    expect(why(await post({ prefix: ticket, nonce: 1 }))).toMatch(/not one of ours/);
    rig.timers.advance(15_000);
    expect((await rig.ask(`/.well-known/sallyport/wait?ticket=${prefix}`)).status).toBe(403);
    expect((await post({ prefix, nonce: solve(prefix, bits) })).status).toBe(200);
    expect((await rig.ask(wait, { headers: browser })).text).toContain('used before');
  });

  it('a wait needs the same client, a ticket in time, and GET', async () => {
    const wait = waitOf(await rig.ask('/login', { headers: browser }));
    rig.timers.advance(15_000);
    expect((await rig.ask(wait, { method: 'HEAD', headers: browser })).status).toBe(405);
    expect((await rig.ask(wait, { headers: { ...browser, 'user-agent': 'other' } })).text).toContain('another client');
    expect((await rig.ask('/.well-known/sallyport/wait', { headers: browser })).status).toBe(403);
    rig.timers.advance(300_000);
    expect((await rig.ask(wait, { headers: browser })).text).toContain('has expired');
  });

  it('does not lead to another site', async () => {
    const wait = waitOf(await rig.ask('/login', { headers: browser }));
    rig.timers.advance(15_000);
    const elsewhere = `${wait.split('&to=')[0]}&to=${encodeURIComponent('//evil.example/')}`;
    expect((await rig.ask(elsewhere, { headers: browser })).headers.location).toBe('/');
  });

  it('says of a form that it has to be sent again', async () => {
    const page = await rig.ask('/login', { method: 'POST', headers: browser, body: 'user=a&password=b' });
    expect(page.text).toContain('send it again');
    expect(page.text).not.toContain('password=b');
    rig.timers.advance(15_000);
    const after = await rig.ask(waitOf(page), { headers: browser });
    expect(after.status).toBe(200);
    expect(after.text).toContain('Go back');
    expect(after.headers['set-cookie']).toHaveLength(1);
  });
});
