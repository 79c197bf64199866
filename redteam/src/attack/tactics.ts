/**
 * What an adaptive attacker does beside the attack: moves the baselines ahead of it, floods whoever remembers senders, has
 * innocent people held up for it, and gives the operators reasons to switch the defence off.
 */
import type { Operation } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { signed } from './accounts.ts';
import type { AddressBook } from './addresses.ts';
import { Draw } from './breach.ts';
import type { Post } from './campaign.ts';
import type { Kit } from './kit.ts';
import { password } from './names.ts';
import { Pace, type Tempo } from './pace.ts';
import type { Purse } from './purse.ts';
import { identity, type Means, newBrowser, ResidentialSender, type Sender } from './senders.ts';
import type { Identity, Move, Moves, Persona, Play } from './types.ts';
import type { Staff } from './worker.ts';

type Base = Pick<Staff, 'label' | 'roads' | 'level' | 'endMs' | 'clock'>;

const TACTICS = ['poison', 'provoke', 'flood', 'frame'] as const;

/** Posts of the diversions, and how long the attack itself waits for them. */
export interface Diversions {
  readonly posts: readonly Post[];
  readonly leadMs: number;
}

/** Option `tactics` names those to use, separated by commas; all without it. `lead`: part of the time ahead of the attack. */
export function diversions(kit: Kit, means: Means, base: Base, play: Play): Diversions {
  const chosen = new Set(kit.options.list('tactics') ?? TACTICS);
  for (const name of chosen) {
    if (!TACTICS.some((tactic) => tactic === name)) {
      throw new TypeError(`${kit.plan.name}: option tactics knows ${TACTICS.join(', ')}, not ${name}`);
    }
  }
  const startMs = Math.max(kit.plan.startMs, kit.world.startMs);
  const window = base.endMs - startMs;
  const ahead = chosen.has('poison') || chosen.has('provoke');
  const leadMs = ahead ? Math.min(0.9, kit.options.number('lead', 0.3)) * window : 0;
  const side: Side = { kit, means, base, noise: wrongs(kit, play), startMs, window, leadMs };
  const posts: Post[] = [];
  if (chosen.has('poison')) posts.push(...poison(side));
  if (chosen.has('provoke')) posts.push(...provoke(side));
  if (chosen.has('flood')) posts.push(...flood(side));
  if (chosen.has('frame')) posts.push(...frame(side));
  return { posts, leadMs };
}

interface Side {
  readonly kit: Kit;
  readonly means: Means;
  readonly base: Base;
  readonly noise: (random: Random) => Move;
  readonly startMs: number;
  readonly window: number;
  readonly leadMs: number;
}

/** Wrong requests: the family's own kind, else what the site has: failed logins, codes that are none, products that are none. */
function wrongs(kit: Kit, play: Play): (random: Random) => Move {
  if (play.noise !== undefined) return (random) => play.noise?.(random) as Move;
  const { surface, world } = kit;
  const { accounts, products } = world.site.inventory;
  const login = surface.maybe('login');
  const detail = surface.maybe('detail');
  const search = surface.maybe('search');
  const other = surface.operations[0] as Operation | undefined;
  return (random) => {
    if (login !== undefined && accounts.length > 0 && (detail === undefined || random.chance(0.6))) {
      return surface.request(login, { name: random.pick(accounts).name, password: password(random) });
    }
    if (detail !== undefined) return surface.request(detail, { id: products + 1 + random.below(10_000) });
    if (search !== undefined) return surface.request(search, { query: random.hex(6) });
    return { method: 'GET', target: `${other?.template.split('{')[0] ?? '/'}${random.hex(6)}` };
  };
}

const STEADY = { sigma: 0.8, burst: 0, hours: undefined } as const;

/** A post that does `moves` at this tempo, paid from a part of the budget. */
function post(side: Side, name: string, startMs: number, endMs: number, purse: Purse, make: Making): Post {
  const { kit, base } = side;
  const staff = (): Staff => {
    const random = kit.random.fork(name);
    const { tempo, sender, moves } = make(random);
    const pace = new Pace(tempo, random.fork('pace'));
    return { ...base, endMs: Math.min(endMs, base.endMs), purse, sender, pace, moves, random };
  };
  return { startMs, staff };
}

type Making = (random: Random) => { readonly tempo: Tempo; readonly sender: Sender; readonly moves: Moves };

/** Ahead of the attack, wrong traffic that grows from next to nothing: what will come is to look like what has been. */
function poison(side: Side): Post[] {
  const { kit, means, noise, startMs, leadMs } = side;
  const purse = kit.purse.share(kit.options.number('poisonShare', 0.12), 0.12);
  const total = Math.min(purse.budget.requests, leadMs / 2000);
  if (total < 1) return [];
  const posts: Post[] = [];
  const workers = 12;
  const draws = kit.random.fork('poison');
  for (let k = 0; k < workers; k++) {
    // Worker k joins after the square root of its share of the time, so that the sum of all grows in a straight line.
    const at = startMs + leadMs * Math.sqrt((k + draws.uniform()) / workers) * 0.95;
    const cycleMs = (workers * leadMs) / (2 * total);
    const tempo = { ...STEADY, workers, cycleMs, gapMs: Math.min(3000, cycleMs) };
    const make: Making = (random) => ({
      tempo,
      sender: new ResidentialSender(means, random),
      moves: ever(noise, random),
    });
    posts.push(post(side, `poison/${k}`, at, startMs + leadMs, purse, make));
  }
  return posts;
}

function* ever(noise: (random: Random) => Move, random: Random): Moves {
  for (;;) yield noise(random);
}

/** Coarse attacks from addresses full of innocent people, so that these are held up and somebody turns the defence down. */
function provoke(side: Side): Post[] {
  const { kit, means, noise, startMs, leadMs } = side;
  const purse = kit.purse.share(kit.options.number('provokeShare', 0.06), 0.06);
  const episodes = 3;
  const posts: Post[] = [];
  for (let k = 0; k < episodes; k++) {
    // The last one leaves the operators some hours to do what they are to do.
    const at = startMs + (leadMs * (k + 0.6)) / (episodes + 1);
    const each = Math.min(2000, Math.floor(purse.budget.requests / episodes));
    const tempo = { ...STEADY, workers: 1, cycleMs: 250, gapMs: 250, burst: Number.POSITIVE_INFINITY };
    const make: Making = (random) => ({
      tempo,
      sender: new NeighbourSender(means, means.book, purse, random),
      moves: some(each, noise, random),
    });
    if (each > 0) posts.push(post(side, `provoke/${k}`, at, startMs + leadMs, purse, make));
  }
  return posts;
}

function* some(count: number, noise: (random: Random) => Move, random: Random): Moves {
  for (let i = 0; i < count; i++) yield noise(random);
}

/** Bursts of senders that come once, with a session that never was: tables of senders fill up and forget. */
function flood(side: Side): Post[] {
  const { kit, means, noise, startMs, window, leadMs } = side;
  const purse = kit.purse.share(kit.options.number('floodShare', 0.1), 0.25);
  const bursts = 5;
  const each = Math.min(20_000, Math.floor(Math.min(purse.budget.requests, purse.budget.addresses) / bursts));
  const posts: Post[] = [];
  for (let k = 0; k < bursts && each > 0; k++) {
    const at = startMs + leadMs * 0.98 + ((window - leadMs) * (k + 0.05)) / bursts;
    const tempo = { ...STEADY, workers: 1, cycleMs: 20, gapMs: 20, burst: Number.POSITIVE_INFINITY };
    const make: Making = (random) => ({
      tempo,
      sender: new OnceSender(means, random),
      moves: strangers(each, noise, kit, random),
    });
    posts.push(post(side, `flood/${k}`, at, Number.POSITIVE_INFINITY, purse, make));
  }
  return posts;
}

function* strangers(count: number, noise: (random: Random) => Move, kit: Kit, random: Random): Moves {
  const look = kit.surface.maybe('detail') ?? kit.surface.maybe('list') ?? kit.surface.maybe('page');
  const products = Math.max(1, kit.world.site.inventory.products);
  for (let i = 0; i < count; i++) {
    const harmless = look !== undefined && random.chance(0.7);
    const move = harmless ? kit.surface.request(look, { id: 1 + random.below(products) }) : noise(random);
    yield { ...move, session: random.hex(32) };
  }
}

/** Attacks in the session of a victim whose password is known, from an address that others share. */
function frame(side: Side): Post[] {
  const { kit, means, startMs, window, leadMs } = side;
  const purse = kit.purse.share(kit.options.number('frameShare', 0.05), 0.05);
  if (purse.budget.requests < 1) return [];
  const cycleMs = Math.max(200, (0.8 * (window - leadMs)) / Math.min(10_000, purse.budget.requests));
  const tempo = { ...STEADY, workers: 1, cycleMs, gapMs: Math.min(800, cycleMs) };
  const make: Making = (random) => ({
    tempo,
    sender: new NeighbourSender(means, means.book, purse, random),
    moves: inTheNameOf(side, random),
  });
  return [post(side, 'frame', startMs + leadMs, Number.POSITIVE_INFINITY, purse, make)];
}

/** Up to three victims, whose passwords had to be bought. Without money for that he only names them, in failures. */
function* inTheNameOf({ kit, noise }: Side, random: Random): Moves {
  const { accounts } = kit.world.site.inventory;
  const draw = new Draw(accounts.length, random.fork('victims'));
  const victims: Persona[] = [];
  while (victims.length < 3 && kit.purse.buy('accounts')) {
    const index = draw.next();
    if (index === undefined) break;
    const { name, password: secret } = accounts[index];
    victims.push({ name, password: secret, lasting: false });
  }
  for (;;) {
    const victim = victims.length > 0 ? random.pick(victims) : undefined;
    if (victim !== undefined && victim.session === undefined) yield* kit.accounts.enter(victim);
    for (let i = 10 + random.below(20); i > 0; i--) yield { ...noise(random), ...signed(victim) };
  }
}

/** Sends from shared addresses, in browsers such as its neighbours have. */
class NeighbourSender extends ResidentialSender {
  private readonly book: AddressBook;
  private readonly own: Purse;

  constructor(means: Means, book: AddressBook, purse: Purse, random: Random) {
    super(means, random);
    this.book = book;
    this.own = purse;
  }

  protected override bought(): Identity | undefined {
    const address = this.book.shared(this.own);
    if (address === undefined) return undefined;
    const machine = newBrowser(this.means.kit, this.random, '');
    return identity(machine, address, 'carrier-nat', 5 + this.random.below(40));
  }
}

/** One request an address. */
class OnceSender extends ResidentialSender {
  override identity(): Identity | undefined {
    return this.bought(undefined, 1);
  }
}
