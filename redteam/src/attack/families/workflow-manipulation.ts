/** Workflow and price manipulation: a purchase whose steps or figures are not as they were meant. Gain: cents not paid. */
import type { Operation } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import { signed } from '../accounts.ts';
import type { Kit } from '../kit.ts';
import type { Moves, Persona, Play, Rules } from '../types.ts';

interface Steps {
  readonly checkout: Operation;
  readonly quote: Operation | undefined;
  readonly redeem: Operation | undefined;
  readonly webhook: Operation | undefined;
  readonly profile: Operation | undefined;
  readonly detail: Operation | undefined;
  /** Codes that he was given or has found. */
  readonly codes: readonly string[];
}

const TRICKS = ['skip', 'replay', 'price', 'stack', 'negative', 'settle', 'assign'] as const;
type Trick = (typeof TRICKS)[number];

export const workflowManipulation: Rules = {
  unit: 'cents',
  perSecond: 1.5,
  tool: 'burp',
  manual: true,
  plan(kit: Kit): Play {
    const { surface, options } = kit;
    const redeemed = (operation: Operation) => operation.method !== 'GET';
    const steps: Steps = {
      checkout: surface.need('checkout'),
      quote: surface.maybe('quote'),
      redeem: surface.maybe('redeem', redeemed),
      webhook: surface.maybe('webhook'),
      profile: surface.maybe('profile', (operation) => operation.method === 'PATCH' || operation.method === 'PUT'),
      detail: surface.maybe('detail'),
      codes: found(kit),
    };
    if (steps.checkout.authenticated) kit.accounts.require();
    const only = options.list('tricks');
    const tricks = TRICKS.filter((trick) => possible(trick, steps) && (only === undefined || only.includes(trick)));
    // What worked is done again: he has no need of the rest.
    const worked = new Map<Trick, number>(tricks.map((trick) => [trick, 1]));

    function* buy(persona: Persona | undefined, own: Random): Moves {
      const trick = own.weighted([...worked]);
      const paid = yield* play(kit, steps, trick, persona, own);
      worked.set(trick, Math.min(20, Math.max(0.3, (worked.get(trick) ?? 1) * (paid ? 1.5 : 0.8))));
    }

    return {
      *moves(_worker, own) {
        let persona: Persona | undefined;
        for (;;) {
          if (
            steps.checkout.authenticated &&
            (persona === undefined || (kit.accounts.left && own.chance(kit.level >= 2 ? 0.15 : 0.03)))
          ) {
            const next: Persona | undefined = yield* kit.accounts.obtain(own);
            persona = next ?? persona;
            if (persona === undefined && !kit.accounts.left) return;
            if (persona === undefined) continue;
          }
          yield* buy(persona, own);
        }
      },
      noise: (own) => surface.request(steps.checkout, { product: 1 + own.below(100), quote: own.hex(16) }),
    };
  },
};

function found(kit: Kit): string[] {
  const { codes } = kit.world.site.inventory;
  const random = kit.random.fork('codes');
  return codes.length === 0 ? ['WELCOME10'] : Array.from({ length: 3 + random.below(4) }, () => random.pick(codes));
}

function possible(trick: Trick, { quote, redeem, webhook, profile }: Steps): boolean {
  if (trick === 'replay') return quote !== undefined;
  if (trick === 'stack') return redeem !== undefined;
  if (trick === 'settle') return webhook !== undefined;
  return trick !== 'assign' || profile !== undefined;
}

/** One purchase with one trick; true if something came of it. */
function* play(kit: Kit, steps: Steps, trick: Trick, persona: Persona | undefined, random: Random): Moves<boolean> {
  const { surface, world } = kit;
  const proof = signed(persona);
  const product = 1 + random.below(Math.max(1, world.site.inventory.products));
  // At E3 and above he looks at what he is going to buy, as buyers do.
  if (steps.detail !== undefined && kit.level >= 2) yield surface.request(steps.detail, { id: product }, proof);
  const quantity = 1 + random.below(3);
  const { checkout } = steps;
  switch (trick) {
    case 'skip': {
      const answer = yield surface.request(checkout, { product, quantity, price: 100 + random.below(400) }, proof);
      return answer.status < 300;
    }
    case 'negative': {
      const values = {
        product,
        quantity: -1 - random.below(5),
        price: random.chance(0.5) ? -1 * random.below(5000) : undefined,
      };
      if (steps.quote !== undefined && random.chance(0.5)) yield surface.request(steps.quote, values, proof);
      const answer = yield surface.request(checkout, values, proof);
      return answer.status < 300;
    }
    case 'price':
    case 'replay':
      return yield* quoted(kit, steps, trick, persona, { product, quantity }, random);
    case 'stack':
      return yield* stack(kit, steps, persona, random);
    case 'settle': {
      const answer = yield surface.request(checkout, { product, quantity }, proof);
      const order = answer.body.order ?? 1;
      const told = { event: 'payment.settled', order, price: 1 };
      yield surface.request(steps.webhook as Operation, told);
      return answer.status < 300;
    }
    case 'assign': {
      // Properties that nobody should be able to set, beside one that everybody may.
      const body = random.pick([{ credit: 50_000 }, { role: 'admin' }, { balance: 99_999 }, { discount: 100 }]);
      const answer = yield surface.request(steps.profile as Operation, { id: 'me' }, { ...proof, body });
      return answer.status < 300 && random.chance(0.1);
    }
  }
}

/** Gets an honest quote, and is not honest with it. */
function* quoted(
  kit: Kit,
  steps: Steps,
  trick: 'price' | 'replay',
  persona: Persona | undefined,
  wanted: { product: number; quantity: number },
  random: Random,
): Moves<boolean> {
  const { surface } = kit;
  const proof = signed(persona);
  let quote: unknown;
  let price: unknown;
  if (steps.quote !== undefined) {
    const answer = yield surface.request(steps.quote, wanted, proof);
    quote = answer.body.quote;
    price = answer.body.price;
  }
  const honest = typeof price === 'number' ? price : 5000;
  if (trick === 'price') {
    // Cents on the currency unit by tools; a believable rebate by those who want to last.
    const part = kit.level <= 1 ? 0.01 : random.between(0.4, 0.8);
    const changed = { ...wanted, price: Math.max(1, Math.round(honest * part)) };
    const answer = yield surface.request(
      steps.checkout,
      { ...changed, quote: random.chance(0.5) ? quote : undefined },
      proof,
    );
    return answer.status < 300;
  }
  let worked = false;
  const times = kit.level >= 3 ? 2 : 2 + random.below(8);
  for (let i = 0; i < times; i++) {
    const answer = yield surface.request(
      steps.checkout,
      { quote, product: wanted.product, quantity: wanted.quantity, price },
      proof,
    );
    worked = i > 0 && answer.status < 300;
    if (answer.status >= 400 && i > 1) break;
  }
  return worked;
}

/** One code many times, or many codes on one purchase. */
function* stack(kit: Kit, steps: Steps, persona: Persona | undefined, random: Random): Moves<boolean> {
  const { codes } = steps;
  const first = random.pick(codes);
  let taken = 0;
  for (let i = 2 + random.below(kit.level >= 3 ? 3 : 10); i > 0; i--) {
    const code = random.chance(0.7) ? first : random.pick(codes);
    const answer = yield kit.surface.request(steps.redeem as Operation, { code }, signed(persona));
    if (answer.status < 300) taken++;
  }
  const product = 1 + random.below(Math.max(1, kit.world.site.inventory.products));
  yield kit.surface.request(steps.checkout, { product, quantity: 1, code: first }, signed(persona));
  return taken > 1;
}
