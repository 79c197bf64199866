/** Catalogue 2: a client software or network system whose share of all requests, or of all logins, has jumped. */
import { distinct, top, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import { hours } from '../../lib/units.ts';
import { populationRequest } from '../conditions.ts';
import { about, ramp } from '../evidence.ts';
import { loginAttempt } from '../outcomes.ts';

/** Events of a window from which on shares mean something. */
const MIN_EVENTS = 500;
/** Share in permille that matters, and how many times the usual share it must be. */
const SHARE = 50;
const TIMES = 4;
/** A population has many addresses: one loud address is a matter of its own rate. */
const MIN_ADDRESSES = 8;

const FINDING = 2300;

function needsOf({ actor }: BuildContext) {
  const of = actor === 'asn' ? 'asn' : 'fingerprint';
  return {
    requests: top({ key: 'all', of, windowMs: hours(1), when: populationRequest }),
    logins: top({ key: 'all', of, windowMs: hours(6), when: loginAttempt }),
    addresses: distinct({ key: actor, of: 'ip', windowMs: hours(6), when: populationRequest }),
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
  cap: CAP.outlier,
  findingAt: FINDING,
  build: (context) => {
    const { tune } = context;
    const share = Math.round(tune('sharePermille', SHARE));
    const times = Math.round(tune('times', TIMES) * 10);
    const minEvents = Math.round(tune('events', MIN_EVENTS));
    /** In tenths of the usual share, so that the ratio stays an integer. Without a finished window nothing is usual. */
    const evidence = (t: Values['requests']): number => {
      if (t.share < share || t.total < minEvents || t.usual < 0) return 0;
      return ramp(Math.floor((t.share * 10) / Math.max(1, t.usual)), times, times * 4, FINDING, CAP.outlier);
    };
    const sentence = (t: Values['requests'], what: string, addresses: number): string =>
      `${t.share / 10} % of all ${what} (${t.n} of ${t.total}) from ${about(addresses)} addresses, usually ${t.usual / 10} %`;
    return {
      needs: needsOf(context),
      judge(v: Values) {
        if ((v.requests.share < share && v.logins.share < share) || v.addresses.n < MIN_ADDRESSES) return 0;
        const requests = evidence(v.requests);
        const logins = evidence(v.logins);
        return logins >= requests ? logins : requests;
      },
      say(v: Values) {
        return evidence(v.logins) >= evidence(v.requests)
          ? sentence(v.logins, 'logins', v.addresses.n)
          : sentence(v.requests, 'requests', v.addresses.n);
      },
    };
  },
});
