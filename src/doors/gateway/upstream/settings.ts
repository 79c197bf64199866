/** What the configuration says about servers, in the units that the rest of the room counts in. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Config } from '../../../config/schema.ts';
import { SallyportError } from '../../../lib/errors.ts';

/** The parts of the configuration that the room reads. */
export type UpstreamConfig = Pick<Config, 'upstream' | 'upstreams' | 'gateway'>;
type GroupConfig = UpstreamConfig['upstreams'][number];

/** Name of the group that the short key `upstream` makes. */
export const DEFAULT_GROUP = 'default';

export interface ServerSettings {
  /** Scheme, host and port, without a path. */
  readonly url: string;
  readonly weight: number;
}

export interface GroupSettings {
  readonly name: string;
  readonly servers: readonly ServerSettings[];
  readonly health: {
    readonly path: string;
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly unhealthyAfter: number;
    readonly healthyAfter: number;
  } | null;
  readonly outlier: {
    readonly enabled: boolean;
    readonly failures: number;
    readonly ejectionMs: number;
    readonly maxEjectedPercent: number;
  };
  readonly retries: { readonly max: number; readonly percent: number; readonly minPerSecond: number };
  readonly breaker: {
    readonly enabled: boolean;
    readonly failurePercent: number;
    readonly minRequests: number;
    readonly windowMs: number;
    readonly openMs: number;
    readonly probePercent: number;
  };
  /** Connections to one server at most. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly tls: { readonly ca: string; readonly verify: boolean; readonly serverName: string };
}

/** What the schema fills in for a group of which only the URL is known. */
const DEFAULTS = {
  outlier: { enabled: true, consecutive_failures: 5, ejection_s: 30, max_ejected_percent: 50 },
  retries: { max: 1, budget_percent: 20, min_per_second: 3 },
  breaker: {
    enabled: true,
    failure_percent: 50,
    min_requests: 20,
    window_s: 10,
    open_s: 5,
    probe_percent: 2,
  },
  connections: 128,
  connect_timeout_s: 3,
  keep_alive_s: 30,
  tls: { verify: true },
} as const satisfies Omit<GroupConfig, 'name' | 'servers'>;

/**
 * Groups of the configuration by name. Files are read here, once: throws a SallyportError where one cannot be (SP1008).
 * `baseDir` is what relative paths begin at.
 */
export function readGroups(config: UpstreamConfig, baseDir: string): Map<string, GroupSettings> {
  const groups = new Map<string, GroupSettings>();
  if (config.upstream !== undefined) {
    const group: GroupConfig = { name: DEFAULT_GROUP, servers: [config.upstream], ...DEFAULTS };
    groups.set(DEFAULT_GROUP, settingsOf(group, baseDir));
  }
  for (const group of config.upstreams) groups.set(group.name, settingsOf(group, baseDir));
  return groups;
}

function settingsOf(group: GroupConfig, baseDir: string): GroupSettings {
  const { health, outlier, retries, breaker, tls } = group;
  return {
    name: group.name,
    servers: group.servers.map((server) => {
      const { url, weight } = typeof server === 'string' ? { url: server, weight: 1 } : server;
      return { url: new URL(url).origin, weight };
    }),
    health: health
      ? {
          path: health.path,
          intervalMs: health.interval_s * 1000,
          timeoutMs: health.timeout_s * 1000,
          unhealthyAfter: health.unhealthy_after,
          healthyAfter: health.healthy_after,
        }
      : null,
    outlier: {
      enabled: outlier.enabled,
      failures: outlier.consecutive_failures,
      ejectionMs: outlier.ejection_s * 1000,
      maxEjectedPercent: outlier.max_ejected_percent,
    },
    retries: { max: retries.max, percent: retries.budget_percent, minPerSecond: retries.min_per_second },
    breaker: {
      enabled: breaker.enabled,
      failurePercent: breaker.failure_percent,
      minRequests: breaker.min_requests,
      windowMs: breaker.window_s * 1000,
      openMs: breaker.open_s * 1000,
      probePercent: breaker.probe_percent,
    },
    connections: group.connections,
    connectTimeoutMs: Math.max(1, Math.round(group.connect_timeout_s * 1000)),
    keepAliveMs: Math.max(1, Math.round(group.keep_alive_s * 1000)),
    tls: {
      ca: tls.ca === undefined ? '' : readPem(resolve(baseDir, tls.ca), group.name),
      verify: tls.verify,
      serverName: tls.server_name ?? '',
    },
  };
}

function readPem(path: string, group: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SallyportError('SP1008', `upstreams: "${group}": tls.ca ${path} cannot be read`, { cause });
  }
}
