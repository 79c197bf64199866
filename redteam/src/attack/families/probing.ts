/** Probing: what is there that should not be: forgotten files, admin pages, other versions, other methods. Gain: findings. */
import type { Answer } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import type { Kit } from '../kit.ts';
import { stopped } from '../senders.ts';
import type { Move, Moves, Play, Rules } from '../types.ts';
import { probePath } from '../words.ts';

const METHODS = ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'HEAD', 'POST'];
const TOOLS_OF_TRADE = ['ffuf', 'gobuster', 'nikto', 'nuclei', 'feroxbuster', 'dirbuster', 'zgrab'];

export const probing: Rules = {
  unit: 'findings',
  perSecond: 40,
  tool: 'ffuf',
  manual: true,
  apps: 0,
  plan(kit: Kit): Play {
    const { random, surface } = kit;
    const { operations } = surface;
    const asked = new Set<string>();

    const probe = (draw: Random): Move => {
      let [method, target] = ['GET', '/'];
      // Nobody asks twice for the same, as long as there is something else.
      for (let tries = 0; tries < 5; tries++) {
        target = probePath(operations, kit.level, draw);
        method = kit.level >= 1 && draw.chance(0.12) ? draw.pick(METHODS) : 'GET';
        if (!asked.has(`${method} ${target}`)) break;
      }
      // Some tools hold lists of hundreds of thousands; what was asked for long ago may be forgotten.
      if (asked.size < 200_000) asked.add(`${method} ${target}`);
      return { method, target, asks: 'document' };
    };

    return {
      *moves(_worker, draw): Moves {
        for (;;) {
          const answer = yield probe(draw);
          // A find is looked into: what is under it, and with which parameters.
          if (tells(answer) && answer.status < 400 && kit.level >= 1) {
            for (let i = 1 + draw.below(3); i > 0; i--) yield { ...probe(draw), waitMs: kit.level >= 2 ? 4000 : 0 };
          }
        }
      },
      noise: () => ({ method: 'GET', target: probePath(operations, 1, random), asks: 'document' }),
    };
  },
  toolOf: (random) => random.pick(TOOLS_OF_TRADE),
};

/** Whatever is neither "not there" nor "not understood" is something to look at. */
function tells(answer: Answer): boolean {
  return answer.status !== 404 && answer.status !== 400 && answer.status !== 429 && !stopped(answer);
}
