/** The inventory on disk: read at the start, written once a minute at most, the one before or this one and never a half. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../../lib/errors.ts';
import { Inventory, type InventoryOptions } from './inventory.ts';
import { KEPT_DAYS, NUMBERS, REGISTERS, type SavedEndpoint } from './inventory-endpoint.ts';
import { type InventoryFilter, type InventoryPort, type InventoryReport, inventoryReport } from './inventory-report.ts';

const FILE = 'inventory.json';
const VERSION = 1;
const OWNER_ONLY = 0o600;
/** Between two writings, in ms. */
const WRITE_EVERY_MS = 60_000;
/** Larger files are not ours. */
const MAX_BYTES = 256 * 1024 * 1024;
const DAY_MS = 86_400_000;
/** So long nobody looked, and it still says something that an endpoint was not called, in ms. */
const MAX_GAP_MS = DAY_MS;

export interface InventoryFileOptions extends InventoryOptions {
  /** Days without a call after which a documented endpoint is a zombie. */
  readonly unusedDays: number;
  /** Unix ms. */
  readonly clock: () => number;
}

/** The inventory of a running gateway: observed, reported, kept. */
export class LiveInventory implements InventoryPort {
  readonly inventory: Inventory;
  private readonly path: string | null;
  private readonly clock: () => number;
  private unusedMs: number;
  /** Unix ms from which on somebody looks, without a gap; 0 for ever. */
  private watchedMs = 0;
  private writtenMs: number;
  private written = 0;
  private writing: Promise<void> | null = null;

  /** `dataDir` null: nothing is kept. SallyportError SP7905 where what is there cannot be read. */
  constructor(dataDir: string | null, options: InventoryFileOptions) {
    this.path = dataDir === null ? null : join(dataDir, FILE);
    this.clock = options.clock;
    this.unusedMs = options.unusedDays * DAY_MS;
    const { endpoints, savedMs, watchedMs } = this.path === null ? NOTHING : readSaved(this.path);
    this.inventory = new Inventory(options, endpoints);
    this.writtenMs = this.clock();
    this.watchedMs = savedMs > 0 && this.writtenMs - savedMs > MAX_GAP_MS ? this.writtenMs : watchedMs;
    // From now on documented endpoints are known to be so.
    this.inventory.list(this.writtenMs);
  }

  /** Goes over to what another configuration says. */
  use(options: Omit<InventoryFileOptions, 'clock'>): void {
    this.unusedMs = options.unusedDays * DAY_MS;
    const nowMs = this.clock();
    // What goes out of the documents was in them until now.
    this.inventory.list(nowMs);
    this.inventory.use(options);
    this.inventory.list(nowMs);
  }

  /** Goes on after a time in which nobody looked: what was not called in it may have been called. */
  resume(options: Omit<InventoryFileOptions, 'clock'>): void {
    this.watchedMs = this.clock();
    this.inventory.changes++;
    this.use(options);
  }

  report(filter?: InventoryFilter): InventoryReport {
    const nowMs = this.clock();
    const { unusedMs, watchedMs } = this;
    return inventoryReport(this.inventory.list(nowMs), nowMs, { unusedMs, watchedMs }, filter);
  }

  /** Writes it where a minute has gone by and something has changed. Rejects where the disk does not take it. */
  async tick(): Promise<void> {
    if (this.clock() - this.writtenMs < WRITE_EVERY_MS) return;
    await this.save();
  }

  /** Writes it now: at the end. */
  async close(): Promise<void> {
    await this.writing?.catch(() => {});
    await this.save();
  }

  private async save(): Promise<void> {
    const { path, inventory } = this;
    if (path === null || this.writing !== null || inventory.changes === this.written) return;
    const nowMs = this.clock();
    this.writtenMs = nowMs;
    const { changes } = inventory;
    const endpoints = inventory.list(nowMs).map((endpoint) => endpoint.saved());
    const saved = new Date(nowMs).toISOString();
    this.writing = write(path, JSON.stringify({ version: VERSION, saved, watched_ms: this.watchedMs, endpoints }));
    try {
      await this.writing;
      this.written = changes;
    } finally {
      this.writing = null;
    }
  }
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(`${path}.part`, text, { mode: OWNER_ONLY, flush: true });
  await rename(`${path}.part`, path);
}

interface Saved {
  readonly endpoints: readonly SavedEndpoint[];
  /** Unix ms; 0 where it is not known. */
  readonly savedMs: number;
  readonly watchedMs: number;
}

const NOTHING: Saved = { endpoints: [], savedMs: 0, watchedMs: 0 };

function readSaved(path: string): Saved {
  if (!existsSync(path)) return NOTHING;
  let value: unknown;
  try {
    if (statSync(path).size > MAX_BYTES) throw new Error('it is larger than any inventory');
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SallyportError('SP7905', `${path}: ${(error as Error).message}`, { cause: error });
  }
  const { version, saved, watched_ms: watched, endpoints } = (value ?? {}) as Record<string, unknown>;
  if (version !== VERSION || !Array.isArray(endpoints) || !endpoints.every(isEndpoint)) {
    throw new SallyportError('SP7905', `${path} holds no inventory of this version`);
  }
  const savedMs = typeof saved === 'string' ? Date.parse(saved) || 0 : 0;
  return { endpoints, savedMs, watchedMs: typeof watched === 'number' ? watched : 0 };
}

function isEndpoint(value: unknown): value is SavedEndpoint {
  const one = (value ?? {}) as Record<string, unknown>;
  const numbers = (list: unknown, length: number): boolean =>
    Array.isArray(list) && list.length === length && list.every((n) => typeof n === 'number');
  const pairs = (list: unknown, kind: string): boolean =>
    Array.isArray(list) && list.every((p) => Array.isArray(p) && typeof p[0] === kind && typeof p[1] === 'number');
  return (
    typeof one.method === 'string' &&
    typeof one.template === 'string' &&
    NUMBERS.every((name) => typeof one[name] === 'number') &&
    numbers(one.days, KEPT_DAYS) &&
    numbers(one.callers, REGISTERS) &&
    numbers(one.callersToday, REGISTERS) &&
    pairs(one.statuses, 'number') &&
    pairs(one.undeclared, 'string')
  );
}
