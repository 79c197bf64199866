/** The challenge in a real browser: it is solved without anybody doing anything, with scripts and without. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { SYSTEM_TIMERS } from '../../src/doors/gateway/act/settings.ts';
import { type Changes, Rig, verdictOf } from '../../src/doors/gateway/act/testing.ts';
import { ALLOW } from '../../src/runtime/live/verdict.ts';
import { Screen, type Shown, type View } from './browser.ts';

let screen: Screen | null = null;
let rig: Rig;
let shown: Shown | null = null;

beforeAll(async () => {
  screen = await Screen.start();
});
afterEach(async () => {
  await shown?.page.context().close();
  shown = null;
  await rig?.close();
});
afterAll(() => screen?.close());

/** Opens a path behind a challenge, with the time as it is. Null where no browser is installed. */
async function visit(path: string, changes: Changes, view: View = {}): Promise<Shown | null> {
  rig = await Rig.start(changes, { clock: () => Date.now(), random: randomBytes, timers: SYSTEM_TIMERS });
  rig.verdict = verdictOf('challenge');
  shown = screen === null ? null : await screen.open(rig.url + path, rig.url, view);
  return shown;
}

/** What the page is to blame for: that a challenge has status 403, and that it has workers, is as it should be. */
const complaints = (of: Shown): string[] =>
  of.complaints.filter((text) => !/status of 403/.test(text) && !text.startsWith('asked for blob:'));

it('solves it and lands on the page behind, at the address that was asked', async () => {
  const view = await visit('/orders?page=2#there', { challenge: { difficulty_bits: 16, max_difficulty_bits: 16 } });
  if (view === null) return;
  await view.page.getByText('The page behind').waitFor();
  expect(view.page.url()).toBe(`${rig.url}/orders?page=2#there`);
  expect(rig.solved).toHaveLength(1);
  expect(complaints(view)).toEqual([]);
  // The cookie goes on to count.
  await view.page.goto(`${rig.url}/cart`);
  expect(await view.page.title()).toBe('Behind');
  expect(rig.solved).toHaveLength(1);
});

it('waits instead where no scripts run', async () => {
  const view = await visit('/orders?page=2', { challenge: { wait_s: 1 } }, { scripts: false });
  if (view === null) return;
  await view.page.getByText('The page behind').waitFor();
  expect(view.page.url()).toBe(`${rig.url}/orders?page=2`);
  expect(rig.solved).toHaveLength(1);
  expect(complaints(view)).toEqual([]);
});

it('waits instead where the work takes longer than the wait', async () => {
  const hard = { difficulty_bits: 40, max_difficulty_bits: 40, wait_s: 1 };
  const view = await visit('/orders', { challenge: hard });
  if (view === null) return;
  expect(await view.page.locator('#status').textContent()).toBe('Working. This takes a few seconds.');
  await view.page.getByText('The page behind').waitFor();
  expect(complaints(view)).toEqual([]);
});

it('says of a form that it has to be sent again, and leads back to it', async () => {
  const view = await visit('/start', { challenge: { difficulty_bits: 12 } });
  if (view === null) return;
  await view.page.getByText('The page behind').waitFor();
  await view.page.context().clearCookies();
  const form = `document.body.innerHTML = '<form method="post" action="/orders"><button>Order</button></form>'`;
  await view.page.evaluate(form);
  await view.page.getByRole('button', { name: 'Order' }).click();
  await view.page.getByText('Done. Now go back and send it again.').waitFor();
  expect(await view.page.locator('.note').first().textContent()).toContain('not been passed on');
  rig.verdict = ALLOW;
  await view.page.getByRole('button', { name: 'Go back' }).click();
  await view.page.waitForURL('**/start');
});

it('says so where its answer is not accepted, and offers to try again or to wait', async () => {
  const view = await visit('/start', { challenge: { difficulty_bits: 40, max_difficulty_bits: 40 } });
  if (view === null) return;
  await view.page.route('**/.well-known/sallyport/challenge', (route) =>
    route.fulfill({
      status: 403,
      contentType: 'application/problem+json',
      body: '{"detail":"The challenge has expired."}',
    }),
  );
  // Of no difficulty, so that the answer is there at once.
  await view.page.route('**/easy', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace(/"bits":\d+/, '"bits":1') });
  });
  await view.page.goto(`${rig.url}/easy`);
  await view.page.getByText('It was not accepted: The challenge has expired.').waitFor();
  expect(await view.page.getByRole('button', { name: 'Try again' }).isVisible()).toBe(true);
  expect(await view.page.getByRole('link', { name: 'Wait 15 seconds instead' }).isVisible()).toBe(true);
});

it('stops where the browser does not keep the proof, instead of working for ever', async () => {
  const view = await visit('/start', { challenge: { difficulty_bits: 8, requests_per_clearance: 0 } });
  if (view === null) return;
  await view.page.getByText('Does your browser keep cookies?').waitFor();
  expect(rig.solved).toHaveLength(4);
});

it('works on one thread where others cannot be had', async () => {
  const view = await visit('/start', { challenge: { difficulty_bits: 40, max_difficulty_bits: 40 } });
  if (view === null) return;
  await view.page.addInitScript('window.Worker = undefined;');
  await view.page.route('**/easy', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace(/"bits":\d+/, '"bits":10') });
  });
  await view.page.goto(`${rig.url}/easy`);
  // Solved at fewer bits than were asked for: the gateway does not take it, but it was found.
  await view.page.getByText('It was not accepted: The nonce does not solve the challenge.').waitFor();
});

it('is readable on a telephone, in the dark, and tells its state to those who listen', async () => {
  const hard = { difficulty_bits: 40, max_difficulty_bits: 40 };
  const view = await visit('/start', { challenge: hard }, { width: 390, dark: true });
  if (view === null) return;
  const wide = await view.page.evaluate<boolean>('document.body.scrollWidth > document.documentElement.clientWidth');
  expect(wide).toBe(false);
  expect(await view.page.getByRole('status').getAttribute('aria-live')).toBe('polite');
  expect(await view.page.getByRole('progressbar').getAttribute('aria-label')).toBe('Work done');
  const lights = await view.page.evaluate<string[]>(
    "[getComputedStyle(document.querySelector('h1')).color, getComputedStyle(document.querySelector('main')).backgroundColor]",
  );
  const [ink, paper] = lights.map((c) => (c.match(/[\d.]+/g) ?? []).slice(0, 3).reduce((a, b) => a + Number(b), 0));
  expect(ink).toBeGreaterThan(paper);
});
