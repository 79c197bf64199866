/** Learned shapes on disk, one file for each process that learns: read at the start, and never half written. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FieldModel, RouteModel, ShapeModel } from '../../learn/shapes/model.ts';
import { SallyportError } from '../../lib/errors.ts';

/** Keeps what was learned from one run to the next. */
export interface ShapeStore {
  /** Null where there is none. SallyportError SP7906 where what is there cannot be used. */
  read(seed: number): ShapeModel | null;
  /** Rejects with SallyportError SP7907. */
  write(model: ShapeModel): Promise<void>;
}

const VERSION = 1;
const OWNER_ONLY = 0o600;
/** Larger files are not ours. */
const MAX_BYTES = 64 * 1024 * 1024;
/** As many as the configuration can ask for. */
const MAX_ROUTES = 4096;
const MAX_FIELDS = 256;
const MAX_VALUES = 10_000;

/** Keeps nothing. */
export const NO_SHAPES: ShapeStore = { read: () => null, write: () => Promise.resolve() };

/** `worker`: its number, 0 where there is one process only. */
export function shapesFile(dataDir: string, worker: number): ShapeStore {
  const path = join(dataDir, worker === 0 ? 'shapes.json' : `shapes-${worker}.json`);
  return {
    read: (seed) => readShapes(path, seed),
    async write(model) {
      try {
        await writeFile(`${path}.part`, textOf(model), { mode: OWNER_ONLY, flush: true });
        await rename(`${path}.part`, path);
      } catch (error) {
        throw new SallyportError('SP7907', `${path}: ${(error as Error).message}`, { cause: error });
      }
    },
  };
}

/** The text of a file, route by route: a large model is not put into words in one go. */
function* textOf({ routes, ...head }: ShapeModel): Generator<string> {
  yield `${JSON.stringify({ file: VERSION, ...head }).slice(0, -1)},"routes":[`;
  for (const [i, route] of routes.entries()) yield `${i === 0 ? '' : ',\n'}${JSON.stringify(route)}`;
  yield ']}\n';
}

function readShapes(path: string, seed: number): ShapeModel | null {
  if (!existsSync(path)) return null;
  let value: unknown;
  try {
    if (statSync(path).size > MAX_BYTES) throw new Error('it is larger than any model');
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SallyportError('SP7906', `${path}: ${(error as Error).message}`, { cause: error });
  }
  const { file, version, learnedMs, seed: learnedUnder, routes } = (value ?? {}) as Record<string, unknown>;
  if (file !== VERSION || typeof version !== 'string' || !isCount(learnedMs) || !isListOf(routes, MAX_ROUTES, isRoute))
    throw new SallyportError('SP7906', `${path} holds no shapes of this version`);
  if (learnedUnder !== seed) throw new SallyportError('SP7906', `${path} was learned under another seed`);
  return { version, learnedMs, seed, routes };
}

const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);
const isCount = (value: unknown): value is number => isInteger(value) && value >= 0;

function isListOf<T>(list: unknown, most: number, is: (one: unknown) => one is T): list is T[] {
  return Array.isArray(list) && list.length <= most && list.every(is);
}

const ROUTE_COUNTS = ['requests', 'identities', 'firstMs', 'lastMs', 'count'] as const satisfies (keyof RouteModel)[];

function isRoute(value: unknown): value is RouteModel {
  const one = (value ?? {}) as Record<string, unknown>;
  return (
    typeof one.method === 'string' &&
    typeof one.template === 'string' &&
    ROUTE_COUNTS.every((name) => isCount(one[name])) &&
    isListOf(one.fields, MAX_FIELDS, isField)
  );
}

const FIELD_COUNTS = [
  'observations',
  'identities',
  'presentPerMille',
  'types',
  'classes',
  'firstMs',
  'lastMs',
  'widenedMs',
] as const satisfies (keyof FieldModel)[];

function isField(value: unknown): value is FieldModel {
  const one = (value ?? {}) as Record<string, unknown>;
  return (
    typeof one.where === 'string' &&
    FIELD_COUNTS.every((name) => isCount(one[name])) &&
    isInteger(one.length) &&
    isInteger(one.magnitude) &&
    typeof one.negative === 'boolean' &&
    typeof one.manyValues === 'boolean' &&
    (one.values === null || isListOf(one.values, MAX_VALUES, isInteger)) &&
    (one.pending === null || isPending(one.pending))
  );
}

function isPending(value: unknown): boolean {
  const { types, classes, sinceMs } = (value ?? {}) as Record<string, unknown>;
  return isCount(types) && isCount(classes) && isCount(sinceMs);
}
