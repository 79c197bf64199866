/** Words that the rooms of this folder share: steps of an attack, the one they are sent as, and what a family is made of. */
import type { Answer, Client, Request } from '../contract.ts';
import type { Random } from '../core/random.ts';
import type { NetworkKind } from '../net/addresses.ts';
import type { Destination } from '../net/clients.ts';
import type { Kit } from './kit.ts';

/** A client without the line that it sends through. */
export type Machine = Omit<Client, 'address'>;

/** A machine behind an address, for as many requests as the sender trusts it with. */
export interface Identity {
  readonly machine: Machine;
  /** ISO code of the country that the line is in; '' where nobody cares. */
  readonly country: string;
  /** As it opens pages. */
  readonly client: Client;
  /** As its scripts call for data; made when it is first needed. */
  fetching?: Client;
  readonly kind: NetworkKind;
  /** Requests it is still good for. */
  left: number;
  /** Which choices of an adaptive sender it stands for; see {@link Bandit}. */
  readonly arms?: readonly number[];
  /** It was refused and is not used again. */
  burnt?: boolean;
  /** Visits that were begun with it. */
  visits: number;
}

/** Somebody whom the attacker acts as: an account of his own, or a victim's that he is in. */
export interface Persona {
  readonly name: string;
  password: string;
  session?: string;
  token?: string;
  /** Comes back from the same home, as an aged account does; a victim's login check is done once. */
  readonly lasting: boolean;
  identity?: Identity;
  /** Chance that it comes from another line than last time, 0.2 without it. */
  readonly roams?: number;
}

/** One step of an attack. */
export interface Move extends Omit<Request, 'client' | 'solved'> {
  /** Goes on as this persona: a careful sender keeps machine and address. */
  readonly as?: Persona;
  /** What a browser wants it for, which its headers say; data for a script unless something else is said. */
  readonly asks?: Destination;
  /** At least so long after the last step, in ms. */
  readonly waitMs?: number;
}

/** What a worker does: yields steps, is given their answers, returns when there is nothing left to do. */
export type Moves<T = void> = Generator<Move, T, Answer>;

/** A family's plan against one site. */
export interface Play {
  /** Work of one worker; `random` is its own. All workers share what the plan shares: lists, frontiers, findings. */
  moves(worker: number, random: Random): Moves;
  /** One wrong request that looks like the family's failures: what baselines are poisoned and victims framed with. */
  noise?(random: Random): Move;
}

/** A family: what it wants and how it goes about it. */
export interface Rules {
  /** Unit of its gain; what an answer is worth to a family is decided where answers are counted. */
  readonly unit: string;
  /** Requests a second that a naive sender makes. */
  readonly perSecond: number;
  /** Requests a second at every level, for plans that have a rate of their own. */
  rate?(kit: Kit): number | undefined;
  /** What the naive sender's tool is called, of those that net/clients knows; or one of several. */
  readonly tool: string;
  toolOf?(random: Random): string;
  /** A person sits in the loop: from E1 on it works in shifts, and never fast. */
  readonly manual?: boolean;
  /** Sent by machines: imitators do not browse and keep no hours of people; `steady` ones report at even intervals. */
  readonly machines?: 'busy' | 'steady';
  /** Part of the machines from E2 on that pass for the site's app, 0.15 without it; the others are browsers. */
  readonly apps?: number;
  /** Machines of its own kind; without it tools at E0, scripts in borrowed names at E1, then browsers and apps. */
  machine?(random: Random, kit: Kit, country: string): Machine;
  /** Networks from E2 on; without it residential and mobile. */
  readonly networks?: readonly (readonly [kind: NetworkKind, weight: number])[];
  /** @throws Error if the site has no operation of a role that the family needs. */
  plan(kit: Kit): Play;
}
