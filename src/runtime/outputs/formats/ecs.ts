/** Elastic Common Schema 8.x: what ECS has a field for stands there, the rest under `sallyport.*`. */
import { denies, natsOf, type Origin, type SiemEvent, threatsOf } from '../event.ts';
import { isAddress } from './ocsf.ts';

const ECS_VERSION = '8.17.0';
/** event.severity is a number; these are the steps of Elastic's detection rules. */
const SEVERITY = { informational: 1, low: 21, medium: 47, high: 73, critical: 99 } as const;

type Json = Readonly<Record<string, unknown>>;

/** The event as ECS JSON: nested objects, as Elastic ingests them. */
export function ecs(event: SiemEvent, origin: Origin): string {
  const [first] = event.reasons;
  return JSON.stringify({
    '@timestamp': new Date(event.timeMs).toISOString(),
    ecs: { version: ECS_VERSION },
    message: event.message,
    tags: threatsOf(event),
    event: eventOf(event),
    ...(first !== undefined && {
      rule: {
        id: first.detector.id,
        name: first.detector.title,
        category: event.class,
        ruleset: first.detector.group,
        version: origin.version,
      },
    }),
    ...actorOf(event),
    ...(event.method !== '' && { http: { request: { method: event.method } } }),
    ...(event.host !== '' && { url: { domain: event.host } }),
    observer: {
      vendor: 'Sallyport',
      product: 'Sallyport',
      type: 'api-gateway',
      version: origin.version,
      hostname: origin.host,
    },
    ...relatedOf(event),
    sallyport: ownOf(event),
  });
}

/** event.kind, category and type are closed lists in ECS. */
function eventOf(event: SiemEvent): Json {
  const { kind, action, phase, status } = event;
  const detected = kind === 'finding' || kind === 'mitigation' || kind === 'inventory';
  return {
    id: event.id,
    kind: detected && phase === 'create' ? 'alert' : 'event',
    category: categoryOf(event),
    type: typeOf(event),
    module: 'sallyport',
    dataset: `sallyport.${kind}`,
    provider: 'sallyport',
    action: action === null ? `${kind}-${phase}` : action.name,
    ...(kind === 'mitigation' && { outcome: status === 'undone' ? 'failure' : 'success' }),
    severity: SEVERITY[event.severity],
    ...(event.risk >= 0 && { risk_score: Math.round(event.risk * 10_000) / 100 }),
    created: new Date(event.timeMs).toISOString(),
    start: new Date(event.startMs).toISOString(),
    ...(action !== null && action.untilMs > 0 && { end: new Date(action.untilMs).toISOString() }),
    reason: event.reasons[0]?.why ?? event.message,
  };
}

function categoryOf({ kind }: SiemEvent): string[] {
  if (kind === 'ledger') return ['configuration'];
  return kind === 'decision' ? ['api'] : ['intrusion_detection', 'api'];
}

function typeOf(event: SiemEvent): string[] {
  if (event.kind === 'ledger') return ['change'];
  const { kind, phase } = event;
  const held = denies(event) ? 'denied' : 'info';
  if (kind !== 'mitigation') return [kind === 'decision' && event.action?.enforced === false ? 'allowed' : held];
  return phase === 'create' ? [held, 'start'] : phase === 'close' ? ['info', 'end'] : [held, 'change'];
}

function actorOf({ actor }: SiemEvent): Json {
  if (actor === null) return {};
  const { dimension, key, pseudonym } = actor;
  switch (dimension) {
    case 'ip':
      return { source: isAddress(key) ? { ip: key, address: key } : { address: key } };
    case 'network':
      return { source: { address: key } };
    case 'asn':
      return { source: { address: key, ...asOf(key) } };
    case 'principal':
      return { user: { name: key, id: pseudonym } };
    case 'credential':
      return { user: { id: pseudonym } };
    case 'fingerprint':
      return { user_agent: { original: key } };
    default:
      return {};
  }
}

function asOf(key: string): Json {
  const number = /^AS(\d{1,10})$/.exec(key)?.[1];
  return number === undefined ? {} : { as: { number: Number(number) } };
}

/** What searches pivot on. */
function relatedOf({ actor, host }: SiemEvent): Json {
  const related = {
    ...(actor?.dimension === 'ip' && isAddress(actor.key) && { ip: [actor.key] }),
    ...(actor?.dimension === 'principal' && { user: [actor.key] }),
    ...(host !== '' && { hosts: [host] }),
    ...(actor !== null && { hash: [actor.pseudonym] }),
  };
  return Object.keys(related).length > 0 ? { related } : {};
}

function ownOf(event: SiemEvent): Json {
  const { action, actor } = event;
  return {
    kind: event.kind,
    uid: event.uid,
    phase: event.phase,
    class: event.class,
    title: event.title,
    route: event.route,
    status: event.status,
    by: event.by,
    nats: natsOf(event),
    related: event.related,
    ...(actor !== null && { actor: { dimension: actor.dimension, key: actor.key, hash: actor.pseudonym } }),
    ...(action !== null && {
      action: action.name,
      mode: action.mode,
      enforced: action.enforced,
      policy: action.policy,
      ...(action.untilMs > 0 && { until: new Date(action.untilMs).toISOString() }),
      ...(action.requestsBefore >= 0 && { requests_before: action.requestsBefore, requests_met: action.requestsMet }),
    }),
    evidence: event.reasons.map(({ detector, nats, why }) => ({
      detector: detector.id,
      nats,
      why,
      owasp: detector.owasp,
    })),
    labels: event.labels,
  };
}
