/** Catalogue 15: somebody goes through the API as no client does: step after step that hardly anybody took before. */

import { condition, path, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { NO_TRANSITIONS, STEP, stepOf, type Transitions } from '../../engine/features/path.ts';
import { BOT_STATUS, FLAG, ROUTE_CLASS } from '../../enrich/facts.ts';
import type { Journeys, RouteTemplate } from '../../enrich/model.ts';
import { BUSINESS } from '../../event/exchange.ts';
import { expNeg, MILLINATS } from '../../lib/fixed.ts';
import { hashString } from '../../lib/hash.ts';
import { minutes } from '../../lib/units.ts';
import { ramp } from '../evidence.ts';

/** Steps before their mean says something. */
const STEPS = 8;
const BREAK_MS = minutes(30);
/** Mean surprise where nothing was learned: never reached, since nothing surprises then. */
const UNLEARNED = 12_000;
const FINDING = 2300;

const isMiss = (status: number): boolean => status === 404 || status === 400 || status === 405 || status === 414;

/** What pages load, what is polled, what is not there and what crawlers do is no step of a way. */
const travelled = condition(
  'step of a way',
  (f) =>
    f.routeClass !== ROUTE_CLASS.asset &&
    f.routeClass !== ROUTE_CLASS.feed &&
    f.kind !== BUSINESS &&
    f.botStatus !== BOT_STATUS.declared &&
    f.botStatus !== BOT_STATUS.verified &&
    !f.has(FLAG.MALFORMED | FLAG.NOT_ADMITTED) &&
    !isMiss(f.status),
);

/** The learned ways under the places that routes have in this model; what went away is left out. */
function transitionsOf(journeys: Journeys | undefined, routes: readonly RouteTemplate[]): Transitions {
  if (journeys === undefined) return NO_TRANSITIONS;
  const places = new Map<string, number>();
  routes.forEach(({ template, retired }, i) => {
    if (retired === true) return;
    places.set(`read ${template}`, stepOf(i + 1, false));
    places.set(`write ${template}`, stepOf(i + 1, true));
  });
  const numbers = [STEP.start, STEP.elsewhere, ...journeys.steps.map((name) => places.get(name) ?? -1)];
  const placed = (flat: readonly number[], steps: number): number[] => {
    const kept: number[] = [];
    for (let i = 0; i < flat.length; i += steps + 1) {
      const entry = flat.slice(i, i + steps).map((step) => numbers[step]);
      if (!entry.includes(-1)) kept.push(...entry, flat[i + steps]);
    }
    return kept;
  };
  const { hi, lo } = hashString(JSON.stringify([journeys, numbers]), 0);
  return {
    version: `${hi}.${lo}`,
    unseen: journeys.unseen,
    steps: numbers.flatMap((step, i) => (step < 0 ? [] : [step, journeys.single[i], journeys.backOff[i]])),
    pairs: placed(journeys.pairs, 2),
    contexts: placed(journeys.contexts, 2),
    triples: placed(journeys.triples, 3),
  };
}

function needsOf({ actor, baselines, routes = [] }: BuildContext) {
  const transitions = transitionsOf(baselines.journeys, routes);
  return { way: path({ key: actor, transitions, breakMs: BREAK_MS, when: travelled }) } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

const nats = (millinats: number): string => (millinats / MILLINATS).toFixed(1);

/** "once in 4,000": e^x for people. */
function rarity(millinats: number): string {
  const n = Math.round(1 / expNeg(millinats / MILLINATS));
  return `once in ${String(n).replace(/\B(?=(\d{3})+$)/g, ',')}`;
}

function nameOf(step: number, routes: readonly RouteTemplate[]): string {
  const template = routes[(step >> 1) - 1]?.template;
  return template === undefined ? 'a path of no known route' : `${step & 1 ? 'writing' : 'reading'} ${template}`;
}

export const sequenceSurprise = defineDetector({
  id: 'sequence-surprise',
  number: 15,
  title: 'Surprising order of steps',
  class: 'workflow',
  group: 'sequence',
  owasp: ['API6', 'OAT-021'],
  actors: ['session', 'principal'],
  on: 'response',
  when: travelled,
  cap: CAP.outlier,
  findingAt: FINDING,
  build: (context) => {
    const { baselines, routes = [], tune } = context;
    const limit = Math.round(tune('mean_millinats', baselines.journeys?.threshold ?? UNLEARNED));
    const most = Math.floor((limit * 3) / 2);
    return {
      needs: needsOf(context),
      judge({ way }: Values, _: Facts) {
        return way.n < STEPS ? 0 : ramp(way.mean, limit, most, FINDING, CAP.outlier);
      },
      say: ({ way }: Values) =>
        `a mean surprise of ${nats(way.mean)} nats over ${way.n} steps, learned limit ${nats(limit)}; least likely: ` +
        `${nameOf(way.to, routes)} after ${nameOf(way.from, routes)}, ${rarity(way.worst)}`,
    };
  },
});
