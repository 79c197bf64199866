/** Catalogue 2: a client software or network system whose share of all requests, or of all logins, has jumped. */
import { condition, distinct, top, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import { mix32 } from '../../lib/hash.ts';
import { hours } from '../../lib/units.ts';
import { populationRequest } from '../conditions.ts';
import { about, ramp } from '../evidence.ts';
import { attemptKey, loginAttempt } from '../outcomes.ts';

/** One request in so many is counted, a power of two: shares need no more, and no count costs more than this one. */
const SAMPLED = 4;
const sampledRequest = condition(
  'sampled population request',
  // By a hash of what the row says and when, so that replaying it samples the same rows.
  (f) => (mix32(f.batch.order[f.row] ^ (f.batch.timeMs[f.row] % 4_294_967_291)) & (SAMPLED - 1)) === 0,
  populationRequest,
);

/** Counted events of a window from which on shares mean something. */
const MIN_EVENTS = 500;
/** Share in permille that matters, and how many times the usual share it must be. */
const SHARE = 50;
const TIMES = 4;
/** A population has many addresses: one loud address is a matter of its own rate. */
const MIN_ADDRESSES = 8;

const FINDING = 2300;

function needsOf({ actor, tune }: BuildContext) {
  const of = actor === 'asn' ? 'asn' : 'fingerprint';
  const than = Math.round(tune('share_permille', SHARE));
  const requests = top({ key: 'all', of, windowMs: hours(1), when: sampledRequest });
  const logins = top({ key: ['all', 'all'], of, windowMs: hours(6), when: loginAttempt });
  // Addresses are counted only for those whose share is large already.
  const guard = { is: 'over', than } as const;
  return {
    requests,
    logins,
    addresses: distinct({
      key: actor,
      of: 'ip',
      windowMs: hours(1),
      when: sampledRequest,
      guard: { ...guard, of: requests },
    }),
    loginAddresses: distinct({
      key: attemptKey(actor),
      of: 'ip',
      windowMs: hours(6),
      when: loginAttempt,
      guard: { ...guard, of: logins },
    }),
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

export const heavyHitters = defineDetector({
  id: 'heavy-hitters',
  number: 2,
  title: 'Heavy hitters',
  class: 'resource-exhaustion',
  group: 'population',
  owasp: ['API4'],
  actors: ['fingerprint', 'asn'],
  on: 'response',
  when: sampledRequest,
  cap: CAP.outlier,
  findingAt: FINDING,
  build: (context) => {
    const { tune } = context;
    const share = Math.round(tune('share_permille', SHARE));
    const times = Math.round(tune('times', TIMES) * 10);
    const minEvents = Math.round(tune('events', MIN_EVENTS));
    /** In tenths of the usual share, so that the ratio stays an integer. Without a finished window nothing is usual. */
    const evidence = (t: Values['requests'], addresses: number): number => {
      if (t.share < share || addresses < MIN_ADDRESSES || t.total < minEvents || t.usual < 0) return 0;
      return ramp(Math.floor((t.share * 10) / Math.max(1, t.usual)), times, times * 4, FINDING, CAP.outlier);
    };
    const sentence = (t: Values['requests'], what: string, addresses: number): string =>
      `${t.share / 10} % of all ${what} (${t.n} of ${t.total}${what === 'requests' ? ' sampled' : ''}) from ${about(addresses)} addresses, usually ${t.usual / 10} %`;
    return {
      needs: needsOf(context),
      judge(v: Values) {
        if (v.requests.share < share && v.logins.share < share) return 0;
        const requests = evidence(v.requests, v.addresses.n);
        const logins = evidence(v.logins, v.loginAddresses.n);
        return Math.max(logins, requests);
      },
      say(v: Values) {
        const requests = evidence(v.requests, v.addresses.n);
        return evidence(v.logins, v.loginAddresses.n) >= requests
          ? sentence(v.logins, 'logins', v.loginAddresses.n)
          : sentence(v.requests, 'requests', v.addresses.n);
      },
    };
  },
});
