/** A running gateway, asked over its admin listener. */
import { readToken, tokenPath } from '../../admin/token.ts';
import { reachableUrl } from '../../config/listen.ts';
import { SallyportError } from '../../lib/errors.ts';
import type { LiveStatus } from '../../runtime/live/operator.ts';
import type { ProxyTrustReport } from '../../runtime/telemetry/proxy-trust.ts';
import { type Examination, type Finding, ok, reasonOf, warn } from './finding.ts';
import { sharingFindings, trustFindings } from './trust.ts';

/** A listener that takes longer to answer is said not to, in ms. */
const TIMEOUT_MS = 3000;
/** Difference to the gateway's clock from which it is said, in ms. Both are read on the same machine as a rule. */
const CLOCK_MS = 2000;

/** Whether a gateway runs, and what it has seen of its peers. */
export async function gatewayFindings(examination: Examination): Promise<Finding[]> {
  const url = reachableUrl(examination.loaded.config.admin.listen);
  let token: string;
  try {
    token = readToken(tokenPath(examination.loaded, examination.cwd));
  } catch (error) {
    return absent(`no gateway was asked: the admin token cannot be read (${(error as SallyportError).message})`);
  }
  let status: LiveStatus;
  const askedMs = examination.now();
  try {
    status = await ask<LiveStatus>(url, '/api/v1/status', token, examination.signal);
  } catch (error) {
    if (error instanceof SallyportError) {
      return [warn('gateway', error.message, error.advice), ...absent('it could not be asked').slice(1)];
    }
    return absent(`no gateway answers at ${url} (${reasonOf((error as Error).cause ?? error)})`);
  }
  const findings = [ok('gateway', `version ${status.version} runs in mode ${status.mode} at ${url}`)];
  const skewMs = Date.parse(status.now) - (askedMs + examination.now()) / 2;
  if (Math.abs(skewMs) > CLOCK_MS) {
    const by = `${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs > 0 ? 'ahead' : 'behind'}`;
    findings.push(warn('clock', `the gateway's clock is ${by} of this one`, 'Set both machines by NTP.'));
  }
  const report = await ask<ProxyTrustReport>(url, '/api/v1/trust', token, examination.signal);
  return [...findings, ...trustFindings(report), ...sharingFindings(report)];
}

function absent(why: string): Finding[] {
  return [
    ok('gateway', why),
    ok('proxy-trust', 'not looked at: it needs a running gateway and its traffic'),
    ok('sharing', 'not looked at: it needs a running gateway and its traffic'),
  ];
}

async function ask<T>(url: string, path: string, token: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(url + path, {
    headers: { Authorization: `Bearer ${token}` },
    // The token is for this address and no other.
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  if (response.status === 401 || response.status === 403) {
    throw new SallyportError('SP7002', `the gateway at ${url} refuses the token of this configuration`);
  }
  if (!response.ok) throw new SallyportError('SP7001', `${url}${path} answered ${response.status}`);
  return (await response.json()) as T;
}
