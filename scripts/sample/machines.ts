/** Benign machines: crawlers, a monitor, a partner's export, feed readers. */
import { HOUR, LENGTH, type Log, MINUTE, SECOND, START } from './log.ts';
import type { Chance } from './random.ts';
import { CATEGORIES, PRODUCTS, productPath } from './shop.ts';

interface Crawler {
  readonly agent: string;
  /** First three octets of a network that its operator publishes: crawlers are verified by where they come from. */
  readonly network: string;
  readonly requests: number;
}

const CRAWLERS: readonly Crawler[] = [
  {
    agent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    network: '66.249.66',
    requests: 3200,
  },
  {
    agent: 'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
    network: '157.55.39',
    requests: 1100,
  },
];

export function crawlers(log: Log, chance: Chance): void {
  for (const { agent, network, requests } of CRAWLERS) {
    const gap = LENGTH / requests;
    for (let i = 0; i < requests; i++) {
      const address = `${network}.${chance.int(2, 9)}`;
      const time = START + i * gap + chance.int(0, gap);
      const gone = chance.chance(0.03);
      const page = chance.chance(0.2)
        ? `/c/${chance.pick(CATEGORIES)}?page=${chance.int(1, 8)}`
        : productPath(chance.int(0, PRODUCTS - 1));
      const target = i % 400 === 0 ? '/robots.txt' : gone ? `${page}-discontinued` : page;
      log.add({
        time,
        address,
        agent,
        target,
        status: gone && i % 400 !== 0 ? 404 : 200,
        bytes: chance.int(900, 18_000),
      });
    }
  }
}

/** A health check every minute: perfectly regular and perfectly wanted. */
export function monitor(log: Log): void {
  const who = {
    address: '203.0.113.9',
    agent: 'Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)',
  };
  for (let time = START + 17 * SECOND; time < START + LENGTH; time += MINUTE) {
    log.add({ ...who, time, method: 'HEAD', target: '/health', bytes: 0 });
  }
}

/** A partner with a key of their own pages through new orders every quarter of an hour. */
export function partner(log: Log, chance: Chance): void {
  const who = { address: '203.0.113.130', agent: 'northwind-sync/3.1', user: 'northwind-export' };
  for (let run = START + 5 * MINUTE; run < START + LENGTH; run += HOUR / 4) {
    const pages = chance.int(3, 6);
    for (let page = 1; page <= pages; page++) {
      const target = `/api/v1/products?updated_since=15m&page=${page}`;
      log.add({ ...who, time: run + page * chance.int(600, 1400), target, bytes: chance.int(8000, 22_000) });
    }
  }
}

/** Feed readers ask for what has not changed. */
export function feedReaders(log: Log, chance: Chance): void {
  for (let reader = 0; reader < 25; reader++) {
    const who = {
      address: `198.18.${200 + reader}.${chance.int(1, 254)}`,
      agent: 'Feedly/1.0 (+http://www.feedly.com/fetcher.html; 3 subscribers)',
    };
    for (let time = START + chance.int(0, HOUR); time < START + LENGTH; time += HOUR) {
      log.add({ ...who, time: time + chance.int(0, MINUTE), target: '/feed.xml', status: 304, bytes: 0 });
    }
  }
}
