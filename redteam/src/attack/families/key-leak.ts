/** Key leak: a key that somebody found in a repository or an app, used from elsewhere. Gain: records. */
import type { Operation } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import { library } from '../../net/clients.ts';
import type { Kit } from '../kit.ts';
import type { Machine, Moves, Persona, Play, Rules } from '../types.ts';
import { keysOf, look, Pull, systemOf } from './keys.ts';

/** What people call an API with by hand and by script. */
const SCRIPTS = ['curl', 'python-requests', 'postman', 'go-http-client', 'node', 'axios', 'okhttp', 'guzzle'];

export const keyLeak: Rules = {
  unit: 'records',
  machines: 'busy',
  perSecond: 3,
  tool: 'curl',
  machine: (random, kit) => script(random, kit.level),
  plan(kit: Kit): Play {
    const { surface, options } = kit;
    const bulk = surface.maybe('export');
    const detail = surface.maybe('detail');
    const operation = bulk ?? detail ?? surface.need('export', 'detail', 'list');
    const keys = keysOf(kit, 'partner').slice(0, Math.max(1, options.number('keys', 1)));
    // The first thing that finders do is to see what it opens; the careful know what it is for.
    const tries = kit.level <= 1 ? explorable(kit) : [];
    const pull = new Pull(kit, operation, kit.level === 0 ? options.number('pageSize', 1000) : undefined);
    let explored = 0;

    const systems = keys.map((key) => ({ token: key.secret, as: systemOf(kit, key) }));

    function* session({ token, as }: { token: string; as: Persona | undefined }, own: Random): Moves {
      while (explored < tries.length) {
        const next = tries[explored++];
        yield surface.request(next, { id: 'me', page: undefined }, { token });
      }
      const kinds = [undefined, 'products', 'orders', 'customers'] as const;
      const kind = kit.level <= 2 ? kinds[own.below(4)] : undefined;
      for (let i = kit.level >= 3 ? own.geometric(4) : 50; i > 0; i--) {
        if (operation.role === 'export') {
          if (!(yield* pull.next(token, kind, as))) return;
        } else yield look(kit, operation, token, own, as);
        // Between exports a partner's system asks for single products.
        if (kit.level >= 3 && detail !== undefined && own.chance(0.5)) yield look(kit, detail, token, own, as);
      }
    }

    return {
      *moves(_worker, own) {
        for (;;) yield* session(own.pick(systems), own);
      },
      noise: (own) => surface.request(operation, { id: 1 + own.below(1000) }, { token: `pk_${own.hex(32)}` }),
    };
  },
};

function script(random: Random, level: number): Machine {
  return library(level === 0 ? 'curl' : random.pick(SCRIPTS));
}

/** What answers to a GET and might answer to a key. */
function explorable(kit: Kit): Operation[] {
  const roles = ['profile', 'order-list', 'order', 'export', 'other', 'health', 'list'];
  return kit.surface.operations.filter(({ method, role }) => method === 'GET' && roles.includes(role));
}
