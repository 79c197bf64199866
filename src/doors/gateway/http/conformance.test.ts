import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Echo, parseAnswers, RawClient, startEcho } from '../listen/testing.ts';
import { INBOUND_CASES } from './conformance-cases.ts';
import type { InboundCase } from './conformance-kit.ts';

/** Small limits, so that the table can go over them. */
const LIMITS = { header_bytes: 4096, header_count: 16, target_bytes: 2048, body_limit_bytes: 1024 };

let echo: Echo;

beforeAll(async () => {
  echo = await startEcho({ gateway: LIMITS });
});
afterAll(() => echo.listeners.close());
beforeEach(() => {
  echo.seen.length = 0;
  echo.failed.length = 0;
});

async function run(test: InboundCase): Promise<void> {
  const client = await RawClient.open(echo.port);
  for (const part of [test.send].flat()) client.send(part);
  const answers = await client.answers(test.status.length, test.head);
  const last = answers[answers.length - 1];
  const closed = test.closed ?? (test.status[test.status.length - 1] ?? 0) >= 400;
  if (!closed) {
    expect(client.closed).toBe(false);
    client.socket.end();
  }
  await client.end();
  // Whatever else there might have been has been read by now.
  const all = parseAnswers(client.received, test.head);
  expect(all.answers.map(({ status }) => status)).toEqual(test.status);
  expect(all.rest).toHaveLength(0);
  const expected = test.reached ?? test.status.filter((status) => status < 400).map(() => '/');
  expect(echo.seen.map(({ target }) => target)).toEqual(expected);
  if (test.has !== undefined) expect(last.body).toContain(test.has);
  if (test.lacks !== undefined) expect(last.body).not.toContain(test.lacks);
  if (test.code !== undefined) checkProblem(last.headers, last.body, last.status, test.code);
  expect(echo.failed).toEqual(test.failed === undefined ? [] : [test.failed]);
}

function checkProblem(headers: Readonly<Record<string, string>>, body: string, status: number, code: string): void {
  expect(headers['content-type']).toBe('application/problem+json');
  expect(headers['cache-control']).toBe('no-store');
  expect(JSON.parse(body)).toMatchObject({
    type: `https://sallyport.dev/problems/${code}`,
    status,
    code,
    title: expect.stringMatching(/^[A-Z].*[^.]$/),
    instance: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
  });
}

for (const [group, cases] of Object.entries(INBOUND_CASES)) {
  describe(group, () => {
    for (const test of cases) it(test.name, () => run(test));
  });
}

it('the table is as long as it is meant to be, and names no case twice', () => {
  const names = Object.values(INBOUND_CASES).flatMap((cases) => cases.map(({ name }) => name));
  expect(names.length).toBeGreaterThanOrEqual(100);
  expect(new Set(names).size).toBe(names.length);
});
