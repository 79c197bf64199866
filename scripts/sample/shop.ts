/** The shop that the sample pretends to watch: its pages, its browsers, its customers' addresses. */
import type { Chance } from './random.ts';

export const SITE = 'https://shop.example';

export const CATEGORIES = ['lamps', 'chairs', 'desks', 'shelves', 'rugs', 'kitchen', 'garden', 'sale'] as const;
const MATERIALS = ['oak', 'steel', 'linen', 'walnut', 'glass', 'cork', 'wool', 'brass'];
const THINGS = ['lamp', 'chair', 'desk', 'shelf', 'rug', 'bowl', 'bench', 'stool', 'mirror', 'vase'];
export const SEARCHES = [
  'desk+lamp',
  'oak',
  'standing+desk',
  'wool+rug',
  'gift',
  'garden+bench',
  'chair',
  'shelf+oak',
  'brass',
];

/** Products in the catalogue; ids begin at 1000. */
export const PRODUCTS = 1400;
/** Products shown on one page of a category. */
export const PAGE_SIZE = 20;

export function productPath(index: number): string {
  const material = MATERIALS[index % MATERIALS.length];
  const thing = THINGS[(index * 7) % THINGS.length];
  return `/p/${material}-${thing}-${1000 + index}`;
}

export const ASSETS = [
  '/assets/app.7c1f.css',
  '/assets/app.7c1f.js',
  '/assets/vendor.19aa.js',
  '/assets/logo.svg',
  '/assets/fonts/inter.woff2',
  '/favicon.ico',
] as const;

const BROWSERS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36 Edg/133.0.0.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:135.0) Gecko/20100101 Firefox/135.0',
  'Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.7 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android 13; SM-A546B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36',
] as const;

export const browser = (chance: Chance): string => chance.pick(BROWSERS);
export const APP = 'ShopApp/4.2.1 (iPhone15,3; iOS 18.3) CFNetwork/1568.300 Darwin/24.3.0';

const NAMES = [
  'anna',
  'ben',
  'chloe',
  'david',
  'emma',
  'felix',
  'greta',
  'hugo',
  'ines',
  'jonas',
  'klara',
  'leo',
  'mila',
  'noah',
];
export const userName = (chance: Chance): string => `${chance.pick(NAMES)}${chance.int(100, 9999)}`;

/** An address of a private customer: the benchmark network 198.18.0.0/15 (RFC 2544), which nobody has. */
export const homeAddress = (chance: Chance): string =>
  `198.${chance.int(18, 19)}.${chance.int(0, 255)}.${chance.int(1, 254)}`;

/** The same for IPv6: documentation addresses (RFC 3849). */
export const homeAddress6 = (chance: Chance): string =>
  `2001:db8:${chance.int(0x100, 0xfff).toString(16)}:${chance.int(1, 0xffff).toString(16)}::${chance.int(1, 0xffff).toString(16)}`;

/** When people shop: weights by hour of day. */
const DAY = [2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 11, 12, 11, 10, 10, 11, 12, 14, 16, 17, 14, 9, 5];
const HEAVIEST = Math.max(...DAY);

/** Is this hour's weight drawn? Rejection sampling of a time of day. */
export const awake = (chance: Chance, hour: number): boolean => chance.chance(DAY[hour] / HEAVIEST);
