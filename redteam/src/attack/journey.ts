/** What people do on a site, as somebody copies it who has recorded a few visits: cover for attacks from E3 on. */
import type { Answer, Operation, World } from '../contract.ts';
import { type Random, Zipf } from '../core/random.ts';
import type { Destination } from '../net/clients.ts';
import type { Surface } from './surface.ts';
import type { Move, Persona } from './types.ts';

/** What all journeys of a campaign share. */
export class Roads {
  readonly surface: Surface;
  readonly host: string;
  readonly pages: readonly Operation[];
  /** Files that pages load, and pictures of products. */
  readonly files: readonly Operation[];
  readonly pictures: readonly Operation[];
  readonly list: Operation | undefined;
  readonly search: Operation | undefined;
  readonly detail: Operation | undefined;
  readonly words: readonly string[];
  readonly popular: Zipf;
  readonly wording: Zipf;

  private readonly travelled: boolean;

  /** `travelled`: whether anybody goes these roads at all. */
  constructor(world: World, surface: Surface, travelled: boolean) {
    this.travelled = travelled;
    const open = (operation: Operation) => !operation.authenticated && operation.method === 'GET';
    this.surface = surface;
    this.host = world.site.host;
    // Nobody looks at what is meant for robots.
    this.pages = surface.all('page').filter((page) => open(page) && !/\.(txt|xml|json)$/.test(page.template));
    const assets = surface.all('asset').filter(open);
    this.files = assets.filter(({ pathParameters }) => pathParameters.length === 0);
    this.pictures = assets.filter(({ pathParameters }) => pathParameters.length > 0);
    this.list = surface.maybe('list', open);
    this.search = surface.maybe('search', open);
    this.detail = surface.maybe('detail', open);
    this.words = world.site.inventory.words;
    this.popular = new Zipf(Math.max(1, Math.min(world.site.inventory.products, 100_000)), 0.9);
    this.wording = new Zipf(Math.max(1, this.words.length), 1);
  }

  /** False if there is nothing that anybody may look at. */
  get any(): boolean {
    if (!this.travelled) return false;
    return this.pages.length > 0 || this.list !== undefined || this.search !== undefined || this.detail !== undefined;
  }
}

type Stop = 'page' | 'list' | 'search' | 'detail';

/** A part of a page, still to be loaded. */
interface Part {
  readonly asset: Operation;
  readonly id: number;
}

/** One visit: arrives on a page or a product, loads what the page needs, looks around. */
export class Journey {
  private readonly roads: Roads;
  private readonly random: Random;
  private at: Stop | undefined;
  /** The page that is open; what scripts ask for goes out from it. */
  private open: string | undefined;
  private from: string | undefined;
  private parts: Part[] = [];
  private cached = false;
  private found: readonly number[] = [];
  private next: number | undefined;
  private word = '';
  private browser = true;

  constructor(roads: Roads, random: Random) {
    this.roads = roads;
    this.random = random;
  }

  /** Another visit begins, in a browser or in an app, which loads no pages. */
  begin(browser: boolean): void {
    this.at = undefined;
    this.browser = browser;
    this.open = undefined;
    this.from = browser && this.random.chance(0.35) ? 'https://www.google.com/' : undefined;
    this.parts = [];
    this.cached = false;
    this.found = [];
    this.next = undefined;
  }

  /** The page from which a script's request goes out; undefined for apps. */
  get page(): string | undefined {
    return this.browser ? (this.open ?? `https://${this.roads.host}/`) : undefined;
  }

  /** A page is not complete yet. */
  get loads(): boolean {
    return this.parts.length > 0;
  }

  /** The next harmless request. */
  step(persona: Persona | undefined): Move {
    const { roads, page } = this;
    const session = persona?.session;
    const part = this.parts.pop();
    if (part !== undefined) {
      const { asset, id } = part;
      return roads.surface.request(
        asset,
        { id },
        { referrer: page, session, as: persona, asks: assetKind(asset.template) },
      );
    }
    const before = this.at;
    const stop = this.choose();
    this.at = stop;
    if (stop !== 'page') return this.request(stop, before === stop, { referrer: page, session, as: persona });
    const { random } = this;
    const more = { referrer: this.open ?? this.from, session, as: persona, asks: 'document' } as const;
    const move = roads.surface.request(random.pick(roads.pages), { id: this.product() }, more);
    this.open = `https://${roads.host}${move.target}`;
    // Files are loaded once; then they are in the cache.
    if (!this.cached)
      this.parts = roads.files
        .slice(0, 3)
        .reverse()
        .map((asset) => ({ asset, id: 1 }));
    this.cached = true;
    return move;
  }

  /** The answer to the last step. */
  saw(answer: Answer): void {
    if (this.at !== 'list' && this.at !== 'search') return;
    const { ids, next } = answer.body;
    if (!Array.isArray(ids)) return;
    this.found = ids as number[];
    this.next = typeof next === 'number' ? next : undefined;
    const { pictures } = this.roads;
    if (!this.browser || pictures.length === 0) return;
    // The first row of the page; a copied journey loads no more than it must.
    this.parts = this.found.slice(0, this.random.below(4)).map((id) => ({ asset: pictures[0], id }));
  }

  private choose(): Stop {
    const { roads, random } = this;
    const draw = random.uniform();
    if (this.at === undefined) {
      if (this.browser && roads.pages.length > 0 && draw < 0.6) return 'page';
      if (roads.detail !== undefined && draw < 0.8) return 'detail';
    } else if (this.at === 'list' || this.at === 'search') {
      if (roads.detail !== undefined && draw < 0.6) return 'detail';
    } else if (this.at === 'detail') {
      if (roads.detail !== undefined && draw < 0.25) return 'detail';
    }
    if (roads.search !== undefined && random.chance(0.4)) return 'search';
    if (roads.list !== undefined) return 'list';
    if (roads.detail !== undefined) return 'detail';
    return roads.search !== undefined ? 'search' : 'page';
  }

  private request(stop: Exclude<Stop, 'page'>, again: boolean, more: Partial<Move>): Move {
    const { roads, random } = this;
    const { surface } = roads;
    switch (stop) {
      case 'detail':
        return surface.request(roads.detail as Operation, { id: this.product() }, more);
      case 'search': {
        const turns = again && this.next !== undefined && random.chance(0.3);
        if (!turns) this.word = roads.words[roads.wording.draw(random)] ?? 'new';
        const page = turns ? this.next : undefined;
        return surface.request(roads.search as Operation, { query: this.word, page }, more);
      }
      case 'list':
        return surface.request(roads.list as Operation, { page: again ? this.next : undefined }, more);
    }
  }

  private product(): number {
    const { found, random, roads } = this;
    if (found.length > 0 && random.chance(0.85)) return found[Math.min(found.length - 1, random.geometric(3) - 1)];
    return roads.popular.draw(random) + 1;
  }
}

function assetKind(template: string): Destination {
  if (template.endsWith('.css')) return 'style';
  return /\.m?js$/.test(template) ? 'script' : 'image';
}
