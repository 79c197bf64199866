/** The outputs of a running owner of state: what they hear, and when. */
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import process from 'node:process';
import type { LoadedConfig } from '../../config/load.ts';
import { DETECTORS } from '../../detectors/index.ts';
import { METHODS } from '../../enrich/facts.ts';
import type { Ledger, LedgerEntry } from '../../record/ledger/port.ts';
import type { InventoryPort } from '../live/inventory-report.ts';
import type { Operator } from '../live/operate.ts';
import type { LiveRuntime } from '../live/runtime.ts';
import { InventoryAlerts } from './inventory-events.ts';
import { ledgerEvent } from './ledger-events.ts';
import type { OutputStatus } from './output.ts';
import { Outputs } from './outputs.ts';
import { pseudonymOf } from './pseudonyms.ts';
import { REAL_TIMERS, type Timers } from './timers.ts';
import { transportOf } from './transports/index.ts';
import type { Surroundings } from './transports/secrets.ts';
import { Witness } from './witness.ts';

/** Between two looks at the inventory, in ms. */
const INVENTORY_MS = 60_000;
/** Entries of the ledger in one second at most. */
const MAX_ENTRIES = 500;

/** SallyportError SP8307 where an output names a secret or certificate that is not there. Opens nothing. */
export function checkOutputs(loaded: LoadedConfig): void {
  const origin = { version: '', host: '' };
  for (const output of loaded.config.outputs) transportOf(output, origin, surroundingsOf(loaded), REAL_TIMERS);
}

const surroundingsOf = ({ file }: LoadedConfig): Surroundings => ({
  folder: file === null ? '.' : dirname(file),
  env: process.env,
});

export interface LiveOutputsOptions {
  readonly loaded: LoadedConfig;
  readonly version: string;
  /** Keys pseudonyms. */
  readonly key: Buffer;
  readonly runtime: LiveRuntime;
  readonly operator: Operator;
  readonly ledger: Ledger;
  readonly inventory: InventoryPort | undefined;
  readonly startedMs: number;
  readonly onNote: (text: string) => void;
  readonly timers?: Timers;
}

export class LiveOutputs {
  readonly #options: LiveOutputsOptions;
  readonly #outputs: Outputs;
  readonly #witness: Witness;
  readonly #alerts = new InventoryAlerts();
  readonly #unsubscribe: () => void;
  #entries: LedgerEntry[] = [];
  #missedEntries = 0;
  #inventoryMs: number;

  /** SallyportError SP8307 where a secret or certificate is missing. */
  constructor(options: LiveOutputsOptions) {
    this.#options = options;
    const { loaded, version, key, runtime, operator, ledger, startedMs, onNote } = options;
    this.#outputs = new Outputs(loaded.config.outputs, {
      origin: { version, host: hostname() },
      around: surroundingsOf(loaded),
      timers: options.timers ?? REAL_TIMERS,
      onNote,
    });
    this.#witness = new Witness({
      outputs: this.#outputs,
      key,
      detectors: DETECTORS,
      policy: () => runtime.policies.version,
      startedMs,
    });
    this.#inventoryMs = startedMs;
    operator.witness = this.#witness;
    operator.outputs = () => this.status();
    this.#unsubscribe = ledger.subscribe((entry) => this.#entry(entry));
    this.#listen();
  }

  /** Once a second: tells what was seen since. */
  tick(nowMs: number): void {
    this.#witness.tick(nowMs);
    const entries = this.#entries;
    this.#entries = [];
    const pseudonym = (dimension: string, key: string) => pseudonymOf(this.#options.key, `subject ${dimension}`, key);
    for (const entry of entries) this.#outputs.emit(ledgerEvent(entry, pseudonym));
    this.#outputs.lost('ledger', this.#missedEntries);
    this.#missedEntries = 0;
    const { inventory } = this.#options;
    if (inventory === undefined || nowMs < this.#inventoryMs + INVENTORY_MS || !this.#outputs.wants('inventory'))
      return;
    this.#inventoryMs = nowMs;
    for (const event of this.#alerts.of(inventory.report(), nowMs)) this.#outputs.emit(event);
  }

  async reload(loaded: LoadedConfig): Promise<void> {
    await this.#outputs.update(loaded.config.outputs);
    this.#listen();
  }

  /** Log rotation. */
  reopen(): void {
    this.#outputs.reopen();
  }

  status(): OutputStatus[] {
    return this.#outputs.status();
  }

  /** Tells what was seen last, and sends what waits for a limited time. */
  async close(nowMs: number): Promise<void> {
    this.#unsubscribe();
    this.#options.operator.witness = null;
    this.#options.operator.found = null;
    this.#options.runtime.decided = null;
    this.tick(nowMs);
    await this.#outputs.close();
  }

  /** Nobody who wants nothing costs anything: what stands on the way of requests is only there for those who do. */
  #listen(): void {
    const { runtime, operator } = this.#options;
    const witness = this.#witness;
    const wants = this.#outputs.wants.bind(this.#outputs);
    operator.found = wants('findings') || wants('mitigations') ? (found) => witness.found(found) : null;
    runtime.decided = !wants('decisions')
      ? null
      : (verdict, rows, row, now) => {
          const route = runtime.parts.actors.model.routes[rows.route[row] - 1]?.template ?? '';
          witness.decided(verdict, METHODS[rows.method[row]] ?? '', route, now);
        };
  }

  #entry(entry: LedgerEntry): void {
    if (!this.#outputs.wants('ledger')) return;
    if (this.#entries.length < MAX_ENTRIES) this.#entries.push(entry);
    else this.#missedEntries++;
  }
}
