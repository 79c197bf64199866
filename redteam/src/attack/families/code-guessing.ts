/** Code guessing: gift cards, coupons, one-time codes. Gain: codes. */
import type { Operation } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import { signed } from '../accounts.ts';
import { Draw } from '../breach.ts';
import { CheckedGuesser, CountingGuesser, checksumOf, type Guesser, LearnedGuesser, RandomGuesser } from '../codes.ts';
import type { Kit } from '../kit.ts';
import type { Persona, Play, Rules } from '../types.ts';

const WAYS = ['sequential', 'random', 'checksum', 'learned'] as const;

export const codeGuessing: Rules = {
  unit: 'codes',
  perSecond: 15,
  tool: 'python-requests',
  plan(kit: Kit): Play {
    const { surface, options, random } = kit;
    const confirms = surface.maybe('reset', (operation) =>
      operation.bodyProperties.some((name) => /code|otp/i.test(name)),
    );
    const what = options.word('what', ['codes', 'reset'], 'codes');
    const operation = what === 'reset' && confirms !== undefined ? confirms : (balance(kit) ?? surface.need('redeem'));
    if (operation.role === 'reset') return guessResets(kit, operation);
    if (operation.authenticated) kit.accounts.require();
    const guesser = codes(kit, random.fork('guesses'));
    const perAccount = options.number('perAccount', [Number.POSITIVE_INFINITY, 500, 60, 12, 25][kit.level]);
    return {
      *moves(_worker, own) {
        for (;;) {
          let persona: Persona | undefined;
          if (operation.authenticated) {
            persona = yield* kit.accounts.obtain(own);
            if (persona === undefined && !kit.accounts.left) return;
            if (persona === undefined) continue;
          }
          for (let i = 0; i < perAccount; i++) {
            const answer = yield surface.request(operation, { code: guesser.next() }, signed(persona));
            if (persona !== undefined && (answer.status === 401 || answer.handling === 'refused')) break;
          }
        }
      },
      noise: (own) => surface.request(operation, { code: own.hex(8).toUpperCase() }),
    };
  },
};

/** Where the site tells a balance without an account, nobody redeems to find out. */
function balance(kit: Kit): Operation | undefined {
  return kit.surface.maybe('redeem', (operation) => !operation.authenticated);
}

/** Guesses in the way of the level, with a few codes among them that are about on forums. */
function codes(kit: Kit, random: Random): Guesser {
  const { codes: all, codeAlphabet, codeLength } = kit.world.site.inventory;
  const way = kit.options.word(
    'way',
    WAYS,
    (['sequential', 'random', 'learned', 'checksum', 'checksum'] as const)[kit.level],
  );
  const sample = held(kit, random.fork('sample'));
  const known = kit.options.number('known', 0.003);
  const leaked = new Draw(all.length, random.fork('leaked'));
  const guesser = guesserOf(way, sample, codeAlphabet, codeLength, random);
  return {
    next() {
      const index = random.chance(known) ? leaked.next() : undefined;
      return index === undefined ? guesser.next() : all[index];
    },
  };
}

function guesserOf(
  way: (typeof WAYS)[number],
  sample: string[],
  alphabet: string,
  length: number,
  random: Random,
): Guesser {
  switch (way) {
    case 'sequential':
      return new CountingGuesser(alphabet, length);
    case 'random':
      return new RandomGuesser(alphabet, length, random);
    case 'learned':
      return new LearnedGuesser(sample, alphabet, length, random);
    case 'checksum': {
      const inner = new LearnedGuesser(sample, alphabet, length, random);
      const holds = checksumOf(sample, alphabet);
      return holds === undefined ? inner : new CheckedGuesser(inner, holds, alphabet);
    }
  }
}

/** Codes that the attacker has bought or been given: option `sample`, 5 to 20. */
function held(kit: Kit, random: Random): string[] {
  const { codes: all } = kit.world.site.inventory;
  const count = Math.min(all.length, kit.options.number('sample', 5 + random.below(16)));
  const draw = new Draw(all.length, random);
  const out: string[] = [];
  for (let i = 0; i < count; i++) {
    const index = draw.next();
    if (index !== undefined) out.push(all[index]);
  }
  return out;
}

/** A reset is asked for, and its code guessed until it would have run out. */
function guessResets(kit: Kit, confirm: Operation): Play {
  const { surface, world, options } = kit;
  const ask = surface.maybe('reset', (operation) => operation !== confirm);
  // His own reset told him how its codes look.
  const digits = options.number('digits', 5);
  const each = options.number('perVictim', [2000, 1000, 60, 10, 20][kit.level]);
  const { accounts } = world.site.inventory;
  return {
    *moves(worker, own) {
      const draw = new Draw(accounts.length, own.fork(`victims/${worker}`));
      for (let index = draw.next(); index !== undefined; index = draw.next()) {
        const { name } = accounts[index];
        const as: Persona = { name, password: '', lasting: false };
        if (ask !== undefined) yield surface.request(ask, { name }, { as });
        for (let i = 0; i < each; i++) {
          const code = String(own.below(10 ** digits)).padStart(digits, '0');
          const answer = yield surface.request(confirm, { name, code, password: `${own.hex(6)}Aa1` }, { as });
          if (answer.status >= 200 && answer.status < 300) break;
        }
      }
    },
  };
}
