/**
 * How unlike somebody's habit an exchange is: the sum of log p(x) / p(x | holder) over where it comes from and which client it
 * is. Shared by the detectors that ask whether a user, or a key, is still in the same hands.
 *
 * An observation is the first accepted exchange from a network (/24, /48) within an hour. So what is kept about a holder is
 * looked at only then, and a busy hour counts no more than a quiet one.
 */
import { type Condition, distinct, habit, type Values, type ValuesOf } from '../../engine/aggregates.ts';
import { HABIT_KINDS, HABIT_OLD_SEC } from '../../engine/features/habit.ts';
import { expNeg, ln, MILLINATS, millinats } from '../../lib/fixed.ts';
import { hours } from '../../lib/units.ts';

/** Observations before anything counts as new: from the third login on. */
const FROM = 3;
/** Places from which a holder has no home, at least so many: nothing is new to it. */
const ROAMING = HABIT_KINDS;
/** What came for the first time within this many seconds is still a stranger. */
export const FRESH_SEC = 1800;

/** The most that one trait can say, and a second one of the same kind adds: new networks often are in new countries. */
const TRAIT_MOST = 3000;
const SECOND_SHARE = 3;
const HOUR_MOST = 700;
const AGENT_MOST = 2500;
/** The most that a known trait takes back. */
const KNOWN_MOST = 3000;

/**
 * ln p(x) of a trait for somebody else, in millinats: how likely an impostor has it by chance. Devices are nobody else's; a
 * family of software is many people's.
 */
const ANYBODY = {
  asn: millinats(ln(0.1)),
  network: millinats(ln(0.01)),
  country: millinats(ln(0.5)),
  device: millinats(ln(0.001)),
  software: millinats(ln(0.3)),
  agent: millinats(ln(0.3)),
  handshake: millinats(ln(0.1)),
} as const;
type Trait = keyof typeof ANYBODY;

const LN = Int32Array.from({ length: 130 }, (_, i) => (i === 0 ? 0 : millinats(ln(i))));

const entriesOf = (holder: 'principal' | 'credential', when: Condition) =>
  distinct({ key: holder, of: 'network', windowMs: hours(1), when, on: 'response' });

/** Where a credential is used, kept in its own record: to be read with every request of one that is suspected. */
export function placeNeeds(when: Condition) {
  const common = {
    key: 'credential',
    when,
    guard: { of: entriesOf('credential', when), is: 'new' },
    from: FROM,
    most: 8,
    on: 'response',
  } as const;
  return { system: habit({ ...common, of: 'asn' }), network: habit({ ...common, of: 'network' }) } as const;
}

/** The habits of a user or a credential. `when`: its exchanges that were accepted. */
export function habitNeeds(holder: 'principal' | 'credential', when: Condition) {
  const entries = entriesOf(holder, when);
  const common = {
    key: ['all', holder],
    when,
    guard: { of: entries, is: 'new' },
    from: FROM,
    most: 8,
    on: 'response',
  } as const;
  return {
    entries,
    asn: habit({ ...common, of: 'asn' }),
    network: habit({ ...common, of: 'network' }),
    country: habit({ ...common, of: 'country' }),
    device: habit({ ...common, of: 'device' }),
    software: habit({ ...common, of: 'software' }),
    agent: habit({ ...common, of: 'agent' }),
    handshake: habit({ ...common, of: 'handshake' }),
    hour: habit({ ...common, of: 'hour' }),
  } as const;
}
export type HabitValues = ValuesOf<ReturnType<typeof habitNeeds>>;
type Habit = Values['habit'];

/** New, or new half an hour ago. */
export const isStrange = (h: Habit): boolean =>
  h.isNew !== 0 || (h.seen > 0 && h.ageSec < FRESH_SEC && h.n - h.seen >= FROM);

/** Log-ratio of one trait in millinats: > 0 where it is strange, < 0 where it is usual, 0 where nothing is known. */
function traitOf(h: Habit, trait: Trait): number {
  if (isStrange(h)) {
    // How often something new comes is the share of what came once (Good 1953); of what is judged now, itself left out.
    const once = h.seen === 1 ? h.once - 1 : h.once;
    return Math.min(TRAIT_MOST, Math.max(0, LN[h.n - h.seen + 1] - LN[Math.max(1, once)]));
  }
  if (h.seen === 0 || (h.ageSec !== HABIT_OLD_SEC && h.ageSec < FRESH_SEC)) return 0;
  return Math.max(-KNOWN_MOST, Math.min(0, ANYBODY[trait] - (LN[h.seen] - LN[h.n + 1])));
}

/** Strange traits of one kind: the strongest and a third of the next. Without any, the most usual one counts. */
function sideOf(traits: readonly number[]): number {
  const [first, second] = [...traits].sort((a, b) => b - a);
  if (first <= 0) return Math.min(...traits);
  return first + Math.trunc(Math.max(0, second) / SECOND_SHARE);
}

const homeOf = (v: HabitValues): Habit => (v.asn.n > 0 && v.asn.kinds > 0 ? v.asn : v.network);

/** Places that a holder is known from, the present one among them once it was seen. */
export const placesOf = (v: HabitValues): number => homeOf(v).kinds;

/** Where it comes from: by system, or by network where systems are not known. */
export function placeNovelty(v: HabitValues): number {
  const home = homeOf(v);
  if (home.kinds >= ROAMING) return 0;
  const place = traitOf(home, home === v.asn ? 'asn' : 'network');
  // A known system is known, whatever the table of countries says of its addresses.
  return place > 0 ? sideOf([place, traitOf(v.country, 'country')]) : place;
}

/** The family of software; where nobody has a name for it, the agent as it stands, which changes with each version. */
function softwareTrait(v: HabitValues): number {
  const software = traitOf(v.software, 'software');
  return software === 0 ? Math.min(AGENT_MOST, traitOf(v.agent, 'agent')) : software;
}
const isClientStrange = (v: HabitValues): boolean =>
  isStrange(v.software) || (traitOf(v.software, 'software') === 0 && isStrange(v.agent));

/** Which client it is. A device that is known is the user's, whatever it runs. */
export function clientNovelty(v: HabitValues): number {
  const device = traitOf(v.device, 'device');
  if (device < 0) return device;
  return sideOf([device, softwareTrait(v), traitOf(v.handshake, 'handshake')]);
}

/**
 * The whole in millinats. Place and client are not apart from each other: whoever first logs in at home what was used on the way
 * before, the app and then the browser, has a new one of both. So of two that are strange the weaker adds a part of itself.
 */
export function novelty(v: HabitValues): number {
  const place = placeNovelty(v);
  const client = clientNovelty(v);
  if (place <= 0 || client <= 0) return place + client;
  // Travellers are awake at other hours, too: without a new client the hour says nothing.
  const hour = v.hour.isNew !== 0 ? Math.min(HOUR_MOST, LN[v.hour.n + 1] - LN[Math.max(1, v.hour.once)]) : 0;
  return sideOf([place, client]) + hour;
}

/** "network, country and device": what is strange, in words; '' for nothing. */
export function strangeTraits(v: HabitValues): string {
  const names = [
    [v.asn.kinds > 0 ? isStrange(v.asn) : isStrange(v.network), 'network'],
    [isStrange(v.country), 'country'],
    [isStrange(v.device), 'device'],
    [isClientStrange(v) && !isStrange(v.device), 'client'],
    [isStrange(v.handshake) && !isClientStrange(v) && !isStrange(v.device), 'handshake'],
    [v.hour.isNew !== 0, 'time of day'],
  ] as const;
  return listed(names.flatMap(([strange, name]) => (strange ? [name] : [])));
}

/** "a, b and c". */
export function listed(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;
}

/** "1 in 900" for a log-ratio in millinats, to two figures. */
export function oneIn(logRatio: number): string {
  const odds = 1 / expNeg(Math.min(30, Math.max(0, logRatio) / MILLINATS));
  let unit = 1;
  while (odds / unit >= 100) unit *= 10;
  return `1 in ${Math.round(odds / unit) * unit}`;
}
