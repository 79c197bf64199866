/** Benign people: they read, look at pictures, forget passwords, mistype promo codes, come back. */
import { HOUR, LENGTH, type Log, MINUTE, type Request, SECOND, START } from './log.ts';
import type { Chance } from './random.ts';
import {
  APP,
  ASSETS,
  awake,
  browser,
  CATEGORIES,
  homeAddress,
  homeAddress6,
  PRODUCTS,
  productPath,
  SEARCHES,
  SITE,
  userName,
} from './shop.ts';

const REFERRERS = [
  '-',
  '-',
  'https://www.google.com/',
  'https://www.google.com/',
  'https://duckduckgo.com/',
  'https://news.example/',
];
/** A link that a blog got wrong: people arrive at a page that is not there. */
const DEAD_LINK = '/p/oak-lamp-1400-old';

/** One visit in a browser. */
class Visit {
  private readonly log: Log;
  private readonly chance: Chance;
  private readonly who: { address: string; agent: string };
  private at: number;
  private page = '-';
  private user: string | undefined;

  constructor(log: Log, chance: Chance, who: { address: string; agent: string }, at: number) {
    this.log = log;
    this.chance = chance;
    this.who = who;
    this.at = at;
  }

  private send(request: Partial<Request> & { target: string }): void {
    this.log.add({
      ...this.who,
      time: this.at,
      referrer: this.page,
      user: this.user,
      bytes: this.chance.int(400, 24_000),
      ...request,
    });
  }

  private look(target: string, images: number): void {
    this.send({ target });
    this.page = SITE + target;
    for (let i = 0; i < images; i++) {
      this.send({
        time: this.at + this.chance.int(80, 1800),
        target: `/img/${this.chance.int(1000, 1000 + PRODUCTS - 1)}-${this.chance.pick(['s', 'm', 'l'])}.webp`,
        status: this.chance.chance(0.25) ? 304 : 200,
      });
    }
    this.at += this.chance.pause(22 * SECOND);
  }

  private arrive(): void {
    this.page = this.chance.pick(REFERRERS);
    const landing = this.chance.chance(0.5) ? '/' : productPath(this.chance.int(0, PRODUCTS - 1));
    if (this.chance.chance(0.02)) {
      this.send({ target: DEAD_LINK, status: 404, bytes: 1204, referrer: 'https://news.example/' });
      this.at += this.chance.pause(8 * SECOND);
    }
    this.look(landing, this.chance.int(1, 4));
    const returning = this.chance.chance(0.4);
    for (const asset of ASSETS) {
      this.send({ time: this.at - this.chance.int(200, 1500), target: asset, status: returning ? 304 : 200 });
    }
  }

  private logIn(): void {
    this.look('/login', 0);
    const fails = this.chance.chance(0.18) ? this.chance.int(1, 2) : 0;
    for (let i = 0; i < fails; i++) {
      this.send({ method: 'POST', target: '/login', status: 401, bytes: 912 });
      this.at += this.chance.pause(14 * SECOND);
    }
    if (fails === 2 && this.chance.chance(0.3)) {
      const mail = `${userName(this.chance)}%40mail.example`;
      this.send({
        method: 'POST',
        target: `/password/reset?email=${mail}`,
        status: this.chance.chance(0.9) ? 200 : 404,
        bytes: 310,
      });
      return;
    }
    this.send({ method: 'POST', target: '/login', status: 302, bytes: 0 });
    this.user = userName(this.chance);
    this.at += SECOND;
    this.look('/account', 0);
    const order = this.chance.int(40_000, 52_000);
    if (this.chance.chance(0.6)) this.send({ target: `/api/v1/orders/${order}`, bytes: 2210 });
  }

  private buy(): void {
    this.send({ method: 'POST', target: '/cart/items', status: 201, bytes: 420 });
    this.at += this.chance.pause(12 * SECOND);
    this.look('/cart', 1);
    if (this.chance.chance(0.3)) {
      for (let tries = this.chance.int(1, 2); tries > 0; tries--) {
        const valid = this.chance.chance(0.65);
        const code = valid ? 'SPRING25' : `SPRIN${this.chance.int(10, 99)}`;
        this.send({ target: `/api/v1/promo/${code}`, status: valid ? 200 : 404, bytes: 120 });
        this.at += this.chance.pause(9 * SECOND);
        if (valid) break;
      }
    }
    this.look('/checkout', 0);
    this.send({ method: 'POST', target: '/checkout', status: 302, bytes: 0 });
  }

  run(): void {
    this.arrive();
    if (this.chance.chance(0.22)) this.logIn();
    for (let pages = this.chance.int(0, 7); pages > 0; pages--) {
      const kind = this.chance.next();
      if (kind < 0.3)
        this.look(
          `/c/${this.chance.pick(CATEGORIES)}${this.chance.chance(0.3) ? '?page=2' : ''}`,
          this.chance.int(2, 6),
        );
      else if (kind < 0.45) this.look(`/search?q=${this.chance.pick(SEARCHES)}`, this.chance.int(1, 4));
      else this.look(productPath(this.chance.int(0, PRODUCTS - 1)), this.chance.int(1, 4));
    }
    if (this.chance.chance(0.18)) this.buy();
  }
}

/** A moment at which somebody would be awake. */
function moment(chance: Chance): number {
  for (;;) {
    const at = chance.int(0, LENGTH - 1);
    if (awake(chance, Math.floor(at / HOUR) % 24)) return START + at;
  }
}

/** Visits from homes, one or two by each address. */
export function households(log: Log, chance: Chance, visits: number): void {
  for (let i = 0; i < visits; i++) {
    const who = { address: chance.chance(0.2) ? homeAddress6(chance) : homeAddress(chance), agent: browser(chance) };
    const at = moment(chance);
    new Visit(log, chance, who, at).run();
    if (chance.chance(0.15)) new Visit(log, chance, who, at + chance.int(20 * MINUTE, 5 * HOUR)).run();
  }
}

/** Many strangers behind one address: carrier-grade translation, a library, an office. */
export function crowd(log: Log, chance: Chance, address: string, visits: number): void {
  for (let i = 0; i < visits; i++) new Visit(log, chance, { address, agent: browser(chance) }, moment(chance)).run();
}

/** The shop's own application: JSON only, signed-in users. */
export function appUsers(log: Log, chance: Chance, users: number): void {
  for (let i = 0; i < users; i++) {
    const who = { address: homeAddress(chance), agent: APP, user: userName(chance) };
    let time = moment(chance);
    for (let calls = chance.int(4, 14); calls > 0; calls--) {
      const kind = chance.next();
      const product = 1000 + chance.int(0, PRODUCTS - 1);
      const target =
        kind < 0.5
          ? `/api/v1/products/${product}`
          : kind < 0.8
            ? '/api/v1/cart'
            : `/api/v1/orders/${chance.int(40_000, 52_000)}`;
      log.add({ ...who, time, target, bytes: chance.int(300, 4000) });
      time += chance.pause(11 * SECOND);
    }
  }
}
