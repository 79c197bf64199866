/**
 * How the levels of evasion send: from which address, as which machine, with how much cover, and what they do about an
 * answer they do not like. What they send is the family's business.
 */
import type { Answer } from '../contract.ts';
import type { Random } from '../core/random.ts';
import type { NetworkKind } from '../net/addresses.ts';
import { browser, library, mobileApp, TOOLS, tool } from '../net/clients.ts';
import type { AddressBook } from './addresses.ts';
import type { Kit } from './kit.ts';
import type { Identity, Machine, Persona } from './types.ts';

export interface Reaction {
  /** Send the same once more. */
  readonly retry: boolean;
  /** Wait at least this long, ms. */
  readonly waitMs: number;
}

const CARRY_ON: Reaction = { retry: false, waitMs: 0 };

/** A sender of one level; every worker has one of its own. */
export interface Sender {
  /** Identity of the next request, which it pays for; undefined when there is no address to be had. */
  identity(last: Identity | undefined, persona: Persona | undefined): Identity | undefined;
  /** Harmless requests ahead of an attack in a new visit. */
  cover(identity: Identity): number;
  /** Chance of a harmless request between two of the attack. */
  between(identity: Identity): number;
  /** Multiplies the gaps between requests. */
  stretch(identity: Identity): number;
  /** What it makes of an answer; `tries`: how often the same request was sent. */
  react(answer: Answer, identity: Identity, tries: number): Reaction;
}

/** What senders of a campaign share. */
export interface Means {
  readonly kit: Kit;
  readonly book: AddressBook;
  readonly networks: readonly (readonly [kind: NetworkKind, weight: number])[];
  /** Countries that its lines and machines are in, from E2 on. */
  readonly countries: readonly string[];
  readonly dress: (random: Random, country: string) => Machine;
}

export function stopped(answer: Answer): boolean {
  return answer.handling === 'refused' || answer.handling === 'challenged' || answer.status === 429;
}

/** Machines by level, for families that have none of their own. */
export function dress(toolName: string, appShare: number, kit: Kit, random: Random, country: string): Machine {
  const { level } = kit;
  if (level === 0) return TOOLS.includes(toolName) ? tool(toolName) : library(toolName);
  if (level === 1) {
    // A script in a browser's name: what its library sends besides gives it away.
    const script = library(random.pick(['python-requests', 'go-http-client', 'okhttp', 'axios']));
    return { ...script, agent: oldBrowser(kit, random).agent };
  }
  return random.chance(appShare) ? app(kit, random, country) : newBrowser(kit, random, country);
}

/** A browser of the day. */
export function newBrowser(kit: Kit, random: Random, country: string): Machine {
  return browser(random, { timeMs: kit.plan.startMs, country });
}

/** Lists of agents are copied from each other, and are years old. */
function oldBrowser(kit: Kit, random: Random): Machine {
  return browser(random, { timeMs: kit.plan.startMs - random.between(0.2, 2.5) * 365 * 86_400_000 });
}

/** The site's app, in the release that the attacker took apart. */
export function app(kit: Kit, random: Random, country: string): Machine {
  return mobileApp(random, kit.appRelease, { country });
}

/** An identity on its first visit. */
export function identity(machine: Machine, address: string, kind: NetworkKind, left: number, country = ''): Identity {
  return { machine, client: { ...machine, address }, kind, left, country, visits: 1 };
}

/** Sends nothing but the attack: no cover before it, none between, at its own pace. */
abstract class BareSender implements Sender {
  abstract identity(last: Identity | undefined): Identity | undefined;
  abstract react(answer: Answer, identity: Identity, tries: number): Reaction;

  cover(): number {
    return 0;
  }

  between(): number {
    return 0;
  }

  stretch(): number {
    return 1;
  }
}

/** E0: one rented server, one tool, no second thought. */
export class NaiveSender extends BareSender {
  private readonly means: Means;
  private readonly shared: { identity?: Identity };
  private readonly random: Random;

  constructor(means: Means, shared: { identity?: Identity }, random: Random) {
    super();
    this.means = means;
    this.shared = shared;
    this.random = random;
  }

  identity(): Identity | undefined {
    const { shared, means } = this;
    if (shared.identity === undefined) {
      const address = means.book.fresh('hosting');
      if (address === undefined) return undefined;
      shared.identity = identity(means.dress(this.random, ''), address, 'hosting', Number.POSITIVE_INFINITY);
    }
    return shared.identity;
  }

  react(): Reaction {
    return CARRY_ON;
  }
}

/** E1: a list of cheap proxies and a list of agents, drawn without regard to each other. */
export class RotatingSender extends BareSender {
  private readonly means: Means;
  private readonly random: Random;
  private readonly agents: readonly Machine[];
  private readonly pool: number;
  private readonly stick: number;

  constructor(means: Means, agents: readonly Machine[], random: Random) {
    super();
    const { kit } = means;
    this.means = means;
    this.random = random;
    this.agents = agents;
    this.pool = Math.min(
      kit.plan.budget.addresses,
      kit.options.number('pool', 50 + kit.random.fork('pool').below(350)),
    );
    this.stick = kit.random.fork('stick').pick([1, 1, 5, 25]);
  }

  identity(last: Identity | undefined): Identity | undefined {
    if (last !== undefined && last.left > 0 && !last.burnt) return last;
    const { random } = this;
    const kind = random.chance(0.8) ? 'hosting' : 'vpn';
    const address = this.means.book.rotated(kind, this.pool);
    if (address === undefined) return undefined;
    return identity(random.pick(this.agents), address, kind, this.stick);
  }

  react(answer: Answer, identity: Identity, tries: number): Reaction {
    if (!stopped(answer)) return CARRY_ON;
    identity.burnt = true;
    return { retry: tries < 2, waitMs: this.random.between(1000, 5000) };
  }
}

/** Whether the next request may come from where the last one came from. Aged accounts have a home of their own. */
export function goesOn(last: Identity | undefined, persona: Persona | undefined): last is Identity {
  if (last === undefined || last.left <= 0 || last.burnt) return false;
  if (persona === undefined) return true;
  if (persona.lasting || persona.identity !== undefined) return false;
  persona.identity = last;
  return true;
}

/** E2: residential proxies, one to three requests an address, a browser that is one. */
export class ResidentialSender implements Sender {
  protected readonly means: Means;
  protected readonly random: Random;

  constructor(means: Means, random: Random) {
    this.means = means;
    this.random = random;
  }

  identity(last: Identity | undefined, persona: Persona | undefined): Identity | undefined {
    const known = persona?.identity;
    if (known !== undefined && known.left > 0 && !known.burnt) return known;
    if (goesOn(last, persona)) return last;
    // Who goes on in a session keeps the machine; the exit of the proxy changes under it.
    const found = this.bought(known, 1 + this.random.below(3));
    if (persona !== undefined) persona.identity = found;
    return found;
  }

  /** A new address for `left` requests of the attack, for the machine that was known unless it was refused. */
  protected bought(known: Identity | undefined, left: number): Identity | undefined {
    const { means, random } = this;
    const kind = random.weighted(means.networks);
    const kept = known?.burnt === true ? undefined : known;
    const country = kept?.country ?? random.pick(means.countries);
    const address = means.book.fresh(kind, country);
    if (address === undefined) return undefined;
    return identity(kept?.machine ?? means.dress(random, country), address, kind, left, country);
  }

  cover(_identity: Identity): number {
    return 0;
  }

  between(_identity: Identity): number {
    return 0;
  }

  stretch(_identity: Identity): number {
    return 1;
  }

  react(answer: Answer, identity: Identity, tries: number): Reaction {
    if (!stopped(answer)) return CARRY_ON;
    identity.burnt = true;
    return { retry: tries < 3, waitMs: this.random.logNormal(4000 * 2 ** tries, 0.5) };
  }
}

/** The same machine at the same address, on another occasion. */
export function visitAgain(identity: Identity, left: number): Identity {
  identity.left = left;
  identity.visits++;
  return identity;
}

/** E3: visits like people's, at people's hours, from homes to which aged accounts come back. */
export class MimicSender extends ResidentialSender {
  override identity(last: Identity | undefined, persona: Persona | undefined): Identity | undefined {
    const known = persona?.identity;
    if (known !== undefined && !known.burnt) {
      // At home most of the time; now and then the line has got another address, or it is the phone's.
      if (known.left > 0 || persona?.lasting !== true) return known;
      if (!this.random.chance(persona.roams ?? 0.2)) return visitAgain(known, 1 + this.random.below(6));
    }
    if (goesOn(last, persona)) return last;
    const found = this.bought(known, Math.min(3, this.random.geometric(1.5)));
    if (persona !== undefined) persona.identity = found;
    return found;
  }

  override cover(): number {
    return this.random.geometric(4);
  }

  override between(): number {
    return 0.35;
  }

  override react(answer: Answer, identity: Identity, tries: number): Reaction {
    if (!stopped(answer)) return CARRY_ON;
    identity.burnt = true;
    return { retry: tries < 2, waitMs: this.random.logNormal(60_000 * 3 ** tries, 0.6) };
  }
}
