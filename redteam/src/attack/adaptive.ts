/** E4: chooses network, pace, dress and cover by what came through, goes quiet when nothing does. */
import type { Answer } from '../contract.ts';
import type { Random } from '../core/random.ts';
import type { NetworkKind } from '../net/addresses.ts';
import { library } from '../net/clients.ts';
import { type Arm, Bandit } from './bandit.ts';
import { app, goesOn, identity, type Means, MimicSender, newBrowser, type Reaction, stopped } from './senders.ts';
import type { Identity, Machine, Persona } from './types.ts';

interface Network extends Arm {
  readonly kind: NetworkKind;
  /** Mean requests an address is used for. */
  readonly uses: number;
}

interface Speed extends Arm {
  readonly stretch: number;
}

interface Dress extends Arm {
  readonly dress: 'browser' | 'app' | 'script' | 'family';
}

interface Cover extends Arm {
  readonly ahead: number;
  readonly between: number;
}

const NETWORKS: readonly Network[] = [
  { kind: 'hosting', uses: 40, worth: 1 },
  { kind: 'vpn', uses: 15, worth: 0.95 },
  { kind: 'residential', uses: 2, worth: 0.85 },
  { kind: 'mobile', uses: 3, worth: 0.8 },
  // Among the customers of a carrier: whoever holds the address up holds them up.
  { kind: 'carrier-nat', uses: 8, worth: 0.8 },
];
const SPEEDS: readonly Speed[] = [
  { stretch: 0.4, worth: 1 },
  { stretch: 1, worth: 0.85 },
  { stretch: 3, worth: 0.6 },
];
const DRESSES: readonly Dress[] = [
  { dress: 'family', worth: 0.95 },
  { dress: 'browser', worth: 0.95 },
  { dress: 'app', worth: 0.95 },
  { dress: 'script', worth: 1 },
];
const COVERS: readonly Cover[] = [
  { ahead: 0, between: 0, worth: 1 },
  { ahead: 2, between: 0.2, worth: 0.85 },
  { ahead: 5, between: 0.5, worth: 0.65 },
];

/** What all workers of an adaptive campaign have learned. */
export class Mind {
  readonly networks = new Bandit(NETWORKS);
  readonly speeds = new Bandit(SPEEDS);
  readonly dresses = new Bandit(DRESSES);
  readonly covers = new Bandit(COVERS);
  /** Part of the last answers that were refused, fading over about thirty of them. */
  refused = 0;

  choose(random: Random): readonly [network: number, speed: number, dress: number, cover: number] {
    return [
      this.networks.choose(random),
      this.speeds.choose(random),
      this.dresses.choose(random),
      this.covers.choose(random),
    ];
  }

  learn(arms: readonly number[], answer: Answer): void {
    const held = stopped(answer);
    const pass = held ? (answer.handling === 'challenged' ? 0.2 : 0) : answer.handling === 'delayed' ? 0.6 : 1;
    this.networks.learn(arms[0], pass);
    this.speeds.learn(arms[1], pass);
    this.dresses.learn(arms[2], pass);
    this.covers.learn(arms[3], pass);
    this.refused += ((held ? 1 : 0) - this.refused) / 30;
  }
}

export class AdaptiveSender extends MimicSender {
  private readonly mind: Mind;

  constructor(means: Means, mind: Mind, random: Random) {
    super(means, random);
    this.mind = mind;
  }

  override identity(last: Identity | undefined, persona: Persona | undefined): Identity | undefined {
    const known = persona?.identity;
    if (known !== undefined && !known.burnt && (known.left > 0 || persona?.lasting !== true)) return known;
    if (goesOn(last, persona)) return last;
    const { random, mind, means } = this;
    const arms = mind.choose(random);
    const network = NETWORKS[arms[0]];
    const kept = known?.burnt === true ? undefined : known;
    const country = kept?.country ?? random.pick(means.countries);
    const address = means.book.fresh(network.kind, country);
    if (address === undefined) return undefined;
    const machine = kept?.machine ?? this.dressed(DRESSES[arms[2]].dress, country);
    const left = random.geometric(network.uses);
    const found: Identity = { ...identity(machine, address, network.kind, left, country), arms };
    if (persona !== undefined) persona.identity = found;
    return found;
  }

  override cover(identity?: Identity): number {
    const { ahead } = COVERS[identity?.arms?.[3] ?? 1];
    return ahead === 0 ? 0 : this.random.geometric(ahead);
  }

  override between(identity?: Identity): number {
    return COVERS[identity?.arms?.[3] ?? 1].between;
  }

  override stretch(identity: Identity): number {
    return SPEEDS[identity.arms?.[1] ?? 1].stretch;
  }

  override react(answer: Answer, identity: Identity, tries: number): Reaction {
    const { mind, random } = this;
    if (identity.arms !== undefined) mind.learn(identity.arms, answer);
    if (!stopped(answer)) return { retry: false, waitMs: 0 };
    identity.burnt = true;
    // Where hardly anything passes it waits until the defender has other things to do.
    const quiet = mind.refused > 0.7 && random.chance(0.25);
    const waitMs = quiet ? random.between(20, 90) * 60_000 : random.logNormal(15_000 * 2 ** tries, 0.6);
    return { retry: tries < 3, waitMs };
  }

  private dressed(dress: Dress['dress'], country: string): Machine {
    const { random, means } = this;
    switch (dress) {
      case 'browser':
        return newBrowser(means.kit, random, country);
      case 'app':
        return app(means.kit, random, country);
      case 'script':
        return library(random.pick(['python-requests', 'okhttp', 'go-http-client', 'curl']));
      case 'family':
        return means.dress(random, country);
    }
  }
}
