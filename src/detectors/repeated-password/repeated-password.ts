/** Catalogue 5: one password is tried for many users. Passwords are known by a truncated hash under a key of the day. */
import { condition, count, distinct, type ValuesOf } from '../../engine/aggregates.ts';
import { CAP, type Detector, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { days } from '../../lib/units.ts';
import { about, percent, ramp } from '../evidence.ts';
import { tailThreshold } from '../fan-out/tail.ts';
import { loginFailed } from '../outcomes.ts';

/** Users that one password must have failed for. */
const USERS = 20;
/** Share of failed logins that the commonest password of people has, in permille; lists of leaked passwords say as much. */
const COMMONEST = 10;
/** Chance that people alone reach the threshold, and how much days differ: size of a negative binomial distribution. */
const TAIL = 1e-5;
const SIZE = 4;
/** Counts beyond eight are estimated to about 13 %: one standard error is left as room, in percent. */
const ROOM = 113;
const WINDOW_MS = days(1);

/** Failed logins for which thresholds are computed; beyond they grow in proportion. */
const FAILURES = [0, 50, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000] as const;

const FINDING = 4600;
/** Users an address: people bring their own. */
const PER_ADDRESS = 3;
const CONCENTRATED = 1500;

/** What an address says that took part, in millinats, for its first user and for four. */
const FIRST = 2300;
const FEW = 2;
const MORE_FROM = 4600;
const MORE = 7000;
const MANY = 6;

const tried = condition('password failed', (f) => f.password !== 0, loginFailed);
const triedForSubject = condition('password failed for a subject', (f) => f.hasSubject, tried);
const triedForPrincipal = condition('password failed for a principal', (f) => f.hasPrincipal && !f.hasSubject, tried);

const common = { windowMs: WINDOW_MS } as const;
const users = {
  subjects: distinct({ ...common, key: 'password', of: 'subject', when: triedForSubject }),
  principals: distinct({ ...common, key: 'password', of: 'principal', when: triedForPrincipal }),
} as const;
const base = {
  ...users,
  addresses: distinct({ ...common, key: 'password', of: 'ip', when: tried }),
  ofTenant: count({ ...common, key: ['all', 'tenant'], when: tried }),
  ofAll: count({ ...common, key: ['all', 'all'], when: tried }),
} as const;
type Base = ValuesOf<typeof base>;

const usersOf = (v: Pick<Base, 'subjects' | 'principals'>): number => Math.max(v.subjects.n, v.principals.n);
/** Failed logins to compare with: those of the host, or all where logs do not tell hosts. */
const failuresOf = (v: Base): number => (v.ofTenant.n > 0 ? v.ofTenant.n : v.ofAll.n);

export const repeatedPassword: Detector = defineDetector({
  id: 'repeated-password',
  number: 5,
  title: 'One password for many users',
  class: 'credential-attack',
  group: 'population',
  owasp: ['API2', 'OAT-007', 'OAT-008'],
  actors: ['password', 'ip'],
  on: 'response',
  when: tried,
  cap: CAP.sequential,
  findingAt: FINDING,
  build: ({ actor, tune }) => {
    const least = Math.round(tune('users', USERS));
    const share = tune('commonest_permille', COMMONEST) / 1000;
    const thresholds = Int32Array.from(FAILURES, (n) =>
      Math.max(least, Math.ceil((tailThreshold(0.5 + n * share, SIZE, TAIL) * ROOM) / 100)),
    );
    const built = actor === 'password' ? ofPassword(thresholds) : ofAddress(thresholds, least);
    return built as unknown as ReturnType<Detector['build']>;
  },
});

function ofPassword(thresholds: Int32Array) {
  return {
    needs: base,
    judge(v: Base) {
      const n = usersOf(v);
      const from = thresholdFor(thresholds, failuresOf(v));
      if (n < from) return 0;
      const concentrated = n >= v.addresses.n * PER_ADDRESS ? CONCENTRATED : 0;
      return ramp(n, from, from * 2, FINDING, CAP.sequential) + concentrated;
    },
    say(v: Base) {
      const n = usersOf(v);
      return (
        `one password failed for ${about(n)} users from ${about(v.addresses.n)} addresses within a day: ` +
        `${percent(n, Math.max(n, failuresOf(v)))} of the failed logins, the commonest of people has 1 %`
      );
    },
  };
}

/** Addresses that take part. Somebody whose own password it is has tried it for one user. */
function ofAddress(thresholds: Int32Array, least: number) {
  const own = (name: 'subjects' | 'principals') =>
    ({ ...common, key: ['all', 'ip'], guard: { of: users[name], is: 'over', than: least } }) as const;
  const needs = {
    ...base,
    mySubjects: distinct({ ...own('subjects'), of: 'subject', when: triedForSubject }),
    myPrincipals: distinct({ ...own('principals'), of: 'principal', when: triedForPrincipal }),
  } as const;
  type V = ValuesOf<typeof needs>;
  const mine = (v: V): number => Math.max(v.mySubjects.n, v.myPrincipals.n);
  return {
    needs,
    judge(v: V, facts: Facts) {
      if (usersOf(v) < thresholdFor(thresholds, failuresOf(v)) || facts.authenticated) return 0;
      const n = mine(v);
      if (n < FEW) return n === 0 ? 0 : FIRST;
      return ramp(n, FEW, MANY, MORE_FROM, MORE);
    },
    say: (v: V) =>
      `took part in trying one password for ${about(usersOf(v))} users within a day: ${about(mine(v))} of them from here`,
  };
}

/** The threshold for so many failed logins, on straight lines between those computed. */
function thresholdFor(thresholds: Int32Array, failures: number): number {
  const end = FAILURES.length - 1;
  if (failures >= FAILURES[end]) return Math.floor((thresholds[end] * failures) / FAILURES[end]);
  let i = 0;
  while (FAILURES[i + 1] <= failures) i++;
  const step = thresholds[i + 1] - thresholds[i];
  return thresholds[i] + Math.floor((step * (failures - FAILURES[i])) / (FAILURES[i + 1] - FAILURES[i]));
}
