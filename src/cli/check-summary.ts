/** What a configuration puts in force, without secrets. */

import { filesOf } from '../config/files.ts';
import { parseListen } from '../config/listen.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { expiryMs } from '../config/warnings.ts';

/** In place of what must not be shown. */
const LEFT_OUT = '(left out)';

export interface ConfigSummary {
  readonly mode: 'observe' | 'enforce';
  readonly listeners: readonly {
    readonly address: string;
    readonly tls: boolean;
    readonly h2c: boolean;
    readonly proxy_protocol: boolean;
  }[];
  readonly admin: string;
  readonly upstreams: readonly { readonly name: string; readonly servers: readonly string[] }[];
  /** Routes with settings of their own. */
  readonly routes: number;
  readonly limits: readonly {
    readonly name: string;
    /** What is counted: `requests` or `cost`. */
    readonly unit: string;
    readonly limit: number;
    readonly window_s: number;
    readonly by: readonly string[];
    readonly mode: string;
  }[];
  readonly policies: readonly {
    readonly name: string;
    readonly classes: readonly string[];
    readonly mode: string;
    /** Of a canary. */
    readonly percent: number | null;
  }[];
  /** Entries of the allowlist, and exemptions with the policy they are in. */
  readonly exceptions: readonly {
    readonly what: string;
    readonly in: string;
    readonly owner: string;
    readonly expires: string;
    readonly ended: boolean;
  }[];
  readonly detectors_disabled: readonly string[];
  readonly data_dir: string;
  readonly files: readonly string[];
}

/** `nowMs` says which exceptions have ended. */
export function summaryOf({ config, networks }: LoadedConfig, nowMs: number): ConfigSummary {
  return {
    mode: config.mode,
    listeners: listenersOf(config),
    admin: addressText(config.admin.listen),
    upstreams: upstreamsOf(config).map(({ name, servers }) => ({ name, servers: servers.map(withoutSecret) })),
    routes: config.gateway.routes.length,
    limits: config.limits.map(({ name, unit, limit, window_s, by, mode }) => ({
      name,
      unit,
      limit,
      window_s,
      by,
      mode,
    })),
    policies: config.policies.map((policy) => ({
      name: policy.name,
      classes: [policy.class].flat(),
      mode: policy.mode,
      percent: policy.mode === 'canary' ? policy.canary_percent : null,
    })),
    exceptions: exceptionsOf(config, nowMs),
    detectors_disabled: config.detectors.disabled,
    data_dir: config.records.data_dir,
    files: [
      ...filesOf(config).map(({ name }) => name),
      ...[config.routes.openapi, networks.asn, networks.country].filter((name) => typeof name === 'string'),
    ],
  };
}

function addressText(listen: string | number): string {
  const at = parseListen(listen);
  if (at === null) return String(listen);
  return `${at.address.includes(':') ? `[${at.address}]` : at.address}:${at.port}`;
}

function listenersOf({ listen }: Config): ConfigSummary['listeners'] {
  if (listen === undefined) return [];
  return [listen].flat().map((entry) =>
    typeof entry === 'object'
      ? {
          address: addressText(entry.address),
          tls: entry.tls !== undefined,
          h2c: entry.h2c,
          proxy_protocol: entry.proxy_protocol,
        }
      : { address: addressText(entry), tls: false, h2c: false, proxy_protocol: false },
  );
}

/** Groups of servers with the URLs of their servers; the short form first. */
export function upstreamsOf(config: Config): { readonly name: string; readonly servers: readonly string[] }[] {
  const short = config.upstream === undefined ? [] : [{ name: 'default', servers: [config.upstream] }];
  return [
    ...short,
    ...config.upstreams.map(({ name, servers }) => ({
      name,
      servers: servers.map((server) => (typeof server === 'string' ? server : server.url)),
    })),
  ];
}

function exceptionsOf(config: Config, nowMs: number): ConfigSummary['exceptions'] {
  const entry = (
    what: { address?: string; agent?: string; principal?: string; credential?: string },
    rest: { owner: string; expires: string },
    policy: string,
  ) => {
    const [kind, value] = Object.entries(what).find(([, named]) => named !== undefined) ?? ['', ''];
    const ended = expiryMs(rest.expires) <= nowMs;
    return { what: `${kind} ${value}`, in: policy, owner: rest.owner, expires: rest.expires, ended };
  };
  return [
    ...config.allowlist.map(({ owner, expires, reason: _, ...what }) => entry(what, { owner, expires }, '')),
    ...config.policies.flatMap(({ name, exemptions }) =>
      exemptions.map(({ owner, expires, reason: _, ...what }) => entry(what, { owner, expires }, name)),
    ),
  ];
}

/** A URL without what may be a password in it. */
export function withoutSecret(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/@]*@/i, `$1${LEFT_OUT}@`).replace(/\?.*$/, `?${LEFT_OUT}`);
}

/** The configuration with every default filled in, and secrets left out. */
export function effectiveConfig(config: Config): object {
  const { endpoint } = config.telemetry.traces;
  const shown = (server: string | { url: string; weight: number }) =>
    typeof server === 'string' ? withoutSecret(server) : { ...server, url: withoutSecret(server.url) };
  return {
    ...config,
    ...(config.upstream !== undefined && { upstream: withoutSecret(config.upstream) }),
    upstreams: config.upstreams.map((group) => ({ ...group, servers: group.servers.map(shown) })),
    telemetry: {
      ...config.telemetry,
      traces: { ...config.telemetry.traces, ...(endpoint !== undefined && { endpoint: withoutSecret(endpoint) }) },
    },
    seed: config.seed === 0 ? 0 : LEFT_OUT,
  };
}
