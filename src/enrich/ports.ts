/** What enrichment is given from outside: software and content behind ports, tables, and what the configuration says. */
import type { RawExchange } from '../event/exchange.ts';
import type { CidrSet } from '../lib/cidr.ts';
import type { LearnedModel } from './model.ts';
import type { NetworkLookup } from './network.ts';
import type { ClassOverride } from './routes/classes.ts';
import type { QueryNames } from './routes/query.ts';

export interface SoftwarePort {
  readonly software: number;
  readonly softwareClass: number;
  readonly bot: number;
  /** Unix time in ms from which on the agent is stale; 0 never. */
  readonly staleAt: number;
  readonly odd: boolean;
  classify(buf: Uint8Array, start: number, end: number, hi: number, lo: number): void;
  botStatus(bot: number, asn: number, hi: number, lo: number): number;
}
export interface ContentPort {
  readonly hit: { millinats: number; rule: number; at: number; length: number; field: number };
  inspect(raw: RawExchange, agentHi: number, agentLo: number): void;
  probeRule(buf: Uint8Array, start: number, end: number): number;
  decoyOf(buf: Uint8Array, start: number, end: number): number;
}

export interface EnricherOptions {
  /** Keys every hash; 0 in `try` and in tests. */
  readonly seed: number;
  readonly model: LearnedModel;
  readonly networks: NetworkLookup;
  readonly software: SoftwarePort;
  /** Content rules; none are run without it. */
  readonly content?: ContentPort;
  /** Proxies whose X-Forwarded-For is believed. */
  readonly trusted?: CidrSet;
  /** Our own host names. Without them: those the model learned. */
  readonly hosts?: readonly string[];
  /** Route classes by glob; the first that matches wins over every name. */
  readonly routeClasses?: readonly ClassOverride[];
  /** Query parameters that carry identities, beyond the built-in names. */
  readonly query?: QueryNames;
}
