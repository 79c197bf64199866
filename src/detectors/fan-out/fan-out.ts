/** Catalogue 4: one place that fails for many users, or one user that is in many places. */
import { condition, distinct, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, type Detector, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { days, hours } from '../../lib/units.ts';
import { acceptedPrincipal } from '../conditions.ts';
import { about, ramp } from '../evidence.ts';
import { attemptKey, loginFailedNamed } from '../outcomes.ts';
import { tailThreshold } from './tail.ts';

/** Chance that an honest actor reaches the threshold. */
const TAIL = 1e-5;
/** No fewer users or networks than this are ever a finding. */
const LEAST = 8;
/** Counts beyond eight are estimated to about 13 %: one standard error is left as room, in percent. */
const ROOM = 113;

/** Users an honest place fails for within an hour, before anybody is known there, and per known user. */
const STRANGERS = 0.5;
/** Spread between places: the more users, the more alike. */
const SIZE_PER_USER = 1 / 8;
/** Known users up to which thresholds are computed; beyond they grow in proportion. */
const KNOWN = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512] as const;

/** Networks beyond the first that an honest user is seen in within an hour. */
const MORE_NETWORKS = 0.4;

const FINDING = 4600;

const named = condition('names a user', (f) => f.hasPrincipal);

function needsOf({ actor }: BuildContext) {
  const key = attemptKey(actor);
  return {
    failing: distinct({ key, of: 'principal', windowMs: hours(1), when: loginFailedNamed }),
    // An address has this on its own record already, for the estimate of how many share it.
    known: distinct({ key: actor === 'ip' ? actor : key, of: 'principal', windowMs: days(1), when: acceptedPrincipal }),
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

export const fanOut: Detector = defineDetector({
  id: 'fan-out',
  number: 4,
  title: 'Fan-out of users and addresses',
  class: 'credential-attack',
  group: 'identity',
  owasp: ['API2', 'OAT-008'],
  actors: ['ip', 'network', 'fingerprint', 'principal'],
  on: 'response',
  when: named,
  cap: CAP.sequential,
  findingAt: FINDING,
  build: (context) =>
    (context.actor === 'principal' ? ofUser(context) : ofPlace(context)) as ReturnType<Detector['build']>,
});

function ofPlace(context: BuildContext) {
  const { baselines, tune } = context;
  const least = Math.round(tune('users', LEAST));
  const perKnown = baselines.loginFailure / (1 - baselines.loginFailure);
  const thresholds = Int32Array.from(KNOWN, (known) => {
    const exact = tailThreshold(STRANGERS + known * perKnown, 1 + known * SIZE_PER_USER, TAIL);
    return Math.max(least, Math.ceil((exact * ROOM) / 100));
  });
  const basis = baselines.origin === 'learned' ? 'of honest places' : 'of honest places, as assumed,';
  return {
    needs: needsOf(context),
    judge(v: Values, facts: Facts) {
      if (v.failing.n < least || facts.authenticated) return 0;
      const from = thresholdFor(thresholds, v.known.n);
      return ramp(v.failing.n, from, from * 2, FINDING, CAP.sequential);
    },
    say(v: Values) {
      const from = thresholdFor(thresholds, v.known.n);
      return (
        `logins failed for ${about(v.failing.n)} users within an hour, ${about(v.known.n)} accepted there within a day; ` +
        `99.999 % ${basis} stay below ${from}`
      );
    },
  };
}

/** The threshold for so many known users, on straight lines between those computed. */
function thresholdFor(thresholds: Int32Array, known: number): number {
  const last = KNOWN.length - 1;
  if (known >= KNOWN[last]) return Math.floor((thresholds[last] * known) / KNOWN[last]);
  let i = 0;
  while (KNOWN[i + 1] <= known) i++;
  const step = thresholds[i + 1] - thresholds[i];
  return thresholds[i] + Math.floor((step * (known - KNOWN[i])) / (KNOWN[i + 1] - KNOWN[i]));
}

/** Only accepted requests count, so that nobody is named for what others tried with the name. */
function ofUser({ tune }: BuildContext) {
  const least = Math.round(tune('networks', LEAST));
  const threshold = Math.max(least, Math.ceil(((1 + tailThreshold(MORE_NETWORKS, MORE_NETWORKS, TAIL)) * ROOM) / 100));
  const needs = {
    networks: distinct({ key: 'principal', of: 'network', windowMs: hours(1), when: acceptedPrincipal }),
  } as const;
  return {
    needs,
    judge(v: ValuesOf<typeof needs>) {
      return v.networks.n < threshold ? 0 : ramp(v.networks.n, threshold, threshold * 4, FINDING, CAP.sequential);
    },
    say(v: ValuesOf<typeof needs>) {
      return `used from ${about(v.networks.n)} networks within an hour; 99.999 % of users, as assumed, stay below ${threshold}`;
    },
  };
}
