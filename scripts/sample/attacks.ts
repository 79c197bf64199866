/** What the sample's attackers do. Each returns who did it, so that a test can look for exactly that. */
import { HOUR, type Log, MINUTE, SECOND, START } from './log.ts';
import type { Chance } from './random.ts';
import { browser, CATEGORIES, PAGE_SIZE, PRODUCTS, productPath, SITE, userName } from './shop.ts';

export interface Attack {
  readonly name: string;
  /** The finding classes of which at least one describes it. */
  readonly classes: readonly string[];
  /** Addresses (or, with /24, a network), users and client software it is done with. */
  readonly actors: readonly string[];
  readonly requests: number;
}

type Play = (log: Log, chance: Chance) => Attack;

/** One machine tries a bought list of passwords: fast, from one address, with a library's agent. */
const stuffing: Play = (log, chance) => {
  const address = '203.0.113.66';
  const requests = 1900;
  let time = START + 14 * HOUR + 12 * MINUTE;
  for (let i = 0; i < requests; i++) {
    const found = chance.chance(0.008);
    log.add({
      time,
      address,
      agent: 'python-requests/2.32.3',
      method: 'POST',
      target: '/login',
      status: found ? 302 : 401,
      bytes: found ? 0 : 912,
    });
    time += chance.pause(780);
  }
  return { name: 'credential stuffing from one address', classes: ['credential-attack'], actors: [address], requests };
};

/** The same list through a rented /24: a handful of tries an address, one browser agent for all. */
const rotatingStuffing: Play = (log, chance) => {
  const agent =
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36';
  let requests = 0;
  for (let host = 1; host < 251; host++) {
    let time = START + 19 * HOUR + chance.int(0, 150 * MINUTE);
    for (let tries = chance.int(3, 8); tries > 0; tries--) {
      const found = chance.chance(0.008);
      const answer = { status: found ? 302 : 401, bytes: found ? 0 : 912 };
      log.add({
        time,
        address: `198.51.100.${host}`,
        agent,
        method: 'POST',
        target: '/login',
        referrer: `${SITE}/login`,
        ...answer,
      });
      time += chance.pause(50 * SECOND);
      requests++;
    }
  }
  const classes = ['credential-attack', 'rotation'];
  return { name: 'credential stuffing through a /24', classes, actors: ['198.51.100.0/24', agent], requests };
};

const PROBED = [
  '.env',
  '.git/config',
  'wp-login.php',
  'phpmyadmin/',
  'backup.zip',
  'db.sql',
  'server-status',
  'config.php.bak',
];
const PREFIXES = ['', 'old/', 'test/', 'admin/', 'api/', 'backup/', 'dev/', 'staging/', 'public/', 'app/'];

/** A scanner asks for what careless people leave behind. */
const scanner: Play = (log, chance) => {
  const address = '203.0.113.201';
  const agent = 'Mozilla/5.0 (compatible)';
  let time = START + 3 * HOUR + 41 * MINUTE;
  let requests = 0;
  for (const prefix of PREFIXES) {
    for (const path of PROBED) {
      log.add({
        time,
        address,
        agent,
        target: `/${prefix}${path}`,
        status: chance.chance(0.05) ? 403 : 404,
        bytes: 1204,
      });
      time += chance.int(90, 900);
      requests++;
    }
    for (let i = 0; i < 35; i++) {
      log.add({
        time,
        address,
        agent,
        target: `/${prefix}${chance.int(100, 999)}${chance.pick(['.php', '.bak', '.zip', '/'])}`,
        status: 404,
        bytes: 1204,
      });
      time += chance.int(90, 900);
      requests++;
    }
  }
  return { name: 'vulnerability scan', classes: ['probing'], actors: [address], requests };
};

const PAYLOADS = [
  "x' OR '1'='1",
  "x' UNION SELECT null, email, password FROM users-- ",
  '1; DROP TABLE orders-- ',
  "lamp' AND SLEEP(5)-- ",
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(document.cookie)>',
  "<svg/onload=fetch('//collect.example')>",
  '../../../../etc/passwd',
  '..%2f..%2f..%2fetc%2fshadow',
  '; cat /etc/passwd',
  '$(sleep 5)',
  '{{7*7}}',
];

/** Somebody tries whether the search box is put together from strings. */
const injection: Play = (log, chance) => {
  const address = '203.0.113.150';
  const agent = browser(chance);
  let time = START + 10 * HOUR + 5 * MINUTE;
  let requests = 0;
  for (let round = 0; round < 5; round++) {
    for (const payload of PAYLOADS) {
      const field = chance.pick(['q', 'sort', 'category']);
      const target = `/search?${field}=${encodeURIComponent(payload)}`;
      log.add({ time, address, agent, target, status: chance.chance(0.3) ? 500 : 200, bytes: chance.int(900, 9000) });
      time += chance.pause(4 * SECOND);
      requests++;
    }
  }
  return { name: 'SQL, script and path injection', classes: ['injection'], actors: [address], requests };
};

/** A customer counts through other people's orders. */
const orderWalk: Play = (log, chance) => {
  const who = { address: '198.18.44.7', agent: browser(chance), user: 'mkeller83' };
  const requests = 900;
  let time = START + 16 * HOUR + 30 * MINUTE;
  for (let i = 0; i < requests; i++) {
    const missing = chance.chance(0.12);
    log.add({
      ...who,
      time,
      target: `/api/v1/orders/${48_211 + i}`,
      status: missing ? 404 : 200,
      bytes: missing ? 80 : 2210,
    });
    time += chance.pause(2.4 * SECOND);
  }
  return {
    name: "walk through other customers' orders",
    classes: ['enumeration'],
    actors: ['mkeller83', '198.18.44.7'],
    requests,
  };
};

/** A price comparison reads the whole catalogue, page by page, and looks at no picture. */
const scraper: Play = (log, chance) => {
  const who = {
    address: '192.0.2.140',
    agent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36',
  };
  let time = START + 22 * HOUR;
  let requests = 0;
  const read = (target: string) => {
    log.add({ ...who, time, target, bytes: chance.int(6000, 20_000) });
    time += 3800 + chance.int(-300, 300);
    requests++;
  };
  const perCategory = Math.ceil(PRODUCTS / CATEGORIES.length);
  for (const [i, category] of CATEGORIES.entries()) {
    for (let page = 1; page <= Math.ceil(perCategory / PAGE_SIZE); page++) {
      read(`/c/${category}?page=${page}`);
      for (let k = 0; k < PAGE_SIZE; k++) {
        const index = i * perCategory + (page - 1) * PAGE_SIZE + k;
        if (index < Math.min(PRODUCTS, (i + 1) * perCategory)) read(productPath(index));
      }
    }
  }
  return {
    name: 'scrape of the whole catalogue',
    classes: ['scraping', 'automation'],
    actors: [who.address],
    requests,
  };
};

/** Promo codes are short: somebody tries them. */
const promoGuessing: Play = (log, chance) => {
  const who = { address: '198.18.90.12', agent: browser(chance), referrer: `${SITE}/cart` };
  const requests = 720;
  const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  let time = START + 20 * HOUR + 18 * MINUTE;
  for (let i = 0; i < requests; i++) {
    const guess = Array.from({ length: 4 }, () => alphabet[chance.int(0, alphabet.length - 1)]).join('');
    log.add({ ...who, time, target: `/api/v1/promo/SPRING-${guess}`, status: 404, bytes: 120 });
    time += chance.pause(1.6 * SECOND);
  }
  return { name: 'promo code guessing', classes: ['code-guessing', 'enumeration'], actors: [who.address], requests };
};

/** The reset page answers differently for addresses that have an account: somebody sorts a list with it. */
const accountEnumeration: Play = (log, chance) => {
  const who = { address: '203.0.113.99', agent: browser(chance) };
  const requests = 1100;
  let time = START + 25 * HOUR + 7 * MINUTE;
  for (let i = 0; i < requests; i++) {
    const exists = chance.chance(0.04);
    const target = `/password/reset?email=${userName(chance)}%40mail.example`;
    log.add({ ...who, time, method: 'POST', target, status: exists ? 200 : 404, bytes: 310 });
    time += chance.pause(2.7 * SECOND);
  }
  return {
    name: 'account enumeration by password reset',
    classes: ['enumeration', 'credential-attack'],
    actors: [who.address],
    requests,
  };
};

/** Order matters: every attack draws from its own chance, seeded by its place in this list. */
export const ATTACKS: readonly Play[] = [
  stuffing,
  rotatingStuffing,
  scanner,
  injection,
  orderWalk,
  scraper,
  promoGuessing,
  accountEnumeration,
];
