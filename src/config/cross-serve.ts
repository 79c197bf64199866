/** What only holds between two places of the part of a configuration that `serve` reads. */
import { ACTION } from '../engine/policy.ts';
import { parseListen } from './listen.ts';
import { type Locate, type Path, pathText } from './locate.ts';
import { hint, type Problem } from './problems.ts';
import type { Config } from './schema.ts';

/** Name of the group that the short form `upstream` makes. */
export const DEFAULT_UPSTREAM = 'default';

/** Two places that cannot both hold, and names that nothing has. */
export function serveContradictions(config: Config, locate: Locate): Problem[] {
  return [
    ...twice(config, locate),
    ...upstreamProblems(config, locate),
    ...listenProblems(config, locate),
    ...ladderProblems(config, locate),
    ...boundProblems(config, locate),
  ];
}

/** Names that must be one's own. */
function twice(config: Config, locate: Locate): Problem[] {
  const problems: Problem[] = [];
  for (const section of ['upstreams', 'limits', 'policies', 'plans'] as const) {
    const seen = new Set<string>();
    for (const [i, { name }] of config[section].entries()) {
      if (seen.has(name)) problems.push(locate([section, i, 'name'], 'SP1007', `"${name}" is taken: names are unique`));
      seen.add(name);
    }
  }
  for (const [i, { servers }] of config.upstreams.entries()) {
    const seen = new Set<string>();
    for (const [j, server] of servers.entries()) {
      const url = new URL(typeof server === 'string' ? server : server.url).origin;
      const path: Path = ['upstreams', i, 'servers', j];
      if (seen.has(url)) problems.push(locate(path, 'SP1007', `"${url}" stands here twice: give it a weight instead`));
      seen.add(url);
    }
  }
  return problems;
}

function upstreamProblems(config: Config, locate: Locate): Problem[] {
  const problems: Problem[] = [];
  const names = config.upstreams.map(({ name }) => name);
  const at = names.indexOf(DEFAULT_UPSTREAM);
  if (config.upstream !== undefined) {
    if (at >= 0) {
      const message = `"upstream" already makes a group named "${DEFAULT_UPSTREAM}": keep one of the two`;
      problems.push(locate(['upstreams', at, 'name'], 'SP1007', message));
    }
    names.push(DEFAULT_UPSTREAM);
  }
  for (const [i, { upstream }] of config.gateway.routes.entries()) {
    if (upstream === undefined || names.includes(upstream)) continue;
    const message = `there is no upstream "${upstream}"${hint(upstream, names)}`;
    problems.push(locate(['gateway', 'routes', i, 'upstream'], 'SP1005', message));
  }
  return problems;
}

interface Listener {
  readonly path: Path;
  readonly address: string;
  readonly port: number;
  readonly proxyProtocol: boolean;
}

/** The admin listener, and where the gateway listens, with their places. */
function listenersOf(config: Config): Listener[] {
  const listeners: Listener[] = [];
  const add = (path: Path, address: string | number, proxyProtocol: boolean) => {
    const parsed = parseListen(address);
    if (parsed !== null) listeners.push({ path, ...parsed, proxyProtocol });
  };
  // First, so that a clash is shown at the other one: the admin listener has a default and may not stand in the file.
  add(['admin', 'listen'], config.admin.listen, false);
  const { listen } = config;
  if (Array.isArray(listen)) {
    for (const [i, entry] of listen.entries()) {
      if (typeof entry === 'object') add(['listen', i, 'address'], entry.address, entry.proxy_protocol);
      else add(['listen', i], entry, false);
    }
  } else if (listen !== undefined) add(['listen'], listen, false);
  return listeners;
}

const EVERYWHERE = new Set(['0.0.0.0', '::']);

function listenProblems(config: Config, locate: Locate): Problem[] {
  const problems: Problem[] = [];
  const listeners = listenersOf(config);
  for (const [i, listener] of listeners.entries()) {
    const { path, address, port } = listener;
    const clash = listeners.slice(0, i).find((other) => {
      if (other.port !== port || port === 0) return false;
      return other.address === address || EVERYWHERE.has(other.address) || EVERYWHERE.has(address);
    });
    if (clash !== undefined) {
      const message = `port ${port} is taken by "${pathText(clash.path)}": two listeners cannot share it`;
      problems.push(locate(path, 'SP1007', message));
    }
    if (listener.proxyProtocol && config.clients.trusted_proxies.length === 0) {
      const message = 'proxy_protocol is read from clients.trusted_proxies only, and there are none';
      problems.push(locate([...path.slice(0, -1), 'proxy_protocol'], 'SP1007', message));
    }
  }
  return problems;
}

/** A ladder goes from mild to harsh: the order of ACTIONS. */
function ladderProblems(config: Config, locate: Locate): Problem[] {
  const problems: Problem[] = [];
  for (const [i, { ladder }] of config.policies.entries()) {
    if (ladder === undefined) continue;
    for (let j = 1; j < ladder.length; j++) {
      if (ACTION[ladder[j]] > ACTION[ladder[j - 1]]) continue;
      const message =
        ladder[j] === ladder[j - 1]
          ? `"${ladder[j]}" stands here twice`
          : `"${ladder[j]}" is milder than "${ladder[j - 1]}" before it: a ladder goes from mild to harsh`;
      problems.push(locate(['policies', i, 'ladder', j], 'SP1007', message));
    }
  }
  return problems;
}

/** Bounds that must not pass each other. */
function boundProblems(config: Config, locate: Locate): Problem[] {
  const problems: Problem[] = [];
  const { difficulty_bits, max_difficulty_bits } = config.challenge;
  if (max_difficulty_bits < difficulty_bits) {
    const message = `"max_difficulty_bits" is ${max_difficulty_bits}, below "difficulty_bits" of ${difficulty_bits}`;
    problems.push(locate(['challenge', 'max_difficulty_bits'], 'SP1007', message));
  }
  const { segment_bytes, max_bytes } = config.records.journal;
  if (segment_bytes > max_bytes) {
    const message = `"segment_bytes" is ${segment_bytes}, above "max_bytes" of ${max_bytes}: nothing could be rotated`;
    problems.push(locate(['records', 'journal', 'segment_bytes'], 'SP1007', message));
  }
  return problems;
}
