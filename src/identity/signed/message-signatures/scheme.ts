/**
 * HTTP message signatures (RFC 9421): which signature of a request counts, and what it has to be like. The request says
 * what it covers; what it must cover, with which key and algorithm and how old it may be says the configuration.
 */
import type { MessageSettings } from '../../../config/signing.ts';
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../../enrich/kinds.ts';
import type { Caller, Presented } from '../../contract.ts';
import type { ReplayPort } from '../../replay.ts';
import { callerOf, type Scheme } from '../../scheme.ts';
import {
  allOf,
  headerOf,
  type KeyFiles,
  malformed,
  misuse,
  type Owner,
  onceOnly,
  ownerOf,
  pathTest,
  type Refused,
} from '../parts.ts';
import { keyVerifier, secretVerifier, type Verifier } from './algorithms.ts';
import { signatureBase, uncovered } from './components.ts';
import { contentDigest } from './digest.ts';
import { type Bare, type InnerList, MAX_FIELD, type Member, parseDictionary } from './structured.ts';

/** Most signatures of one request that are looked at: others may have been added on the way. */
const MAX_SIGNATURES = 4;
/** Longest nonce in characters. */
const MAX_NONCE = 256;
/** Methods whose requests have no body unless they say so. */
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE']);

interface Key {
  readonly owner: Owner;
  readonly algorithm: string;
  readonly verify: Verifier;
}

interface Candidate {
  readonly covered: InnerList;
  readonly signature: Buffer;
}

const SCHEME = AUTH_SCHEME.signature;

/**
 * HTTP message signatures as one part of the configuration describes them. SallyportError SP7601 for a secret that is not
 * there, SP7602 for a key that does not fit its algorithm.
 */
export function messageSignatureScheme(settings: MessageSettings, files: KeyFiles, replay: ReplayPort): Scheme {
  const keys = new Map<string, Key>();
  for (const key of settings.keys) {
    const verify =
      key.algorithm === 'hmac-sha256'
        ? secretVerifier(files.secret(key.secret as NonNullable<typeof key.secret>))
        : keyVerifier(key.algorithm, files.pem(key.public_key as string), key.id);
    keys.set(key.id, { owner: ownerOf(key, key.id), algorithm: key.algorithm, verify });
  }
  const fits = pathTest(settings.path);
  const desk = new MessageDesk(settings, keys, replay);
  return {
    name: `signature:${settings.name}`,
    present: (presented) =>
      fits(presented.target) &&
      headerOf(presented.headers, 'signature-input') !== null &&
      (settings.tag === '' || allOf(presented.headers, 'signature-input').includes(`tag="${settings.tag}"`)),
    needsBody: () => settings.content_digest !== 'ignored',
    identify: (presented) => desk.identify(presented),
    close() {},
  };
}

class MessageDesk {
  private readonly settings: MessageSettings;
  private readonly keys: ReadonlyMap<string, Key>;
  private readonly replay: ReplayPort;

  constructor(settings: MessageSettings, keys: ReadonlyMap<string, Key>, replay: ReplayPort) {
    this.settings = settings;
    this.keys = keys;
    this.replay = replay;
  }

  identify(presented: Presented): Caller | Promise<Caller> {
    const candidates = candidatesOf(presented, this.settings.tag);
    if ('outcome' in candidates) return callerOf(SCHEME, candidates.outcome, { detail: candidates.detail });
    let first: Caller | null = null;
    for (const candidate of candidates) {
      const judged = this.judge(presented, candidate);
      if ('outcome' in judged) first ??= judged;
      else return judged.once();
    }
    return first ?? callerOf(SCHEME, AUTH_OUTCOME.malformed, { detail: 'There is no signature that counts here.' });
  }

  /**
   * What is wrong with a signature; else the last question, whether it comes for the first time. What can be said without
   * the key is said first, and that it is too old last: else answers would tell which key ids there are.
   */
  private judge(
    presented: Presented,
    { covered, signature }: Candidate,
  ): Caller | { once(): Caller | Promise<Caller> } {
    const { settings } = this;
    const no = (outcome: number, detail: string) => callerOf(SCHEME, outcome, { detail });
    const nonce = text(covered, 'nonce') ?? '';
    if (nonce.length > MAX_NONCE) return no(AUTH_OUTCOME.oversized, 'The nonce is too long.');
    if (nonce === '' && settings.nonce === 'required') return no(AUTH_OUTCOME.malformed, 'The signature has no nonce.');
    const times = timesOf(covered, settings);
    if ('outcome' in times) return no(times.outcome, times.detail);
    const base = signatureBase(presented, covered);
    if ('problem' in base) return no(AUTH_OUTCOME.malformed, base.problem);
    const keyid = text(covered, 'keyid') ?? '';
    const key = this.keys.get(keyid);
    if (!key) return no(AUTH_OUTCOME.unknown, 'The key is not known.');
    const alg = covered.parameters.get('alg');
    if (alg !== undefined && alg.value !== key.algorithm) {
      return no(AUTH_OUTCOME.algorithm, 'The algorithm is not the one of the key.');
    }
    const wrong = this.wrongContent(presented, covered, signature, base.text, key);
    if (wrong !== '') return no(AUTH_OUTCOME.signature, wrong);
    const { nowMs } = presented;
    if (nowMs < times.fromMs) return no(AUTH_OUTCOME.early, 'The signature was created ahead of time.');
    if (nowMs > times.untilMs) return no(AUTH_OUTCOME.expired, 'The signature is too old.');
    const misused = misuse(SCHEME, key.owner, presented);
    if (misused) return misused;
    // ECDSA signatures can be changed into others that verify, too: without a nonce the signed text is what comes once.
    const use = `sig:${settings.name}:${keyid.length}:${keyid}:${nonce === '' ? `t:${base.text}` : `n:${nonce}`}`;
    const accepted = callerOf(SCHEME, AUTH_OUTCOME.accepted, key.owner.known);
    return { once: () => onceOnly(this.replay, use, times.untilMs + 1, nowMs, accepted) };
  }

  /** Why the signature says nothing of this request; '' where it does. */
  private wrongContent(presented: Presented, covered: InnerList, signature: Buffer, base: string, key: Key): string {
    const missing = uncovered(covered, this.settings.components);
    if (missing !== '') return `The signature does not cover ${missing}.`;
    const fits = key.verify(Buffer.from(base, 'latin1'), signature);
    return fits ? bodyProblem(presented, covered, this.settings) : 'The signature does not fit the request.';
  }
}

function text(covered: InnerList, name: string): string | undefined {
  const value = covered.parameters.get(name);
  return value?.kind === 'string' ? value.value : undefined;
}

/** Signatures of a request that have the tag, in the order of Signature-Input. */
function candidatesOf(presented: Presented, tag: string): readonly Candidate[] | Refused {
  const inputText = allOf(presented.headers, 'signature-input');
  const valueText = allOf(presented.headers, 'signature');
  if (inputText.length > MAX_FIELD || valueText.length > MAX_FIELD) {
    return { outcome: AUTH_OUTCOME.oversized, detail: 'Signature or Signature-Input is too long.' };
  }
  const inputs = parseDictionary(inputText);
  const values = parseDictionary(valueText);
  if (!inputs || !values) return malformed('Signature or Signature-Input cannot be read.');
  const candidates: Candidate[] = [];
  for (const [label, covered] of inputs) {
    if (!('items' in covered)) return malformed(`Signature-Input says nothing of what "${label}" covers.`);
    if (tag !== '' && covered.parameters.get('tag')?.value !== tag) continue;
    const signature = bytesOf(values.get(label));
    if (signature === null) return malformed(`There is no signature "${label}".`);
    candidates.push({ covered, signature });
    if (candidates.length > MAX_SIGNATURES) return malformed('There are too many signatures.');
  }
  return candidates;
}

function bytesOf(member: Member | undefined): Buffer | null {
  return member && 'bare' in member && member.bare.kind === 'bytes' ? member.bare.value : null;
}

/** From when until when (Unix ms) the signature counts. */
function timesOf(covered: InnerList, settings: MessageSettings): { fromMs: number; untilMs: number } | Refused {
  const seconds = (value: Bare | undefined) => (value?.kind === 'integer' ? value.value * 1000 : null);
  const created = seconds(covered.parameters.get('created'));
  if (created === null) return malformed('The signature does not say when it was created.');
  const expires = covered.parameters.get('expires');
  const expiresMs = expires === undefined ? Number.POSITIVE_INFINITY : seconds(expires);
  if (expiresMs === null) return malformed('The end of the signature is not a time.');
  const skewMs = settings.skew_s * 1000;
  const untilMs = Math.min(created + settings.max_age_s * 1000, expiresMs) + skewMs;
  return { fromMs: created - skewMs, untilMs };
}

/** What is wrong with the digest of the body; '' for nothing. */
function bodyProblem(presented: Presented, covered: InnerList, settings: MessageSettings): string {
  if (settings.content_digest === 'ignored') return '';
  const missing = uncovered(covered, ['content-digest']) !== '';
  if (missing) {
    const wanted = settings.content_digest === 'required' || hasBody(presented);
    return wanted ? 'The signature does not cover content-digest.' : '';
  }
  const found = contentDigest(allOf(presented.headers, 'content-digest'), presented.body ?? new Uint8Array(0));
  if (found === 'fits') return '';
  if (found === 'differs') return 'Content-Digest does not fit the body.';
  return 'Content-Digest has neither sha-256 nor sha-512 that can be read.';
}

/** A body that could not be had counts as one: what nobody has seen nobody has signed. */
function hasBody({ body, method, headers }: Presented): boolean {
  if (body !== null) return body.length > 0;
  const length = headerOf(headers, 'content-length');
  return length === null ? !WITHOUT_BODY.has(method) : length.trim() !== '0';
}
