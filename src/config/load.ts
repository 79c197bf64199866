/** From a path to a configuration and the files it names. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Known } from './cross.ts';
import { parseOpenApi } from './openapi.ts';
import { parseConfig } from './parse.ts';
import { ConfigError } from './problems.ts';
import type { Config } from './schema.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** Absolute path; null for defaults. */
  readonly file: string | null;
  /** The OpenAPI document, if one is named: {@link parseOpenApi}. */
  readonly openapi: object | null;
  /** Absolute paths of the network tables that the configuration names. */
  readonly networks: { readonly asn: string | null; readonly country: string | null };
  /** Hash over everything that was loaded: part of a run's manifest. */
  readonly version: string;
}

/** The configuration that holds without a file. */
export function defaultConfig(): LoadedConfig {
  return finish(parseConfig('', 'defaults'), null, null);
}

/**
 * Loads `path`, or defaults without one. ConfigError names each problem with its position; SallyportError SP1009 for an
 * OpenAPI document that cannot be used.
 */
export function loadConfig(path?: string, known: Known = {}): LoadedConfig {
  if (path === undefined) return defaultConfig();
  const file = resolve(path);
  const config = parseConfig(read(file, path, 'SP1001'), path, known);
  const name = config.routes.openapi;
  const openapi = name === undefined ? null : parseOpenApi(read(resolve(dirname(file), name), path, 'SP1008'), name);
  return finish(config, file, openapi);
}

function finish(config: Config, file: string | null, openapi: object | null): LoadedConfig {
  const absolute = (name: string | undefined) =>
    name === undefined || file === null ? null : resolve(dirname(file), name);
  return {
    config,
    file,
    openapi,
    networks: { asn: absolute(config.networks.asn), country: absolute(config.networks.country) },
    version: createHash('sha256')
      .update(JSON.stringify([config, openapi]))
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
