/** Injection: values that something on the way might run. Gain: places that gave way. */
import type { Operation } from '../../contract.ts';
import type { Random } from '../../core/random.ts';
import type { Kit } from '../kit.ts';
import { MECHANISMS, type Mechanism, payload } from '../payloads.ts';
import { stopped } from '../senders.ts';
import type { Move, Play, Rules } from '../types.ts';

/** A place that takes a value. */
interface Place {
  readonly operation: Operation;
  readonly name: string;
  readonly where: 'path' | 'query' | 'body';
}

export const injection: Rules = {
  unit: 'findings',
  perSecond: 12,
  tool: 'sqlmap',
  manual: true,
  apps: 0,
  toolOf: (random) => random.pick(['sqlmap', 'commix', 'zap', 'burp', 'wfuzz', 'nuclei']),
  plan(kit: Kit): Play {
    const { surface, random } = kit;
    const places = surface.operations.flatMap(placesOf);
    if (places.length === 0) throw new Error('injection needs an operation that takes a value, and the site has none');
    const order = random.fork('order').shuffled(places);
    let cursor = 0;

    const shot = (place: Place, mechanism: Mechanism, own: Random): Move =>
      fire(kit, place, payload(mechanism, kit.level, own));
    return {
      *moves(_worker, own) {
        // One place after the other, each with every mechanism, as tools do; the patient mix.
        for (;;) {
          const place = kit.level >= 3 ? own.pick(order) : order[cursor++ % order.length];
          const mechanisms = kit.level >= 2 ? [own.pick(MECHANISMS)] : MECHANISMS;
          for (const mechanism of mechanisms) {
            const repeats = kit.level >= 2 ? 1 : 1 + own.below(6);
            for (let i = 0; i < repeats; i++) {
              const answer = yield shot(place, mechanism, own);
              // An error of the server says that the value reached something.
              if (answer.status !== 500 || stopped(answer)) continue;
              // What gave way is tried harder.
              for (let more = 2 + own.below(6); more > 0; more--) yield shot(place, mechanism, own);
            }
          }
        }
      },
      noise: (own) => fire(kit, own.pick(places), payload(own.pick(MECHANISMS), 1, own)),
    };
  },
};

function placesOf(operation: Operation): Place[] {
  const of = (names: readonly string[], where: Place['where']) => names.map((name) => ({ operation, name, where }));
  return [
    ...of(operation.queryParameters, 'query'),
    ...of(operation.bodyProperties, 'body'),
    ...of(operation.pathParameters, 'path'),
  ];
}

/** A request that is sound but for the one value. */
function fire(kit: Kit, { operation, name, where }: Place, text: string): Move {
  const values: Record<string, unknown> = {
    query: 'test',
    name: 'test',
    password: 'test1234',
    code: 'TEST',
    quantity: 1,
  };
  if (where === 'path') {
    values.id = text;
    values.code = text;
  } else if (where === 'query') {
    const move = kit.surface.request(operation, { ...values, id: 1 });
    const [path, query = ''] = move.target.split('?');
    const others = query.split('&').filter((pair) => pair !== '' && !pair.startsWith(`${name}=`));
    return { ...move, target: `${path}?${[...others, `${name}=${encodeURIComponent(text)}`].join('&')}` };
  }
  const body = where === 'body' ? { [name]: objectOr(text) } : undefined;
  return kit.surface.request(operation, { id: 1, ...values }, { body });
}

/** Operators are sent as objects, as a JSON body lets them be. */
function objectOr(text: string): unknown {
  if (!text.startsWith('{"$')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
