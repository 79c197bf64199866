/** Scraping: the whole catalogue, again and again. Gain: records. */
import type { Operation } from '../../contract.ts';
import { type Random, Zipf } from '../../core/random.ts';
import { accepted } from '../accounts.ts';
import type { Kit } from '../kit.ts';
import type { Moves, Play, Rules } from '../types.ts';

const MODES = ['fast', 'slow', 'distributed'] as const;
type Mode = (typeof MODES)[number];

export const scraping: Rules = {
  unit: 'records',
  perSecond: 20,
  tool: 'scrapy',
  // Slow is slow at every level: a request in some ten seconds.
  rate: (kit) => (modeOf(kit) === 'slow' ? 0.08 : undefined),
  plan(kit: Kit): Play {
    const { surface } = kit;
    const reads = (operation: Operation) => operation.method === 'GET' && !operation.authenticated;
    const detail = surface.maybe('detail', reads) ?? surface.need('detail', 'list', 'search');
    const list = surface.maybe('list', reads);
    const search = surface.maybe('search', reads);
    const listing = list ?? search;
    const frontier = new Frontier(kit, listing !== undefined);
    return {
      *moves(_worker, own) {
        for (;;) {
          const page = frontier.page();
          if (page !== undefined && listing !== undefined) yield* collect(kit, frontier, listing, page, own);
          const ids = frontier.take(kit.level >= 2 ? 1 + own.below(4) : 40);
          for (const id of ids) yield surface.request(detail, { id });
          if (ids.length > 0) continue;
          if (!frontier.done) continue;
          // Prices change: he comes back for all of it some hours later.
          const waitMs = own.between(1, 6) * 3_600_000;
          frontier.restart();
          const first = frontier.take(1)[0] ?? 1;
          yield { ...surface.request(detail, { id: first }), waitMs };
        }
      },
    };
  },
};

function modeOf(kit: Kit): Mode {
  return kit.options.word('mode', MODES, kit.level >= 2 ? 'distributed' : 'fast');
}

/** One page of a listing, or of a search where there is no listing, and the ids that stand on it. */
function* collect(kit: Kit, frontier: Frontier, listing: Operation, page: number, random: Random): Moves {
  const { surface, options } = kit;
  // The greedy ask for more on a page than the site's own pages have.
  const size = kit.level <= 1 ? options.number('pageSize', 100) : undefined;
  const query = listing.role === 'search' ? frontier.query(page, random) : undefined;
  const answer = yield surface.request(listing, { page: page === 1 ? undefined : page, size, query });
  const { ids, next } = answer.body;
  if (accepted(answer) && Array.isArray(ids)) frontier.add(ids as number[]);
  frontier.paged(page, accepted(answer) ? (typeof next === 'number' ? next : 0) : page);
}

/** What has been seen of the catalogue, and what has not; all workers take from it. */
class Frontier {
  private readonly products: number;
  private readonly words: readonly string[];
  private readonly chance: Zipf;
  private readonly listed: boolean;
  private pages: number[];
  private word = 'a';
  private busy = 0;
  private ids: number[] = [];
  private seen: Uint8Array;
  private blind = 0;
  private tries = 0;

  constructor(kit: Kit, listed: boolean) {
    this.listed = listed;
    this.pages = listed ? [1] : [];
    this.words = kit.world.site.inventory.words;
    this.products = Math.max(1, kit.world.site.inventory.products);
    this.seen = new Uint8Array(this.products + 1);
    this.chance = new Zipf(Math.max(1, this.words.length), 0.6);
  }

  /** True when every number up to the last has been asked for. */
  get done(): boolean {
    return this.ids.length === 0 && this.pages.length === 0 && this.busy === 0 && this.blind >= this.products;
  }

  /** The next page to read; undefined while there are enough ids to go on with. */
  page(): number | undefined {
    if (this.ids.length > 200) return undefined;
    const page = this.pages.pop();
    if (page !== undefined) this.busy++;
    return page;
  }

  /** A page was read: `next` follows it, 0 for none; the same page again after a failure, thrice at most. */
  paged(page: number, next: number): void {
    this.busy--;
    this.tries = next === page ? this.tries + 1 : 0;
    if (next > 0 && this.tries < 3) this.pages.push(next);
  }

  add(ids: readonly number[]): void {
    for (const id of ids) {
      if (!(id >= 1 && id <= this.products) || this.seen[id] === 1) continue;
      this.seen[id] = 1;
      this.ids.push(id);
    }
  }

  /** Up to `count` ids, first those that were listed, then every number that was not. */
  take(count: number): number[] {
    const out = this.ids.splice(0, count);
    while (out.length === 0 && this.pages.length + this.busy === 0 && this.blind < this.products) {
      const id = ++this.blind;
      if (this.seen[id] === 1) continue;
      this.seen[id] = 1;
      out.push(id);
    }
    // Somebody else is at the last page: meanwhile he guesses.
    if (out.length === 0 && !this.done) out.push(1 + ((this.blind * 31) % this.products));
    return out;
  }

  /** The word that is searched for; another one on every first page. */
  query(page: number, random: Random): string {
    if (page === 1) this.word = this.words[this.chance.draw(random)] ?? 'a';
    return this.word;
  }

  restart(): void {
    this.seen.fill(0);
    this.pages = this.listed ? [1] : [];
    this.blind = 0;
    this.tries = 0;
  }
}
