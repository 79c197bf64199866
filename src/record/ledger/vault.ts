/**
 * Per-subject encryption. Every subject has its own random data key, wrapped by the master key and kept outside of the
 * chain; destroying it erases all personal fields of that subject while every hash stays as it was, because hashes cover
 * what is encrypted. Entries carry a random id, so that after erasure not even the master key tells who it was.
 *
 * AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces: good for 2^32 fields of one subject.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { canonical, type JsonObject } from './canonical.ts';
import { type Draft, itemsOf, type Sealed, type SealedPersonal, type SealedSubject } from './entry.ts';
import type { MasterKey } from './keys.ts';
import type { Subject } from './kinds.ts';
import type { ReadSubject, Seal } from './port.ts';
import type { LedgerStore, SubjectRow } from './store.ts';

/** Data keys kept unwrapped in memory; with more all are forgotten and read again as they are needed. */
const MAX_CACHED_KEYS = 4096;
/** Fields sealed or opened between two turns of the event loop. */
const FIELDS_A_TURN = 64;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface DataKey {
  readonly index: string;
  readonly id: string;
  readonly key: Buffer;
}

/** What a batch adds and removes; it counts for good only once the batch is durable. */
export class Staging {
  readonly added = new Map<string, { row: SubjectRow; key: DataKey }>();
  readonly removed = new Map<string, Pick<SubjectRow, 'index' | 'id'>>();
}

export class Vault {
  private readonly master: MasterKey | null;
  private readonly store: Pick<LedgerStore, 'subjectByIndex' | 'subjectById'>;
  private readonly byIndex = new Map<string, DataKey>();
  private readonly byId = new Map<string, DataKey>();
  private fields = 0;

  /** Without a master key nothing can be sealed, and personal fields read as locked. */
  constructor(master: MasterKey | null, store: Pick<LedgerStore, 'subjectByIndex' | 'subjectById'>) {
    this.master = master;
    this.store = store;
  }

  /** Seals the personal fields of an entry, making keys where subjects are new. */
  async seal(draft: Draft, staging: Staging): Promise<Sealed> {
    if (draft.subject === null && draft.dataText !== null) return { draft, subject: null, data: draft.data };
    const own = draft.subject ? await this.keyFor(draft.subject, staging) : null;
    const subject = own && draft.subject ? sealSubject(draft.subject, own) : null;
    if (draft.dataText !== null) return { draft, subject, data: draft.data };
    const { personal, ...data } = draft.data as JsonObject & { personal?: JsonObject };
    const items: JsonObject[] = [];
    for (const item of itemsOf(draft.data)) items.push(await this.sealItem(item, staging));
    return {
      draft,
      subject,
      data: {
        ...data,
        ...(items.length > 0 && { items }),
        ...(personal !== undefined && own !== null && { personal: sealPersonal(personal, own) }),
      },
    };
  }

  private async sealItem(item: JsonObject, staging: Staging): Promise<JsonObject> {
    const { subject, personal, ...rest } = item as JsonObject & { subject?: Subject; personal?: JsonObject };
    if (subject === undefined) return item;
    const own = await this.keyFor(subject, staging);
    return {
      ...rest,
      subject: sealSubject(subject, own),
      ...(personal !== undefined && { personal: sealPersonal(personal, own) }),
    };
  }

  /** Where a subject is found in the store: it does not tell who that is. */
  indexOf({ dimension, key }: Subject): string {
    // The lengths make sure that no two subjects share a text.
    return createHmac('sha256', this.need().index).update(`${dimension.length}:${dimension}${key}`).digest('hex');
  }

  private async keyFor(subject: Subject, staging: Staging): Promise<DataKey> {
    await this.breathe();
    const index = this.indexOf(subject);
    const staged = staging.added.get(index);
    if (staged) return staged.key;
    if (!staging.removed.has(index)) {
      const known = this.byIndex.get(index) ?? this.remember(await this.store.subjectByIndex(index));
      if (known) return known;
    }
    const made: DataKey = { index, id: randomBytes(9).toString('base64url'), key: randomBytes(32) };
    const master = this.need();
    const wrapped = encrypt(master.wrap, made.key, `key ${made.id}`);
    staging.added.set(index, { row: { index, id: made.id, master: master.id, wrapped }, key: made });
    return made;
  }

  /** What to remove so that a subject is erased; null where it is not known. */
  async removal(subject: Subject, staging: Staging): Promise<Pick<SubjectRow, 'index' | 'id'> | null> {
    const index = this.indexOf(subject);
    const staged = staging.added.get(index)?.row;
    if (!staged && staging.removed.has(index)) return null;
    return staged ?? (await this.store.subjectByIndex(index));
  }

  /** A batch is durable: what it staged holds from now on. */
  settle(staging: Staging): void {
    for (const { key } of staging.added.values()) this.keep(key);
    for (const { index, id } of staging.removed.values()) {
      this.byId.delete(id);
      if (this.byIndex.get(index)?.id === id) this.byIndex.delete(index);
    }
  }

  /** Opens the subject of a stored entry or of an item. */
  async openSubject(sealed: SealedSubject): Promise<{ subject: ReadSubject; seal: Seal }> {
    const { dimension, id } = sealed;
    const found = await this.find(id);
    const text = typeof found === 'string' ? null : decrypt(found.key, sealed.key, `subject ${id}`);
    const seal = typeof found === 'string' ? found : text === null ? 'locked' : 'open';
    return { subject: { dimension, id, key: text?.toString('utf8') ?? null }, seal };
  }

  /** Opens the personal fields of a stored entry: `personal` is null where they cannot be opened. */
  async openData(data: JsonObject): Promise<{ data: JsonObject; seal: Seal }> {
    let seal: Seal = 'none';
    const worse = (other: Seal) => {
      seal = RANK[other] > RANK[seal] ? other : seal;
    };
    const openPersonal = async (personal: SealedPersonal) => {
      const found = await this.find(personal.id);
      const text = typeof found === 'string' ? null : decrypt(found.key, personal.sealed, `personal ${personal.id}`);
      worse(typeof found === 'string' ? found : text === null ? 'locked' : 'open');
      return text === null ? null : (JSON.parse(text.toString('utf8')) as JsonObject);
    };
    const openItem = async (item: JsonObject): Promise<JsonObject> => {
      if (!isSealedSubject(item.subject)) return item;
      const opened = await this.openSubject(item.subject);
      worse(opened.seal);
      const subject: JsonObject = { ...opened.subject };
      return { ...item, subject, ...(isSealed(item.personal) && { personal: await openPersonal(item.personal) }) };
    };
    const items: JsonObject[] = [];
    for (const item of itemsOf(data)) items.push(await openItem(item));
    const personal = isSealed(data.personal) ? { personal: await openPersonal(data.personal) } : null;
    return { data: { ...data, ...(items.length > 0 && { items }), ...personal }, seal };
  }

  private async find(id: string): Promise<DataKey | 'erased' | 'locked'> {
    await this.breathe();
    const cached = this.byId.get(id);
    if (cached) return cached;
    const row = await this.store.subjectById(id);
    if (row === null) return 'erased';
    return this.remember(row) ?? 'locked';
  }

  /** Unwraps a key; null where there is no row, or where it was wrapped by another master key. */
  private remember(row: SubjectRow | null): DataKey | null {
    if (row === null || this.master === null || row.master !== this.master.id) return null;
    const key = decrypt(this.master.wrap, row.wrapped, `key ${row.id}`);
    return key === null ? null : this.keep({ index: row.index, id: row.id, key });
  }

  private keep(key: DataKey): DataKey {
    for (const [map, name] of [[this.byIndex, key.index] as const, [this.byId, key.id] as const]) {
      if (map.size >= MAX_CACHED_KEYS) map.clear();
      map.set(name, key);
    }
    return key;
  }

  private need(): MasterKey {
    if (this.master === null) throw new Error('there is no master key to seal with');
    return this.master;
  }

  /** Lets others have a turn now and then: an entry of many items, or a state of many mitigations, takes a while. */
  private async breathe(): Promise<void> {
    if (++this.fields % FIELDS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

const RANK: Readonly<Record<Seal, number>> = { none: 0, open: 1, locked: 2, erased: 3 };

/** The one that tells more of two. */
export const worseSeal = (a: Seal, b: Seal): Seal => (RANK[a] >= RANK[b] ? a : b);

const sealSubject = ({ dimension, key }: Subject, own: DataKey): SealedSubject => ({
  dimension,
  id: own.id,
  key: encrypt(own.key, Buffer.from(key, 'utf8'), `subject ${own.id}`),
});

const sealPersonal = (personal: JsonObject, own: DataKey): SealedPersonal => ({
  id: own.id,
  sealed: encrypt(own.key, Buffer.from(canonical(personal), 'utf8'), `personal ${own.id}`),
});

const isSealed = (value: unknown): value is SealedPersonal =>
  typeof (value as SealedPersonal | null)?.sealed === 'string' && typeof (value as SealedPersonal).id === 'string';

const isSealedSubject = (value: unknown): value is SealedSubject => {
  const subject = value as SealedSubject | null;
  return [subject?.dimension, subject?.id, subject?.key].every((text) => typeof text === 'string');
};

/** Nonce, ciphertext and tag as base64url. `bound` is authenticated too: a field cannot be moved to another place. */
function encrypt(key: Buffer, plain: Buffer, bound: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(bound, 'utf8'));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

/** Null where key or text are not those it was encrypted with. */
function decrypt(key: Buffer, sealed: string, bound: string): Buffer | null {
  const raw = Buffer.from(sealed, 'base64url');
  if (raw.length < NONCE_BYTES + TAG_BYTES) return null;
  const end = raw.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, raw.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(bound, 'utf8'))
    .setAuthTag(raw.subarray(end));
  try {
    return Buffer.concat([decipher.update(raw.subarray(NONCE_BYTES, end)), decipher.final()]);
  } catch {
    return null;
  }
}
