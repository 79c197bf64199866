import { afterEach, describe, expect, test } from 'vitest';
import { ANSWER_CASES, REQUEST_CASES } from './conformance-cases.ts';
import type { AnswerCase } from './conformance-kinds.ts';
import { Closing, configOf, front, later, rawUpstream, scripted, talk } from './testing.ts';
import { type Message, parseMessage } from './testing-message.ts';

const closing = new Closing();
afterEach(() => closing.run());

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const one = (url: string) => configOf(`upstreams: [{ name: default, servers: ['${url}'], retries: { max: 0 } }]`);

/** The lines of `wanted` that the message has, in its own order. */
function among(message: Message, wanted: readonly string[]): string[] {
  return message.headers.filter((line) => wanted.includes(line));
}

function names(message: Message): string[] {
  return message.headers.map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
}

test('there are at least sixty cases, and no two have the same name', () => {
  const all = [...ANSWER_CASES, ...REQUEST_CASES].map((each) => each.name);
  expect(all.length).toBeGreaterThanOrEqual(60);
  expect(new Set(all).size).toBe(all.length);
});

async function check(each: AnswerCase, url: string): Promise<void> {
  const gate = await front(closing, one(url));
  const request = each.request ?? GET;
  const seen = await talk(gate.port, request);
  const message = parseMessage(seen.text, { head: request.startsWith('HEAD') });
  expect(message.status).toBe(each.status);
  expect(message.whole && seen.closed === 'end').toBe(each.whole ?? true);
  if (each.reason !== undefined) expect(message.reason).toBe(each.reason);
  if (each.body !== undefined) expect(message.body === each.body).toBe(true);
  if (each.has) expect(among(message, each.has)).toEqual(each.has);
  for (const name of each.lacks ?? []) expect(names(message)).not.toContain(name);
  if (each.trailers) expect(message.trailers).toEqual(each.trailers);
  if (each.before) expect(message.before).toEqual(each.before);
  const [outcome] = await gate.over(1);
  const wanted = each.outcome ?? { status: each.status, ended: '', code: '' };
  expect(outcome).toMatchObject({ retries: 0, bodyBytes: 0, ...wanted });
  expect(gate.outcomes.length).toBe(1);
}

describe('answers of servers', () => {
  for (const each of ANSWER_CASES) {
    test(each.name, async () => check(each, await scripted(closing, each.answer, each.after ?? 'keep')));
  }
});

describe('the same answers in two pieces', () => {
  // A reset overtakes what was sent before it, and long answers come in pieces anyway.
  const cases = ANSWER_CASES.filter((each) => each.after !== 'reset' && each.answer.length < 1_000);
  for (const each of cases) {
    test(each.name, async () => {
      const middle = Math.floor(each.answer.length / 2);
      await check(each, await scripted(closing, each.answer, each.after ?? 'keep', middle));
    });
  }
});

describe('requests to servers', () => {
  for (const each of REQUEST_CASES) {
    test(each.name, async () => {
      const request = later<Message>();
      const url = await rawUpstream(closing, (socket) => {
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk.toString('latin1');
          const message = parseMessage(text);
          if (!message.whole) return;
          request.resolve(message);
          socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        });
      });
      const gate = await front(closing, one(url));
      const seen = await talk(gate.port, each.request);
      expect(parseMessage(seen.text)).toMatchObject({ status: 200, body: 'ok', whole: true });
      const message = await request.promise;
      expect(message.line).toBe(each.line);
      if (each.has) expect(among(message, each.has)).toEqual(each.has);
      for (const name of each.lacks ?? []) expect(names(message)).not.toContain(name);
      if (each.body !== undefined) expect(message.body).toBe(each.body);
      if (each.trailers) expect(message.trailers).toEqual(each.trailers);
      const [outcome] = await gate.over(1);
      expect(outcome).toMatchObject({ status: 200, ended: '', server: url, ...each.outcome });
    });
  }
});
