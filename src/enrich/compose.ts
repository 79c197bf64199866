/** Puts an enricher together from the loaded tables: the same for a log, a worker, a live door and a test. */
import { BUSINESS, F, type RawExchange } from '../event/exchange.ts';
import { botStatus } from './bots.ts';
import { DecoySet, decoyOf, inspect, NO_DECOYS, newHit, probeRule, resetHit } from './content/index.ts';
import { Enricher } from './enrich.ts';
import { CONTENT_FIELD, FLAG } from './facts.ts';
import type { ContentPort, EnricherOptions, SoftwarePort } from './ports.ts';
import { SoftwareTable, STALE_YEARS } from './software.ts';

export interface EnricherSetup extends Omit<EnricherOptions, 'software' | 'content'> {
  /** Paths that nothing links to. */
  readonly decoys?: readonly string[];
}

/** An enricher with every table of its own that is bounded and cached: one per thread. */
export function createEnricher(setup: EnricherSetup): Enricher {
  return new Enricher({ ...setup, software: new AgentFacts(), content: new ContentFacts(setup.decoys ?? []) });
}

/** Unix time in ms from which a browser of a release year is stale; 0 for year 0, "unknown". */
const STALE_AT = Float64Array.from({ length: 65_536 }, (_, year) =>
  year === 0 ? 0 : Date.UTC(year + STALE_YEARS, 0, 1),
);

/** Agents known to hold nothing, by the low bits of their hash: most exchanges repeat one of a few thousand. */
const CLEAN_AGENTS = 4096;

/** The software table as the enricher asks for it. */
class AgentFacts implements SoftwarePort {
  private readonly table = new SoftwareTable();

  get software(): number {
    return this.table.result.software;
  }
  get softwareClass(): number {
    return this.table.result.softwareClass;
  }
  get bot(): number {
    return this.table.result.bot;
  }
  get staleAt(): number {
    return STALE_AT[this.table.result.releaseYear];
  }
  get odd(): boolean {
    return (this.table.result.flags & FLAG.ODD_AGENT) !== 0;
  }

  classify(buf: Uint8Array, start: number, end: number, hi: number, lo: number): void {
    this.table.classify(buf, start, end, hi, lo);
  }
  botStatus(bot: number, asn: number, hi: number, lo: number): number {
    return botStatus(bot, asn, hi, lo);
  }
}

/** The content rules over the texts of an exchange that a log shows. */
class ContentFacts implements ContentPort {
  readonly hit = newHit();
  readonly probeRule = probeRule;
  readonly decoyOf: ContentPort['decoyOf'];
  private readonly clean = new Int32Array(CLEAN_AGENTS * 2);

  constructor(decoys: readonly string[]) {
    const set = decoys.length === 0 ? NO_DECOYS : new DecoySet(decoys);
    this.decoyOf = (buf, start, end) => decoyOf(buf, start, end, set);
  }

  inspect(raw: RawExchange, agentHi: number, agentLo: number): void {
    const { hit } = this;
    resetHit(hit);
    if (raw.kind === BUSINESS) return;
    const { buf, spans } = raw;
    inspect(buf, spans[F.target], spans[F.target + 1], CONTENT_FIELD.path, hit);
    inspect(buf, spans[F.referrer], spans[F.referrer + 1], CONTENT_FIELD.referrer, hit);
    const at = (agentLo & (CLEAN_AGENTS - 1)) * 2;
    if (this.clean[at] === agentLo && this.clean[at + 1] === agentHi) return;
    const before = hit.millinats;
    inspect(buf, spans[F.agent], spans[F.agent + 1], CONTENT_FIELD.agent, hit);
    // Only "nothing at all" is remembered: a weaker hit than the target's would not show here.
    if (before !== 0 || hit.millinats !== 0) return;
    this.clean[at] = agentLo;
    this.clean[at + 1] = agentHi;
  }
}
