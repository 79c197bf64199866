/** Accounts that an attacker acts with: made for the purpose, or bought aged. Each costs one of the budget. */
import type { Answer } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { Draw } from './breach.ts';
import type { Kit } from './kit.ts';
import { newPassword } from './names.ts';
import { stopped } from './senders.ts';
import type { Move, Moves, Persona } from './types.ts';

export class Accounts {
  private readonly kit: Kit;
  private readonly aged: Draw;
  private soldOut = false;

  constructor(kit: Kit) {
    this.kit = kit;
    this.aged = new Draw(kit.world.site.inventory.accounts.length, kit.random.fork('aged'));
  }

  /** True if there is an account to be had, and the budget for it. */
  get left(): boolean {
    return !this.soldOut && this.kit.purse.spend.accounts < this.kit.purse.budget.accounts;
  }

  /**
   * For families that cannot do without an account.
   * @throws Error if the budget has none or the site has no way in.
   */
  require(): void {
    const { plan, surface } = this.kit;
    if (!(plan.budget.accounts >= 1)) {
      throw new Error(`${plan.name}: ${plan.family} needs accounts, and budget.accounts is ${plan.budget.accounts}`);
    }
    surface.need('login', 'signup');
  }

  /** An account to act with, logged in; undefined if none is left or the way in is barred. */
  *obtain(random: Random): Moves<Persona | undefined> {
    const { kit } = this;
    const signup = kit.surface.maybe('signup');
    const login = kit.surface.maybe('login');
    if ((signup === undefined && login === undefined) || !kit.purse.buy('accounts')) return undefined;
    const aged =
      login !== undefined && (signup === undefined || kit.level >= 3 || (kit.level === 2 && random.chance(0.5)));
    const persona = aged ? this.bought() : this.invented(random);
    if (persona === undefined) return undefined;
    if (!aged && signup !== undefined) {
      const mail = kit.style.mailOf(persona.name, random);
      const { name, password: secret } = persona;
      const answer = yield kit.surface.request(signup, { name, email: mail, password: secret }, { as: persona });
      if (!accepted(answer)) return undefined;
      enter(persona, answer);
    }
    if (persona.session !== undefined || persona.token !== undefined) return persona;
    return (yield* this.enter(persona)) ? persona : undefined;
  }

  /** Logs a persona in; false if it was not let in. */
  *enter(persona: Persona): Moves<boolean> {
    const { kit } = this;
    const login = kit.surface.maybe('login');
    if (login === undefined) return false;
    const { name, password: secret } = persona;
    const answer = yield kit.surface.request(login, { name, password: secret }, { as: persona });
    return accepted(answer) && enter(persona, answer);
  }

  private bought(): Persona | undefined {
    const { accounts } = this.kit.world.site.inventory;
    const index = this.aged.next();
    if (index === undefined) {
      this.soldOut = true;
      return undefined;
    }
    return { name: accounts[index].name, password: accounts[index].password, lasting: true };
  }

  private invented(random: Random): Persona {
    return { name: this.kit.style.name(random), password: newPassword(random), lasting: true };
  }
}

/** The site did what it was asked to. */
export function accepted(answer: Answer): boolean {
  return answer.status >= 200 && answer.status < 300 && !stopped(answer);
}

/** Takes session and token out of the answer to a login; false if there was neither. */
export function enter(persona: Persona, answer: Answer): boolean {
  const { session, token } = answer.body;
  if (typeof session === 'string' && session !== '') persona.session = session;
  else if (answer.session !== '') persona.session = answer.session;
  if (typeof token === 'string' && token !== '') persona.token = token;
  return persona.session !== undefined || persona.token !== undefined;
}

/** What a request of somebody who is logged in carries: browsers the cookie, tools and apps the token. */
export function signed(persona: Persona | undefined): Partial<Move> {
  if (persona === undefined) return {};
  if (persona.session !== undefined) return { as: persona, session: persona.session };
  return { as: persona, token: persona.token };
}
