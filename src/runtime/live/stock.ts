/** The inventory of a running gateway, opened by its configuration. What goes wrong with it stops nothing else. */
import type { LoadedConfig } from '../../config/load.ts';
import type { LearnedModel } from '../../enrich/model.ts';
import { SallyportError } from '../../lib/errors.ts';
import type { DeclaredEndpoint } from './inventory.ts';
import { LiveInventory } from './inventory-file.ts';
import { type InventoryFilter, type InventoryPort, type InventoryReport, NO_INVENTORY } from './inventory-report.ts';
import type { LiveRuntime } from './runtime.ts';

export interface StockOptions {
  readonly loaded: LoadedConfig;
  readonly runtime: Pick<LiveRuntime, 'inventory'>;
  /** Null where nothing is written. */
  readonly dataDir: string | null;
  readonly clock: () => number;
  /** The model in force. */
  readonly model: () => LearnedModel;
  /** Operations of the documents of a configuration, numbered as rows number them. */
  readonly declared: (loaded: LoadedConfig) => readonly DeclaredEndpoint[];
  readonly onFailure: (error: Error) => void;
}

export class Stock implements InventoryPort {
  private readonly options: StockOptions;
  /** What is kept, or was until it was switched off; null where it was never on. */
  private live: LiveInventory | null = null;

  constructor(options: StockOptions) {
    this.options = options;
    this.reload(options.loaded);
  }

  /** What operators ask. Whether there is an inventory may change with every reload. */
  get port(): InventoryPort {
    return this;
  }

  report(filter?: InventoryFilter): InventoryReport {
    return this.isOn ? (this.live as LiveInventory).report(filter) : NO_INVENTORY;
  }

  /**
   * Goes over to the documents and bounds of another configuration. Requests under way may still be counted by the places of the
   * one before. Switched off, it counts nothing more, and what it has counted stays.
   */
  reload(loaded: LoadedConfig): void {
    const { runtime } = this.options;
    const wasOn = this.isOn;
    if (!loaded.config.inspection.inventory.enabled) {
      runtime.inventory = null;
      return;
    }
    if (this.live === null) this.live = this.open(loaded);
    else if (wasOn) this.live.use(this.settings(loaded));
    else this.live.resume(this.settings(loaded));
    runtime.inventory = this.live.inventory;
  }

  private get isOn(): boolean {
    return this.options.runtime.inventory !== null;
  }

  /** Writes what has changed, now and then. */
  async tick(): Promise<void> {
    await this.live?.tick().catch((error: Error) => this.unwritten(error));
  }

  async close(): Promise<void> {
    await this.live?.close().catch((error: Error) => this.unwritten(error));
  }

  private open(loaded: LoadedConfig): LiveInventory {
    const { dataDir, clock, onFailure } = this.options;
    const settings = { ...this.settings(loaded), clock };
    try {
      return new LiveInventory(dataDir, settings);
    } catch (error) {
      onFailure(error as Error);
      // What cannot be read is left as it is, for somebody to look at.
      return new LiveInventory(null, settings);
    }
  }

  private settings(loaded: LoadedConfig) {
    const { declared, model } = this.options;
    const { endpoints, unused_days: unusedDays } = loaded.config.inspection.inventory;
    const templateOf = (route: number): string => model().routes[route - 1]?.template ?? '';
    return { endpoints, unusedDays, declared: declared(loaded), templateOf };
  }

  private unwritten(error: Error): void {
    this.options.onFailure(new SallyportError('SP7907', `inventory.json: ${error.message}`, { cause: error }));
  }
}
