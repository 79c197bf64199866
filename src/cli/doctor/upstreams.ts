/** Each server behind the gateway: whether it is reached, who it says it is, how it is, and what time it has. */
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { dirname, resolve } from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { LoadedConfig } from '../../config/load.ts';
import { days } from '../../lib/units.ts';
import { upstreamsOf, withoutSecret } from '../check-summary.ts';
import { type Examination, type Finding, fail, ok, reasonOf, warn } from './finding.ts';

/** Servers looked at; more are a matter for the health checks. */
const MAX_SERVERS = 64;
/** Asked at the same time. */
const AT_ONCE = 8;
/** Longest wait for one of them, in ms. */
const TIMEOUT_MS = 5000;
/** An answer of the health path that takes longer is slow, in ms. */
const SLOW_MS = 1000;
/** Difference of clocks that is a warning, and that is a failure, in ms. A Date header tells whole seconds. */
const SKEW_WARN_MS = 5000;
const SKEW_FAIL_MS = 60_000;
/** Time before the end of a certificate from which to act. */
export const CERTIFICATE_SOON_MS = days(21);

interface Target {
  readonly name: string;
  readonly url: string;
  readonly healthPath: string | null;
  readonly verify: boolean;
  readonly ca: string | null;
  readonly serverName: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly latencyMs: number;
  /** Their clock minus ours, in ms; null where they do not tell. */
  readonly skewMs: number | null;
  /** Unix ms of the end of their certificate; null without TLS. */
  readonly validToMs: number | null;
}

/** Findings about all servers, and about the clock as they see it. */
export async function upstreamFindings({ loaded, now, signal }: Examination): Promise<Finding[]> {
  const targets = targetsOf(loaded);
  if (targets.length === 0) {
    return [warn('upstreams', 'no upstream is configured', 'upstream: http://127.0.0.1:3000 names the API behind.')];
  }
  const looked = targets.slice(0, MAX_SERVERS);
  const findings: Finding[] = [];
  const skews: number[] = [];
  for (let at = 0; at < looked.length; at += AT_ONCE) {
    const part = looked.slice(at, at + AT_ONCE);
    const results = await Promise.all(part.map((target) => examine(target, loaded, now, signal)));
    for (const { finding, skewMs } of results) {
      findings.push(finding);
      if (skewMs !== null) skews.push(skewMs);
    }
  }
  return [...findings, ...clockFindings(skews)];
}

function targetsOf({ config }: LoadedConfig): Target[] {
  return upstreamsOf(config).flatMap(({ name, servers }) => {
    const group = config.upstreams.find((one) => one.name === name);
    return servers.map((url) => ({
      name,
      url,
      healthPath: group?.health?.path ?? null,
      verify: group?.tls.verify ?? true,
      ca: group?.tls.ca ?? null,
      serverName: group?.tls.server_name,
    }));
  });
}

async function examine(
  target: Target,
  { file }: LoadedConfig,
  now: () => number,
  signal: AbortSignal,
): Promise<{ finding: Finding; skewMs: number | null }> {
  const label = `${target.name} ${withoutSecret(target.url)}`;
  try {
    const ca = target.ca === null ? undefined : readFileSync(resolve(dirname(file ?? '.'), target.ca));
    const answer = await ask(target, ca, now, signal);
    return { finding: judged(target, label, answer, now()), skewMs: answer.skewMs };
  } catch (error) {
    return { finding: unreachable(label, error), skewMs: null };
  }
}

function unreachable(label: string, error: unknown): Finding {
  const code = reasonOf(error);
  const isTls = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/.test(code);
  const advice = isTls
    ? 'Name the authority that signed it in upstreams[].tls.ca, or the right name in server_name.'
    : 'Is it running, and does it listen there? A firewall between would time out.';
  return fail('upstreams', `${label}: ${isTls ? 'its certificate is refused' : 'not reached'} (${code})`, advice);
}

function judged(target: Target, label: string, answer: Answer, nowMs: number): Finding {
  const took = `${Math.round(answer.latencyMs)} ms`;
  if (target.healthPath !== null && (answer.status < 200 || answer.status >= 400)) {
    const sentence = `${label}: ${target.healthPath} answers ${answer.status}: the gateway would send it nothing`;
    return fail('upstreams', sentence, 'Correct upstreams[].health.path, or see what the server is missing.');
  }
  const leftMs = (answer.validToMs ?? Number.POSITIVE_INFINITY) - nowMs;
  if (leftMs < CERTIFICATE_SOON_MS) {
    const sentence = `${label}: its certificate ends in ${Math.max(0, Math.floor(leftMs / days(1)))} days`;
    return warn('upstreams', sentence, 'Have it renewed: from its end on every request would fail.');
  }
  if (!target.verify && target.url.startsWith('https:')) {
    return warn(
      'upstreams',
      `${label}: answers in ${took}, but its certificate is not verified`,
      'Set tls.ca instead.',
    );
  }
  if (answer.latencyMs > SLOW_MS) return warn('upstreams', `${label}: answers after ${took}`, 'See what keeps it.');
  return ok('upstreams', `${label}: answers ${answer.status} in ${took}`);
}

/** One request without a body; whatever is answered is read away. */
function ask(target: Target, ca: Buffer | undefined, now: () => number, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolveAnswer, reject) => {
    const startedAt = performance.now();
    const url = new URL(target.healthPath ?? '/', target.url);
    // HEAD changes nothing and costs least, where no path was named for this purpose.
    const method = target.healthPath === null ? 'HEAD' : 'GET';
    const headers = { 'User-Agent': 'sallyport-doctor', Connection: 'close' };
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    // A connection of its own: one that resumes a session is not shown the certificate.
    const options = { method, headers, agent: false as const, signal: deadline };
    const answered = (response: IncomingMessage) => {
      const latencyMs = performance.now() - startedAt;
      const socket = response.socket as TLSSocket;
      const validTo = url.protocol === 'https:' ? socket.getPeerCertificate().valid_to : undefined;
      const date = Date.parse(response.headers.date ?? '');
      response.on('error', () => {});
      response.destroy();
      resolveAnswer({
        status: response.statusCode ?? 0,
        latencyMs,
        // The header was written somewhere in the second that it names.
        skewMs: Number.isNaN(date) ? null : date + 500 - (now() - latencyMs / 2),
        validToMs: validTo === undefined ? null : Date.parse(validTo),
      });
    };
    const request =
      url.protocol === 'https:'
        ? httpsRequest(
            url,
            { ...options, ca, rejectUnauthorized: target.verify, servername: target.serverName ?? undefined },
            answered,
          )
        : httpRequest(url, options, answered);
    request.on('error', reject);
    request.end();
  });
}

function clockFindings(skews: readonly number[]): Finding[] {
  if (skews.length === 0) return [];
  // One server with a wrong clock is its own matter; the middle of all is ours.
  const middle = [...skews].sort((a, b) => a - b)[Math.floor(skews.length / 2)];
  const off = Math.abs(middle);
  const by = `${Math.round(off / 1000)} s ${middle > 0 ? 'behind' : 'ahead of'} the clocks of the upstreams`;
  const advice =
    'Synchronise this machine by NTP (timedatectl, chronyc tracking): tokens, expiries and logs depend on it.';
  if (off > SKEW_FAIL_MS) return [fail('clock', `this clock is ${by}`, advice)];
  if (off > SKEW_WARN_MS) return [warn('clock', `this clock is ${by}`, advice)];
  return [ok('clock', 'this clock agrees with those of the upstreams')];
}
