/**
 * What a door knows of an exchange beyond what an access log can tell: who the caller proved to be, what bodies say, how its
 * connection began. Written into a row that {@link Enricher.row} has filled; each door writes what it knows, when it knows it.
 */
import { hashString } from '../lib/hash.ts';
import type { FactBatch } from './facts.ts';

/** Texts are hashed with the installation's seed: a row holds none of them. Left out means unchanged. */
export interface Extras {
  readonly partner?: string;
  readonly device?: string;
  /** JA4 of the connection. */
  readonly handshake?: string;
  /** HANDSHAKE_CLASS. */
  readonly handshakeClass?: number;
  /** Whom the request says it acts for, or logs in as. */
  readonly subject?: string;
  /** Owner of the object. Hashed as principals are, so that both can be compared. */
  readonly owner?: string;
  /** Pattern of an e-mail address: see enrich/mail.ts. */
  readonly mail?: string;
  /** Truncated hash of a password that was tried, under a key that lives a day. */
  readonly password?: number;
  /** An object that the body names: a promo code, an id. */
  readonly object?: string;
  /** Decoy that was touched elsewhere than by the path: DECOY_VALUES (enrich/content/decoys.ts) and on are values. */
  readonly decoy?: number;
  readonly amountMinor?: number;
  readonly cost?: number;
  readonly objects?: number;
  /** Bit set SCHEMA. */
  readonly schema?: number;
  /** Bit set LEAK. */
  readonly leaks?: number;
  readonly leaked?: number;
  /** Place of the usage plan in the configuration + 1. */
  readonly plan?: number;
  /** Place of the operation among those of the API documents + 1; NOT_LOOKED. */
  readonly operation?: number;
  readonly authScheme?: number;
  readonly authOutcome?: number;
  readonly role?: number;
  readonly sensitivity?: number;
  readonly bodyKind?: number;
  /** Bits of FLAG to set. */
  readonly flags?: number;
}

/** Columns of numbers that are taken over as they are. */
const NUMBERS = [
  'handshakeClass',
  'password',
  'amountMinor',
  'cost',
  'objects',
  'schema',
  'leaks',
  'leaked',
  'plan',
  'operation',
  'authScheme',
  'authOutcome',
  'role',
  'sensitivity',
  'bodyKind',
] as const satisfies readonly (keyof Extras)[];
const TEXTS = ['partner', 'device', 'handshake', 'subject', 'owner', 'mail', 'object'] as const;

const ABSENT = { hi: 0, lo: 0 };

/** Nothing is known of what only some doors see. */
export function clearExtras(batch: FactBatch, row: number, amountMinor = -1): void {
  batch.partnerHi[row] = 0;
  batch.partnerLo[row] = 0;
  batch.deviceHi[row] = 0;
  batch.deviceLo[row] = 0;
  batch.handshakeHi[row] = 0;
  batch.handshakeLo[row] = 0;
  batch.subjectHi[row] = 0;
  batch.subjectLo[row] = 0;
  batch.ownerHi[row] = 0;
  batch.ownerLo[row] = 0;
  batch.mailHi[row] = 0;
  batch.mailLo[row] = 0;
  for (const name of NUMBERS) batch[name][row] = 0;
  batch.amountMinor[row] = amountMinor;
  batch.objects[row] = -1;
}

/** Takes over what `extras` says and leaves the rest of the row as it is. */
export function setExtras(batch: FactBatch, row: number, extras: Extras, seed: number): void {
  for (const name of NUMBERS) {
    const value = extras[name];
    if (value !== undefined) batch[name][row] = value;
  }
  for (const name of TEXTS) {
    const text = extras[name];
    if (text === undefined) continue;
    const { hi, lo } = text === '' ? ABSENT : hashString(text, seed);
    batch[`${name}Hi`][row] = hi;
    batch[`${name}Lo`][row] = lo;
  }
  if (extras.decoy !== undefined && batch.decoy[row] === 0) batch.decoy[row] = extras.decoy;
  if (extras.flags !== undefined) batch.flags[row] |= extras.flags;
}
