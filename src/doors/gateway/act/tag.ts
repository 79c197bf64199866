/** What the upstream is told about a request that was let through although something speaks against its sender. */
import type { Verdict } from '../../../runtime/live/verdict.ts';
import type { HeaderList } from '../contract.ts';

/**
 * Headers for the upstream: `Sallyport-Action`, `Sallyport-Risk` (0.00 to 1.00), and where known `Sallyport-Class` and
 * `Sallyport-Mitigation`. Clients cannot forge them: the http room takes theirs out.
 */
export function tagHeaders(verdict: Verdict): HeaderList {
  const headers = ['Sallyport-Action', verdict.action, 'Sallyport-Risk', riskText(verdict.risk)];
  if (verdict.class !== '') headers.push('Sallyport-Class', verdict.class);
  if (verdict.mitigation !== '') headers.push('Sallyport-Mitigation', verdict.mitigation);
  return headers;
}

/** The same for `step-up`: the application is to ask for a second factor, or for whatever it asks for. */
export function stepUpHeaders(verdict: Verdict): HeaderList {
  const headers = tagHeaders(verdict);
  headers.push('Sallyport-Step-Up', 'required');
  return headers;
}

function riskText(risk: number): string {
  return (risk > 0 ? Math.min(risk, 1) : 0).toFixed(2);
}
