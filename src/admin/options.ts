/** What the admin listener is given by whoever starts it. */
import type { RevocationsPort } from '../identity/revocation/port.ts';
import type { CapturesPort } from '../runtime/live/captures.ts';
import type { InventoryPort } from '../runtime/live/inventory-report.ts';
import type { OperatorPort } from '../runtime/live/operator.ts';
import type { PlansPort } from '../runtime/live/plans/report.ts';

/** Whether the process works, and whether it should be sent traffic. */
export interface Health {
  readonly live: boolean;
  readonly ready: boolean;
}

/** What a reload changed. What could not be taken over is SallyportError SP7008. */
export interface ReloadReceipt {
  /** RFC 3339. */
  readonly reloaded_at: string;
  /** Keys of the configuration that count from now on. */
  readonly changed: readonly string[];
  /** Keys that differ from those in force, and count after a restart only. */
  readonly needs_restart: readonly string[];
}

export interface AdminOptions {
  /** Loopback unless the configuration says otherwise; port 0 for a free one. */
  readonly listen: { readonly address: string; readonly port: number };
  readonly token: string;
  readonly operator: OperatorPort;
  /** The text of the metrics, in a format that `accept` (a header, maybe empty) allows. */
  metrics(accept: string): Promise<{ type: string; body: string }> | { type: string; body: string };
  /** How client addresses come about, as `sallyport doctor` says it: an object for JSON. */
  trust(): unknown;
  /** Raw requests of captured routes; left out where nothing can be captured. */
  readonly captures?: CapturesPort;
  /** What counts no more; left out where nothing can be revoked. */
  readonly revocations?: RevocationsPort;
  /** Endpoints that were seen; left out where none are kept. */
  readonly inventory?: InventoryPort;
  /** What callers have used of their plans; left out where there are none. */
  readonly plans?: PlansPort;
  health(): Health | Promise<Health>;
  reload(): Promise<ReloadReceipt>;
  /** URLs of the gateway, told to those who have sent nothing yet. */
  listening?(): readonly string[];
  /** Unix ms. */
  readonly clock: () => number;
  /** Names under which the listener may be asked for, beside addresses and localhost. */
  readonly hosts?: readonly string[];
  readonly metricsWithoutToken?: boolean;
  /** Told of errors that nobody foresaw: they end in a 500 that says nothing. */
  onDefect?(error: unknown): void;
}
