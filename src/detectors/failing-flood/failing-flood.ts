/** Catalogue 1, second part: requests at a pace, of which practically none is answered. */
import { count, distinct, sprt, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, defineDetector } from '../../engine/detector.ts';
import { minutes } from '../../lib/units.ts';
import { anonymous, paced, refused } from '../conditions.ts';
import { about, ramp } from '../evidence.ts';

/** Refused requests within a minute from which a stream of nothing but refusals is a flood. */
const PER_MINUTE = 60;
/** The same where the client also changes its name: a dozen names within minutes, and no answer to any of them. */
const PER_MINUTE_DISGUISED = 8;
const NAMES = 8;

/** Shares of refused requests, of honest clients at their worst and of a flood. */
const P0 = 0.3;
const P1 = 0.95;
const FLOOR = 2000;
const CEILING = 8000;
/** From here on practically everything was refused lately: four in a row after as much good. */
const NOTHING_ELSE = 4600;

const FIRST = 4600;
const CAP_RATE = 7000;

function needsOf({ actor }: BuildContext) {
  return {
    answers: sprt({ key: actor, when: paced, hit: refused, p0: P0, p1: P1, floor: FLOOR, ceiling: CEILING }),
    refusals: count({ key: actor, when: refused, windowMs: minutes(1) }),
    names: distinct({ key: actor, of: 'agent', windowMs: minutes(10), when: anonymous }),
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

export const failingFlood = defineDetector({
  id: 'failing-flood',
  number: 1,
  title: 'Flood of refused requests',
  class: 'resource-exhaustion',
  group: 'rate',
  owasp: ['API4', 'OAT-015'],
  actors: ['ip', 'session'],
  on: 'response',
  when: refused,
  cap: CAP_RATE,
  findingAt: FIRST,
  build: (context) => {
    const perMinute = Math.round(context.tune('per_minute', PER_MINUTE));
    const disguised = Math.round(context.tune('disguised_per_minute', PER_MINUTE_DISGUISED));
    const names = Math.round(context.tune('names', NAMES));
    const isDisguised = (v: Values): boolean => v.names.n >= names && v.refusals.n >= disguised;
    return {
      needs: needsOf(context),
      judge(v: Values) {
        if (v.refusals.n < disguised || v.answers.llr < NOTHING_ELSE) return 0;
        if (isDisguised(v)) return ramp(v.refusals.n, disguised, disguised * 8, FIRST, CAP_RATE);
        return ramp(v.refusals.n, perMinute, perMinute * 4, FIRST, CAP_RATE);
      },
      say(v: Values) {
        const agents = isDisguised(v) ? `, under ${about(v.names.n)} different agents` : '';
        return `${v.refusals.n} requests within a minute were refused and next to none was answered${agents}`;
      },
    };
  },
});
