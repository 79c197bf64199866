/** Keys that are in the wrong hands, and what can be fetched with them: for key leak and partner misuse. */
import type { ApiKey, Operation } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import { accepted } from '../accounts.ts';
import type { Kit } from '../kit.ts';
import type { Moves, Persona } from '../types.ts';

/**
 * Keys of one kind in random order.
 * @throws Error naming the family if the site has none.
 */
export function keysOf(kit: Kit, kind: ApiKey['kind']): ApiKey[] {
  const keys = kit.world.site.inventory.keys.filter((key) => key.kind === kind);
  if (keys.length === 0) throw new Error(`${kit.plan.family} needs a key of a ${kind}, and the site has none`);
  return kit.random.fork('keys').shuffled(keys);
}

/** Pages through an export with a key, from a page on. Workers share the page counter, so that none fetches twice. */
export class Pull {
  page: number;
  private readonly kit: Kit;
  private readonly operation: Operation;
  private readonly size: number | undefined;

  constructor(kit: Kit, operation: Operation, size: number | undefined) {
    this.kit = kit;
    this.operation = operation;
    this.size = size;
    this.page = 1;
  }

  /** One page; false if the key was turned away. */
  *next(token: string, kind: string | undefined, as?: Persona): Moves<boolean> {
    const { kit, operation, size } = this;
    const page = this.page++;
    const values = { page: page === 1 ? undefined : page, size, kind };
    const answer = yield kit.surface.request(operation, values, { token, as });
    if (accepted(answer) && answer.body.next === undefined) this.page = 1;
    return answer.status !== 401 && answer.status !== 403;
  }
}

/** Looks at a product with the key, as the owner's system would. */
export function look(kit: Kit, operation: Operation, token: string, random: Random, as?: Persona) {
  const products = Math.max(1, kit.world.site.inventory.products);
  return kit.surface.request(operation, { id: 1 + random.below(products) }, { token, as });
}

/** Whose system a key belongs to: from E3 on it is played by one machine that stays where it is. */
export function systemOf(kit: Kit, key: ApiKey): Persona | undefined {
  return kit.level >= 3 ? { name: key.owner, password: '', lasting: true, roams: 0.03 } : undefined;
}
