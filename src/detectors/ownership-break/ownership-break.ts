/** Catalogue 12: a valid caller gets what belongs to somebody else. */
import { condition, count, distinct, habit, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { FLAG, METHODS, ROUTE_CLASS } from '../../enrich/facts.ts';
import { ROLE } from '../../enrich/kinds.ts';
import { days, hours } from '../../lib/units.ts';
import { about, counted, ramp } from '../evidence.ts';

const FINDING = 4600;
/** What objects of one, two, three, four and five other owners say within a day, in millinats: families have two. */
const BY_OWNERS = [0, 2500, 4000, 6900, 9200, CAP.certain] as const;
/** What changing or deleting one adds. */
const WRITTEN = 1500;
/** Where too few users are known to say what a route is like. */
const UNKNOWN_MOST = CAP.outlier;

/** Users of a route from which it is known whether its objects are private, and the share of them who see others'. */
const USERS = 5;
const SHARED_PERCENT = 20;
const ROUTE_WINDOW_MS = days(21);
const WINDOW_MS = days(1);

/** Learned owners: an object of at least so many visits by at most so many users has owners. */
const VISITS = 4;
const OWNERS = 2;
/** Such objects that somebody else got, from the first that counts to the most that they say. */
const LEARNED_FROM = 3;
const LEARNED_FULL = 8;
const LEARNED_MOST = 6900;

/** An identifier that stands twice, in requests that were answered: once is a client's mistake. */
const DUPLICATE = 2500;
const DUPLICATES = 3;
/** Others' ids asked for and refused. */
const REFUSALS = 5;
const REFUSALS_FULL = 20;
const REFUSALS_MOST = 6900;

const PUT = METHODS.indexOf('PUT');
const DELETE = METHODS.indexOf('DELETE');
const PATCH = METHODS.indexOf('PATCH');
const writes = (f: Facts): boolean => f.method === PUT || f.method === DELETE || f.method === PATCH;

/** Who sees others' objects by office is no stranger there. */
const isStaff = (role: number): boolean =>
  role === ROLE.support || role === ROLE.admin || role === ROLE.service || role === ROLE.partner;

const isServed = ({ status }: Facts): boolean => (status >= 200 && status < 300) || status === 304;
const isRefused = ({ status }: Facts): boolean => status === 403 || status === 404;

const user = condition(
  'user who is no staff asks for a thing',
  (f) =>
    f.has(FLAG.AUTHENTICATED | FLAG.SUBJECT_MISMATCH) &&
    f.hasPrincipal &&
    f.business === 0 &&
    (f.hasObject || f.hasOwner || f.has(FLAG.SUBJECT_MISMATCH | FLAG.DUPLICATE_ID)) &&
    f.routeClass !== ROUTE_CLASS.asset &&
    f.routeClass !== ROUTE_CLASS.search &&
    f.routeClass !== ROUTE_CLASS.code &&
    !isStaff(f.role),
);
const served = condition('user was given a thing', (f) => f.authenticated && isServed(f), user);
const others = condition('user was given a thing of another owner', (f) => f.hasOwner && !f.ownsObject, served);
const mismatched = condition('user was given another subject’s thing', (f) => f.has(FLAG.SUBJECT_MISMATCH), served);
const refused = condition(
  'user was refused another subject’s thing',
  (f) => isRefused(f) && f.has(FLAG.SUBJECT_MISMATCH),
  user,
);
const duplicated = condition('user was answered to a doubled id', (f) => f.has(FLAG.DUPLICATE_ID), served);
/** Where nobody tells the owner, those who come again and again are taken for it. */
const unowned = condition('user was given a thing of unknown owner', (f) => f.hasObject && !f.hasOwner, served);

function needsOf({ actor }: BuildContext) {
  const route = { key: ['all', 'route'], of: 'principal', windowMs: ROUTE_WINDOW_MS } as const;
  const visitors = habit({ key: 'object', of: 'principal', when: unowned, from: VISITS, most: OWNERS });
  const guard = { of: visitors, is: 'new' } as const;
  return {
    owners: distinct({ key: actor, of: 'owner', windowMs: WINDOW_MS, when: others }),
    mismatches: distinct({ key: actor, of: 'object', windowMs: WINDOW_MS, when: mismatched }),
    refusals: distinct({ key: actor, of: 'object', windowMs: hours(1), when: refused }),
    duplicates: count({ key: actor, windowMs: hours(1), when: duplicated }),
    visitors,
    strangers: distinct({ key: ['all', actor], of: 'object', windowMs: WINDOW_MS, when: unowned, guard }),
    users: distinct({ ...route, when: served }),
    usersOfOthers: distinct({ ...route, when: others }),
    usersMismatched: distinct({ ...route, when: mismatched }),
    usersStrange: distinct({ ...route, when: unowned, guard }),
  } as const;
}
type V = ValuesOf<ReturnType<typeof needsOf>>;

/** The most that may be said where so many of a route's users see what is others': 0 where that is usual there. */
function most(v: V, doing: number, certain: number): number {
  if (v.users.n < USERS) return UNKNOWN_MOST;
  return doing * 100 <= Math.max(100, v.users.n * SHARED_PERCENT) ? certain : 0;
}

const byOwners = (n: number): number => BY_OWNERS[Math.min(n, BY_OWNERS.length - 1)];

function ownerEvidence(v: V, f: Facts): number {
  if (!f.hasOwner || f.ownsObject || !isServed(f)) return 0;
  return Math.min(most(v, v.usersOfOthers.n, CAP.certain), byOwners(v.owners.n) + (writes(f) ? WRITTEN : 0));
}

function mismatchEvidence(v: V, f: Facts): number {
  if (!f.has(FLAG.SUBJECT_MISMATCH)) return 0;
  if (isRefused(f)) return ramp(v.refusals.n, REFUSALS, REFUSALS_FULL, FINDING, REFUSALS_MOST);
  if (!isServed(f)) return 0;
  // A path that names another subject and no object was still answered once.
  const n = Math.max(1, v.mismatches.n);
  return Math.min(most(v, v.usersMismatched.n, CAP.certain), byOwners(n) + (writes(f) ? WRITTEN : 0));
}

function learnedEvidence(v: V): number {
  if (v.visitors.isNew === 0) return 0;
  const n = v.strangers.n;
  return Math.min(most(v, v.usersStrange.n, LEARNED_MOST), ramp(n, LEARNED_FROM, LEARNED_FULL, FINDING, LEARNED_MOST));
}

function duplicateEvidence(v: V, f: Facts): number {
  if (!f.has(FLAG.DUPLICATE_ID) || v.duplicates.n === 0) return 0;
  return v.duplicates.n >= DUPLICATES ? FINDING + DUPLICATE : DUPLICATE;
}

export const ownershipBreak = defineDetector({
  id: 'ownership-break',
  number: 12,
  title: 'Objects of other owners',
  class: 'object-access',
  group: 'sequence',
  owasp: ['API1', 'API3'],
  actors: ['session', 'credential', 'principal'],
  on: 'response',
  when: user,
  cap: CAP.certain,
  findingAt: FINDING,
  build: (context) => ({
    needs: needsOf(context),
    judge: (v: V, f: Facts) =>
      Math.max(ownerEvidence(v, f), mismatchEvidence(v, f), learnedEvidence(v), duplicateEvidence(v, f)),
    say(v: V, f: Facts) {
      const verb = writes(f) ? 'changed' : 'was given';
      const told = [
        [ownerEvidence(v, f), `${verb} things of ${counted(v.owners.n, 'other owner', 'other owners')}`],
        [mismatchEvidence(v, f), sayMismatch(v, f, verb)],
        [learnedEvidence(v), `${verb} ${about(v.strangers.n)} things that only their usual users ever got`],
        [duplicateEvidence(v, f), `${counted(v.duplicates.n, 'request', 'requests')} named an id twice, differently`],
      ] as const;
      const [, text] = told.reduce((a, b) => (b[0] > a[0] ? b : a));
      return `${text} within a day; ${sayRoute(v)}`;
    },
  }),
});

function sayMismatch(v: V, f: Facts, verb: string): string {
  if (isRefused(f)) return `asked for ${about(v.refusals.n)} things under other subjects’ ids and was refused`;
  return `${verb} ${about(Math.max(1, v.mismatches.n))} things under ids of other subjects than its token’s`;
}

function sayRoute(v: V): string {
  if (v.users.n < USERS) return `too few users of this route are known to tell whether that is usual`;
  const doing = Math.max(v.usersOfOthers.n, v.usersMismatched.n, v.usersStrange.n);
  return `${about(doing)} of ${about(v.users.n)} users of this route ever did`;
}
