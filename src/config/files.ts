/** Files that `serve` needs and a configuration names: whether they are there is asked before anything listens. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { identityFiles } from './identity.ts';
import type { Locate, Path } from './locate.ts';
import { outputFiles } from './outputs.ts';
import type { Problem } from './problems.ts';
import type { Config } from './schema.ts';

/** A file that a configuration names. */
export interface NamedFile {
  readonly path: Path;
  /** As it stands in the configuration, relative to it. */
  readonly name: string;
}

/** Certificates, keys and documents. What Sallyport makes itself (token, data folder) is not among them. */
export function filesOf(config: Config): NamedFile[] {
  const files: NamedFile[] = [];
  const add = (path: Path, name: string | undefined) => {
    if (name !== undefined) files.push({ path, name });
  };
  for (const [i, entry] of (Array.isArray(config.listen) ? config.listen : []).entries()) {
    if (typeof entry !== 'object' || entry.tls === undefined) continue;
    for (const key of ['cert', 'key', 'client_ca'] as const) add(['listen', i, 'tls', key], entry.tls[key]);
  }
  for (const [i, { tls }] of config.upstreams.entries()) add(['upstreams', i, 'tls', 'ca'], tls.ca);
  for (const [i, { openapi }] of config.inspection.schemas.entries()) {
    add(['inspection', 'schemas', i, 'openapi'], openapi);
  }
  const { graphql } = config.inspection;
  for (const key of ['schema', 'documents'] as const) add(['inspection', 'graphql', key], graphql[key]);
  for (const { path, name } of outputFiles(config.outputs)) add(['outputs', ...path], name);
  for (const { path, name } of identityFiles(config.identity)) add(['identity', ...path], name);
  return files;
}

/** Files that cannot be read, each with its place: SP1008. `file` is the configuration, which names are relative to. */
export function fileProblems(config: Config, file: string, locate: Locate): Problem[] {
  return filesOf(config).flatMap(({ path, name }) => {
    const problem = problemOf(resolve(dirname(file), name));
    return problem === null ? [] : [locate(path, 'SP1008', `"${name}" cannot be read: ${problem}`)];
  });
}

function problemOf(path: string): string | null {
  try {
    if (statSync(path).isDirectory()) return 'it is a folder';
    accessSync(path, constants.R_OK);
    return null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return 'there is no such file';
    return code === 'EACCES' ? 'this user may not read it' : String(code);
  }
}
