/** Compares requests with what is usual for their route, and takes down what they look like so that it can be learned. */

import type { ShapedField } from '../../learn/shapes/learner.ts';
import {
  departs,
  ENOUGH,
  type Enough,
  type FieldModel,
  type RouteModel,
  routeDeparts,
  type ShapeModel,
} from '../../learn/shapes/model.ts';
import { bodyPlace, pathTexts, queryPlace } from '../../learn/shapes/places.ts';
import { shapeOf, type ValueType } from '../../learn/shapes/shape.ts';
import type { Asked, ParsedBody, Violation } from '../contract.ts';
import { readQuery } from '../schema/parameters.ts';
import { PathTree } from '../schema/paths.ts';

/** Values of one request that are looked at. */
const MAX_FIELDS = 64;
/** Values of one place: lists repeat themselves. */
const MAX_PER_PLACE = 4;
/** Departures told of one request. */
const MAX_DEPARTURES = 4;

/** What a request looks like: kept until its answer says whether it may teach. */
export interface ShapeSample {
  readonly path: string;
  /** Of query and body; those of the path follow from the template. */
  readonly fields: readonly ShapedField[];
  /** It may teach; else it was taken down to be compared only. */
  readonly teaches: boolean;
}

interface Known {
  readonly route: RouteModel;
  /** Fields by their place, since the first request that was compared. */
  byPlace: ReadonlyMap<string, FieldModel> | null;
}

export class ShapeDesk {
  private readonly seed: number;
  private readonly enough: Enough;
  private tree = new PathTree<Known>();
  private isEmpty = true;

  constructor(model: ShapeModel | null, seed?: number, enough: Enough = ENOUGH) {
    this.seed = seed ?? model?.seed ?? 0;
    this.enough = enough;
    this.use(model);
  }

  use(model: ShapeModel | null): void {
    this.tree = new PathTree();
    // Hashes under another key say nothing here.
    const routes = model !== null && model.seed === this.seed ? model.routes : [];
    for (const route of routes) this.tree.item(route.template).methods.set(route.method, { route, byPlace: null });
    this.isEmpty = routes.length === 0;
  }

  /** What a request looks like; null where nobody asks for it. */
  sample(asked: Asked, path: string, body: ParsedBody | null): ShapeSample | null {
    const teaches = asked.teaches === true;
    if (!teaches && this.known(path, asked.method) === undefined) return null;
    const fields: ShapedField[] = [];
    const counts = new Map<string, number>();
    const add = (where: string, text: string, type: ValueType): void => {
      const count = counts.get(where) ?? 0;
      if (fields.length >= MAX_FIELDS || count >= MAX_PER_PLACE) return;
      counts.set(where, count + 1);
      fields.push({ where, value: shapeOf(text, type, this.seed) });
    };
    const { pairs } = readQuery(asked.target, path.length < asked.target.length ? path.length : -1);
    for (let i = 0; i < pairs.length; i += 2) add(queryPlace(pairs[i]), pairs[i + 1], 'string');
    for (const field of body?.fields ?? []) {
      if (fields.length >= MAX_FIELDS) break;
      if (field.type !== 'key') add(bodyPlace(field.path), field.text, field.type);
    }
    return { path, fields, teaches };
  }

  private known(path: string, method: string): Known | undefined {
    return this.isEmpty ? undefined : this.tree.find(path, method)?.item.methods.get(method);
  }

  /** How a request departs from what is usual on its route. */
  check(asked: Asked, sample: ShapeSample): Violation[] {
    const known = this.known(sample.path, asked.method);
    if (known === undefined) return [];
    const { route } = known;
    known.byPlace ??= new Map(route.fields.map((field) => [field.where, field]));
    const { byPlace } = known;
    const found: Violation[] = [];
    const values = [...pathFields(route.template, sample.path, this.seed), ...sample.fields];
    for (const { where, value } of values) {
      const field = byPlace.get(where);
      const departure = field === undefined ? null : departs(field, value, this.enough);
      if (departure !== null) found.push({ kind: departure.bits, where, what: departure.what });
      if (found.length >= MAX_DEPARTURES) return found;
    }
    const places = sample.fields.map(({ where }) => where);
    const whole = routeDeparts(route, places, values.length, this.enough);
    if (whole !== null) found.push({ kind: whole.bits, where: whole.where, what: whole.what });
    return found;
  }
}

/** The values that stand in a path, by its template. */
export function pathFields(template: string, path: string, seed: number): ShapedField[] {
  return pathTexts(template, path).map(({ where, text }) => ({ where, value: shapeOf(text, 'string', seed) }));
}
