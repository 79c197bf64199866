/** Sites: read from an OpenAPI document, stocked from a seed, and one that answers without a network. */
import { Random } from '../core/random.ts';
import { drawInventory, type InventorySize } from './inventory.ts';
import { readDocument } from './openapi.ts';
import type { SiteModel } from './simulated.ts';

export { target } from './fields.ts';
export { INVENTORY_SIZE, type InventorySize } from './inventory.ts';
export type { SiteOperation } from './openapi.ts';
export { SimulatedSite, type SiteModel } from './simulated.ts';
export type { Outage } from './timing.ts';

export interface ReadOptions {
  /** Roles of operations by their id, or by 'GET /path/{id}', where the guess is wrong. */
  readonly roles?: Readonly<Record<string, string>>;
  /** Host name, instead of the document's; 'shop.example' where that has none but this machine. */
  readonly host?: string;
  readonly size?: Partial<InventorySize>;
}

/**
 * Operations of an OpenAPI 3.x document (YAML or JSON) with their roles, and an inventory drawn from the seed.
 * @throws Error naming the file and what is wrong with it
 */
export function readSite(openapiPath: string, seed: string | number, options: ReadOptions = {}): SiteModel {
  const document = readDocument(openapiPath, options.roles);
  return {
    operations: document.operations,
    inventory: drawInventory(new Random(seed).fork('inventory'), options.size),
    host: options.host ?? (document.host || 'shop.example'),
  };
}
