/** Alerts of the inventory: endpoints that no document names, and those that should be gone. Each is told once. */
import type { EndpointReport, InventoryReport } from '../live/inventory-report.ts';
import { type Severity, type SiemEvent, short } from './event.ts';

/** Endpoints whose alert is remembered. */
const MAX_KNOWN = 20_000;
/** Alerts of one report at most; the rest comes with the next. */
const MAX_ALERTS = 100;

const SENSITIVE: ReadonlySet<string> = new Set(['secret', 'money', 'personal', 'admin']);
const SENTENCE: Readonly<Record<string, string>> = {
  shadow: 'is called and stands in no document',
  deprecated: 'is deprecated and still called',
  removed: 'was taken out of its document and still answers',
  unused: 'is documented and nobody calls it',
};
const DETECTOR = { id: 'inventory', number: 0, title: 'Endpoint inventory', group: 'sequence', owasp: ['API9'] };

export class InventoryAlerts {
  readonly #told = new Set<string>();

  /** What is new in a report. Where nothing at all is documented, nothing can be missing in documents. */
  of(report: InventoryReport, nowMs: number): SiemEvent[] {
    const isDocumented = report.counts.documented > 0 || report.endpoints.some(({ operation }) => operation !== '');
    const events: SiemEvent[] = [];
    for (const endpoint of report.endpoints) {
      const { method, template, kind, reason } = endpoint;
      if (kind === 'documented' || (kind === 'shadow' && !isDocumented)) continue;
      const uid = `E-${method} ${template} ${kind}${reason === '' ? '' : `-${reason}`}`;
      if (this.#told.has(uid)) continue;
      if (events.length >= MAX_ALERTS) break;
      if (this.#told.size >= MAX_KNOWN) this.#told.delete(this.#told.values().next().value as string);
      this.#told.add(uid);
      events.push(alert(endpoint, uid, nowMs));
    }
    return events;
  }
}

function alert(endpoint: EndpointReport, uid: string, nowMs: number): SiemEvent {
  const { method, template, kind, reason, exposure, sensitivity, requests, authentication } = endpoint;
  const sentence = SENTENCE[reason === '' ? kind : reason];
  return {
    kind: 'inventory',
    uid: short(uid, 300),
    id: short(uid, 300),
    phase: 'create',
    timeMs: nowMs,
    startMs: endpoint.first_seen === '' ? nowMs : Date.parse(endpoint.first_seen),
    title: `${kind} endpoint`,
    message: short(`${method} ${template} ${sentence}.`),
    class: 'inventory',
    severity: severityOf(endpoint),
    risk: -1,
    actor: null,
    reasons: [{ detector: DETECTOR, nats: 0, why: short(`${sentence} (${requests} requests)`) }],
    action: null,
    status: '',
    by: '',
    method,
    route: short(template),
    host: '',
    related: '',
    labels: {
      endpoint: kind,
      ...(reason !== '' && { reason }),
      exposure,
      sensitivity: sensitivity.level,
      requests: String(requests),
      authenticated_percent: String(authentication.accepted_percent),
    },
  };
}

function severityOf({ kind, reason, exposure, sensitivity }: EndpointReport): Severity {
  if (reason === 'unused') return 'informational';
  const isSensitive = SENSITIVE.has(sensitivity.level);
  if (exposure === 'internet' && isSensitive) return 'high';
  return kind === 'zombie' || isSensitive || exposure === 'internet' ? 'medium' : 'low';
}
