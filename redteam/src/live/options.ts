/** What a live run is told, and what it refuses. */
import { BlockList, isIP } from 'node:net';
import type { Exchange, Source, World } from '../contract.ts';

/** Bounds of a run. Each is a finite number above 0: a run without bounds is not to be had. */
export interface Limits {
  readonly requestsPerSecond: number;
  /** Requests that wait for their answer at once. */
  readonly inFlight: number;
  /** Real seconds; what is still open then has two seconds to end. */
  readonly seconds: number;
  readonly requests: number;
  /** For one answer, in real ms. */
  readonly timeoutMs: number;
  /** Connections kept open. */
  readonly connections: number;
}

export const LIMITS: Limits = {
  requestsPerSecond: 200,
  inFlight: 64,
  seconds: 60,
  requests: 50_000,
  timeoutMs: 10_000,
  connections: 512,
};

/** Accounts that visitors open are called so: whoever finds one in a database knows where it came from. */
export const NAME_PREFIX = 'rt.';

export interface LiveOptions {
  /** Where the site, or the door before it, listens: http://127.0.0.1:8081. */
  readonly url: string;
  readonly world: Pick<World, 'site' | 'startMs' | 'endMs'>;
  readonly sources: readonly Source[];
  /** World ms in a real ms: 1 for real time, 60 for an hour in a minute. */
  readonly factor?: number;
  readonly limits?: Partial<Limits>;
  /** Lets the run leave this machine. Accounts are marked then, whatever `namePrefix` says. */
  readonly allowRemote?: boolean;
  /** Host header; the site's host without it. */
  readonly host?: string;
  /** Sends the client's address in X-Forwarded-For, as a proxy before the server would; true without it. */
  readonly forwarded?: boolean;
  /** Connects from an address in 127.0.0.0/8 of the client's own, where the system has them; true without it. */
  readonly spread?: boolean;
  /** Name of the session cookie; 'session' without it. */
  readonly cookie?: string;
  /** Header for keys of the inventory; 'X-Api-Key' without it. */
  readonly keyHeader?: string;
  /** Says in X-Redteam-Campaign which campaign sent a request. Only for looking at logs: it gives the truth away. */
  readonly markCampaigns?: boolean;
  /** Put before the names of accounts that visitors open; {@link NAME_PREFIX} without it, '' for none on this machine. */
  readonly namePrefix?: string;
  /** What the owner of an account finds in the mailbox: the newest code sent to that name. */
  readonly mailbox?: (name: string) => string | undefined;
  /** A slower answer is 'delayed' when it is also far slower than others of its operation; real ms, 250 without it. */
  readonly delayMs?: number;
  /** Told of every exchange in the order in which they began. */
  readonly sink?: (exchange: Exchange) => void;
  /** Times of exchanges: 'real' (the default; what logs and reports of the server carry) or 'world'. */
  readonly times?: 'real' | 'world';
  readonly signal?: AbortSignal;
}

/** Options with everything decided. */
export interface Plan extends Omit<Required<LiveOptions>, 'limits' | 'mailbox' | 'sink' | 'signal'> {
  readonly limits: Limits;
  readonly address: string;
  readonly port: number;
  readonly mailbox: ((name: string) => string | undefined) | undefined;
  readonly sink: ((exchange: Exchange) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** The address to connect to; undefined if others than this machine could be meant. Names are not looked up. */
export function loopbackOf(host: string): string | undefined {
  const bare = host.replace(/^\[|\]$/g, '');
  if (bare === 'localhost') return '127.0.0.1';
  const version = isIP(bare);
  return version !== 0 && LOOPBACK.check(bare, version === 6 ? 'ipv6' : 'ipv4') ? bare : undefined;
}

/**
 * Fills in what was left out.
 * @throws Error for an address beyond loopback without `allowRemote`, another protocol than HTTP, or a limit that is none.
 */
export function planOf(options: LiveOptions): Plan {
  const url = new URL(options.url);
  if (url.protocol !== 'http:') throw new Error(`${options.url}: live runs speak plain HTTP`);
  const { allowRemote = false, factor = 1, delayMs = 250 } = options;
  const loopback = loopbackOf(url.hostname);
  if (loopback === undefined && !allowRemote) {
    throw new Error(`${url.hostname} is not a loopback address: live runs stay on this machine unless told otherwise`);
  }
  const limits = { ...LIMITS, ...options.limits };
  for (const [name, value] of [...Object.entries(limits), ['factor', factor], ['delayMs', delayMs]] as const) {
    if (!(Number.isFinite(value) && (value as number) > 0))
      throw new Error(`"${name}" is a number above 0, not ${value}`);
  }
  const namePrefix = loopback === undefined ? options.namePrefix || NAME_PREFIX : (options.namePrefix ?? NAME_PREFIX);
  return {
    url: options.url,
    world: options.world,
    sources: options.sources,
    address: loopback ?? url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 80),
    factor,
    limits,
    allowRemote,
    host: options.host ?? options.world.site.host,
    forwarded: options.forwarded ?? true,
    // Only what has an IPv4 loopback address at the other end can be reached from another one.
    spread: (options.spread ?? true) && loopback !== undefined && isIP(loopback) === 4,
    cookie: options.cookie ?? 'session',
    keyHeader: options.keyHeader ?? 'X-Api-Key',
    markCampaigns: options.markCampaigns ?? false,
    namePrefix,
    mailbox: options.mailbox,
    delayMs,
    sink: options.sink,
    times: options.times ?? 'real',
    signal: options.signal,
  };
}
