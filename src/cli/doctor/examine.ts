/** All checks of the doctor, one after the other; one that breaks off does not stop the rest. */
import process from 'node:process';
import { SallyportError } from '../../lib/errors.ts';
import { authorityFindings } from './authorities.ts';
import { certificateFindings } from './certificates.ts';
import { type Examination, type Finding, fail } from './finding.ts';
import { gatewayFindings } from './gateway.ts';
import { identityFindings } from './identity.ts';
import { descriptorFindings, ipv6Findings, nodeFindings, watchClock } from './machine.ts';
import { outputFindings } from './outputs.ts';
import { adminFindings, dataDirFindings, diskFindings } from './storage.ts';
import { upstreamFindings } from './upstreams.ts';

type Check = (examination: Examination) => readonly Finding[] | Promise<readonly Finding[]>;

/** In the order in which they are shown. The clock is among the upstreams, who tell the time. */
const CHECKS: readonly (readonly [id: string, check: Check])[] = [
  ['node', () => nodeFindings(process.versions.node)],
  ['gateway', gatewayFindings],
  ['upstreams', upstreamFindings],
  ['outputs', outputFindings],
  ['tls', certificateFindings],
  ['tls', authorityFindings],
  ['identity', identityFindings],
  ['ipv6', (examination) => ipv6Findings(examination)],
  ['admin', adminFindings],
  ['data-dir', dataDirFindings],
  ['disk', diskFindings],
  ['descriptors', (examination) => descriptorFindings(examination)],
];

/** Looks at everything. Rejects only where it was interrupted. */
export async function examine(examination: Examination): Promise<Finding[]> {
  const clock = watchClock(examination.now);
  const findings: Finding[] = [];
  for (const [id, check] of CHECKS) {
    examination.signal.throwIfAborted();
    try {
      findings.push(...(await check(examination)));
    } catch (error) {
      examination.signal.throwIfAborted();
      const broken = new SallyportError('SP7013', `the check broke off: ${(error as Error).message}`);
      findings.push(fail(id, `${broken.message} (${broken.code})`, broken.advice));
    }
  }
  return [...findings, ...clock()];
}
