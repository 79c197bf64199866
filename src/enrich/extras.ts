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
  batch.handshakeClass[row] = 0;
  batch.password[row] = 0;
  batch.cost[row] = 0;
  batch.schema[row] = 0;
  batch.leaks[row] = 0;
  batch.leaked[row] = 0;
  batch.plan[row] = 0;
  batch.operation[row] = 0;
  batch.authScheme[row] = 0;
  batch.authOutcome[row] = 0;
  batch.role[row] = 0;
  batch.sensitivity[row] = 0;
  batch.bodyKind[row] = 0;
  batch.amountMinor[row] = amountMinor;
  batch.objects[row] = -1;
}

/**
 * Takes over what `extras` says and leaves the rest of the row as it is. Name by name rather than over a list of names: every
 * request comes through here some times, and a name that only the list knows is looked up anew each time.
 */
export function setExtras(batch: FactBatch, row: number, extras: Extras, seed: number): void {
  if (extras.handshakeClass !== undefined) batch.handshakeClass[row] = extras.handshakeClass;
  if (extras.password !== undefined) batch.password[row] = extras.password;
  if (extras.amountMinor !== undefined) batch.amountMinor[row] = extras.amountMinor;
  if (extras.cost !== undefined) batch.cost[row] = extras.cost;
  if (extras.objects !== undefined) batch.objects[row] = extras.objects;
  if (extras.schema !== undefined) batch.schema[row] = extras.schema;
  if (extras.leaks !== undefined) batch.leaks[row] = extras.leaks;
  if (extras.leaked !== undefined) batch.leaked[row] = extras.leaked;
  if (extras.plan !== undefined) batch.plan[row] = extras.plan;
  if (extras.operation !== undefined) batch.operation[row] = extras.operation;
  if (extras.authScheme !== undefined) batch.authScheme[row] = extras.authScheme;
  if (extras.authOutcome !== undefined) batch.authOutcome[row] = extras.authOutcome;
  if (extras.role !== undefined) batch.role[row] = extras.role;
  if (extras.sensitivity !== undefined) batch.sensitivity[row] = extras.sensitivity;
  if (extras.bodyKind !== undefined) batch.bodyKind[row] = extras.bodyKind;
  if (extras.decoy !== undefined && batch.decoy[row] === 0) batch.decoy[row] = extras.decoy;
  if (extras.flags !== undefined) batch.flags[row] |= extras.flags;
  setTexts(batch, row, extras, seed);
}

function setTexts(batch: FactBatch, row: number, extras: Extras, seed: number): void {
  if (extras.partner !== undefined) put(batch.partnerHi, batch.partnerLo, row, extras.partner, seed);
  if (extras.device !== undefined) put(batch.deviceHi, batch.deviceLo, row, extras.device, seed);
  if (extras.handshake !== undefined) put(batch.handshakeHi, batch.handshakeLo, row, extras.handshake, seed);
  if (extras.subject !== undefined) put(batch.subjectHi, batch.subjectLo, row, extras.subject, seed);
  if (extras.owner !== undefined) put(batch.ownerHi, batch.ownerLo, row, extras.owner, seed);
  if (extras.mail !== undefined) put(batch.mailHi, batch.mailLo, row, extras.mail, seed);
  if (extras.object !== undefined) put(batch.objectHi, batch.objectLo, row, extras.object, seed);
}

function put(his: FactBatch['partnerHi'], los: FactBatch['partnerLo'], row: number, text: string, seed: number): void {
  const { hi, lo } = text === '' ? ABSENT : hashString(text, seed);
  his[row] = hi;
  los[row] = lo;
}
