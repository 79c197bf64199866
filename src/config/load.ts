/** From a path to a configuration and the files it names. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SallyportError } from '../lib/errors.ts';
import type { Known } from './cross.ts';
import { fileProblems, filesOf } from './files.ts';
import { type Locate, type Path, pathText } from './locate.ts';
import { parseOpenApi } from './openapi.ts';
import { parseConfig, parseWithPlaces, sorted } from './parse.ts';
import { ConfigError, type Problem } from './problems.ts';
import type { Config } from './schema.ts';
import { configWarnings } from './warnings.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** Absolute path; null for defaults. */
  readonly file: string | null;
  /** The OpenAPI document, if one is named: {@link parseOpenApi}. */
  readonly openapi: object | null;
  /** Documents of `inspection.schemas`, in their order. */
  readonly schemas: readonly object[];
  /** Absolute paths of the network tables that the configuration names. */
  readonly networks: { readonly asn: string | null; readonly country: string | null };
  /** Hash over everything that was loaded: part of a run's manifest. */
  readonly version: string;
}

/** The configuration that holds without a file. */
export function defaultConfig(): LoadedConfig {
  return finish(parseConfig('', 'defaults'), null, null, []);
}

/**
 * Loads `path`, or defaults without one. ConfigError names each problem with its position, OpenAPI documents that cannot be
 * used included. `files`: certificates and keys must be readable, too; who only reads logs does not
 * need them.
 */
export function loadConfig(path?: string, known: Known = {}, options: { files?: boolean } = {}): LoadedConfig {
  if (path === undefined) return defaultConfig();
  const file = resolve(path);
  return loadText(read(file, path, 'SP1001'), path, known, options.files ?? false).loaded;
}

/** The same from the text of the file. */
function loadText(text: string, path: string, known: Known, files: boolean): { loaded: LoadedConfig; locate: Locate } {
  const file = resolve(path);
  const { config, locate } = parseWithPlaces(text, path, known);
  const missing = files ? fileProblems(config, file, locate) : [];
  if (missing.length > 0) throw new ConfigError(path, sorted(missing));
  const broken: Problem[] = [];
  const readAs = <T>(at: Path, name: string, reader: (text: string) => T): T | null => {
    try {
      return reader(read(resolve(dirname(file), name), path, 'SP1008'));
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error;
      const { message } = error instanceof ConfigError ? error.problems[0] : error;
      broken.push(locate(at, error.code, message));
      return null;
    }
  };
  const document = (at: Path, name: string): object => readAs(at, name, (text) => parseOpenApi(text, name)) ?? {};
  const name = config.routes.openapi;
  const openapi = name === undefined ? null : document(['routes', 'openapi'], name);
  const schemas = config.inspection.schemas.map((one, i) =>
    document(['inspection', 'schemas', i, 'openapi'], one.openapi),
  );
  for (const named of files ? filesOf(config) : []) {
    const reader = known.readers?.[pathText(named.path)];
    if (reader !== undefined) readAs(named.path, named.name, reader);
  }
  if (broken.length > 0) throw new ConfigError(path, sorted(broken));
  return { loaded: finish(config, file, openapi, schemas), locate };
}

/** Everything that can be said about a configuration. */
export interface CheckedConfig {
  /** As it was named. */
  readonly file: string;
  /** Lines of the file, to show places in; none where it cannot be read. */
  readonly lines: readonly string[];
  /** Null where there are problems. */
  readonly loaded: LoadedConfig | null;
  readonly problems: readonly Problem[];
  /** Of a configuration without problems. */
  readonly warnings: readonly Problem[];
}

/** Looks at a configuration and all files it names. Throws nothing that a file could cause. */
export function checkConfig(path: string, known: Known, nowMs: number): CheckedConfig {
  let lines: string[] = [];
  try {
    const text = read(resolve(path), path, 'SP1001');
    lines = text.split(/\r?\n/);
    const { loaded, locate } = loadText(text, path, known, true);
    return { file: path, lines, loaded, problems: [], warnings: sorted(configWarnings(loaded.config, locate, nowMs)) };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    const whole = { code: error.code, line: 0, column: 0, message: error.message };
    const problems = error instanceof ConfigError ? error.problems : [whole];
    return { file: path, lines, loaded: null, problems, warnings: [] };
  }
}

function finish(config: Config, file: string | null, openapi: object | null, schemas: readonly object[]): LoadedConfig {
  const absolute = (name: string | undefined) =>
    name === undefined || file === null ? null : resolve(dirname(file), name);
  return {
    config,
    file,
    openapi,
    schemas,
    networks: { asn: absolute(config.networks.asn), country: absolute(config.networks.country) },
    version: createHash('sha256')
      .update(JSON.stringify(schemas.length === 0 ? [config, openapi] : [config, openapi, schemas]))
      .digest('hex')
      .slice(0, 16),
  };
}

function read(path: string, named: string, code: 'SP1001' | 'SP1008'): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new ConfigError(named, [{ code, line: 0, column: 0, message: `${path} cannot be read: ${reason}` }], error);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ConfigError(named, [{ code: 'SP1002', line: 0, column: 0, message: `${path} is not UTF-8` }], error);
  }
}
