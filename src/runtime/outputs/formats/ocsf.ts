/**
 * OCSF (Open Cybersecurity Schema Framework) 1.5. Findings, mitigations and alerts of the inventory are Detection Findings
 * (2004), decisions are API Activity (6003), entries of the ledger are Base Events (0): a detection is none of the two.
 */
import { denies, type Origin, type SiemAction, type SiemEvent, type SiemReason, threatsOf } from '../event.ts';

const VERSION = '1.5.0';
const FINDINGS = { category_uid: 2, category_name: 'Findings', class_uid: 2004, class_name: 'Detection Finding' };
const API_ACTIVITY = {
  category_uid: 6,
  category_name: 'Application Activity',
  class_uid: 6003,
  class_name: 'API Activity',
};
const BASE_EVENT = { category_uid: 0, category_name: 'Uncategorized', class_uid: 0, class_name: 'Base Event' };
/** Attributes of this profile: action_id, disposition_id, policy, risk_score … */
const PROFILES = ['security_control'];

const SEVERITY = {
  informational: [1, 'Informational'],
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
  critical: [5, 'Critical'],
} as const;
/** risk_level_id counts from 0. */
const RISK_LEVEL = { informational: 0, low: 1, medium: 2, high: 3, critical: 4 } as const;
const ACTIVITY = { create: [1, 'Create'], update: [2, 'Update'], close: [3, 'Close'] } as const;
const ANALYTIC: Readonly<Record<string, readonly [number, string]>> = {
  content: [1, 'Rule'],
  decoy: [1, 'Rule'],
  rate: [3, 'Statistical'],
  population: [3, 'Statistical'],
  identity: [2, 'Behavioral'],
  failure: [2, 'Behavioral'],
  sequence: [2, 'Behavioral'],
};
const CRUD: Readonly<Record<string, readonly [number, string]>> = {
  POST: [1, 'Create'],
  GET: [2, 'Read'],
  HEAD: [2, 'Read'],
  OPTIONS: [2, 'Read'],
  PUT: [3, 'Update'],
  PATCH: [3, 'Update'],
  DELETE: [4, 'Delete'],
};
const DISPOSITION: Readonly<Record<string, readonly [number, string]>> = {
  allow: [1, 'Allowed'],
  tag: [18, 'Tagged'],
  throttle: [14, 'Delayed'],
  challenge: [23, 'Challenge'],
  'step-up': [23, 'Challenge'],
  tarpit: [14, 'Delayed'],
  block: [2, 'Blocked'],
  revoke: [24, 'Access Revoked'],
};

type Json = Readonly<Record<string, unknown>>;

/** The event as OCSF JSON. */
export function ocsf(event: SiemEvent, origin: Origin): string {
  if (event.kind === 'decision') return JSON.stringify(apiActivity(event, origin));
  if (event.kind === 'ledger') return JSON.stringify(baseEvent(event, origin));
  return JSON.stringify(detectionFinding(event, origin));
}

function detectionFinding(event: SiemEvent, origin: Origin): Json {
  const [activityId, activity] = ACTIVITY[event.phase];
  return {
    ...head(event, origin, FINDINGS, activityId, activity),
    ...statusOf(event),
    start_time: event.startMs,
    ...(event.action !== null && event.action.untilMs > 0 && { end_time: event.action.untilMs }),
    ...countOf(event.action),
    finding_info: findingInfo(event, origin),
    is_alert: event.phase === 'create' && event.kind !== 'test',
    ...riskOf(event),
    ...controlOf(event),
    evidences: evidencesOf(event),
    ...(event.host !== '' && { resources: [{ name: event.host, type: 'API host' }] }),
    ...observablesOf(event),
    unmapped: {
      ...event.labels,
      kind: event.kind,
      ...(event.by !== '' && { by: event.by }),
      ...(event.action !== null && {
        action: event.action.name,
        mode: event.action.mode,
        ...(event.action.requestsBefore >= 0 && { requests_before: event.action.requestsBefore }),
      }),
      evidence: event.reasons.map(({ detector, nats, why }) => ({ detector: detector.id, nats, why })),
    },
  };
}

function findingInfo(event: SiemEvent, origin: Origin): Json {
  const [first, ...others] = event.reasons;
  return {
    uid: event.uid,
    title: event.title,
    desc: event.message,
    created_time: event.startMs,
    first_seen_time: event.startMs,
    last_seen_time: event.timeMs,
    modified_time: event.timeMs,
    types: event.class === '' ? [event.kind] : [event.class],
    ...(first !== undefined && { analytic: analyticOf(first, origin) }),
    ...(others.length > 0 && { related_analytics: others.map((reason) => analyticOf(reason, origin)) }),
    ...(event.related !== '' && { related_events: [{ uid: event.related, type: 'mitigation' }] }),
    data_sources: ['API traffic'],
  };
}

function analyticOf({ detector }: SiemReason, { version }: Origin): Json {
  const [type_id, type] = ANALYTIC[detector.group] ?? [99, 'Other'];
  const category = detector.owasp.join(' ');
  return { uid: detector.id, name: detector.title, type_id, type, version, ...(category !== '' && { category }) };
}

/** In Progress while something stands; Resolved where it ran out; Suppressed where somebody took it back. */
function statusOf({ status, phase }: SiemEvent): Json {
  if (status === 'undone') return { status_id: 3, status: 'Suppressed' };
  if (phase === 'close') return { status_id: 4, status: 'Resolved' };
  return phase === 'create' ? { status_id: 1, status: 'New' } : { status_id: 2, status: 'In Progress' };
}

function apiActivity(event: SiemEvent, origin: Origin): Json {
  const [activityId, activity] = CRUD[event.method] ?? [99, event.method || 'Other'];
  return {
    ...head(event, origin, API_ACTIVITY, activityId, activity),
    ...actorOf(event),
    actor: actorOf(event).actor ?? { app_name: event.actor?.pseudonym ?? 'unknown' },
    api: apiOf(event),
    src_endpoint: actorOf(event).src_endpoint ?? { uid: event.actor?.pseudonym ?? 'unknown' },
    http_request: { http_method: event.method },
    ...(event.host !== '' && { dst_endpoint: { hostname: event.host } }),
    ...riskOf(event),
    ...controlOf(event),
    unmapped: { ...event.labels, class: event.class, ...(event.related !== '' && { mitigation: event.related }) },
  };
}

function baseEvent(event: SiemEvent, origin: Origin): Json {
  return {
    ...head(event, origin, BASE_EVENT, 99, event.title),
    ...observablesOf(event),
    unmapped: { ...event.labels, by: event.by },
  };
}

/** What every class asks for. */
function head(event: SiemEvent, origin: Origin, of: typeof BASE_EVENT, activityId: number, activity: string): Json {
  const [severity_id, severity] = SEVERITY[event.severity];
  return {
    activity_id: activityId,
    activity_name: activity,
    ...of,
    type_uid: of.class_uid * 100 + activityId,
    type_name: `${of.class_name}: ${activity}`,
    time: event.timeMs,
    severity_id,
    severity,
    message: event.message,
    metadata: {
      version: VERSION,
      uid: event.id,
      correlation_uid: event.related === '' ? event.uid : event.related,
      ...(of !== BASE_EVENT && { profiles: PROFILES }),
      event_code: event.kind,
      log_name: 'sallyport',
      log_provider: origin.host,
      labels: threatsOf(event),
      product: { vendor_name: 'Sallyport', name: 'Sallyport', version: origin.version },
    },
  };
}

function riskOf({ risk, severity }: SiemEvent): Json {
  if (risk < 0) return {};
  const score = Math.round(risk * 100);
  const confidence_id = score < 50 ? 1 : score < 90 ? 2 : 3;
  return {
    risk_score: score,
    risk_level_id: RISK_LEVEL[severity],
    confidence_score: score,
    confidence_id,
    confidence: ['Low', 'Medium', 'High'][confidence_id - 1],
  };
}

/** What the security control did: in shadow mode requests were allowed, and that was noted. */
function controlOf(event: SiemEvent): Json {
  const { action } = event;
  if (action === null) return { action_id: 1, action: 'Allowed', disposition_id: 15, disposition: 'Detected' };
  const denied = denies(event);
  const [disposition_id, disposition] = action.enforced
    ? (DISPOSITION[action.name] ?? [7, 'Custom Action'])
    : [15, 'Detected'];
  return {
    action_id: denied ? 2 : 1,
    action: denied ? 'Denied' : 'Allowed',
    disposition_id,
    disposition,
    policy: { name: action.policy, uid: action.policy, is_applied: action.enforced },
  };
}

const countOf = (action: SiemAction | null): Json =>
  // An event stands for at least one occurrence.
  action === null || action.requestsMet < 1 ? {} : { count: action.requestsMet };

/** The actor where OCSF has a place for it. */
function actorOf({ actor }: SiemEvent): { readonly actor?: Json; readonly user?: Json; readonly src_endpoint?: Json } {
  if (actor === null) return {};
  const { dimension, key, pseudonym } = actor;
  switch (dimension) {
    case 'ip':
      return { src_endpoint: isAddress(key) ? { ip: key, uid: pseudonym } : { uid: pseudonym, name: key } };
    case 'network':
      return { src_endpoint: { uid: pseudonym, name: key, subnet_uid: key } };
    case 'asn':
      return { src_endpoint: { uid: pseudonym, name: key } };
    case 'principal':
      return { actor: { user: { name: key, uid: pseudonym } } };
    case 'session':
      return { actor: { session: { uid: key } } };
    case 'credential':
      return { actor: { user: { credential_uid: key, uid: pseudonym } } };
    default:
      return { actor: { app_name: key, app_uid: pseudonym } };
  }
}

/** Digits, hex and the marks of addresses: a keyed hash or a sentence is none. */
export const isAddress = (key: string): boolean => /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]+)$/i.test(key);

function evidencesOf(event: SiemEvent): Json[] {
  const about = {
    ...actorOf(event),
    ...((event.route !== '' || event.method !== '') && { api: apiOf(event) }),
    ...(event.host !== '' && { dst_endpoint: { hostname: event.host } }),
  };
  const reasons = event.reasons.map(({ detector, nats, why }) => ({
    name: detector.id,
    ...about,
    data: { nats, why },
  }));
  return reasons.length > 0 ? reasons : [{ name: event.kind, ...about, data: { why: event.message } }];
}

function apiOf({ method, route, host }: SiemEvent): Json {
  const operation = `${method} ${route}`.trim();
  return { operation: operation === '' ? 'unknown' : operation, ...(host !== '' && { service: { name: host } }) };
}

function observablesOf({ actor, host }: SiemEvent): Json {
  const observables = [
    ...(actor?.dimension === 'ip' && isAddress(actor.key)
      ? [{ name: 'evidences[].src_endpoint.ip', type_id: 2, type: 'IP Address', value: actor.key }]
      : []),
    ...(actor?.dimension === 'principal'
      ? [{ name: 'evidences[].actor.user.name', type_id: 4, type: 'User Name', value: actor.key }]
      : []),
    ...(host === '' ? [] : [{ name: 'evidences[].dst_endpoint.hostname', type_id: 1, type: 'Hostname', value: host }]),
  ];
  return observables.length > 0 ? { observables } : {};
}
