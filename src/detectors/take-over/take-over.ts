/** Catalogue 8: a new place and client of a user, and soon after it what only an owner changes. */
import { count, last, type ValuesOf } from '../../engine/aggregates.ts';
import { CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { humanDuration, minutes } from '../../lib/units.ts';
import { acceptedPrincipal } from '../conditions.ts';
import { type HabitValues, habitNeeds, isStrange, listed, novelty, strangeTraits } from '../user-novelty/novelty.ts';
import { accountChange, CHANGES, changed, changeOf, REMEMBERED } from './changes.ts';

/** How soon after somebody came as a stranger a change counts. */
const WINDOW_MS = minutes(30);
const FINDING = 6000;
/** How strange the visitor must be, in millinats: a new phone at home or a known one abroad stays below. */
const STRANGE = 2300;
/** What another kind of change before this one adds. */
const ANOTHER = 1500;

/** What a change by a stranger says, in millinats. New passwords are what people who cannot log in on a new phone make. */
const WEIGHT: Readonly<Record<(typeof CHANGES)[number], number>> = {
  '': 0,
  email: 4600,
  password: 2500,
  payout: 5200,
  mfa: 4600,
  address: 2000,
  token: 3000,
  profile: 2000,
  sensitive: 2000,
};
const WORDS: Readonly<Record<(typeof CHANGES)[number], string>> = {
  '': '',
  email: 'changed the e-mail address',
  password: 'changed the password',
  payout: 'changed where money is paid out',
  mfa: 'took the second factor away',
  address: 'changed the address',
  token: 'made an access token',
  profile: 'changed the account',
  sensitive: 'changed something sensitive',
};

function needsOf() {
  const key = ['all', 'principal'] as const;
  const common = { key, of: 'principal', on: 'response' } as const;
  // So that the record is looked at when something is changed, and not with every other request.
  const guard = {
    of: count({ key: 'principal', windowMs: WINDOW_MS, when: accountChange, on: 'response' }),
    is: 'over',
    than: 1,
  } as const;
  return {
    ...habitNeeds('principal', acceptedPrincipal),
    email: last({ ...common, guard, when: changed.email }),
    password: last({ ...common, guard, when: changed.password }),
    payout: last({ ...common, guard, when: changed.payout }),
    mfa: last({ ...common, guard, when: changed.mfa }),
    address: last({ ...common, guard, when: changed.address }),
    token: last({ ...common, guard, when: changed.token }),
  } as const;
}
type V = ValuesOf<ReturnType<typeof needsOf>>;

/** Other changes within the window before this one, the earliest first. */
function before(v: V, facts: Facts): { readonly name: (typeof REMEMBERED)[number]; readonly gapMs: number }[] {
  const now = CHANGES[changeOf(facts)];
  return REMEMBERED.filter((name) => name !== now && v[name].known !== 0 && v[name].gapMs <= WINDOW_MS)
    .map((name) => ({ name, gapMs: v[name].gapMs }))
    .sort((a, b) => b.gapMs - a.gapMs);
}

/** When the stranger came, in ms before this event: the youngest of what is strange. */
function cameMs(v: HabitValues): number {
  const ages = [v.asn, v.network, v.device, v.software].filter((h) => isStrange(h) && h.isNew === 0);
  return ages.length === 0 ? 0 : Math.max(...ages.map((h) => h.ageSec)) * 1000;
}

export const takeOver = defineDetector({
  id: 'take-over',
  number: 8,
  title: 'Take-over after login',
  class: 'take-over',
  group: 'identity',
  owasp: ['API2', 'API6', 'OAT-008'],
  actors: ['session', 'principal'],
  on: 'response',
  when: accountChange,
  cap: CAP.sequential,
  findingAt: FINDING,
  build: ({ tune }) => {
    const strange = Math.round(tune('strange_millinats', STRANGE));
    return {
      needs: needsOf(),
      judge(v: V, facts: Facts) {
        const sum = novelty(v);
        if (sum < strange) return 0;
        const more = before(v, facts).length * ANOTHER;
        return Math.min(CAP.outlier, sum) + WEIGHT[CHANGES[changeOf(facts)]] + more;
      },
      say(v: V, facts: Facts) {
        const traits = strangeTraits(v);
        const came = cameMs(v);
        const when = came > 0 ? `${humanDuration(came)} ago` : 'just now';
        const steps = before(v, facts).map(({ name, gapMs }) => `${WORDS[name]} ${humanDuration(gapMs)} ago`);
        const last = `${WORDS[CHANGES[changeOf(facts)]]} now`;
        return `came with a new ${traits} ${when}, then ${listed([...steps, last])}`;
      },
    };
  },
});
