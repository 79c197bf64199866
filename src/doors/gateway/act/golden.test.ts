/** Every document and page as clients get it, byte for byte: what changes here, changes for them. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ALLOW, type Verdict } from '../../../runtime/live/verdict.ts';
import { type Reply, Rig, verdictOf } from './testing.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ challenge: { difficulty_bits: 16 } });
});
afterAll(() => rig.close());

const golden = (name: string): string => join(import.meta.dirname, 'golden', name);
/** The host is fixed because tokens are bound to it. */
const headers = { host: 'shop.example', 'user-agent': 'client/1.0' };
const browser = { ...headers, accept: 'text/html', 'sec-fetch-mode': 'navigate' };
const limit = { name: 'per-token', limit: 100, windowSec: 60, remaining: 0, resetSec: 12, exceeded: true };

/** Head and body; what Node adds for the connection is left out. */
function shown(reply: Reply): string {
  const own = Object.entries(reply.headers).filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name));
  const head = own.map(([name, value]) => `${name}: ${value}`).join('\n');
  const json = String(reply.headers['content-type']).includes('json');
  // Tokens differ from run to run: each challenge has a random id, and requests may come in another order.
  const body = (json ? `${JSON.stringify(JSON.parse(reply.text), null, 2)}\n` : reply.text).replace(
    /urn:uuid:[\w-]+/,
    'urn:uuid:…',
  );
  return `HTTP ${reply.status}\n${head}\n\n${body}`
    .replace(/[\w-]{128,}/g, '…token…')
    .replace(/content-length: \d+\n/, '');
}

const VERDICTS: Readonly<Record<string, Verdict>> = {
  block: verdictOf('block'),
  throttle: verdictOf('throttle', { delayMs: -1, retryAfterSec: 7 }),
  limit: { ...ALLOW, limit },
  challenge: verdictOf('challenge'),
  revoke: verdictOf('revoke'),
};

it.each(Object.entries(VERDICTS))('%s, for programs and for people', async (name, verdict) => {
  rig.verdict = verdict;
  await expect(shown(await rig.ask('/orders/17', { headers }))).toMatchFileSnapshot(golden(`${name}.json.txt`));
  await expect(shown(await rig.ask('/orders/17', { headers: browser }))).toMatchFileSnapshot(
    golden(`${name}.html.txt`),
  );
});

it('a challenge to a form, and the pages of the wait', async () => {
  rig.verdict = verdictOf('challenge');
  const page = await rig.ask('/orders', { method: 'POST', headers: browser });
  await expect(shown(page)).toMatchFileSnapshot(golden('challenge-form.html.txt'));
  const wait = /href="(\/\.well-known[^"]+)"/.exec(page.text)?.[1] ?? '';
  await expect(shown(await rig.ask(wait, { headers: browser }))).toMatchFileSnapshot(golden('wait-early.html.txt'));
  rig.timers.advance(15_000);
  await expect(shown(await rig.ask(wait, { headers: browser }))).toMatchFileSnapshot(golden('wait-over.html.txt'));
});

it('receipts', async () => {
  rig.verdict = VERDICTS.block;
  const { instance } = JSON.parse((await rig.ask('/x', { headers })).text);
  await expect(shown(await rig.ask(instance, { headers }))).toMatchFileSnapshot(golden('receipt.json.txt'));
  await expect(shown(await rig.ask(instance, { headers: browser }))).toMatchFileSnapshot(golden('receipt.html.txt'));
});
