/**
 * Servers and clients that do everything wrong in every order, drawn from a seed: whatever happens, each exchange ends
 * exactly once, nothing but idempotent requests is sent twice, nobody gets what was meant for somebody else, and at the
 * end there is nothing left that is in the way of the next request.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { uniform } from '../guard/testing.ts';
import { Closing, configOf, front, get, httpUpstream } from './testing.ts';
import { parseMessage } from './testing-message.ts';

const closing = new Closing();
afterEach(() => closing.run());

const REQUESTS = 400;
const AT_ONCE = 16;

const SERVER_HABITS = ['well', 'chunks', 'early', 'reset', 'half', 'close', 'hints', 'unsound', 'late'] as const;
const CLIENT_HABITS = ['patient', 'patient', 'patient', 'hasty', 'leaves', 'half-sent'] as const;
type ServerHabit = (typeof SERVER_HABITS)[number];
type ClientHabit = (typeof CLIENT_HABITS)[number];

/** Answers `/id/habit` in the way of the habit; a sound answer's body is the id. */
function misbehave(req: IncomingMessage, res: ServerResponse): void {
  const [, id, habit] = (req.url ?? '').split('/') as [string, string, ServerHabit];
  const whole = () => {
    if (habit === 'chunks') res.write(`${id}:`);
    res.end(habit === 'chunks' ? 'rest' : `${id}:rest`);
  };
  if (habit === 'early') whole();
  else if (habit === 'reset') req.socket.resetAndDestroy();
  else if (habit === 'half') {
    res.writeHead(200, { 'Content-Length': 1_000 });
    res.write(`${id}:`, () => res.destroy());
  } else if (habit === 'unsound') {
    req.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx');
  } else {
    if (habit === 'close') res.setHeader('Connection', 'close');
    if (habit === 'hints') res.writeEarlyHints({ link: '</a>; rel=preload' });
    req.resume();
    req.once('end', habit === 'late' ? () => setImmediate(whole) : whole);
  }
}

/** Plays one client. Resolves to what it got. */
function play(port: number, method: string, path: string, habit: ClientHabit): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (habit === 'hasty') socket.destroy();
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(text));
    const body = method === 'GET' ? '' : 'b'.repeat(30_000);
    const head = `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
    if (habit === 'half-sent') socket.write(head + body.slice(0, 10_000), () => socket.destroy());
    else socket.write(head + body, () => habit === 'leaves' && setImmediate(() => socket.destroy()));
  });
}

for (const seed of [1, 2, 3]) {
  test(`everything at once, seed ${seed}`, async () => {
    const random = uniform(seed);
    const draw = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)];
    const arrivals = new Map<string, number>();
    const handler = (req: IncomingMessage, res: ServerResponse) => {
      const key = `${req.method} ${req.url}`;
      arrivals.set(key, (arrivals.get(key) ?? 0) + 1);
      res.on('error', () => {});
      misbehave(req, res);
    };
    const servers = [await httpUpstream(closing, handler), await httpUpstream(closing, handler)];
    const gate = await front(
      closing,
      configOf(`upstreams: [{ name: default, servers: ['${servers.join("', '")}'], connections: 3, retries: { max: 2 },
        breaker: { enabled: false }, outlier: { enabled: false } }]`),
    );
    let next = 0;
    const worker = async () => {
      while (next < REQUESTS) {
        const id = `r${next++}`;
        const method = draw(['GET', 'POST', 'PUT']);
        const text = await play(gate.port, method, `/${id}/${draw(SERVER_HABITS)}`, draw(CLIENT_HABITS));
        const answer = parseMessage(text);
        if (answer.whole && answer.status === 200) expect(answer.body).toBe(`${id}:rest`);
        else if (answer.whole && text !== '') expect([502, 504]).toContain(answer.status);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    for (const [key, count] of arrivals) {
      if (key.startsWith('GET')) expect(count).toBeLessThanOrEqual(3);
      else expect(`${key} ${count}`).toBe(`${key} 1`);
    }
    for (let i = 0; i < 10; i++)
      expect(parseMessage((await get(gate.port, `/last${i}/well`)).text).body).toBe(`last${i}:rest`);
    await gate.forwarder.close();
    expect(gate.outcomes.length).toBe(gate.count());
  }, 30_000);
}
