/** What a worker of the gateway is told when it starts, and what it reports. */
import type { LearnedModel } from '../../enrich/model.ts';
import type { EnrichmentSetup } from '../../runtime/enrichment.ts';
import type { MetricsSnapshot } from '../../runtime/telemetry/metrics.ts';
import type { ProxyTrustReport } from '../../runtime/telemetry/proxy-trust.ts';
import type { Overrides } from './overrides.ts';

export const OWNER_PATH = 'SALLYPORT_OWNER_PATH';
export const OWNER_SECRET = 'SALLYPORT_OWNER_SECRET';
export const WORKER_SETUP = 'SALLYPORT_WORKER_SETUP';

export interface WorkerSetup {
  readonly configPath: string | null;
  readonly overrides: Overrides;
  readonly version: string;
  /** The model comes over the owner's socket. */
  readonly enrichment: Omit<EnrichmentSetup, 'model'>;
  /** Hex. */
  readonly secrets: { readonly challenge: string; readonly pseudonyms: string };
  readonly policy: string;
}

/** What the owner tells its workers over the socket: when they connect, and whenever it is another one. */
export interface OwnerPush {
  readonly model: LearnedModel;
}

export interface WorkerReport {
  readonly metrics: MetricsSnapshot;
  readonly trust: ProxyTrustReport;
  readonly servers: readonly { readonly name: string; readonly url: string; readonly state: string }[];
  readonly degradation: number;
}
