/** The page of `try --html` in a real browser: what a reader does with it works, and its policy lets nothing else happen. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { renderHtml } from '../../src/doors/replay/render/html.ts';
import { SAMPLE_REPORT } from '../golden/sample-report.ts';
import { Screen } from './browser.ts';

const PAGE = renderHtml(SAMPLE_REPORT);
let screen: Screen | null = null;

beforeAll(async () => {
  screen = await Screen.start();
});
afterAll(() => screen?.close());

it('opens without a complaint: its style and its script are let in by their hashes', async () => {
  if (screen === null) return;
  const { page, complaints } = await screen.show(PAGE);
  expect(await page.title()).toContain('Sallyport');
  // Only the script fills the slider's figures in.
  expect(await page.locator('#share').textContent()).toMatch(/% of abusive requests/);
  expect(await page.evaluate("getComputedStyle(document.querySelector('.verdict')).display")).not.toBe('');
  expect(complaints).toEqual([]);
});

it('lets the threshold be moved, and says what that would mean', async () => {
  if (screen === null) return;
  const { page } = await screen.show(PAGE);
  const slider = page.locator('#threshold');
  const figures = async (): Promise<string> =>
    (await Promise.all(['#at', '#acted', '#stopped', '#hurt'].map((id) => page.locator(id).textContent()))).join(' ');
  await slider.focus();
  await page.keyboard.press('Home');
  const strict = await figures();
  await page.keyboard.press('End');
  expect(await figures()).not.toBe(strict);
  expect(await slider.getAttribute('aria-valuetext')).toMatch(/^risk of .* and above$/);
});

it('opens the actor that a link names, and others by mouse and by keyboard', async () => {
  if (screen === null) return;
  const id = /<tbody id="(F-[0-9a-f]+)"/.exec(PAGE)?.[1] as string;
  const { page } = await screen.show(PAGE, { fragment: `#${id}` });
  expect(await page.locator(`#${id}`).getAttribute('class')).toContain('open');
  expect(await page.locator(`#${id} .detail`).isVisible()).toBe(true);
  const other = page.locator(`.actors tbody:not(#${id})`).first();
  expect(await other.locator('.detail').isVisible()).toBe(false);
  await other.locator('.row').click();
  expect(await other.locator('.detail').isVisible()).toBe(true);
  await other.locator('.opener').focus();
  await page.keyboard.press('Enter');
  expect(await other.locator('.detail').isVisible()).toBe(false);
});

it('finds actors by what is typed, and says when none fits', async () => {
  if (screen === null) return;
  const { page } = await screen.show(PAGE);
  const key = SAMPLE_REPORT.actors[0].actor.key;
  await page.locator('#search').fill(key);
  expect(await page.locator('.actors tbody:visible').count()).toBeLessThan(SAMPLE_REPORT.actors.length);
  await page.locator('#search').fill('no such actor anywhere');
  expect(await page.locator('#none').isVisible()).toBe(true);
});

it('fits a telephone and the dark without scrolling sideways', async () => {
  if (screen === null) return;
  const { page, complaints } = await screen.show(PAGE, { width: 390, dark: true });
  // As texts: these run in the page, whose types are not this project's.
  const wide = await page.evaluate<boolean>('document.body.scrollWidth > document.documentElement.clientWidth');
  expect(wide).toBe(false);
  const colours = '[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]';
  const [ink, paper] = (await page.evaluate<string[]>(colours)).map((c) =>
    (c.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number),
  );
  const light = (rgb: number[]): number => rgb.reduce((a, b) => a + b, 0);
  expect(light(ink)).toBeGreaterThan(light(paper));
  expect(complaints).toEqual([]);
});
