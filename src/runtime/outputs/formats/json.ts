/** Sallyport's own JSON: every field of an event under its name in snake case. For those who write their own mapping. */
import { natsOf, type Origin, type SiemEvent, threatsOf } from '../event.ts';

/** Version of the list of fields. New ones may be added without a new version. */
const VERSION = 1;

/** The event as one JSON object. */
export function json(event: SiemEvent, origin: Origin): string {
  const { action, actor } = event;
  return JSON.stringify({
    time: new Date(event.timeMs).toISOString(),
    event: event.kind,
    version: VERSION,
    id: event.id,
    uid: event.uid,
    phase: event.phase,
    started: new Date(event.startMs).toISOString(),
    title: event.title,
    message: event.message,
    class: event.class,
    severity: event.severity,
    risk: event.risk < 0 ? null : Math.round(event.risk * 10_000) / 10_000,
    nats: natsOf(event),
    threats: threatsOf(event),
    actor: actor === null ? null : { dimension: actor.dimension, key: actor.key, hash: actor.pseudonym },
    reasons: event.reasons.map(({ detector, nats, why }) => ({ detector: detector.id, nats, why })),
    action:
      action === null
        ? null
        : {
            name: action.name,
            mode: action.mode,
            enforced: action.enforced,
            until: action.untilMs > 0 ? new Date(action.untilMs).toISOString() : null,
            policy: action.policy,
            requests_before: action.requestsBefore < 0 ? null : action.requestsBefore,
            requests_met: action.requestsMet < 0 ? null : action.requestsMet,
          },
    status: event.status,
    by: event.by,
    method: event.method,
    route: event.route,
    host: event.host,
    related: event.related,
    labels: event.labels,
    origin: { product: 'sallyport', version: origin.version, host: origin.host },
  });
}
