/** Resource cost: requests that are cheap to send and dear to answer. Gain: seconds of work. */
import type { Operation } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import type { Kit } from '../kit.ts';
import type { Move, Play, Rules } from '../types.ts';
import { keysOf } from './keys.ts';

export const resourceCost: Rules = {
  unit: 'seconds',
  perSecond: 5,
  tool: 'python-requests',
  plan(kit: Kit): Play {
    const shots = arsenal(kit);
    if (shots.length === 0) kit.surface.need('graphql', 'search', 'list', 'export');
    const ramp = { step: 0 };
    return {
      *moves(_worker, own) {
        for (;;) {
          // He feels his way up: a little deeper with every request, as far as it goes.
          const reach = Math.min(1, 0.15 + ramp.step++ / 60) * [1, 1, 0.7, 0.4, 0.6][kit.level];
          const answer = yield own.weighted(shots)(own, reach);
          if (answer.status >= 400) ramp.step = Math.max(0, ramp.step - 8);
        }
      },
    };
  },
};

type Shot = (random: Random, reach: number) => Move;

/** What the site gives occasion to. `reach` in [0, 1]: how far a shot goes. */
function arsenal(kit: Kit): (readonly [shot: Shot, weight: number])[] {
  const { surface, options, random } = kit;
  const out: (readonly [Shot, number])[] = [];
  const graph = surface.maybe('graphql');
  if (graph !== undefined) {
    out.push([(own, reach) => query(kit, graph, deep(kit, own, reach)), 3]);
    out.push([(own, reach) => query(kit, graph, aliased(kit, own, reach)), 3]);
    out.push([(own, reach) => batch(kit, graph, own, reach), 2]);
    out.push([() => query(kit, graph, '{__schema{types{name fields{name args{name} type{name ofType{name}}}}}}'), 0.3]);
  }
  const search = surface.maybe('search', (operation) => !operation.authenticated);
  if (search !== undefined) out.push([(own, reach) => heavySearch(kit, search, own, reach), 3]);
  const list = surface.maybe('list', (operation) => !operation.authenticated);
  if (list !== undefined) out.push([(own, reach) => surface.request(list, greedy(own, reach)), 1.5]);
  const bulk = surface.maybe('export');
  const keyed = kit.world.site.inventory.keys.some((key) => key.kind === 'partner');
  if (
    bulk !== undefined &&
    (!bulk.authenticated || keyed) &&
    options.number('exports', random.fork('x').chance(0.5) ? 1 : 0)
  ) {
    const token = bulk.authenticated ? keysOf(kit, 'partner')[0].secret : undefined;
    out.push([(own, reach) => surface.request(bulk, greedy(own, reach), { token }), 1]);
  }
  return out;
}

function greedy(random: Random, reach: number) {
  return {
    page: random.chance(0.5) ? undefined : 1 + random.below(Math.ceil(500 * reach)),
    size: Math.ceil(10 ** (2 + 3 * reach * random.between(0.6, 1))),
    sort: random.pick(['price', '-price', 'name', 'newest']),
  };
}

function query(kit: Kit, graph: Operation, text: string): Move {
  if (graph.method === 'GET') return kit.surface.request(graph, { query: text });
  return kit.surface.request(graph, {}, { body: { query: text } });
}

/**
 * What describing itself would have told: a list at the root (option `root`), fields that lead from its items to others
 * (`links`, separated by commas) and one that ends it (`leaf`).
 */
function vocabulary(kit: Kit): { root: string; links: string[]; leaf: string } {
  const { options } = kit;
  return {
    root: options.text('root', 'products'),
    links: options.list('links') ?? ['related'],
    leaf: options.text('leaf', 'name'),
  };
}

/** Lists in lists, until every item has been asked for many times. */
function deep(kit: Kit, random: Random, reach: number): string {
  const { root, links, leaf } = vocabulary(kit);
  const depth = 2 + Math.round(10 * reach * random.between(0.7, 1));
  let text = leaf;
  for (let i = 0; i < depth; i++) text = `${leaf} ${random.pick(links)}{${text}}`;
  return `{${root}{${text}}}`;
}

/** The same field under many names. */
function aliased(kit: Kit, random: Random, reach: number): string {
  const { root, leaf } = vocabulary(kit);
  const count = 5 + Math.round(295 * reach * random.between(0.6, 1));
  const prefix = random.pick(['a', 'q', 'x', 'f']);
  let text = '';
  for (let i = 0; i < count; i++) text += `${prefix}${i}:${root}{${leaf}} `;
  return `{${text.trim()}}`;
}

/** Many operations in one request; as text of one document, because bodies here are objects. */
function batch(kit: Kit, graph: Operation, random: Random, reach: number): Move {
  const { root, leaf, links } = vocabulary(kit);
  const count = 3 + Math.round(60 * reach * random.between(0.6, 1));
  const fragment = `fragment F on Query{${root}{${leaf} ${links[0]}{${leaf}}}}`;
  const spreads = Array.from({ length: count }, (_, i) => `b${i}:${root}{${leaf} ${links[0]}{${leaf}}}`).join(' ');
  const move = query(kit, graph, `query Q{...F ${spreads}} ${fragment}`);
  return graph.method === 'GET' ? move : { ...move, body: { ...move.body, operationName: 'Q', variables: {} } };
}

/** Words that match everything, patterns, long chains of alternatives, the last page. */
function heavySearch(kit: Kit, search: Operation, random: Random, reach: number): Move {
  const words = kit.world.site.inventory.words;
  const many = 2 + Math.round(60 * reach * random.uniform());
  const text = random.weighted([
    [() => random.pick(['%', '*', 'a', 'e', '_', '.*', ' ']), 2],
    [() => Array.from({ length: many }, () => random.pick(words.length > 0 ? words : ['x'])).join(' OR '), 3],
    [() => `${'%a'.repeat(many)}%`, 1],
    [() => `${random.pick(['(a+)+', '(.*a){9}', '[a-z]*'])}${'a'.repeat(many)}!`, 1],
    [() => random.pick(words.length > 0 ? words : ['x']), 2],
  ] as const)();
  return kit.surface.request(search, { ...greedy(random, reach), query: text });
}
