/** Account enumeration: which names have an account, by answers that differ. Gain: names that were confirmed. */
import type { Operation } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import type { Kit } from '../kit.ts';
import { newPassword } from '../names.ts';
import type { Move, Play, Rules } from '../types.ts';

const ORACLES = ['reset', 'signup', 'login'] as const;

export const accountEnumeration: Rules = {
  unit: 'names',
  perSecond: 12,
  tool: 'python-requests',
  plan(kit: Kit): Play {
    const { surface, options, random, world } = kit;
    const asks = (operation: Operation) => !operation.bodyProperties.some((name) => /pass|code|token/i.test(name));
    const chosen = kit.plan.options.oracle === undefined ? undefined : options.word('oracle', ORACLES, 'reset');
    const oracle =
      (chosen === undefined ? surface.maybe('reset', asks) : surface.maybe(chosen)) ??
      surface.need('reset', 'signup', 'login');
    const { accounts } = world.site.inventory;
    const exists = options.number('exists', random.fork('exists').between(0.1, 0.4));
    const list = random.fork('list');

    // Asked of the sign-up form this opens accounts where the name is free: the noisy way, and a common one.
    const ask = (name: string, own: Random): Move =>
      surface.request(oracle, { name, email: kit.style.mailOf(name, own), password: newPassword(own) });
    return {
      *moves(_worker, own) {
        for (;;) {
          const known = accounts.length > 0 && list.chance(exists);
          const name = known ? list.pick(accounts).name : kit.style.name(list);
          yield ask(name, own);
        }
      },
      noise: (own) => ask(kit.style.name(own), own),
    };
  },
};
