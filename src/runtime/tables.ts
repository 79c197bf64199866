/** Loads the tables that enrichment looks things up in. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { decodeNetworks, type NetworkLookup, NetworkTable } from '../enrich/network.ts';
import { SallyportError } from '../lib/errors.ts';

/** The shipped table of networks (data/networks.bin, attribution in data/NOTICE.networks.md). */
const SHIPPED = new URL('../../data/networks.bin', import.meta.url);

let shipped: NetworkTable | undefined;

/** The shipped table, loaded once per thread; an empty one where a package was built without it. */
export function shippedNetworks(): NetworkTable {
  if (shipped !== undefined) return shipped;
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(SHIPPED);
  } catch {
    shipped = NetworkTable.empty();
    return shipped;
  }
  try {
    shipped = decodeNetworks(gunzipSync(bytes));
  } catch (error) {
    throw new SallyportError('SP5004', `the shipped network table is damaged: ${(error as Error).message}`);
  }
  return shipped;
}

/** The operator's own tables where they are named, else the shipped one. SP5004 where a file cannot be used. */
export async function loadNetworks(files: { asn: string | null; country: string | null }): Promise<NetworkLookup> {
  if (files.asn === null && files.country === null) return shippedNetworks();
  // Loaded only where it is asked for: most installations have no tables of their own.
  const { fromMmdb } = await import('./networks-mmdb.ts');
  return fromMmdb(files);
}
