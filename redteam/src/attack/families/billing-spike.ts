/** Billing spike: what the operator pays by use: messages, exports, work. Gain: cents on the operator's bill. */
import type { Operation } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import { Draw } from '../breach.ts';
import type { Kit } from '../kit.ts';
import { newPassword, pumpedPhone } from '../names.ts';
import type { Move, Play, Rules } from '../types.ts';
import { keysOf } from './keys.ts';

export const billingSpike: Rules = {
  unit: 'cents',
  perSecond: 10,
  tool: 'python-requests',
  plan(kit: Kit): Play {
    const { surface, world, random, options } = kit;
    const asks = (operation: Operation) => !operation.bodyProperties.some((name) => /pass|code|token/i.test(name));
    const message = surface.maybe('reset', asks);
    const bulk = surface.maybe('export');
    const other = surface.maybe('webhook') ?? surface.maybe('graphql');
    const way = options.word(
      'way',
      ['message', 'export', 'call'],
      message !== undefined ? 'message' : bulk !== undefined ? 'export' : 'call',
    );
    const operation =
      { message, export: bulk, call: other }[way] ?? surface.need('reset', 'export', 'webhook', 'graphql', 'signup');
    const token = operation.role === 'export' && operation.authenticated ? keysOf(kit, 'partner')[0].secret : undefined;
    const { accounts } = world.site.inventory;
    // Messages are paid only if they go out: so the names must exist.
    const names = new Draw(accounts.length, random.fork('names'));
    const few = Array.from({ length: 30 }, () => names.next()).filter((index) => index !== undefined);

    const strike = (own: Random): Move => {
      if (operation.role === 'export')
        return surface.request(operation, { size: 2000, page: 1 + own.below(20) }, { token });
      if (operation.role === 'graphql')
        return surface.request(operation, {}, { body: { query: '{products{name related{name}}}' } });
      if (operation.role === 'webhook') {
        return surface.request(operation, { event: 'payment.failed', order: 1 + own.below(100_000), price: 100 });
      }
      // The coarse hammer a few names, the rest go through many, each as rarely as somebody who forgets.
      const index = kit.level === 0 && few.length > 0 ? own.pick(few) : (names.next() ?? own.below(accounts.length));
      const name = accounts[index]?.name ?? kit.style.name(own);
      return surface.request(operation, {
        name,
        phone: pumpedPhone(own),
        email: kit.style.mailOf(name, own),
        password: newPassword(own),
      });
    };
    return {
      *moves(_worker, own) {
        for (;;) yield strike(own);
      },
    };
  },
};
