/** The live page in a real browser, over the admin listener, with an engine that does what the test says. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Admin, startAdmin } from '../../src/admin/server.ts';
import { adminOptions, FakeOperator, SAMPLE_MITIGATION, TOKEN } from '../../src/admin/testing.ts';
import { loginLink } from '../../src/admin/token.ts';
import { Screen, type View } from './browser.ts';

let screen: Screen | null = null;
let operator: FakeOperator;
let admin: Admin;

beforeAll(async () => {
  screen = await Screen.start();
});
afterAll(() => screen?.close());
beforeEach(async () => {
  operator = new FakeOperator();
  operator.nowMs = Math.floor(Date.now() / 1000) * 1000 - 30_000;
  admin = await startAdmin(adminOptions(operator));
});
afterEach(() => admin.close());

/** The page, signed in by the link that is printed at the start. */
async function live(browser: Screen, view: View = {}) {
  const shown = await browser.open(loginLink(admin.url, TOKEN), admin.url, view);
  await shown.page.locator('#connection[data-state="open"]').waitFor();
  return shown;
}

/** Twenty seconds: people, an attack, a decision after ten. */
function attack(): void {
  for (let i = 0; i < 20; i++) {
    if (i === 10) operator.mitigate();
    operator.tick({ requests: 15, abusive_served: i < 10 ? 9 : 0, abusive_held: i < 10 ? 0 : 9 });
  }
}

describe('the live page', () => {
  it('says honestly that nothing was seen, and what to do about it', async () => {
    if (screen === null) return;
    const { page, complaints } = await live(screen);
    await page.getByText('Nothing has been seen yet.').waitFor();
    expect(await page.locator('#first-command').textContent()).toBe('curl http://127.0.0.1:8080/');
    expect(await page.locator('#no-decisions').textContent()).toContain('None yet');
    // The token has left the address bar.
    expect(new URL(page.url()).hash).toBe('');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('shows seconds and a decision as they come, and undo with its receipt', async () => {
    if (screen === null) return;
    const { page, complaints } = await live(screen);
    attack();
    await page.getByRole('heading', { name: '1 actor is held for abuse.' }).waitFor();
    expect(await page.locator('.decision.newest .sentence').textContent()).toBe(SAMPLE_MITIGATION.sentence);
    expect(await page.locator('#leaked').textContent()).toBe('90');
    expect(await page.locator('#held').textContent()).toBe('90');
    expect(await page.locator('#leak-name').textContent()).toContain('90 of 180 that were tried');
    for (const layer of ['leaked', 'held', 'benign']) {
      expect(await page.locator(`#rate-plot path.${layer}`).getAttribute('d'), layer).toMatch(/^M.*Z$/);
    }
    expect(await page.locator('#announce').textContent()).toContain('212 passwords');

    await page.getByRole('button', { name: 'Undo: 198.51.100.7' }).click();
    await page.keyboard.type('our own load test');
    await page.keyboard.press('Enter');
    const receipt = page.locator('.receipt');
    await receipt.waitFor();
    const text = await receipt.textContent();
    for (const part of ['M-0123456789', 'failed logins of network AS64500', '3.2 %', '500 requests', 'entry 42']) {
      expect(text).toContain(part);
    }
    expect(operator.acts).toEqual(['undo M-0123456789 by live page: our own load test']);
    await page.getByRole('heading', { name: 'All quiet: nobody is held.' }).waitFor();
    expect(await page.getByRole('button', { name: 'Undo: 198.51.100.7' }).isVisible()).toBe(false);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('says why an undo did not work, and keeps what was typed', async () => {
    if (screen === null) return;
    operator.mitigate();
    const { page } = await live(screen);
    await page.getByRole('button', { name: 'Undo: 198.51.100.7' }).click();
    await page.keyboard.type('too late');
    operator.undo = () => Promise.reject(new Error('unforeseen'));
    await page.keyboard.press('Enter');
    await page.locator('.undo-form .error', { hasText: 'That did not work' }).waitFor();
    expect(await page.locator('.undo-form input').inputValue()).toBe('too late');
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: 'Keep it' }).click();
    expect(await page.locator('.undo-form').count()).toBe(0);
    await page.close();
  });

  it('switches enforcement off only after a second look, with a reason', async () => {
    if (screen === null) return;
    attack();
    const { page, complaints } = await live(screen);
    await page.getByRole('button', { name: 'Observe' }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    expect(operator.acts).toEqual([]);
    await page.getByRole('button', { name: 'Observe' }).click();
    await page.keyboard.type('it hurts our partner');
    await page.getByRole('button', { name: 'Only observe' }).click();
    await page.getByRole('heading', { name: 'would be held: Sallyport only observes' }).waitFor();
    expect(operator.acts).toEqual(['observe by live page: it hurts our partner']);
    expect(await page.locator('[data-mode="observe"][aria-pressed="true"]').count()).toBe(1);
    expect(await page.locator('.decision .chip').first().textContent()).toBe('would be blocked');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('reads seconds out one by one to who uses the keyboard', async () => {
    if (screen === null) return;
    attack();
    const { page } = await live(screen);
    await page.locator('#chart').focus();
    await page.locator('#rate-plot path.leaked[d^="M"]').waitFor({ state: 'attached' });
    await page.keyboard.press('Home');
    for (let i = 0; i < 100; i++) await page.keyboard.press('ArrowRight');
    expect(await page.locator('#chart').getAttribute('aria-valuetext')).toMatch(/^\d\d:\d\d:\d\d: requests \d+/);
    expect(await page.locator('.tip').isVisible()).toBe(true);
    await page.close();
  });
});

describe('signing in', () => {
  it('works by hand, tells what is wrong, and outlives a new page', async () => {
    if (screen === null) return;
    const { page } = await screen.open(admin.url, admin.url);
    await page.getByLabel('Admin token').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('This is not the token.').waitFor();
    await page.getByLabel('Admin token').fill(TOKEN);
    await page.keyboard.press('Enter');
    await page.locator('#connection[data-state="open"]').waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');
    await page.reload();
    await page.locator('#connection[data-state="open"]').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Admin token').waitFor();
    await page.close();
  });
});

describe('the connection', () => {
  it('says when it is lost, and reads what was missed when it is back', async () => {
    if (screen === null) return;
    const { page } = await live(screen);
    const { port } = new URL(admin.url);
    await admin.close();
    await page.locator('#connection[data-state="lost"]').waitFor();
    operator.mitigate();
    admin = await startAdmin(adminOptions(operator, { listen: { address: '127.0.0.1', port: Number(port) } }));
    await page.locator('#connection[data-state="open"]').waitFor();
    await page.locator('.decision').waitFor();
    await page.close();
  });
});

it.each([false, true])('fits a telephone without scrolling sideways (dark: %s)', async (dark) => {
  if (screen === null) return;
  attack();
  const { page, complaints } = await live(screen, { width: 390, dark });
  await page.locator('.decision').waitFor();
  await page.getByRole('button', { name: 'Undo: 198.51.100.7' }).click();
  await page.keyboard.type('x');
  await page.keyboard.press('Enter');
  await page.locator('.receipt').waitFor();
  // As a text: it runs in the page, whose types are not this project's.
  expect(await page.evaluate('document.body.scrollWidth > document.documentElement.clientWidth')).toBe(false);
  expect(complaints).toEqual([]);
  await page.close();
});
