/** API keys that are known, by their hash. Built whole and swapped whole: what is revoked counts no more at once. */
import { ROLE } from '../../enrich/kinds.ts';
import { SallyportError } from '../../lib/errors.ts';
import { keyed } from './format.ts';

/** A key as configuration and key files tell it. Times are dates such as 2026-12-31 or 2026-12-31T18:00:00Z. */
export interface KeyEntry {
  readonly id: string;
  readonly owner?: string;
  readonly principal?: string;
  readonly partner?: string;
  readonly plan?: string;
  readonly scopes?: readonly string[];
  readonly role?: keyof typeof ROLE;
  readonly not_before?: string;
  readonly expires?: string;
  readonly revoked?: boolean;
  /** Id of the key that this one takes the place of: it ends `overlap_s` after this one begins. */
  readonly replaces?: string;
  readonly overlap_s?: number;
  /** One hash, or several with their own time: a key whose secret is being changed. */
  readonly hash?: string;
  readonly secrets?: readonly {
    readonly hash: string;
    readonly not_before?: string;
    readonly expires?: string;
  }[];
}

/** One secret of a key, ready to be asked. */
export interface KnownKey {
  readonly id: string;
  readonly owner: string;
  readonly principal: string;
  readonly partner: string;
  readonly plan: string;
  readonly scopes: readonly string[];
  readonly role: number;
  readonly fromMs: number;
  /** 0: it does not end. */
  readonly untilMs: number;
  readonly revoked: boolean;
}

/** Keyed hash (hex) → key. */
export type KeyTable = ReadonlyMap<string, KnownKey>;

/** Keys at most: each takes about 400 bytes. */
const MAX_KEYS = 1_000_000;
/** How long a replaced key goes on when nothing else is said: a week, in seconds. */
const OVERLAP_S = 7 * 86_400;

/**
 * Builds the table. SallyportError SP7511 for an id or a hash that stands twice, a hash that is none, a replacement without
 * a beginning, or more keys than {@link MAX_KEYS}; the message names the key, never its hash.
 */
export function keyTable(entries: readonly KeyEntry[], secret: Buffer): KeyTable {
  if (entries.length > MAX_KEYS) throw wrong(`there are more than ${MAX_KEYS} keys`);
  const ids = new Set<string>();
  for (const { id } of entries) {
    if (ids.has(id)) throw wrong(`"${id}" stands twice`);
    ids.add(id);
  }
  const ends = replaced(entries, ids);
  const table = new Map<string, KnownKey>();
  for (const entry of entries) {
    const secrets = secretsOf(entry);
    if (secrets.length === 0) throw wrong(`"${entry.id}" has no hash`);
    for (const one of secrets) {
      const at = storedHash(entry.id, one.hash, secret);
      if (table.has(at)) throw wrong(`"${entry.id}" has a secret that stands twice`);
      table.set(at, {
        id: entry.id,
        owner: entry.owner ?? '',
        principal: entry.principal ?? '',
        partner: entry.partner ?? '',
        plan: entry.plan ?? '',
        scopes: entry.scopes ?? [],
        role: ROLE[entry.role ?? 'service'],
        fromMs: Math.max(timeOf(entry, entry.not_before), timeOf(entry, one.not_before)),
        untilMs: earliest([timeOf(entry, entry.expires), timeOf(entry, one.expires), ends.get(entry.id) ?? 0]),
        revoked: entry.revoked ?? false,
      });
    }
  }
  return table;
}

function secretsOf(entry: KeyEntry): readonly { hash: string; not_before?: string; expires?: string }[] {
  const own = entry.hash === undefined ? [] : [{ hash: entry.hash }];
  return [...own, ...(entry.secrets ?? [])];
}

/** Id of a replaced key → Unix ms of its end. */
function replaced(entries: readonly KeyEntry[], ids: ReadonlySet<string>): Map<string, number> {
  const ends = new Map<string, number>();
  for (const entry of entries) {
    const { replaces } = entry;
    if (replaces === undefined) continue;
    if (!ids.has(replaces) || replaces === entry.id)
      throw wrong(`"${entry.id}" replaces "${replaces}", which is no other key`);
    const from = timeOf(entry, entry.not_before);
    if (from === 0) throw wrong(`"${entry.id}" replaces a key and needs not_before: the overlap begins there`);
    const end = from + (entry.overlap_s ?? OVERLAP_S) * 1000;
    ends.set(replaces, earliest([ends.get(replaces) ?? 0, end]));
  }
  return ends;
}

function storedHash(id: string, text: string, secret: Buffer): string {
  const match = /^(sha256|hmac-sha256):([0-9a-f]{64})$/.exec(text);
  if (match === null)
    throw wrong(`"${id}" has a hash that is neither sha256:… nor hmac-sha256:… with 64 hexadecimal digits`);
  return match[1] === 'sha256' ? keyed(match[2], secret) : match[2];
}

function timeOf(entry: KeyEntry, text: string | undefined): number {
  if (text === undefined) return 0;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw wrong(`"${entry.id}" has a date that is none`);
  return ms;
}

/** The earliest of times of which 0 means never. */
function earliest(times: readonly number[]): number {
  return times.reduce((least, time) => (time !== 0 && (least === 0 || time < least) ? time : least), 0);
}

const wrong = (what: string): SallyportError => new SallyportError('SP7511', `API keys: ${what}`);
