/**
 * Learning what the open end of combined lines means, from a sample: by what the values of a column look like and
 * whether they repeat. A layout is plain JSON, so that a second thread parses exactly as the first.
 */
import { BARE, MAX_TAIL_TOKENS, QUOTED, ROLE, SHAPE, SHAPES, shapeOf, tail } from './combined-tail.ts';

export interface TailLayout {
  readonly signature: number;
  readonly tokens: number;
  /** {@link ROLE} per token. */
  readonly roles: readonly number[];
}

export interface CombinedLayout {
  /** What the first of two addresses in front of a line is. */
  readonly firstAddress: 'host' | 'forwarded';
  readonly tails: readonly TailLayout[];
}

export const DEFAULT_LAYOUT: CombinedLayout = { firstAddress: 'forwarded', tails: [] };

/** Tail shapes that a layout keeps; a log with more of them is read by position and look beyond these. */
const MAX_LAYOUTS = 8;
/** Lines that a column must show before its statistics decide anything. */
const ENOUGH = 20;

interface Column {
  readonly shapes: Uint32Array;
  readonly values: Set<string>;
  largest: number;
}

interface Group {
  lines: number;
  readonly kinds: number[];
  readonly columns: Column[];
}

const utf8 = new TextDecoder();

/** Collects tails and draws the layout from them. Only detection uses it: it allocates. */
export class LayoutLearner {
  private readonly groups = new Map<number, Group>();
  private hostNames = 0;
  private addressPairs = 0;

  /** Notes what stood first in a line whose second token is an address. */
  sawFirst(isAddress: boolean): void {
    if (isAddress) this.addressPairs++;
    else this.hostNames++;
  }

  /** Notes the tail that was just cut from `buf`. */
  sawTail(buf: Uint8Array): void {
    if (tail.count === 0 || tail.count >= MAX_TAIL_TOKENS) return;
    const id = tail.signature * 32 + tail.count;
    let group = this.groups.get(id);
    if (group === undefined) {
      if (this.groups.size >= MAX_LAYOUTS * 8) return;
      group = { lines: 0, kinds: [...tail.kind.subarray(0, tail.count)], columns: [] };
      for (let i = 0; i < tail.count; i++) {
        group.columns.push({ shapes: new Uint32Array(SHAPES), values: new Set(), largest: 0 });
      }
      this.groups.set(id, group);
    }
    group.lines++;
    for (let i = 0; i < tail.count; i++) {
      const column = group.columns[i];
      const shape = shapeOf(buf, tail.start[i], tail.end[i]);
      column.shapes[shape]++;
      if (shape === SHAPE.absent) continue;
      const text = utf8.decode(buf.subarray(tail.start[i], tail.end[i]));
      column.values.add(text);
      if (shape === SHAPE.integer) column.largest = Math.max(column.largest, Number(text));
    }
  }

  layout(): CombinedLayout {
    const known = [...this.groups.entries()].sort((a, b) => b[1].lines - a[1].lines || a[0] - b[0]);
    return {
      firstAddress: this.hostNames > this.addressPairs / 10 ? 'host' : 'forwarded',
      tails: known.slice(0, MAX_LAYOUTS).map(([id, group]) => ({
        signature: Math.floor(id / 32),
        tokens: group.columns.length,
        roles: rolesOf(group),
      })),
    };
  }
}

function dominant(column: Column): number {
  let best: number = SHAPE.absent;
  for (let shape = 1; shape < SHAPES; shape++) {
    if (column.shapes[shape] > (best === SHAPE.absent ? 0 : column.shapes[best])) best = shape;
  }
  return best;
}

/** An id that stands for a visit: it comes back, but there are many of it. A request id never comes back. */
function isSession(column: Column): boolean {
  const seen = column.shapes.reduce((sum, n) => sum + n, 0) - column.shapes[SHAPE.absent];
  const distinct = column.values.size;
  if (seen < ENOUGH || distinct < Math.max(5, seen / 50) || distinct > seen * 0.8) return false;
  let mixed = 0;
  for (const value of column.values) if (value.length >= 16 && /\d/.test(value) && /[a-z]/i.test(value)) mixed++;
  return mixed >= distinct * 0.8;
}

const NEVER_REFERRER: readonly number[] = [SHAPE.addresses, SHAPE.integer, SHAPE.float, SHAPE.withUnit, SHAPE.keyed];

function rolesOf(group: Group): number[] {
  const looks = group.columns.map(dominant);
  const roles = looks.map((): number => ROLE.skip);
  const enough = group.lines >= ENOUGH;
  const texts = looks.map((_, i) => i).filter((i) => group.kinds[i] === QUOTED);
  const candidates = enough ? texts.filter((i) => !NEVER_REFERRER.includes(looks[i])) : texts;
  let [referrer = -1, agent = -1] = candidates;
  const alone = candidates.length === 1;
  const swapped = looks[referrer] === SHAPE.agent && (looks[agent] === SHAPE.url || looks[agent] === SHAPE.absent);
  if (alone ? looks[referrer] === SHAPE.agent || looks[referrer] === SHAPE.other : enough && swapped) {
    [referrer, agent] = [agent, referrer];
  }
  if (referrer >= 0) roles[referrer] = ROLE.referrer;
  if (agent >= 0) roles[agent] = ROLE.agent;
  const given = new Set<number>();
  const give = (i: number, role: number, name: string | number = role): void => {
    if (given.has(Number(name))) return;
    given.add(Number(name));
    roles[i] = role;
  };
  for (let i = 0; i < looks.length; i++) {
    if (roles[i] !== ROLE.skip) continue;
    const look = looks[i];
    const column = group.columns[i];
    const between = i > Math.min(referrer, agent) && i < Math.max(referrer, agent) && referrer >= 0 && agent >= 0;
    if (look === SHAPE.keyed) roles[i] = ROLE.keyed;
    else if (look === SHAPE.float) give(i, ROLE.seconds);
    else if (look === SHAPE.withUnit) give(i, ROLE.withUnit, ROLE.seconds);
    else if (look === SHAPE.addresses && group.kinds[i] === QUOTED) give(i, ROLE.forwarded);
    else if (look === SHAPE.absent && group.kinds[i] === QUOTED) give(i, ROLE.maybeForwarded, ROLE.forwarded);
    else if (look === SHAPE.host && enough) give(i, ROLE.host);
    else if (group.kinds[i] === BARE && between && (look === SHAPE.token || look === SHAPE.other))
      give(i, ROLE.session);
    else if (group.kinds[i] !== 3 && look === SHAPE.token && isSession(column)) give(i, ROLE.session);
    else if (isMicroseconds(group, i, looks)) give(i, ROLE.microseconds, ROLE.seconds);
  }
  return roles;
}

/**
 * A lone column of integers is Apache's %D when its values reach beyond what a request's size would: a request's length,
 * the other lone integer in use, is bounded by the server's header limit.
 */
function isMicroseconds(group: Group, i: number, looks: readonly number[]): boolean {
  if (group.kinds[i] !== BARE || looks[i] !== SHAPE.integer || group.lines < ENOUGH) return false;
  const alone = looks.filter((look, k) => look === SHAPE.integer && group.kinds[k] === BARE).length === 1;
  return alone && group.columns[i].largest > 65_536;
}

const single: Column[] = Array.from({ length: MAX_TAIL_TOKENS }, () => ({
  shapes: new Uint32Array(SHAPES),
  values: new Set<string>(),
  largest: 0,
}));
const lone: Group = { lines: 1, kinds: [], columns: [] };

/** Roles for the tail just cut, from this one line alone: by position first, by look for the rest. */
export function rolesOfLine(buf: Uint8Array): number[] {
  lone.kinds.length = 0;
  lone.columns.length = 0;
  for (let i = 0; i < tail.count; i++) {
    const column = single[i];
    column.shapes.fill(0);
    column.shapes[shapeOf(buf, tail.start[i], tail.end[i])] = 1;
    lone.kinds.push(tail.kind[i]);
    lone.columns.push(column);
  }
  return rolesOf(lone);
}
