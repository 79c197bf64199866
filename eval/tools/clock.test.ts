import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeInventory } from '../../examples/shop/src/inventory.ts';
import { startShop } from '../../examples/shop/src/shop.ts';
import { Book } from './book.ts';
import { Clock, through } from './clock.ts';
import { Partner } from './partner.ts';
import { openTap } from './tap.ts';

const folder = mkdtempSync(join(tmpdir(), 'tools-clock-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('goes through the past hour by hour and ends in the present', async () => {
  const clock = new Clock(join(folder, 'clock'), 7_200_000);
  const seen: string[] = [];
  await through(clock, 2, async () => seen.push(readFileSync(clock.file, 'utf8')));
  expect(seen).toEqual(['7200000', '3600000']);
  expect(readFileSync(clock.file, 'utf8')).toBe('0');
});

it('a partner fetches page after page with its key', async () => {
  const inventory = makeInventory('t', { accounts: 2, products: 20, codes: 2, partners: 1, devices: 1 });
  const shop = await startShop({ data: inventory });
  const book = new Book();
  const tap = await openTap(shop.port, book);
  try {
    const partner = new Partner({
      ...{ cohort: 'owner', address: '203.0.113.9', gateway: Number(new URL(tap.url).port), host: 'shop.example' },
      ...{ key: inventory.keys[0].secret, agent: 'sync/1', book },
    });
    expect([await partner.fetch(), await partner.fetch()]).toEqual([200, 200]);
    expect(book.of('owner').map((a) => [a.what, a.status, a.reachedMs !== null])).toEqual([
      ['GET /api/partner/export?kind=products&page=1&limit=50', 200, true],
      ['GET /api/partner/export?kind=products&page=2&limit=50', 200, true],
    ]);
    partner.stop();
    await partner.run();
  } finally {
    await tap.close();
    await shop.close();
  }
});
