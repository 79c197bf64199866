import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeInventory } from '../../examples/shop/src/inventory.ts';
import { startShop } from '../../examples/shop/src/shop.ts';
import { Random } from '../../redteam/src/core/random.ts';
import { Book } from './book.ts';
import { execute } from './execute.ts';
import { openTap } from './tap.ts';
import { User } from './users.ts';
import { writeLists } from './words.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const it of open.splice(0).reverse()) await it.close();
});
const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'tools-test-'));
  open.push({ close: () => rmSync(path, { recursive: true, force: true }) });
  return path;
};

describe('a user', () => {
  it('opens the shop with what a page loads, and each request gets there', async () => {
    const inventory = makeInventory('t', { accounts: 2, products: 20, codes: 2, partners: 1, devices: 1 });
    const shop = await startShop({ data: inventory });
    const book = new Book();
    const tap = await openTap(shop.port, book);
    open.push(shop, tap);
    const user = new User({
      ...{ cohort: 'beside', address: '203.0.113.9', gateway: Number(new URL(tap.url).port), host: 'shop.example' },
      ...{ account: null, inventory, random: new Random('t'), book },
    });
    const running = user.run();
    user.stop();
    await running;
    const seen = book.of('beside');
    expect(seen.map((a) => a.what).sort()).toEqual([
      ...['GET /', 'GET /assets/app.css', 'GET /assets/app.js', 'GET /assets/logo.svg', 'GET /favicon.ico'],
    ]);
    for (const a of seen) expect([a.status, a.reachedMs !== null]).toEqual([200, true]);
  });
});

describe('the lists', () => {
  it('are the same for the same seed, without repetition, and half of the names exist', () => {
    const inventory = makeInventory('t');
    const read = (): string[][] => {
      const lists = writeLists(folder(), inventory, new Random('x'));
      return Object.values(lists).map((path) => readFileSync(path, 'utf8').trim().split('\n'));
    };
    const [users, passwords, paths, codes] = read();
    expect(read()).toEqual([users, passwords, paths, codes]);
    for (const list of [users, passwords, paths, codes]) expect(new Set(list).size).toBe(list.length);
    const known = new Set(inventory.accounts.map((a) => a.name));
    expect(users.filter((name) => known.has(name)).length).toBe(20);
    for (const path of paths) expect(path).toMatch(/^[a-z0-9][\w.-]*$/);
    for (const code of codes) expect(code).toMatch(/^[A-Z2-9]{6}$/);
  });
});

describe('a program that is run for a while', () => {
  it('may end by itself', async () => {
    const at = folder();
    expect(await execute('sh', ['-c', 'echo said; exit 3'], at, 20_000)).toEqual({ gaveUp: true, failure: '' });
    expect(readFileSync(join(at, 'tool.txt'), 'utf8')).toBe('said\n');
  });

  it('is ended with its children when its time is over', async () => {
    const at = folder();
    const words = ['-c', 'sleep 60 & echo $!; wait'];
    expect(await execute('sh', words, at, 1000)).toEqual({ gaveUp: false, failure: '' });
    const child = Number(readFileSync(join(at, 'tool.txt'), 'utf8'));
    expect(child).toBeGreaterThan(1);
    await expect.poll(() => isAlive(child)).toBe(false);
  });

  it('may not be there', async () => {
    const { gaveUp, failure } = await execute('no-such-tool', [], folder(), 20_000);
    expect([gaveUp, failure]).toEqual([true, expect.stringContaining('ENOENT')]);
  });
});

/** A process that has ended and that nobody has waited for is dead, too. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
