/**
 * What the shop has in stock and who its customers are: drawn from a seed, or read from a JSON file, so that whoever
 * drives traffic against the shop can bring the world it knows.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface InventoryAccount {
  readonly name: string;
  readonly password: string;
  /** Ids of its orders. */
  readonly orders: readonly number[];
}

export interface InventoryKey {
  /** As the log calls it; never the secret. */
  readonly id: string;
  readonly secret: string;
  readonly owner: string;
  readonly kind: 'partner' | 'device';
}

/** The shape of the file that `--data` loads. */
export interface Inventory {
  readonly accounts: readonly InventoryAccount[];
  readonly keys: readonly InventoryKey[];
  /** Products have the ids 1 to this. */
  readonly products: number;
  /** Gift and promo codes that can be redeemed, and how they look. */
  readonly codes: readonly string[];
  readonly codeAlphabet: string;
  readonly codeLength: number;
  /** Words of product names, the most frequent first. */
  readonly words: readonly string[];
}

export interface InventorySize {
  readonly accounts: number;
  readonly products: number;
  readonly codes: number;
  readonly partners: number;
  readonly devices: number;
}

const SIZE: InventorySize = { accounts: 500, products: 400, codes: 200, partners: 4, devices: 24 };
const GIVEN =
  'ada ben carla dilan edda finn greta hana ivan jule kofi lena milan nora omar paula rosa sami tilda yuki'.split(' ');
const FAMILY =
  'abel brandt costa diaz evans fischer garcia haas ito jansen kaya lopez meyer novak okoye park rossi'.split(' ');
const SECRETS = 'sunshine dragon summer flower coffee monkey london tiger shadow orange winter cookie'.split(' ');
const WORDS = (
  'desk chair lamp shelf oak table sofa white black rug bed small round walnut cushion mirror cabinet floor wall linen ' +
  'grey stool bench glass garden folding drawer corner metal kids blue wool'
).split(' ');
const CODE_ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const CODE_LENGTH = 6;

/** Integer in [0, n), the same for the same seed and name: nothing else of the shop depends on the order of draws. */
export function drawn(name: string, n: number): number {
  return createHash('sha256').update(name).digest().readUIntBE(0, 6) % n;
}

/** The default world. The same seed and size give the same world. */
export function makeInventory(seed: string, size: Partial<InventorySize> = {}): Inventory {
  const wanted = { ...SIZE, ...size };
  let order = 10_000;
  const accounts = Array.from({ length: wanted.accounts }, (_, i): InventoryAccount => {
    const at = `${seed}/account/${i}`;
    const name = `${pick(at, 'given', GIVEN)}.${pick(at, 'family', FAMILY)}${i}`;
    const password = `${pick(at, 'secret', SECRETS)}${drawn(`${at}/digits`, 9000) + 1000}`;
    const orders = Array.from({ length: drawn(`${at}/orders`, 5) }, () => order++);
    return { name, password, orders };
  });
  const keyOf = (kind: InventoryKey['kind'], i: number): InventoryKey => ({
    id: `${kind}-${i + 1}`,
    secret: `${kind === 'partner' ? 'pk' : 'dk'}_${text(`${seed}/${kind}/${i}`, 'abcdef0123456789', 24)}`,
    owner: kind === 'partner' ? `partner${i + 1}` : `store${Math.floor(i / 4) + 1}`,
    kind,
  });
  const codes = new Set<string>();
  for (let i = 0; codes.size < wanted.codes; i++) codes.add(text(`${seed}/code/${i}`, CODE_ALPHABET, CODE_LENGTH));
  return {
    accounts,
    keys: [
      ...Array.from({ length: wanted.partners }, (_, i) => keyOf('partner', i)),
      ...Array.from({ length: wanted.devices }, (_, i) => keyOf('device', i)),
    ],
    products: wanted.products,
    codes: [...codes],
    codeAlphabet: CODE_ALPHABET,
    codeLength: CODE_LENGTH,
    words: WORDS,
  };
}

function pick(at: string, what: string, items: readonly string[]): string {
  return items[drawn(`${at}/${what}`, items.length)];
}

function text(name: string, alphabet: string, length: number): string {
  return Array.from({ length }, (_, i) => alphabet[drawn(`${name}/${i}`, alphabet.length)]).join('');
}

/**
 * Reads an inventory file.
 * @throws Error that names the file and the field, when it is not one.
 */
export function readInventory(path: string): Inventory {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
  const problem = inventoryProblem(parsed);
  if (problem !== '') throw new Error(`${path}: ${problem}`);
  return parsed as Inventory;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isList = (value: unknown, of: (item: unknown) => boolean) => Array.isArray(value) && value.every(of);

function inventoryProblem(value: unknown): string {
  if (typeof value !== 'object' || value === null) return 'is not an object';
  const it = value as Record<keyof Inventory, unknown>;
  const isAccount = (item: unknown) => {
    const account = item as InventoryAccount | null;
    return isText(account?.name) && isText(account.password) && isList(account.orders, isCount);
  };
  const isKey = (item: unknown) => {
    const key = item as InventoryKey | null;
    return isText(key?.id) && isText(key.secret) && isText(key.owner) && ['partner', 'device'].includes(key.kind);
  };
  if (!isList(it.accounts, isAccount)) return '"accounts" needs name, password and orders in each';
  if (!isList(it.keys, isKey)) return '"keys" needs id, secret, owner and kind (partner, device) in each';
  if (!isCount(it.products) || it.products < 1) return '"products" is a number from 1';
  if (!isList(it.codes, isText)) return '"codes" is a list of texts';
  if (!isText(it.codeAlphabet)) return '"codeAlphabet" is a text';
  if (!isCount(it.codeLength) || it.codeLength < 1) return '"codeLength" is a number from 1';
  if (!isList(it.words, isText) || (it.words as string[]).length === 0) return '"words" is a list of texts';
  return '';
}
