/** Where the evaluation data lies. It belongs to others and is not part of this repository. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));

/** `SALLYPORT_EVAL_DATA`, relative to the repository; `../shared/data` where it is not set. */
export function dataRoot(): string {
  return resolve(repository, process.env.SALLYPORT_EVAL_DATA ?? '../shared/data');
}

/** A path under {@link dataRoot}, or null where it does not exist. */
export function dataPath(...parts: string[]): string | null {
  const path = join(dataRoot(), ...parts);
  return existsSync(path) ? path : null;
}

/** Thrown by a suite whose data or means are missing: it is then skipped, which is not the same as passed. */
export class Skipped extends Error {
  override name = 'Skipped';
}

/** {@link dataPath}, or {@link Skipped}. */
export function needData(...parts: string[]): string {
  const path = dataPath(...parts);
  if (path === null) throw new Skipped(`no ${parts.join('/')} under ${dataRoot()} (set SALLYPORT_EVAL_DATA)`);
  return path;
}
