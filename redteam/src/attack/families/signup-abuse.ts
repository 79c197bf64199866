/** Sign-up abuse: accounts by the dozen, for the welcome gift, for votes and reviews, or to sell them aged. Gain: accounts. */
import type { Random } from '../../core/random.ts';
import { accepted, enter, signed } from '../accounts.ts';
import type { Kit } from '../kit.ts';
import { newPassword, pumpedPhone } from '../names.ts';
import type { Persona, Play, Rules } from '../types.ts';

const THROWAWAY = ['tempbox.example', 'dropmail.example', 'tenminutes.example', 'inboxes.example', 'quickpost.example'];

export const signupAbuse: Rules = {
  unit: 'accounts',
  perSecond: 4,
  tool: 'python-requests',
  plan(kit: Kit): Play {
    const { surface, options, random, world } = kit;
    const signup = surface.need('signup');
    const redeem = surface.maybe('redeem', (operation) => operation.method !== 'GET');
    const profile = surface.maybe('profile', (operation) => operation.method === 'GET');
    const { codes } = world.site.inventory;
    const welcome = codes.length > 0 ? random.fork('welcome').pick(codes) : 'WELCOME10';
    const uses = options.number('uses', kit.level >= 3 ? 0.6 : 0.3);
    const naming = new Naming(kit, random.fork('naming'));
    return {
      *moves(_worker, own) {
        for (;;) {
          const { name, email } = naming.next(own);
          const persona: Persona = { name, password: newPassword(own), lasting: false };
          const values = { name, email, password: persona.password, phone: pumpedPhone(own) };
          const answer = yield surface.request(signup, values, { as: persona });
          if (!accepted(answer) || !own.chance(uses)) continue;
          enter(persona, answer);
          const id = answer.body.id ?? 'me';
          if (profile !== undefined && own.chance(0.4)) yield surface.request(profile, { id }, signed(persona));
          if (redeem !== undefined && own.chance(0.7)) {
            yield surface.request(redeem, { code: welcome }, signed(persona));
          }
        }
      },
      noise: (own) => surface.request(signup, { ...naming.next(own), password: own.hex(3) }),
    };
  },
};

/** How a campaign names its people: mechanically at first, later as people are called. */
class Naming {
  private readonly kit: Kit;
  private readonly base: string;
  private readonly domain: string;
  private count: number;

  constructor(kit: Kit, random: Random) {
    this.kit = kit;
    this.base = kit.style
      .name(random)
      .split('@')[0]
      .replace(/[^a-z]/g, '');
    this.domain = random.pick(THROWAWAY);
    this.count = 1 + random.below(5000);
  }

  next(random: Random): { name: string; email: string } {
    const { kit, base } = this;
    if (kit.level >= 2) {
      const name = `${kit.style.name(random)}`;
      return { name, email: kit.style.mailOf(name, random) };
    }
    this.count++;
    const local = kit.level === 0 ? `${base}${this.count}` : this.variant(random);
    const domain = kit.level === 0 ? this.domain : random.pick(THROWAWAY);
    return { name: `${local}`, email: `${local}@${domain}` };
  }

  /** One mailbox in many spellings, or a heap of letters. */
  private variant(random: Random): string {
    const { base, count } = this;
    switch (random.below(3)) {
      case 0:
        return `${base}+${count.toString(36)}${random.below(100)}`;
      case 1: {
        const at = 1 + random.below(Math.max(1, base.length - 1));
        return `${base.slice(0, at)}.${base.slice(at)}${count}`;
      }
      default:
        return Array.from({ length: 8 + random.below(6) }, () => random.below(36).toString(36)).join('');
    }
  }
}
