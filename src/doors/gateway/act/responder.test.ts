/** What clients and the upstream see of each action, over real servers. */
import { request as httpRequest } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ALLOW } from '../../../runtime/live/verdict.ts';
import { type Changes, configWith, Rig, verdictOf } from './testing.ts';

let rig: Rig;
afterEach(() => rig.close());

const browser = { accept: 'text/html,application/xhtml+xml', 'sec-fetch-mode': 'navigate' };
const limit = { name: 'per-token', limit: 100, windowSec: 60, remaining: 0, resetSec: 12.2, exceeded: true };
const start = async (changes: Changes = {}): Promise<void> => {
  rig = await Rig.start(changes);
};
/** A request that is never answered in the test; gives what ends it. */
const hang = (): (() => void) => {
  const req = httpRequest({ port: rig.port, host: '127.0.0.1', path: '/x', agent: false });
  req.on('error', () => {});
  req.end();
  return () => req.destroy();
};

describe('actions that let through', () => {
  it('allow: adds nothing, ends nothing', async () => {
    await start();
    rig.verdict = { ...ALLOW, limit: { ...limit, exceeded: false } };
    expect(JSON.parse((await rig.ask('/x')).text)).toEqual([]);
    expect(rig.outcomes).toEqual([]);
  });

  it('tag: tells the upstream what is known', async () => {
    await start();
    rig.verdict = verdictOf('tag', { risk: 0.4567 });
    expect(JSON.parse((await rig.ask('/x')).text)).toEqual([
      'Sallyport-Action',
      'tag',
      'Sallyport-Risk',
      '0.46',
      'Sallyport-Class',
      'credential-attack',
      'Sallyport-Mitigation',
      'M-0123456789',
    ]);
    rig.verdict = verdictOf('tag', { risk: Number.NaN, class: '', mitigation: '' });
    expect(JSON.parse((await rig.ask('/x')).text)).toEqual(['Sallyport-Action', 'tag', 'Sallyport-Risk', '0.00']);
  });

  it('step-up: asks the application to decide', async () => {
    await start();
    rig.verdict = verdictOf('step-up');
    const told = JSON.parse((await rig.ask('/x')).text);
    expect(told.slice(0, 2)).toEqual(['Sallyport-Action', 'step-up']);
    expect(told.slice(-2)).toEqual(['Sallyport-Step-Up', 'required']);
  });
});

describe('throttle', () => {
  it('without a delay lets through at once', async () => {
    await start();
    rig.verdict = verdictOf('throttle', { delayMs: 0 });
    expect(JSON.parse((await rig.ask('/x')).text)[1]).toBe('throttle');
  });

  it('holds back for as long as it was told, then lets through', async () => {
    await start();
    rig.verdict = verdictOf('throttle', { delayMs: 700 });
    const reply = rig.ask('/x');
    await rig.arrived(1);
    rig.timers.advance(699);
    expect(rig.timers.pending).toBe(1);
    rig.timers.advance(1);
    expect(JSON.parse((await reply).text)[1]).toBe('throttle');
    expect(rig.outcomes).toEqual([]);
  });

  it('refuses with 429 where the budget is spent, or the delay is longer than allowed', async () => {
    await start();
    for (const [delayMs, wait] of [
      [-1, '7'],
      [2001, '7'],
    ] as const) {
      rig.verdict = verdictOf('throttle', { delayMs, retryAfterSec: 6.2 });
      const reply = await rig.ask('/x');
      expect(reply.status).toBe(429);
      expect(reply.headers['retry-after']).toBe(wait);
      expect(JSON.parse(reply.text)).toMatchObject({ code: 'SP7402', receipt: 'M-0123456789' });
    }
    expect((await rig.ended(2)).map((o) => [o.status, o.code, o.ended])).toEqual([
      [429, 'SP7402', ''],
      [429, 'SP7402', ''],
    ]);
  });

  it('has so many places and no more; one that goes away makes room', async () => {
    await start({ throttle: { max_waiting: 1 } });
    rig.verdict = verdictOf('throttle', { delayMs: 1500 });
    const leave = hang();
    await rig.arrived(1);
    const second = await rig.ask('/x');
    expect([second.status, second.headers['retry-after']]).toEqual([429, '2']);
    leave();
    expect((await rig.ended(2)).map((o) => [o.status, o.ended])).toEqual([
      [429, ''],
      [0, 'client'],
    ]);
    expect(rig.timers.pending).toBe(0);
    const third = rig.ask('/x');
    await rig.arrived(3);
    rig.timers.advance(1500);
    expect((await third).status).toBe(200);
  });

  it('lets those who wait go on when the gateway closes', async () => {
    await start();
    rig.verdict = verdictOf('throttle', { delayMs: 1500 });
    const reply = rig.ask('/x');
    await rig.arrived(1);
    rig.responder.close();
    expect((await reply).status).toBe(200);
    expect((await rig.ask('/x')).status).toBe(429);
  });
});

describe('block', () => {
  it('tells programs id, end and where to turn, and nothing else', async () => {
    await start();
    rig.verdict = verdictOf('block', { risk: 0.987 });
    const reply = await rig.ask('/x', { headers: { accept: '*/*' } });
    expect(reply.status).toBe(403);
    expect(reply.headers['content-type']).toBe('application/problem+json');
    expect(reply.headers['retry-after']).toBe('300');
    expect(reply.headers['cache-control']).toBe('no-store');
    const { instance, ...rest } = JSON.parse(reply.text);
    expect(rest).toMatchObject({
      status: 403,
      code: 'SP7401',
      receipt: 'M-0123456789',
      expires: '2026-03-03T14:07:30Z',
      contact: 'help@shop.example',
    });
    expect(instance).toMatch(/^\/\.well-known\/sallyport\/receipt\/M-0123456789\?seal=[\w-]+$/);
    expect(JSON.stringify(reply)).not.toMatch(/credential-attack|0\.98|a1b2c3d4/);
    expect(await rig.ended(1)).toEqual([
      {
        status: 403,
        bytes: Buffer.byteLength(reply.text),
        bodyBytes: 0,
        ended: '',
        code: 'SP7401',
        server: '',
        retries: 0,
        firstByteMs: 0,
      },
    ]);
  });

  it('shows people a page that may run nothing', async () => {
    await start();
    const reply = await rig.ask('/x', { headers: browser });
    expect(reply.status).toBe(403);
    expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(reply.headers['content-security-policy']).not.toContain('script-src');
    expect(reply.headers['retry-after']).toBe('300');
    expect(reply.text).toContain('M-0123456789');
    expect(reply.text).toContain('mailto:help@shop.example');
    expect(reply.text).not.toMatch(/credential-attack|<script/);
  });

  it('answers scripts of a page, and HEAD, as they expect', async () => {
    await start();
    const script = await rig.ask('/x', { headers: { accept: 'text/html', 'sec-fetch-mode': 'cors' } });
    expect(script.headers['content-type']).toBe('application/problem+json');
    const head = await rig.ask('/x', { method: 'HEAD', headers: browser });
    expect([head.status, head.text]).toEqual([403, '']);
    expect((await rig.ended(2))[1]).toMatchObject({ status: 403, bytes: 0, ended: '' });
  });

  it('does not let the host or the brand break out of the page', async () => {
    await start({ answers: { brand: '', contact: undefined } });
    const reply = await rig.ask('/x', { headers: { ...browser, host: '"><script>x</script>' } });
    expect(reply.text).not.toContain('<script>x');
    expect(reply.text).not.toContain('Where to turn');
  });

  it('answers while a body is still coming, and every pipelined request', async () => {
    await start();
    const socket = connectTcp(rig.port, '127.0.0.1');
    let got = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      got += chunk;
    });
    const line = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
    socket.write(`${line}${line}POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\npart of it`);
    await new Promise((resolve) => socket.once('end', resolve));
    expect(got.match(/HTTP\/1\.1 403/g)).toHaveLength(3);
    expect((await rig.ended(3)).map((o) => o.ended)).toEqual(['', '', '']);
    socket.destroy();
  });

  it('speaks HTTP/2', async () => {
    rig = await Rig.start({}, {}, true);
    const document = await rig.ask2({ ':path': '/x', ':method': 'POST' }, '{"a":1}');
    expect([document.status, JSON.parse(document.text).code]).toEqual([403, 'SP7401']);
    const page = await rig.ask2({ ':path': '/x', accept: 'text/html' });
    expect([page.status, page.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8']);
    expect((await rig.ended(2)).map((o) => [o.status, o.ended])).toEqual([
      [403, ''],
      [403, ''],
    ]);
  });
});

describe('revoke and limits', () => {
  it('revoke: says that the token does not count', async () => {
    await start();
    rig.verdict = verdictOf('revoke');
    const reply = await rig.ask('/x', { headers: { authorization: 'Bearer x' } });
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/);
    expect(JSON.parse(reply.text)).toMatchObject({ code: 'SP7405', receipt: 'M-0123456789' });
  });

  it('a limit that is exceeded: 429 with both kinds of headers', async () => {
    await start();
    rig.verdict = { ...ALLOW, limit, retryAfterSec: 3 };
    const reply = await rig.ask('/x');
    expect(reply.status).toBe(429);
    expect(reply.headers).toMatchObject({
      'retry-after': '13',
      ratelimit: '"per-token";r=0;t=13',
      'ratelimit-policy': '"per-token";q=100;w=60',
      'ratelimit-limit': '100',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '13',
    });
    expect(JSON.parse(reply.text).code).toBe('SP7403');
    expect(rig.responder.limitHeaders(rig.verdict)).toHaveLength(10);
  });

  it('a limit holds for those that are tagged or cleared, too, and does not soften a block', async () => {
    await start();
    const codes = [];
    for (const action of ['tag', 'throttle', 'challenge', 'step-up', 'block'] as const) {
      rig.verdict = verdictOf(action, { limit });
      codes.push(JSON.parse((await rig.ask('/x')).text).code);
    }
    expect(codes).toEqual(['SP7403', 'SP7403', 'SP7403', 'SP7403', 'SP7401']);
  });
});

describe('receipts', () => {
  it('tell the end through the link of the document only', async () => {
    await start();
    const { instance } = JSON.parse((await rig.ask('/x')).text);
    expect(rig.responder.owns(instance)).toBe(true);
    expect(JSON.parse((await rig.ask(instance)).text)).toEqual({
      receipt: 'M-0123456789',
      expires: '2026-03-03T14:07:30Z',
      ended: false,
      contact: 'help@shop.example',
    });
    const bare = { receipt: 'M-0123456789', contact: 'help@shop.example' };
    expect(JSON.parse((await rig.ask('/.well-known/sallyport/receipt/M-0123456789')).text)).toEqual(bare);
    const other = instance.replace('M-0123456789', 'M-0123456780');
    expect(JSON.parse((await rig.ask(other)).text)).not.toHaveProperty('expires');
    rig.timers.advance(300_000);
    expect(JSON.parse((await rig.ask(instance)).text)).toMatchObject({ ended: true });
    expect((await rig.ask(instance, { headers: browser })).text).toContain('has ended');
  });

  it('and everything else of ours that is not there are not found', async () => {
    await start();
    for (const path of ['receipt/', 'receipt/M-xyz', 'receipt/%3Cscript%3E', 'nothing', '']) {
      const reply = await rig.ask(`/.well-known/sallyport/${path}`);
      expect([reply.status, JSON.parse(reply.text).code]).toEqual([404, 'SP7409']);
    }
    const posted = await rig.ask('/.well-known/sallyport/receipt/M-0123456789', { method: 'POST' });
    expect(posted.status).toBe(404);
    expect(rig.responder.owns('/.well-known/sallyport')).toBe(false);
    expect(rig.responder.owns('/orders')).toBe(false);
  });
});

it('takes over another configuration while requests are held', async () => {
  await start({ throttle: { max_waiting: 1 } });
  rig.verdict = verdictOf('throttle', { delayMs: 100 });
  const first = rig.ask('/x');
  await rig.arrived(1);
  rig.responder.update(configWith({ throttle: { max_waiting: 2 }, answers: { contact: 'https://shop.example/help' } }));
  const second = rig.ask('/x');
  await rig.arrived(2);
  rig.timers.advance(100);
  expect([(await first).status, (await second).status]).toEqual([200, 200]);
  rig.verdict = verdictOf('block');
  expect(JSON.parse((await rig.ask('/x')).text).contact).toBe('https://shop.example/help');
});
