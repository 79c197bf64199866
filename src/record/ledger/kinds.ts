/**
 * What can stand in the ledger. Every kind says what its `data` holds; more members may be added to any of them, and the
 * fold passes over kinds that it does not know. Times end in `_ms` and are Unix time.
 *
 * Whatever identifies a person belongs into `subject` or into `data.personal`: these are encrypted per subject and can be
 * erased. `by`, `reason`, `refs` and the rest of `data` stand in the clear for ever.
 */
import type { JsonObject } from './canonical.ts';

/** Who an entry is about, in the clear: only before it is sealed and after it was opened. */
export interface Subject {
  /** `ip`, `principal`, `credential` … */
  readonly dimension: string;
  readonly key: string;
}

/** A mitigation as it starts. `personal` holds what could name somebody, such as the sentence. */
export type StartedData = JsonObject & {
  readonly id: string;
  readonly until_ms: number;
  readonly personal?: JsonObject;
};

export type RenewedData = JsonObject & { readonly id: string; readonly until_ms: number };
export type EndedData = JsonObject & { readonly id: string };

/** One of many short-lived automatic mitigations in one entry. */
export type BatchItem = JsonObject & {
  readonly op: 'started' | 'renewed' | 'ended';
  readonly id: string;
  /** Not for `ended`. */
  readonly until_ms?: number;
  readonly subject?: JsonObject & Subject;
  readonly personal?: JsonObject;
};

/** Data by kind of entry. */
export interface KindData {
  /** A process has opened the ledger for appending. The first entry of all is one, too. */
  readonly 'ledger.opened': JsonObject & {
    readonly ledger: string;
    readonly format: number;
    /** Id of the key that heads are signed with, and the key: SPKI DER in base64. */
    readonly key: string;
    readonly public_key: string;
  };
  readonly 'policy.in-force': JsonObject & { readonly policy: string };
  readonly 'mode.changed': JsonObject & { readonly mode: string };
  readonly 'mitigation.started': StartedData;
  readonly 'mitigation.renewed': RenewedData;
  readonly 'mitigation.ended': EndedData;
  readonly 'mitigation.batch': JsonObject & { readonly items: readonly BatchItem[] };
  /** `ids`: all that were lifted, the one named and those derived from it. */
  readonly 'mitigation.undone': JsonObject & { readonly ids: readonly string[] };
  readonly 'grace.granted': JsonObject & { readonly id: string; readonly until_ms: number };
  /** `label` is null where one is taken back. `target` is what the label is about: an id, never a name. */
  readonly 'label.set': JsonObject & { readonly target: string; readonly label: string | null };
  /** `credential` is a keyed hash. Without `until_ms` it stands until it is restored. */
  readonly 'key.revoked': JsonObject & { readonly credential: string; readonly until_ms?: number };
  readonly 'key.restored': JsonObject & { readonly credential: string };
  /** An issuer has revoked a token (RFC 7009), which nobody can take back. `credential` is a keyed hash. */
  readonly 'issuer.told': JsonObject & { readonly credential: string; readonly issuer: string };
  /** A receiver of shared signals has changed its stream. Subjects are keyed hashes. */
  readonly 'signals.stream': JsonObject & { readonly stream: string; readonly change: string; readonly to: string };
  readonly 'model.in-force': JsonObject & { readonly model: string };
  readonly 'config.loaded': JsonObject & { readonly version: string };
  readonly 'operator.login': JsonObject;
  readonly 'capture.read': JsonObject;
  /** Written by the ledger: the fold up to `at_seq` was kept, and this is its digest. */
  readonly 'snapshot.made': JsonObject & { readonly at_seq: number; readonly digest: string };
  /** Written by the ledger: the key of a subject was destroyed. `subject_id` is the random id in its entries. */
  readonly 'subject.erased': JsonObject & { readonly subject_id: string };
  readonly 'journal.promoted': JsonObject;
  /** A key has used up `percent` of a quota of its plan, which begins anew at `until_ms`. The key is the subject. */
  readonly 'plan.alert': JsonObject & {
    readonly plan: string;
    readonly quota: string;
    readonly percent: number;
    readonly used: number;
    readonly limit: number;
    readonly until_ms: number;
  };
}

export type EntryKind = keyof KindData;

/** Kinds that the ledger writes itself: nobody else may append them. */
export const OWN_KINDS: ReadonlySet<string> = new Set<EntryKind>(['ledger.opened', 'snapshot.made', 'subject.erased']);
