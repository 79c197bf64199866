/** What a worker of the gateway is told when it starts, and what it reports. */
import type { LoadedConfig } from '../../config/load.ts';
import type { OfficeNews } from '../../doors/gateway/revoking/revoking.ts';
import type { LearnedModel } from '../../enrich/model.ts';
import type { EnrichmentSetup } from '../../runtime/enrichment.ts';
import type { Live } from '../../runtime/live/service.ts';
import type { WorkerEvent } from '../../runtime/owner/cluster.ts';
import type { MetricsSnapshot } from '../../runtime/telemetry/metrics.ts';
import type { ProxyTrustReport } from '../../runtime/telemetry/proxy-trust.ts';

export const OWNER_PATH = 'SALLYPORT_OWNER_PATH';
export const OWNER_SECRET = 'SALLYPORT_OWNER_SECRET';
/** Name of the reports by which branches ask the office. */
export const OFFICE = 'office';
export const WORKER_SETUP = 'SALLYPORT_WORKER_SETUP';

/** What of it is known before there is a connection to the owner, and fits into the environment. */
export interface WorkerSetup {
  readonly version: string;
  /** Data directory that captures and learned shapes go to; null for none. */
  readonly captures: string | null;
  /** Hex. */
  readonly secrets: { readonly challenge: string; readonly pseudonyms: string };
}

/** What workers are told by their environment. */
export const setupOf = (
  version: string,
  { challenge, pseudonyms }: Live['secrets'],
  captures: string | null,
): WorkerSetup => ({
  version,
  secrets: {
    challenge: challenge.toString('hex'),
    pseudonyms: pseudonyms.toString('hex'),
  },
  captures,
});

/** Says which workers have crashed, and when they run again. */
export function crashNotes(onNote: (text: string) => void): (event: WorkerEvent) => void {
  const crashed = new Set<number>();
  return (event) => {
    if (event.type === 'crashed') {
      crashed.add(event.worker);
      onNote(`worker ${event.worker} ended: ${event.why}`);
    } else if (event.type === 'ready' && crashed.delete(event.worker)) onNote(`worker ${event.worker} runs again`);
  };
}

/**
 * The configuration in force, as the owner has read and checked it. Workers never read the file: it may be another one by
 * now, or a wrong one, and a worker that takes the place of one that died has to be like the others.
 */
export interface InForce {
  readonly loaded: LoadedConfig;
  readonly enrichment: Omit<EnrichmentSetup, 'model'>;
  readonly policy: string;
}

/** What the owner tells its workers over the socket: all of it when they connect, later what changes. */
export interface OwnerPush {
  readonly model?: LearnedModel;
  readonly inForce?: InForce;
  readonly office?: OfficeNews;
  /** Key of this day, in hex: an environment could be read for as long as the process runs. */
  readonly daily?: string;
}

export interface WorkerReport {
  readonly metrics: MetricsSnapshot;
  readonly trust: ProxyTrustReport;
  readonly servers: readonly { readonly name: string; readonly url: string; readonly state: string }[];
  readonly degradation: number;
}
