/** What all visits of a population share. */
import type { World } from '../contract.ts';
import { type Random, Zipf } from '../core/random.ts';
import { Journey } from './journey.ts';
import { parametersOf, type WorldParameters } from './parameters.ts';
import { type Mix, People } from './people.ts';
import { Popularity } from './popularity.ts';
import type { AppReleases } from './releases.ts';
import { type Route, Surface } from './surface.ts';

export interface Setting {
  readonly kind: 'web' | 'app';
  readonly world: World;
  readonly endMs: number;
  readonly surface: Surface;
  readonly origin: string;
  readonly journey: Journey;
  readonly parameters: WorldParameters;
  readonly people: People;
  /** Which product somebody wants. */
  readonly products: Pick<Popularity, 'draw'>;
  readonly words: Zipf;
  readonly logout: Route | undefined;
  /** Files that every page loads, and those that belong to a product. */
  readonly files: readonly Route[];
  readonly pictures: readonly Route[];
}

/** What is the same for all populations of a world, made once. */
interface Shared {
  readonly parameters: WorldParameters;
  readonly surface: Surface;
  readonly products: Popularity;
  /** Indices of the accounts whose holders live in each country of the market. */
  readonly holders: readonly (readonly number[])[];
}

const shared = new WeakMap<World, Shared>();

export function sharedOf(world: World): Shared {
  let known = shared.get(world);
  if (known === undefined) {
    const parameters = parametersOf(world);
    const { products } = world.site.inventory;
    known = {
      parameters,
      surface: new Surface(world.site),
      products: new Popularity(products, parameters.productExponent, world.random('world/products')),
      holders: holdersOf(world, parameters),
    };
    shared.set(world, known);
  }
  return known;
}

/** The last few accounts are left out: operators keep some for tests. */
export const TEST_ACCOUNTS = 5;

function holdersOf(world: World, { market }: WorldParameters): number[][] {
  const random = world.random('world/holders');
  const holders = market.map((): number[] => []);
  const choice = market.map(([, share], c) => [c, share] as const);
  // Neighbours in the list live together, so that they come from the same country.
  for (let i = 0; i < world.site.inventory.accounts.length - TEST_ACCOUNTS; ) {
    const c = random.weighted(choice);
    for (let n = 20; n > 0 && i < world.site.inventory.accounts.length - TEST_ACCOUNTS; n--) holders[c].push(i++);
  }
  return holders;
}

export interface SettingOptions {
  readonly kind: 'web' | 'app';
  readonly count: number;
  readonly mix: Mix;
  readonly releases?: AppReleases;
}

export function settingOf(world: World, random: Random, { kind, count, mix, releases }: SettingOptions): Setting {
  const { parameters, surface, products, holders } = sharedOf(world);
  const assets = surface.of('asset').filter(({ method }) => method === 'GET');
  return {
    kind,
    world,
    surface,
    parameters,
    products,
    endMs: world.endMs,
    origin: `https://${surface.host}`,
    journey: new Journey(surface, parameters, kind, world.random(`world/journeys/${kind}`)),
    people: new People(world, random, { kind, count, mix, parameters, releases, holders }),
    words: new Zipf(Math.max(1, world.site.inventory.words.length), parameters.wordExponent),
    logout: surface.of('other').find(({ operation }) => /(log|sign)-?_?(out|off)/i.test(operation.template)),
    files: assets.filter(({ parametrised }) => !parametrised).slice(0, 14),
    pictures: assets.filter(({ parametrised }) => parametrised).slice(0, 1),
  };
}
