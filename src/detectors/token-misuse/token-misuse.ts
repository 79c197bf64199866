/** Catalogue 8, the part that tokens and sessions tell: they are used by somebody they were not given to. */
import { condition, count, last, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { FLAG } from '../../enrich/facts.ts';
import { days, hours, humanDuration, minutes } from '../../lib/units.ts';
import { acceptedCredential, acceptedPrincipal } from '../conditions.ts';
import { counted } from '../evidence.ts';
import { loginAttempt } from '../outcomes.ts';

const FINDING = 4600;
/** What one such event says, in millinats, and what it says coming from another network than the holder just used. */
const BOUND = 6000;
const REUSED = 3500;
const REPLAY = 2300;
const FIXED = 4600;
const ELSEWHERE = 2500;
/** More of them in an hour: a client that repeats itself after a lost answer does it once or twice. */
const OFTEN = 6;
const OFTEN_MORE = 2300;

/** Networks that follow upon each other this fast are two holders, or a phone that changed over. */
const SOON_MS = minutes(30);
/** An application that keeps session ids through logins does so at each: the flag then says nothing of anybody. */
const LOGINS = 10;
const FIXED_PERCENT = 10;
const HABIT_MS = days(7);

const FLAGS = FLAG.SESSION_FIXED | FLAG.BOUND_ELSEWHERE | FLAG.REFRESH_REUSED | FLAG.REPLAYED;
const misused = condition('token misused', (f) => f.has(FLAGS));
const fixed = condition('session id survived a login', (f) => f.has(FLAG.SESSION_FIXED), misused);

function needsOf({ actor }: BuildContext) {
  const site = { key: ['all', 'all'], windowMs: HABIT_MS } as const;
  return {
    events: count({ key: ['all', actor], windowMs: hours(1), when: misused }),
    // Where the holder was last accepted: what is refused now is compared with that, and does not change it.
    place:
      actor === 'session'
        ? last({ key: 'session', of: 'network', when: acceptedPrincipal })
        : last({ key: 'credential', of: 'network', when: acceptedCredential }),
    logins: count({ ...site, when: loginAttempt }),
    fixed: count({ ...site, when: fixed }),
  } as const;
}
type V = ValuesOf<ReturnType<typeof needsOf>>;

const isElsewhere = (v: V): boolean => v.place.changed !== 0 && v.place.gapMs <= SOON_MS;

/** In an application that does not keep ids, one that was kept was brought by somebody. */
const isRare = (v: V): boolean => v.logins.n >= LOGINS && v.fixed.n * 100 <= v.logins.n * FIXED_PERCENT;

function weightOf(v: V, f: Facts): number {
  if (f.has(FLAG.BOUND_ELSEWHERE)) return BOUND;
  if (f.has(FLAG.REFRESH_REUSED)) return REUSED;
  if (f.has(FLAG.REPLAYED)) return REPLAY;
  return isRare(v) ? FIXED : 0;
}

export const tokenMisuse = defineDetector({
  id: 'token-misuse',
  number: 8,
  title: 'Token or session in other hands',
  class: 'take-over',
  group: 'identity',
  owasp: ['API2'],
  actors: ['ip', 'session', 'credential'],
  on: 'response',
  when: misused,
  cap: CAP.sequential,
  findingAt: FINDING,
  build: (context) => {
    const often = Math.round(context.tune('often', OFTEN));
    return {
      needs: needsOf(context),
      judge(v: V, f: Facts) {
        const weight = weightOf(v, f);
        if (weight === 0) return 0;
        return weight + (isElsewhere(v) ? ELSEWHERE : 0) + (v.events.n >= often ? OFTEN_MORE : 0);
      },
      say(v: V, f: Facts) {
        const what = f.has(FLAG.BOUND_ELSEWHERE)
          ? 'a token came without the key or certificate it is bound to'
          : f.has(FLAG.REFRESH_REUSED)
            ? 'a refresh token was used a second time'
            : f.has(FLAG.REPLAYED)
              ? 'a signed request or proof was sent a second time'
              : `a session id was the same before and after a login, as with ${v.fixed.n} of ${v.logins.n} logins here`;
        const where = isElsewhere(v) ? `, from another network than ${humanDuration(v.place.gapMs)} before` : '';
        const times = v.events.n > 1 ? `; ${counted(v.events.n, 'such event', 'such events')} within an hour` : '';
        return `${what}${where}${times}`;
      },
    };
  },
});
