/**
 * Requests signed with a shared secret: an id of the key, a time, a nonce and an HMAC over a text that is made of parts of
 * the request. Which parts, in which order and under which headers says the configuration, because every API has its own.
 */
import { hash } from 'node:crypto';
import type { HmacSettings } from '../../config/signing.ts';
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../enrich/kinds.ts';
import type { Caller, Presented } from '../contract.ts';
import type { ReplayPort } from '../replay.ts';
import { callerOf, type Scheme } from '../scheme.ts';
import {
  allOf,
  DECOY_SECRET,
  decoded,
  equalsAny,
  type HmacClaim,
  headerOf,
  type KeyFiles,
  mac,
  malformed,
  misuse,
  type Owner,
  onceOnly,
  onlyValue,
  ownerOf,
  pathTest,
  type Refused,
} from './parts.ts';
import { sigv4Claim } from './sigv4.ts';

/** Longest headers that are looked at, in characters. */
const MAX_KEY = 200;
const MAX_NONCE = 200;
const MAX_TIME = 40;
const MAX_SIGNATURE = 1024;

interface HmacKey {
  readonly owner: Owner;
  readonly secrets: readonly Buffer[];
}

const SCHEME = AUTH_SCHEME.hmac;

/** HMAC-signed requests as one part of the configuration describes them. SallyportError SP7601 for a missing secret. */
export function hmacScheme(settings: HmacSettings, files: KeyFiles, replay: ReplayPort): Scheme {
  const keys = new Map<string, HmacKey>();
  for (const key of settings.keys) {
    keys.set(key.id, { owner: ownerOf(key, key.id), secrets: key.secrets.map((source) => files.secret(source)) });
  }
  const most = Math.max(...settings.keys.map((key) => key.secrets.length));
  const decoy: HmacKey = {
    owner: { ...ownerOf(settings.keys[0], ''), known: {} },
    secrets: Array(most).fill(DECOY_SECRET),
  };
  const fits = pathTest(settings.path);
  const aws = settings.style === 'aws_sigv4';
  const names = lowered(settings);
  const needsBody = aws || settings.parts.some((part) => part === 'body' || part === 'body_hash');
  const claimOf = aws ? sigv4Claim(settings) : genericClaim(settings, names);
  return {
    name: `hmac:${settings.name}`,
    present: (presented, found) =>
      fits(presented.target) &&
      (aws
        ? found.authScheme === 'aws4-hmac-sha256'
        : headerOf(presented.headers, names.signature) !== null || headerOf(presented.headers, names.key) !== null),
    needsBody: () => needsBody,
    identify(presented, found) {
      const claim = claimOf(presented, found.authValue);
      return 'outcome' in claim
        ? callerOf(SCHEME, claim.outcome, { detail: claim.detail })
        : judged(settings, claim, keys.get(claim.key), decoy, presented, replay);
    },
    close() {},
  };
}

function judged(
  settings: HmacSettings,
  claim: HmacClaim,
  key: HmacKey | undefined,
  decoy: HmacKey,
  presented: Presented,
  replay: ReplayPort,
): Caller | Promise<Caller> {
  const { nowMs } = presented;
  const toleranceMs = settings.tolerance_s * 1000;
  const macs = (key ?? decoy).secrets.map((secret) => claim.expected(secret));
  const good = equalsAny(claim.signature, macs);
  if (!key) return refused(decoy, AUTH_OUTCOME.unknown, 'The key is not known.');
  if (!good) return refused(key, AUTH_OUTCOME.signature, 'The signature does not fit the request.');
  if (nowMs > claim.timeMs + toleranceMs) return refused(key, AUTH_OUTCOME.expired, 'The signature is too old.');
  if (nowMs < claim.timeMs - toleranceMs)
    return refused(key, AUTH_OUTCOME.early, 'The time of the signature lies ahead.');
  const wrong = misuse(SCHEME, key.owner, presented);
  if (wrong) return wrong;
  // The computed signature, not the one that was sent: base64 and hex can write the same bytes in several ways.
  const once = claim.nonce === '' ? claim.signature.toString('base64url') : claim.nonce;
  const kind = claim.nonce === '' ? 's' : 'n';
  const use = `hmac:${settings.name}:${kind}:${claim.key.length}:${claim.key}:${once}`;
  return onceOnly(
    replay,
    use,
    claim.timeMs + toleranceMs + 1,
    nowMs,
    callerOf(SCHEME, AUTH_OUTCOME.accepted, key.owner.known),
  );
}

/** The same work for a key that is known and for one that is not: the decoy has no name. */
function refused({ owner }: HmacKey, outcome: number, detail: string): Caller {
  const { credential = '', partner = '' } = owner.known;
  return callerOf(SCHEME, outcome, { credential, partner, detail });
}

interface Names {
  readonly key: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly signature: string;
}

function lowered({ headers }: HmacSettings): Names {
  return {
    key: headers.key.toLowerCase(),
    timestamp: headers.timestamp.toLowerCase(),
    nonce: headers.nonce.toLowerCase(),
    signature: headers.signature.toLowerCase(),
  };
}

/** Reads the headers of the generic style. */
function genericClaim(settings: HmacSettings, names: Names): (presented: Presented) => HmacClaim | Refused {
  const wanted: readonly (readonly [keyof Names, number])[] = [
    ['key', MAX_KEY],
    ['timestamp', MAX_TIME],
    ['signature', MAX_SIGNATURE],
    ...(settings.nonce === 'required' ? ([['nonce', MAX_NONCE]] as const) : []),
  ];
  return (presented) => {
    const values = { key: '', timestamp: '', nonce: '', signature: '' };
    for (const [part, most] of wanted) {
      const value = onlyValue(presented, names[part], most, settings.headers[part]);
      if (typeof value !== 'string') return value;
      values[part] = value;
    }
    const timeMs = timeOf(values.timestamp, settings.timestamp);
    if (timeMs === null) return malformed(`${settings.headers.timestamp} is not a time.`);
    if (!values.signature.startsWith(settings.prefix)) return malformed('The signature is not in the form expected.');
    const signature = decoded(values.signature.slice(settings.prefix.length), settings.encoding);
    if (signature === null) return malformed('The signature is not in the form expected.');
    const text = canonical(settings, presented, values);
    return {
      key: values.key,
      timeMs,
      nonce: values.nonce,
      signature,
      expected: (secret) => mac(settings.hash, secret, text),
    };
  };
}

/** What is signed, as it came over the wire: one buffer, because every further piece costs as much as hashing it. */
function canonical(
  settings: HmacSettings,
  presented: Presented,
  values: Readonly<Record<keyof Names, string>>,
): Uint8Array {
  const query = presented.target.indexOf('?');
  const body = presented.body ?? new Uint8Array(0);
  const pieces: Uint8Array[] = [];
  let text = '';
  for (const [i, part] of settings.parts.entries()) {
    if (i > 0) text += settings.separator;
    if (typeof part === 'object') text += allOf(presented.headers, part.header.toLowerCase());
    else if (part === 'body_hash') text += hash('sha256', body, 'hex');
    else if (part === 'path') text += query < 0 ? presented.target : presented.target.slice(0, query);
    else if (part === 'query') text += query < 0 ? '' : presented.target.slice(query + 1);
    else if (part === 'timestamp' || part === 'nonce' || part === 'key') text += values[part];
    else if (part === 'host') text += presented.host.toLowerCase();
    else if (part !== 'body') text += presented[part];
    else {
      pieces.push(Buffer.from(text, 'latin1'), body);
      text = '';
    }
  }
  const rest = Buffer.from(text, 'latin1');
  return pieces.length === 0 ? rest : Buffer.concat([...pieces, rest]);
}

/** Unix ms of a time as text; null where it is none. */
function timeOf(text: string, kind: HmacSettings['timestamp']): number | null {
  if (kind === 'iso8601') {
    if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/.test(text)) return null;
    const time = Date.parse(text);
    return Number.isNaN(time) ? null : time;
  }
  if (!/^\d{1,15}$/.test(text)) return null;
  return kind === 'seconds' ? Number(text) * 1000 : Number(text);
}
