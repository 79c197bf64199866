/**
 * Ten mistakes that a protection makes: each is traffic of somebody who means no harm, up to where it is held; the same
 * traffic goes on after the mitigation was taken back. Beside it a different attack by the same actor, and the same kind
 * of traffic by somebody who has nothing to do with it.
 */
import type { Client, Reply, World } from './world.ts';

export type Step = (i: number) => Promise<Reply>;

/** A mistake, ready to happen. */
export interface Acting {
  /** One request of the traffic that is mistaken for abuse, and the pause after it in ms. */
  readonly mistake: Step;
  readonly pauseMs: number;
  /** One request of an attack of another kind by the same actor. */
  readonly different: Step;
  /** One request of an attack of the kind that the mistake looked like, by another actor with the same software. */
  readonly other: Step;
  /** Somebody else's requests that are held only because of this actor. */
  readonly derived?: Step;
}

export interface Mistake {
  readonly name: string;
  /** Dimension of the actor whose mitigation is taken back. */
  readonly actor: string;
  readonly differently: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  prepare(world: World): Promise<Acting>;
}

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0';
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36';
const PARTNER = 'acme-sync/2.4';
const APP = 'ShopApp/7.3.1 (Android 14)';
const DECOY = '/internal/backup-2019';
/** Nobody means these: they come from other networks than the actors. */
const STRANGER = '192.0.2.77';

/** Logs in rightly and gives back the client with its session. */
async function enter(world: World, client: Client, n: number): Promise<Client> {
  const { name, password } = world.inventory.accounts[n];
  const reply = await world.ask(client, 'POST', '/api/login', { username: name, password });
  if (reply.session === '') throw new Error(`${name} could not log in: ${reply.status}`);
  return { ...client, session: reply.session };
}

/** What a client does over and over. */
type Habit = (world: World, client: Client) => Step;

/** Passwords tried for one account after the other. */
const stuffing: Habit = (world, client) => {
  const { accounts } = world.inventory;
  return (i) =>
    world.ask(client, 'POST', '/api/login', {
      username: accounts[(i + 50) % accounts.length].name,
      password: 'letmein',
    });
};
/** Paths that are not there. */
const search: Habit = (world, client) => (i) => world.ask(client, 'GET', `/api/hidden-${i}/setup`);
/** Codes that nobody was given. */
const codes: Habit = (world, client) => (i) =>
  world.ask(client, 'POST', '/api/codes/redeem', { code: `ZZ${String(i).padStart(4, '2')}` });
/** Orders by number, one after the other. */
const walk: Habit = (world, client) => (i) => world.ask(client, 'GET', `/api/orders/${10_000 + i}`);

/** Links to a shop that is no more. */
const deadLinks: Habit = (world, client) => (i) => world.ask(client, 'GET', `/shop/2014/item-${i}.html`);
/** Four pages of an export in turn. */
const poll: Habit = (world, client) => (i) =>
  world.ask(client, 'GET', `/api/partner/export?kind=products&page=${(i % 4) + 1}&limit=1`);
/** Every link of a page, and the decoy among them. */
const touch: Habit = (world, client) => (i) =>
  world.ask(client, 'GET', i % 5 === 0 ? DECOY : `/api/products/${i % 50}`);
/** One product after the other. */
const read: Habit = (world, client) => (i) => world.ask(client, 'GET', `/api/products/${i + 1}`);

/** Who makes the mistake, and a stranger with the same software who means it. */
type Two = (world: World) => Promise<readonly [Client, Client]>;

const twoAddresses =
  (address: string, agent: string): Two =>
  async () => [
    { address, agent },
    { address: STRANGER, agent },
  ];
/** Account `n` and the one after it, logged in. */
const twoSessions =
  (address: string, agent: string, n: number): Two =>
  async (world) => [await enter(world, { address, agent }, n), await enter(world, { address: STRANGER, agent }, n + 1)];
const twoPartners =
  (address: string): Two =>
  async ({ inventory }) => {
    const [first, second] = inventory.keys.filter((k) => k.kind === 'partner');
    return [
      { address, agent: PARTNER, key: first.secret },
      { address: STRANGER, agent: PARTNER, key: second.secret },
    ];
  };

/** The mistake is a habit that the stranger has, too. */
const habitOf =
  (two: Two, habit: Habit, pauseMs: number, different: Habit): Mistake['prepare'] =>
  async (world) => {
    const [client, stranger] = await two(world);
    return {
      mistake: habit(world, client),
      pauseMs,
      different: different(world, client),
      other: habit(world, stranger),
    };
  };

export const MISTAKES: readonly Mistake[] = [
  {
    name: 'an address follows dead links',
    actor: 'ip',
    differently: 'stuffing',
    prepare: habitOf(twoAddresses('198.51.100.10', FIREFOX), deadLinks, 4000, stuffing),
  },
  {
    name: 'a session tries its own old password',
    actor: 'session',
    differently: 'order numbers',
    async prepare(world) {
      const client = await enter(world, { address: '198.51.100.20', agent: CHROME }, 3);
      const { name } = world.inventory.accounts[3];
      const mistake: Step = (i) =>
        world.ask(client, 'POST', '/api/login', { username: name, password: `my old password ${i % 3}` });
      const other = stuffing(world, { address: STRANGER, agent: CHROME });
      return { mistake, pauseMs: 1500, different: walk(world, client), other };
    },
  },
  {
    name: 'a key polls above its pace',
    actor: 'credential',
    differently: 'probing',
    prepare: habitOf(twoPartners('198.51.100.30'), poll, 15, search),
  },
  {
    name: 'a user goes through all orders',
    actor: 'principal',
    differently: 'code guessing',
    prepare: habitOf(twoSessions('198.51.100.40', FIREFOX, 4), walk, 1500, codes),
  },
  {
    name: 'an office behind one address mistypes',
    actor: 'ip',
    differently: 'probing',
    // A crowd's throttle lets a slow crowd through: here it has to be felt at the pace of people.
    settings: { gateway: { throttle: { rate_per_s: 0.2, burst: 2, max_delay_ms: 0 } } },
    async prepare(world) {
      const office = { address: '198.51.100.50', agent: CHROME };
      // Some are in already: the address is known to be shared.
      for (let n = 10; n < 14; n++) await enter(world, office, n);
      const other = stuffing(world, { address: STRANGER, agent: CHROME });
      const wrong = stuffing(world, office);
      const { accounts } = world.inventory;
      // Passwords ran out over the weekend; one in eight still has the right one.
      const right: Step = (i) => {
        const { name, password } = accounts[(i + 50) % accounts.length];
        return world.ask(office, 'POST', '/api/login', { username: name, password });
      };
      const mistake: Step = (i) => (i % 8 === 7 ? right(i) : wrong(i));
      return { mistake, pauseMs: 1500, different: search(world, office), other };
    },
  },
  {
    name: 'a release of an app logs in wrongly',
    actor: 'fingerprint',
    differently: 'code guessing',
    async prepare(world) {
      const { accounts } = world.inventory;
      const mistake: Step = (i) => {
        const client = { address: `203.0.${i % 97}.${1 + (i % 251)}`, agent: APP };
        return world.ask(client, 'POST', '/api/login', { username: accounts[i % accounts.length].name, password: '' });
      };
      const one = { address: '203.0.9.9', agent: APP };
      const different: Step = (i) => world.ask(one, 'GET', `/api/gift-cards/QQ${String(i).padStart(4, '2')}`);
      return { mistake, pauseMs: 300, different, other: stuffing(world, { address: STRANGER, agent: APP }) };
    },
  },
  {
    name: 'a link checker touches a decoy',
    actor: 'ip',
    differently: 'stuffing',
    settings: { decoys: [DECOY] },
    prepare: habitOf(twoAddresses('198.51.100.70', FIREFOX), touch, 5000, stuffing),
  },
  {
    name: 'a till redeems codes of a bad print run',
    actor: 'session',
    differently: 'stuffing',
    prepare: habitOf(twoSessions('198.51.100.80', CHROME, 6), codes, 8000, stuffing),
  },
  {
    name: 'a partner reads the catalogue',
    actor: 'credential',
    differently: 'stuffing',
    prepare: habitOf(twoPartners('198.51.100.90'), read, 250, stuffing),
  },
  {
    name: "a user's second session pays for the first",
    actor: 'session',
    differently: 'probing',
    async prepare(world) {
      const web = await enter(world, { address: '198.51.100.100', agent: CHROME }, 8);
      const app = await enter(world, { address: '203.0.113.100', agent: APP }, 8);
      const derived: Step = (i) => world.ask(app, 'GET', `/api/products/${(i % 9) + 1}`);
      const other = codes(world, await enter(world, { address: STRANGER, agent: CHROME }, 9));
      return { mistake: codes(world, web), pauseMs: 8000, different: search(world, web), other, derived };
    },
  },
];
