/** Stuffing: pairs out of other people's breaches, tried until one fits. Gain: accounts. */
import { accepted, enter, signed } from '../accounts.ts';
import { BreachList, drawQuality, type Pair } from '../breach.ts';
import type { Kit } from '../kit.ts';
import type { Moves, Persona, Play, Rules } from '../types.ts';

export const stuffing: Rules = {
  unit: 'accounts',
  perSecond: 30,
  tool: 'openbullet',
  plan(kit: Kit): Play {
    const { surface, options, random } = kit;
    const login = surface.need('login');
    const profile = surface.maybe('profile', (operation) => operation.method === 'GET');
    const drawn = drawQuality(random.fork('quality'));
    const quality = { valid: options.number('valid', drawn.valid), stale: options.number('stale', drawn.stale) };
    const list = new BreachList(kit.world, quality, random.fork('list'));
    // Checkers that "capture" look into every account they are in, to sort it by what it holds.
    const captures = options.number('capture', random.fork('capture').chance(0.5) ? 1 : 0.1);

    function* check(pair: Pair): Moves<void> {
      const persona: Persona = { ...pair, lasting: false };
      const answer = yield surface.request(login, { name: pair.name, password: pair.password }, { as: persona });
      if (!accepted(answer) || !enter(persona, answer)) return;
      if (profile === undefined || !random.chance(captures)) return;
      yield surface.request(profile, { id: answer.body.id ?? 'me' }, signed(persona));
    }

    return {
      *moves() {
        for (;;) yield* check(list.next());
      },
    };
  },
};
