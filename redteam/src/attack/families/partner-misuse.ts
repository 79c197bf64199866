/** Partner misuse: a partner takes more than was agreed, or sells the key's use on to others. Gain: records. */
import type { Random } from '../../core/random.ts';
import { library } from '../../net/clients.ts';
import type { Kit } from '../kit.ts';
import type { Moves, Play, Rules } from '../types.ts';
import { keysOf, look, Pull, systemOf } from './keys.ts';

/** What a partner's integration is written in: one thing, and it stays that. */
const STACKS = ['java', 'apache-httpclient', 'guzzle', 'python-requests', 'go-http-client', 'axios', 'faraday'];

export const partnerMisuse: Rules = {
  unit: 'records',
  machines: 'busy',
  perSecond: 5,
  tool: 'python-requests',
  machine: (random, kit) => library(kit.level >= 1 ? kit.random.fork('stack').pick(STACKS) : random.pick(STACKS)),
  networks: [
    ['hosting', 30],
    ['office', 20],
    // Resold keys end up in other people's apps and browsers.
    ['residential', 35],
    ['mobile', 15],
  ],
  plan(kit: Kit): Play {
    const { surface, options, random } = kit;
    const bulk = surface.maybe('export');
    const detail = surface.maybe('detail');
    const search = surface.maybe('search');
    if (bulk === undefined && detail === undefined) surface.need('export', 'detail');
    const [key] = keysOf(kit, 'partner');
    const pull =
      bulk === undefined
        ? undefined
        : new Pull(kit, bulk, options.number('pageSize', [5000, 1000, 200, 200, 200][kit.level]));
    const words = kit.world.site.inventory.words;
    // Agreed is the nightly export; misuse is orders and customers, the day through, or every product one by one.
    const resale = options.number('resale', random.fork('resale').between(0.2, 0.7));

    const as = systemOf(kit, key);

    function* forOthers(own: Random): Moves {
      for (let i = own.geometric(6); i > 0; i--) {
        if (search !== undefined && words.length > 0 && own.chance(0.4)) {
          yield surface.request(search, { query: own.pick(words) }, { token: key.secret, as });
        } else if (detail !== undefined) yield look(kit, detail, key.secret, own, as);
        else return;
      }
    }

    return {
      *moves(_worker, own) {
        for (;;) {
          if (pull === undefined || (detail !== undefined && own.chance(resale))) yield* forOthers(own);
          else if (!(yield* pull.next(key.secret, own.chance(0.5) ? 'orders' : undefined, as))) {
            // Turned away from the export he helps himself elsewhere.
            yield* forOthers(own);
          }
        }
      },
    };
  },
};
