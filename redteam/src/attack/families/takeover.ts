/** Take-over: into accounts whose password is as good as known, then out with what is in them. Gain: accounts. */
import type { Operation } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import { accepted, enter, signed } from '../accounts.ts';
import { BreachList } from '../breach.ts';
import type { Kit } from '../kit.ts';
import { password } from '../names.ts';
import type { Moves, Persona, Play, Rules } from '../types.ts';

interface Ways {
  readonly login: Operation;
  readonly look: Operation | undefined;
  readonly change: Operation | undefined;
  readonly orders: Operation | undefined;
  readonly order: Operation | undefined;
  readonly quote: Operation | undefined;
  readonly checkout: Operation | undefined;
  readonly reset: Operation | undefined;
}

export const takeover: Rules = {
  unit: 'accounts',
  perSecond: 2,
  tool: 'python-requests',
  manual: true,
  plan(kit: Kit): Play {
    const { surface, options, random } = kit;
    const writes = (operation: Operation) => operation.method !== 'GET' && operation.bodyProperties.length > 0;
    const ways: Ways = {
      login: surface.need('login'),
      look: surface.maybe('profile', (operation) => operation.method === 'GET'),
      change: surface.maybe('profile', writes),
      orders: surface.maybe('order-list'),
      order: surface.maybe('order', (operation) => operation.method === 'GET'),
      quote: surface.maybe('quote'),
      checkout: surface.maybe('checkout'),
      reset: surface.maybe('reset', (operation) => !operation.bodyProperties.some((name) => /code|token/i.test(name))),
    };
    // Lists that a checker has been over, or the logs of a stealer: much better than a breach, never all good.
    const draw = random.fork('quality');
    const valid = options.number('valid', draw.between(0.25, 0.6));
    const list = new BreachList(kit.world, { valid, stale: (1 - valid) * 0.9 }, random.fork('list'));
    const asleep: Sleeper[] = [];
    return {
      *moves(_worker, own) {
        for (;;) {
          const due = asleep.findIndex(({ fromMs }) => fromMs <= kit.nowMs);
          if (due >= 0) {
            yield* wake(kit, ways, asleep.splice(due, 1)[0], own);
            continue;
          }
          const victim: Persona = { ...list.next(), lasting: false };
          const found = yield* breakIn(kit, ways, victim, own);
          if (found === undefined) continue;
          // The careful let an account lie for hours, so that login and theft do not stand side by side in the log.
          const rests = kit.level >= 3 && asleep.length < 1000 && own.chance(0.5);
          if (rests) asleep.push({ victim, found, fromMs: kit.nowMs + own.between(1, 10) * 3_600_000 });
          else yield* rob(kit, ways, victim, found, own);
        }
      },
    };
  },
};

/** What was seen in an account: its id, and its orders. */
interface Found {
  readonly id: unknown;
  readonly orders: readonly unknown[];
}

/** A victim who is left alone until then. */
interface Sleeper {
  readonly victim: Persona;
  readonly found: Found;
  readonly fromMs: number;
}

/** Logs in as the victim, with a second guess if need be; undefined if the door stays shut. */
function* breakIn(kit: Kit, ways: Ways, victim: Persona, random: Random): Moves<Found | undefined> {
  const { surface } = kit;
  const { login, reset } = ways;
  let answer = yield surface.request(login, { name: victim.name, password: victim.password }, { as: victim });
  if (!accepted(answer) || !enter(victim, answer)) {
    // A second guess at the same person: the password with its digits counted on, or a reset that their mailbox answers.
    if (reset !== undefined && random.chance(0.15)) yield surface.request(reset, { name: victim.name }, { as: victim });
    if (!random.chance(0.3)) return undefined;
    const guess = random.chance(0.5) ? `${victim.password}1` : password(random);
    answer = yield surface.request(login, { name: victim.name, password: guess }, { as: victim, waitMs: 1500 });
    if (!accepted(answer) || !enter(victim, answer)) return undefined;
  }
  const id = answer.body.id ?? 'me';
  return { id, orders: yield* lookAround(kit, ways, victim, id) };
}

/** Comes back to a victim, in a new visit. */
function* wake(kit: Kit, ways: Ways, { victim, found }: Sleeper, random: Random): Moves {
  const { name, password: secret } = victim;
  victim.identity = undefined;
  const answer = yield kit.surface.request(ways.login, { name, password: secret }, { as: victim });
  if (accepted(answer) && enter(victim, answer)) yield* rob(kit, ways, victim, found, random);
}

/** Takes the mailbox away, so that nobody is told, and what is in the account. */
function* rob(kit: Kit, ways: Ways, victim: Persona, { id, orders }: Found, random: Random): Moves {
  if (ways.change !== undefined && random.chance(kit.level >= 3 ? 0.4 : 0.8)) {
    const mail = kit.style.mailOf(`${kit.style.name(random).split('@')[0]}${random.below(100)}`, random);
    yield kit.surface.request(ways.change, { id, email: mail }, signed(victim));
  }
  yield* cashOut(kit, ways, victim, random, orders);
}

function* lookAround(kit: Kit, ways: Ways, victim: Persona, id: unknown): Moves<readonly unknown[]> {
  const { surface } = kit;
  if (ways.look !== undefined) yield surface.request(ways.look, { id }, signed(victim));
  if (ways.orders === undefined) return [];
  const answer = yield surface.request(ways.orders, { page: undefined }, signed(victim));
  const ids = Array.isArray(answer.body.ids) ? answer.body.ids : [];
  // Saved cards and addresses stand in the last orders.
  if (ways.order !== undefined && ids.length > 0) yield surface.request(ways.order, { id: ids[0] }, signed(victim));
  return ids;
}

/** Something dear that sells again, to another address. */
function* cashOut(kit: Kit, ways: Ways, victim: Persona, random: Random, past: readonly unknown[]): Moves {
  const { surface, world } = kit;
  if (ways.checkout === undefined) return;
  if (past.length === 0 && random.chance(0.5)) return;
  const product = 1 + random.below(Math.max(1, world.site.inventory.products));
  const quantity = 1 + random.below(3);
  let quote: unknown;
  let price: unknown;
  if (ways.quote !== undefined) {
    const answer = yield surface.request(ways.quote, { product, quantity }, signed(victim));
    quote = answer.body.quote;
    price = answer.body.price;
  }
  yield surface.request(ways.checkout, { product, quantity, quote, price }, signed(victim));
}
