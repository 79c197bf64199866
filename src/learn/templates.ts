/**
 * Route templates from answered paths. A segment is a value where it looks like one (a number, a UUID, a hash …), or
 * where so many siblings behave alike that they cannot all be names. Only paths that the API answered to actors who mostly
 * ask for what exists can teach, so that a scanner's invented paths leave nothing behind.
 *
 * The input is a sorted list; everything here is a deterministic function of it.
 */
import { ASSET_EXTENSIONS, isApiName, isClassName, SCRIPT_EXTENSIONS } from '../enrich/routes/classes.ts';
import { extensionDot, isValue, SHAPE, shapeOf } from '../enrich/routes/shape.ts';
import { compareText } from './sample.ts';

/** Distinct siblings beyond which words are taken for values. */
export const MANY_NAMES = 20;
/** The same for scripts (`.php` …), and for words at the root or behind "/api" or "/v1": such are programs and resources. */
export const MANY_RESOURCES = 100;
/** Below the root, siblings with hyphens or digits are taken for values beyond this many. */
export const MANY_SLUGS = 6;
/**
 * A sibling with this share of its parent's requests or actors, and several times those of the median sibling, is a
 * name, whatever it looks like.
 */
const ESTABLISHED_SHARE = 0.05;
const ESTABLISHED_EXCESS = 3;
/** Below this many actors, their share says nothing. */
const ESTABLISHED_ACTORS = 20;
/** Siblings taken for values must come from this many actors together (or from all, where there are fewer). */
const TEACHING_ACTORS = 3;
/** Templates that only one and the same actor was answered for: beyond this many, none of them is learned. */
const EXCLUSIVE_TEMPLATES = 50;
/** Deeper paths teach nothing. */
const MAX_TEACHING_SEGMENTS = 12;
/** Templates kept, those with the most requests. */
export const MAX_TEMPLATES = 2000;

/** Extensions of pages, which people write, among those of scripts. */
const PAGE_EXTENSIONS: ReadonlySet<string> = new Set(['html', 'htm', 'shtml', 'xhtml', 'json', 'xml']);

/** A path as the sample knows it. */
export interface PathStatistics {
  readonly path: string;
  readonly requests: number;
  /** Actors, as small integers. */
  readonly actors: ReadonlySet<number>;
}

export interface Candidate {
  readonly template: string;
  readonly requests: number;
  readonly actors: ReadonlySet<number>;
}

interface Row {
  readonly segments: readonly string[];
  readonly requests: number;
  readonly actors: ReadonlySet<number>;
}

/** Siblings of one spelling, or the merged values of one parameter. */
interface Group {
  readonly rows: Row[];
  requests: number;
  readonly actors: Set<number>;
  readonly shapes: Set<number>;
}

const newGroup = (): Group => ({ rows: [], requests: 0, actors: new Set(), shapes: new Set() });

function addRow(group: Group, row: Row): void {
  group.rows.push(row);
  group.requests += row.requests;
  for (const actor of row.actors) group.actors.add(actor);
}

function merge(into: Group, from: Group): void {
  for (const row of from.rows) addRow(into, row);
  for (const shape of from.shapes) into.shapes.add(shape);
}

/** Learns templates from answered paths, sorted by template. `actors` is how many actors history has in all. */
export function learnTemplates(paths: readonly PathStatistics[], actors: number): Candidate[] {
  const learner = new TemplateLearner(actors);
  const rows: Row[] = [];
  for (const { path, requests, actors: by } of paths) {
    const segments = path === '/' ? [] : path.slice(1).split('/');
    if (segments.length <= MAX_TEACHING_SEGMENTS) rows.push({ segments, requests, actors: by });
  }
  learner.learn(rows, 0, '');
  return withoutExclusive(learner.found, actors)
    .sort((a, b) => b.requests - a.requests || compareText(a.template, b.template))
    .slice(0, MAX_TEMPLATES)
    .sort((a, b) => compareText(a.template, b.template));
}

/** Drops the templates of an actor who alone was answered for too many of them: an explorer does not define an API. */
function withoutExclusive(found: readonly Candidate[], actors: number): Candidate[] {
  if (actors < TEACHING_ACTORS) return [...found];
  const owner = (c: Candidate): number => (c.actors.size === 1 ? [...c.actors][0] : -1);
  const counts = new Map<number, number>();
  for (const c of found) counts.set(owner(c), (counts.get(owner(c)) ?? 0) + 1);
  return found.filter((c) => owner(c) < 0 || (counts.get(owner(c)) as number) <= EXCLUSIVE_TEMPLATES);
}

class TemplateLearner {
  readonly found: Candidate[] = [];
  private readonly teachingActors: number;

  constructor(actors: number) {
    this.teachingActors = Math.min(TEACHING_ACTORS, Math.max(1, actors));
  }

  /** Learns what stands at `depth` and below, in rows that agree (as templates) up to there. */
  learn(rows: readonly Row[], depth: number, prefix: string): void {
    const ends = newGroup();
    const literals = new Map<string, Group>();
    const assets = new Map<string, Group>();
    for (const row of rows) {
      if (row.segments.length === depth) addRow(ends, row);
      else addRow(groupOf(row, depth, literals, assets), row);
    }
    if (ends.rows.length > 0) this.emit(prefix === '' ? '/' : prefix, ends);
    for (const [extension, group] of sorted(assets)) this.emit(`${prefix}/{file}.${extension}`, group);
    const parent = prefix.slice(prefix.lastIndexOf('/') + 1);
    const resources = depth === 0 || isApiName(parent);
    const parameters = this.splitOffValues(literals, { depth, resources });
    for (const [name, group] of sorted(literals)) this.learn(group.rows, depth + 1, `${prefix}/${name}`);
    for (const [extension, group] of sorted(parameters)) {
      const suffix = extension === '' ? '' : `.${extension}`;
      this.learn(group.rows, depth + 1, `${prefix}/{${parameterName(group.shapes)}}${suffix}`);
    }
  }

  private emit(template: string, group: Group): void {
    this.found.push({ template, requests: group.requests, actors: group.actors });
  }

  /** Moves the siblings that are values out of `literals`, into one parameter for each extension. */
  private splitOffValues(literals: Map<string, Group>, place: Place): Map<string, Group> {
    const { depth } = place;
    const parameters = new Map<string, Group>();
    const values = new Map<string, number>();
    const siblings: Sibling[] = [];
    for (const [name, group] of sorted(literals)) {
      const sibling = siblingOf(name, group, depth);
      if (!isValue(sibling.shape)) {
        siblings.push(sibling);
        continue;
      }
      const parameter = parameterOf(parameters, sibling.extension);
      merge(parameter, group);
      parameter.shapes.add(sibling.shape);
      values.set(sibling.extension, (values.get(sibling.extension) ?? 0) + 1);
      literals.delete(name);
    }
    const loose = this.loose(siblings, literals, parameters);
    for (const extension of new Set(loose.map((s) => s.extension))) {
      const same = loose.filter((s) => s.extension === extension);
      const taken = this.collapsing(same, place, parameters.get(extension), values.get(extension) ?? 0);
      if (!this.areTaughtByEnough(taken, parameters.get(extension))) continue;
      for (const sibling of taken) {
        const parameter = parameterOf(parameters, extension);
        literals.delete(sibling.name);
        merge(parameter, sibling.group);
        parameter.shapes.add(sibling.shape);
      }
    }
    return parameters;
  }

  /** Siblings that are not established as names by their use or by what they say. */
  private loose(siblings: readonly Sibling[], literals: Map<string, Group>, parameters: Map<string, Group>): Sibling[] {
    let requests = 0;
    const actors = new Set<number>();
    for (const group of [...literals.values(), ...parameters.values()]) {
      requests += group.requests;
      for (const actor of group.actors) actors.add(actor);
    }
    const busy = Math.max(
      requests * ESTABLISHED_SHARE,
      ESTABLISHED_EXCESS * median(siblings.map((s) => s.group.requests)),
    );
    const known =
      actors.size < ESTABLISHED_ACTORS
        ? Number.POSITIVE_INFINITY
        : Math.max(
            actors.size * ESTABLISHED_SHARE,
            ESTABLISHED_EXCESS * median(siblings.map((s) => s.group.actors.size)),
          );
    return siblings.filter((s) => {
      if (s.shape === SHAPE.junk || isClassName(s.name) || isApiName(s.name)) return false;
      return s.group.requests < busy && s.group.actors.size < known;
    });
  }

  /** Those of the loose siblings of one extension that are values. */
  private collapsing(loose: readonly Sibling[], place: Place, parameter: Group | undefined, values: number): Sibling[] {
    const alike = withCommonContinuation(loose, place.depth, parameter);
    const slugs = alike.filter((s) => s.shape === SHAPE.slug);
    const script = SCRIPT_EXTENSIONS.has(loose[0].extension) && !PAGE_EXTENSIONS.has(loose[0].extension);
    if (alike.length - slugs.length > (script || place.resources ? MANY_RESOURCES : MANY_NAMES)) return alike;
    // Below the root a handful of names with hyphens or digits is enough; at the root such are pages.
    if (slugs.length > (script ? MANY_RESOURCES : place.resources ? MANY_NAMES : MANY_SLUGS)) return slugs;
    if (parameter === undefined || place.depth === 0) return [];
    // Beside values: what is asked for no more often than a value is one of them.
    const usual = Math.max(3, (3 * parameter.requests) / Math.max(1, values));
    return slugs.filter((s) => s.group.requests <= usual);
  }

  private areTaughtByEnough(taken: readonly Sibling[], parameter: Group | undefined): boolean {
    if (parameter !== undefined) return true;
    const actors = new Set<number>();
    for (const sibling of taken) for (const actor of sibling.group.actors) actors.add(actor);
    return actors.size >= this.teachingActors;
  }
}

/** Where siblings stand. */
interface Place {
  readonly depth: number;
  /** True at the root and behind "/api" or "/v1", where names of resources stand. */
  readonly resources: boolean;
}

interface Sibling {
  readonly name: string;
  readonly group: Group;
  readonly shape: number;
  readonly extension: string;
  /** What follows it: names of the next segments, "" for an end; values as "{}". */
  readonly next: ReadonlySet<string>;
}

/** Siblings whose every continuation is shared by several of them, or by the values beside them. */
function withCommonContinuation(loose: readonly Sibling[], depth: number, parameter: Group | undefined): Sibling[] {
  const counts = new Map<string, number>();
  for (const sibling of loose) for (const name of sibling.next) counts.set(name, (counts.get(name) ?? 0) + 1);
  const besides = parameter === undefined ? new Set<string>() : continuations(parameter.rows, depth);
  const enough = Math.max(2, Math.ceil(loose.length / 5));
  return loose.filter((sibling) => {
    for (const name of sibling.next) if ((counts.get(name) as number) < enough && !besides.has(name)) return false;
    return true;
  });
}

function continuations(rows: readonly Row[], depth: number): Set<string> {
  const next = new Set<string>();
  for (const { segments } of rows) {
    if (segments.length === depth + 1) next.add('');
    else next.add(isValue(shapeOfText(segments[depth + 1])) ? '{}' : segments[depth + 1]);
  }
  return next;
}

function siblingOf(name: string, group: Group, depth: number): Sibling {
  const next = continuations(group.rows, depth);
  const whole = shapeOfText(name);
  // An address ends in what looks like an extension.
  if (isValue(whole) || !next.has('')) return { name, group, shape: whole, extension: '', next };
  const extension = extensionOf(name);
  const stem = extension === '' ? name : name.slice(0, -extension.length - 1);
  return { name, group, shape: shapeOfText(stem), extension, next };
}

function groupOf(row: Row, depth: number, literals: Map<string, Group>, assets: Map<string, Group>): Group {
  const name = row.segments[depth];
  const extension = row.segments.length === depth + 1 ? extensionOf(name) : '';
  if (ASSET_EXTENSIONS.has(extension.toLowerCase())) return parameterOf(assets, extension);
  return parameterOf(literals, name);
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values.length === 0 ? 0 : values[values.length >> 1];
}

function parameterOf(groups: Map<string, Group>, key: string): Group {
  let group = groups.get(key);
  if (group === undefined) {
    group = newGroup();
    groups.set(key, group);
  }
  return group;
}

function sorted(groups: ReadonlyMap<string, Group>): [string, Group][] {
  return [...groups].sort((a, b) => compareText(a[0], b[0]));
}

function parameterName(shapes: ReadonlySet<number>): string {
  if (shapes.size === 1) {
    if (shapes.has(SHAPE.uuid)) return 'uuid';
    if (shapes.has(SHAPE.hash)) return 'hash';
    if (shapes.has(SHAPE.date)) return 'date';
    if (shapes.has(SHAPE.email)) return 'email';
  }
  if (shapes.size === 2 && shapes.has(SHAPE.hash) && shapes.has(SHAPE.number)) return 'hash';
  for (const shape of shapes) if (isValue(shape)) return shapes.has(SHAPE.word) ? 'slug' : 'id';
  return 'slug';
}

const bytes = new Uint8Array(8192);

/** Puts a text of one char a byte into scratch; returns its length. */
function load(text: string): number {
  const length = Math.min(bytes.length, text.length);
  for (let i = 0; i < length; i++) bytes[i] = text.charCodeAt(i);
  return length;
}

function shapeOfText(text: string): number {
  return shapeOf(bytes, 0, load(text));
}

function extensionOf(text: string): string {
  const length = load(text);
  const dot = extensionDot(bytes, 0, length);
  return dot < 0 ? '' : text.slice(dot + 1);
}
