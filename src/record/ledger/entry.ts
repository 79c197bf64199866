/** From what somebody hands over to the text that is hashed and kept, and back. */
import { hash } from 'node:crypto';
import { SallyportError } from '../../lib/errors.ts';
import { CanonicalError, canonical, type JsonObject, type JsonValue } from './canonical.ts';
import type { BatchItem, Subject } from './kinds.ts';
import {
  MAX_BY_CHARS,
  MAX_DIMENSION_CHARS,
  MAX_ENTRY_BYTES,
  MAX_ITEMS,
  MAX_REASON_CHARS,
  MAX_REF_CHARS,
  MAX_REFS,
  MAX_SUBJECT_CHARS,
  type NewEntry,
} from './port.ts';
import type { RawEntry } from './store.ts';

/** `prev` of the first entry. */
export const NO_HASH = '0'.repeat(64);

export type SealedSubject = JsonObject & {
  readonly dimension: string;
  /** Random id of the subject. */
  readonly id: string;
  /** Its key, encrypted: base64url. */
  readonly key: string;
};

/** What stands in the place of personal fields. */
export type SealedPersonal = JsonObject & { readonly id: string; readonly sealed: string };

/** An entry as it is stored, its members in the order of their canonical JSON. */
export type StoredEntry = JsonObject & {
  readonly by: string;
  readonly data: JsonObject;
  readonly kind: string;
  readonly prev: string;
  readonly reason: string;
  readonly refs: readonly string[];
  readonly seq: number;
  readonly subject?: SealedSubject;
  readonly time_ms: number;
};

/** A checked and copied entry that waits to be written. */
export interface Draft {
  readonly timeMs: number;
  readonly kind: string;
  readonly by: string;
  readonly subject: Subject | null;
  readonly refs: readonly string[];
  readonly reason: string;
  /** A copy: what the caller changes later changes nothing here. */
  readonly data: JsonObject;
  /** Nothing in it must be sealed, so that this is its canonical JSON already; null where something must. */
  readonly dataText: string | null;
  /** Size of it all, for the bounds of the queue. */
  readonly bytes: number;
}

const KIND = /^[a-z][a-z-]{0,30}\.[a-z][a-z-]{0,30}$/;

const refuse = (what: string): never => {
  throw new SallyportError('SP4106', what);
};

/** Checks and copies. SallyportError SP4106, naming the field. */
export function draftOf(entry: NewEntry): Draft {
  if (!Number.isSafeInteger(entry.timeMs) || entry.timeMs < 0) refuse('timeMs must be whole Unix milliseconds');
  if (typeof entry.kind !== 'string' || !KIND.test(entry.kind)) {
    refuse('kind must look like "mitigation.started"');
  }
  const kind: string = entry.kind;
  chars('by', entry.by, 1, MAX_BY_CHARS);
  chars('reason', entry.reason, 0, MAX_REASON_CHARS);
  const refs = [...(entry.refs ?? [])];
  if (refs.length > MAX_REFS) refuse(`refs: at most ${MAX_REFS}, not ${refs.length}`);
  for (const ref of refs) chars('refs', ref, 1, MAX_REF_CHARS);
  const subject = entry.subject ? checkSubject(entry.subject, 'subject') : null;
  const { data, text } = copyOf(entry.data as JsonObject);
  const toSeal = checkPersonal(data, subject);
  const bytes = Buffer.byteLength(text) + entry.reason.length + refs.length * 40 + 300;
  if (bytes > MAX_ENTRY_BYTES) refuse(`the entry has ${bytes} bytes, at most ${MAX_ENTRY_BYTES} are allowed`);
  return { ...entry, kind, subject, refs, data, dataText: toSeal ? null : text, bytes };
}

function copyOf(data: JsonObject): { data: JsonObject; text: string } {
  if (data === null || typeof data !== 'object' || Array.isArray(data)) refuse('data must be an object');
  try {
    const text = canonical(data);
    return { data: JSON.parse(text) as JsonObject, text };
  } catch (error) {
    if (error instanceof CanonicalError) refuse(`data: ${error.message}`);
    throw error;
  }
}

function chars(name: string, value: unknown, least: number, most: number): void {
  if (typeof value !== 'string' || value.length < least || value.length > most) {
    refuse(`${name} must be a text of ${least} to ${most} characters`);
  }
}

function checkSubject(subject: Subject, name: string): Subject {
  chars(`${name}.dimension`, subject.dimension, 1, MAX_DIMENSION_CHARS);
  chars(`${name}.key`, subject.key, 1, MAX_SUBJECT_CHARS);
  return { dimension: subject.dimension, key: subject.key };
}

/** Whether something must be sealed. What is personal needs a subject whose key seals it. */
function checkPersonal(data: JsonObject, subject: Subject | null): boolean {
  const whole = data.personal !== undefined;
  if (whole) checkPersonalObject('data', data.personal, subject);
  const items = itemsOf(data);
  if (items.length > MAX_ITEMS) refuse(`data.items: at most ${MAX_ITEMS}, not ${items.length}`);
  let within = false;
  for (const [i, item] of items.entries()) {
    const name = `data.items[${i}]`;
    if (item.subject !== undefined) checkSubject((item.subject ?? {}) as Subject, `${name}.subject`);
    if (item.personal !== undefined) checkPersonalObject(name, item.personal, (item.subject as Subject) ?? null);
    within ||= item.subject !== undefined;
  }
  return whole || within;
}

function checkPersonalObject(name: string, value: JsonValue | undefined, subject: Subject | null): void {
  if (subject === null) refuse(`${name}.personal needs a subject whose key it is encrypted with`);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) refuse(`${name}.personal must be an object`);
}

/** `data.items` where it is a list of objects; nothing where it is not. */
export function itemsOf(data: JsonObject): readonly BatchItem[] {
  const items: unknown = data.items;
  if (!Array.isArray(items)) return [];
  return items.every((item) => item !== null && typeof item === 'object' && !Array.isArray(item)) ? items : [];
}

/** What is known of an entry once it is sealed: everything but its place in the chain. */
export interface Sealed {
  readonly draft: Draft;
  readonly subject: SealedSubject | null;
  /** With sealed personal fields. */
  readonly data: JsonObject;
}

/** Puts an entry at its place in the chain. The members are written in canonical order, which a test holds it to. */
export function linked({ draft, subject, data }: Sealed, seq: number, prev: string): RawEntry {
  const dataText = draft.dataText ?? canonical(data);
  const subjectText = subject ? `"subject":${canonical(subject)},` : '';
  const body =
    `{"by":${canonical(draft.by)},"data":${dataText},"kind":"${draft.kind}","prev":"${prev}",` +
    `"reason":${canonical(draft.reason)},"refs":${canonical(draft.refs)},"seq":${seq},` +
    `${subjectText}"time_ms":${draft.timeMs}}`;
  return { seq, hash: hashOf(body), body };
}

/** SHA-256 as hex. */
export function hashOf(text: string): string {
  return hash('sha256', text);
}

/** The stored entry of a body; null where it is none. */
export function storedOf(body: string): StoredEntry | null {
  let value: Partial<StoredEntry> | null;
  try {
    value = JSON.parse(body);
  } catch {
    return null;
  }
  const sound =
    value !== null &&
    typeof value === 'object' &&
    Number.isSafeInteger(value.seq) &&
    Number.isSafeInteger(value.time_ms) &&
    [value.by, value.kind, value.prev, value.reason].every((text) => typeof text === 'string') &&
    Array.isArray(value.refs) &&
    value.data !== null &&
    typeof value.data === 'object';
  return sound ? (value as StoredEntry) : null;
}
