/** Who is calling: whether keys, secrets and files can be used, what of them ends soon, and whether issuers answer. */
import { randomBytes } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { Office } from '../../doors/gateway/revoking/office.ts';
import { identityFrom } from '../../identity/compose.ts';
import { createFetcher } from '../../identity/http.ts';
import { readKeyFile } from '../../identity/keys/file.ts';
import { SallyportError } from '../../lib/errors.ts';
import { days } from '../../lib/units.ts';
import { type Examination, type Finding, fail, ok, reasonOf, warn } from './finding.ts';

/** Time before the end of a key from which it is said, in ms; keys that are named in one sentence; time of an issuer, in ms. */
const SOON_MS = days(14);
const NAMED = 3;
const TIMEOUT_MS = 5000;

/** Findings about the section `identity`. */
export async function identityFindings(examination: Examination): Promise<Finding[]> {
  const { loaded, signal } = examination;
  const { identity } = loaded.config;
  const broken = await unusable(examination);
  if (broken !== null) return [broken];
  const findings = endings(examination);
  const { fetch, close } = createFetcher();
  try {
    for (const { issuer, jwks_url, discovery } of identity.jwt) {
      signal.throwIfAborted();
      const wellKnown = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
      if (jwks_url !== undefined) findings.push(await answers(issuer, jwks_url, 'keys', fetch));
      else if (discovery) findings.push(await answers(issuer, wellKnown, 'jwks_uri', fetch));
    }
    for (const { name, jwks } of identity.shared_signals.receivers)
      findings.push(await answers(`transmitter ${name}`, jwks, 'keys', fetch));
  } finally {
    await close();
  }
  return findings.length > 0 ? findings : [ok('identity', 'keys, secrets and files can be used; nothing ends soon')];
}

/** Puts everything together as the gateway would, and takes it apart again. */
async function unusable({ loaded, now }: Examination): Promise<Finding | null> {
  const baseDir = dirname(loaded.file ?? '.');
  const settings = loaded.config.identity;
  // Hashes are not compared with anything here: any secret will do.
  const secret = randomBytes(32);
  try {
    await identityFrom(settings, { baseDir, secret }).close();
    await new Office({ settings, baseDir, secret, clock: now }).close();
    return null;
  } catch (error) {
    const advice = error instanceof SallyportError ? error.advice : 'Look at the section identity.';
    return fail('identity', `cannot be used: ${(error as Error).message}`, advice);
  }
}

/** Keys that have ended, or will soon. */
function endings({ loaded, now }: Examination): Finding[] {
  const { keys, signatures } = loaded.config.identity;
  const folder = dirname(loaded.file ?? '.');
  const all: { readonly id: string; readonly expires?: string; readonly revoked?: boolean }[] = [
    ...(keys?.entries ?? []),
    ...(keys?.files ?? []).flatMap((name) => readKeyFile(resolve(folder, name))),
    ...signatures.hmac.flatMap((scheme) => scheme.keys),
    ...signatures.messages.flatMap((scheme) => scheme.keys),
  ];
  const soon = all.filter(({ expires, revoked }) => {
    const leftMs = expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires) - now();
    return revoked !== true && leftMs > 0 && leftMs < SOON_MS;
  });
  if (soon.length === 0) return [];
  const named = soon.slice(0, NAMED).map(({ id, expires }) => `${id} (${expires})`);
  const more = soon.length > NAMED ? ` and ${soon.length - NAMED} more` : '';
  const advice = 'Hand out a key that replaces it: docs/identity.md, rotation.';
  return [warn('identity', `within 14 days ends ${named.join(', ')}${more}`, advice)];
}

/** Whether an address of an issuer gives JSON with this member. */
async function answers(
  who: string,
  url: string,
  member: string,
  fetch: ReturnType<typeof createFetcher>['fetch'],
): Promise<Finding> {
  const advice = 'Where an issuer has not answered since the start, none of its tokens is accepted (503, SP7505).';
  try {
    const headers = { accept: 'application/json' };
    const { status, text } = await fetch({ method: 'GET', url, headers, timeoutMs: TIMEOUT_MS });
    if (status !== 200) return fail('identity', `${who}: ${url} answers ${status}`, advice);
    const value = JSON.parse(text) as Record<string, unknown> | null;
    if (value?.[member] === undefined) return fail('identity', `${who}: ${url} gives no "${member}"`, advice);
    return ok('identity', `${who}: answers at ${url}`);
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is not JSON' : reasonOf((error as Error).cause ?? error);
    return fail('identity', `${who}: nothing can be read at ${url} (${why})`, advice);
  }
}
