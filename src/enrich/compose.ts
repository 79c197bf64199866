/** Puts an enricher together from the loaded tables: the same for a log, a worker, a live door and a test. */
import type { CidrSet } from '../lib/ip.ts';
import { Enricher, type EnricherOptions } from './enrich.ts';

export interface EnricherSetup extends Omit<EnricherOptions, 'software' | 'content'> {
  /** Paths that nothing links to. */
  readonly decoys?: readonly string[];
}

/** An enricher with every table of its own that is bounded and cached: one per thread. */
export function createEnricher(setup: EnricherSetup): Enricher {
  return new Enricher({ ...setup, software: NO_SOFTWARE });
}

// PROVISIONAL until enrich/software.ts and enrich/content land.
const NO_SOFTWARE: EnricherOptions['software'] = {
  software: 0,
  softwareClass: 0,
  bot: 0,
  staleAt: 0,
  odd: false,
  classify(buf, start) {
    (this as { softwareClass: number }).softwareClass = buf[start] === 0x4d ? 1 : 3;
  },
  botStatus: () => 0,
};
export type { CidrSet };
