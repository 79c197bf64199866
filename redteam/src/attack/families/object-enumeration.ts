/** Object enumeration: other people's orders and profiles by their numbers. Gain: records. */
import type { Answer, Operation } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import { accepted, signed } from '../accounts.ts';
import type { Kit } from '../kit.ts';
import type { Moves, Persona, Play, Rules } from '../types.ts';

export const objectEnumeration: Rules = {
  unit: 'records',
  perSecond: 12,
  tool: 'python-requests',
  plan(kit: Kit): Play {
    const { surface, options, random } = kit;
    const readsOne = (operation: Operation) => operation.method === 'GET' && operation.pathParameters.length > 0;
    const operation =
      surface.maybe('order', readsOne) ??
      surface.maybe('profile', readsOne) ??
      surface.need('order', 'profile', 'detail');
    const list = surface.maybe('order-list');
    if (operation.authenticated) kit.accounts.require();
    const ids = new Ids(kit, options.word('order', ['up', 'down', 'random'], order(kit)), random.fork('ids'));
    const perVisit = options.number('perVisit', [Number.POSITIVE_INFINITY, 400, 40, 6, 12][kit.level]);
    const target: Target = { operation, list, ids, perVisit };

    return {
      *moves(_worker, own) {
        if (!operation.authenticated) for (;;) yield* visit(kit, target, own, undefined);
        const mine: Persona[] = [];
        for (;;) {
          // Several accounts take turns where there are several, so that none asks for much.
          const more = kit.accounts.left && (mine.length === 0 || (kit.level >= 2 && own.chance(0.7)));
          const persona = more ? yield* kit.accounts.obtain(own) : mine[own.below(mine.length)];
          if (persona === undefined && mine.length === 0 && !kit.accounts.left) return;
          if (persona === undefined) continue;
          if (more) mine.push(persona);
          if (yield* visit(kit, target, own, persona)) continue;
          if (!(yield* kit.accounts.enter(persona))) mine.splice(mine.indexOf(persona), 1);
          if (mine.length === 0 && !kit.accounts.left) return;
        }
      },
      noise: (own) => surface.request(operation, { id: ids.outside(own) }),
    };
  },
};

interface Target {
  readonly operation: Operation;
  readonly list: Operation | undefined;
  readonly ids: Ids;
  readonly perVisit: number;
}

/** Some numbers in a row as one persona; false if it was thrown out. */
function* visit(kit: Kit, target: Target, random: Random, persona: Persona | undefined): Moves<boolean> {
  const { operation, list, ids, perVisit } = target;
  const { surface } = kit;
  const proof = signed(persona);
  if (list !== undefined && persona !== undefined && (kit.level >= 3 || !ids.knows)) {
    const answer = yield surface.request(list, {}, proof);
    const found = answer.body.ids;
    if (Array.isArray(found) && typeof found[0] === 'number') ids.learn(found[0]);
    // The own order first: that is what people look at.
    if (kit.level >= 3 && Array.isArray(found) && found.length > 0) {
      yield surface.request(operation, { id: found[random.below(found.length)] }, proof);
    }
  }
  for (let i = 0; i < perVisit; i++) {
    const answer = yield surface.request(operation, { id: ids.next() }, proof);
    ids.saw(answer);
    if (answer.status === 401 || answer.handling === 'refused') return false;
  }
  return true;
}

function order({ level, random }: Kit): 'up' | 'down' | 'random' {
  if (level === 0) return 'up';
  return level === 1 ? random.fork('order').pick(['up', 'down'] as const) : 'random';
}

/** Numbers to try. All workers count in one row; random ones come from around what is known to exist. */
class Ids {
  knows = false;
  private readonly way: 'up' | 'down' | 'random';
  private readonly random: Random;
  private low: number;
  private high: number;
  private at: number;
  private misses = 0;

  constructor(kit: Kit, way: 'up' | 'down' | 'random', random: Random) {
    this.way = way;
    this.random = random;
    // What he knows beforehand is the number of an order of his own, out of a mail.
    const { accounts } = kit.world.site.inventory;
    const own = accounts.length > 0 ? random.pick(accounts).orders[0] : undefined;
    this.at = kit.options.number('first', own ?? 1);
    this.knows = own !== undefined;
    this.low = Math.max(1, Math.floor(this.at * 0.9));
    this.high = Math.ceil(this.at * 1.05) + 200;
  }

  learn(id: number): void {
    this.knows = true;
    this.low = Math.min(this.low, Math.max(1, Math.floor(id * 0.95)));
    this.high = Math.max(this.high, id + 100);
    if (this.misses > 30) this.at = id;
  }

  next(): number {
    if (this.way === 'random') return Math.floor(this.random.between(this.low, this.high + 1));
    this.at += this.way === 'up' ? 1 : -1;
    if (this.at < 1) this.at = this.high;
    return this.at;
  }

  /** A long row of misses means that the numbers end here: he jumps back and goes on below. */
  saw(answer: Answer): void {
    if (accepted(answer)) this.misses = 0;
    else if (answer.status === 404 && ++this.misses >= 60) {
      this.misses = 0;
      if (this.way === 'random') this.high = Math.max(this.low + 10, Math.floor((this.low + this.high) / 2));
      else this.at = Math.max(1, Math.floor(this.at * this.random.between(0.6, 0.95)));
    }
  }

  outside(random: Random): number {
    return this.high * 10 + random.below(100_000);
  }
}
