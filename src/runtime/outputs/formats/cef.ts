/**
 * ArcSight Common Event Format: a head of eight fields between bars, then `key=value`. Version 0 knows IPv4 in `src` only,
 * an IPv6 address stands in `c6a2`; version 1 takes both in `src`.
 */
import { denies, natsOf, type Origin, type Severity, type SiemEvent, threatsOf } from '../event.ts';
import { isAddress } from './ocsf.ts';

/** 0 to 10. */
const SEVERITY: Readonly<Record<Severity, number>> = { informational: 1, low: 3, medium: 5, high: 8, critical: 10 };

/** Longest values by key, in characters, as the format's dictionary of fields has them; 4000 for the rest. */
const LENGTHS: Readonly<Record<string, number>> = {
  act: 63,
  cat: 1023,
  externalId: 40,
  suser: 1023,
  suid: 1023,
  msg: 1023,
  reason: 1023,
  outcome: 63,
  requestMethod: 1023,
  request: 1023,
  dhost: 1023,
  dvchost: 100,
  requestClientApplication: 1023,
};
const MAX_VALUE = 4000;

/** A field of the head: a backslash before `\` and `|`; no line breaks. */
export function cefHead(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\|]/g, '\\$&');
}

/** A value of the extension: a backslash before `\` and `=`, line breaks as `\n` and `\r`. */
export function cefValue(text: string): string {
  return text.replace(/[\\=]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r');
}

/** The event in CEF version 0 or 1. */
export function cef(version: 0 | 1): (event: SiemEvent, origin: Origin) => string {
  return (event, origin) => {
    const id = event.reasons[0]?.detector.id ?? event.kind;
    const head = ['Sallyport', 'Sallyport', origin.version, `${event.kind}:${id}`, event.title].map(cefHead).join('|');
    const fields = fieldsOf(event, origin, version).filter(([, value]) => value !== '');
    const extension = fields.map(([key, value]) => `${key}=${cefValue(cut(key, value))}`).join(' ');
    return `CEF:${version}|${head}|${SEVERITY[event.severity]}|${extension}`;
  };
}

const cut = (key: string, value: string): string => {
  const max = LENGTHS[key] ?? MAX_VALUE;
  return value.length <= max ? value : value.slice(0, max).replace(/[\ud800-\udbff]$/, '');
};

type Field = readonly [key: string, value: string];

function fieldsOf(event: SiemEvent, origin: Origin, version: 0 | 1): Field[] {
  const { action } = event;
  return [
    ['rt', String(event.timeMs)],
    ['start', String(event.startMs)],
    ['end', action !== null && action.untilMs > 0 ? String(action.untilMs) : ''],
    ['externalId', event.uid],
    ['cat', event.class],
    ['act', action?.name ?? ''],
    ['outcome', outcomeOf(event)],
    ...actorFields(event, version),
    ['dhost', event.host],
    ['dvchost', origin.host],
    ['requestMethod', event.method],
    ['request', event.route],
    ['cnt', action !== null && action.requestsMet > 0 ? String(action.requestsMet) : ''],
    ['reason', event.reasons[0]?.why ?? ''],
    ...labelled('cs1', 'policy', action?.policy ?? ''),
    ...labelled('cs2', 'mode', action?.mode ?? ''),
    ...labelled('cs3', 'threats', threatsOf(event).join(' ')),
    ...labelled('cs4', 'evidence', event.reasons.map((r) => `${r.detector.id}:${r.nats}`).join(' ')),
    ...labelled('cs5', 'actor', event.actor === null ? '' : `${event.actor.dimension}:${event.actor.pseudonym}`),
    ...labelled('cs6', 'details', detailsOf(event)),
    ...labelled(
      'cn1',
      'requestsBefore',
      action !== null && action.requestsBefore >= 0 ? `${action.requestsBefore}` : '',
    ),
    ...labelled('cfp1', 'risk', event.risk < 0 ? '' : String(Math.round(event.risk * 10_000) / 10_000)),
    ...labelled('cfp2', 'nats', event.reasons.length === 0 ? '' : String(natsOf(event))),
    ['msg', event.message],
  ];
}

const labelled = (key: string, label: string, value: string): Field[] =>
  value === ''
    ? []
    : [
        [key, value],
        [`${key}Label`, label],
      ];

/** What has no key of its own: phase, status, who, and labels. */
function detailsOf({ phase, status, by, related, id, labels }: SiemEvent): string {
  const all = { phase, status, by, related, id, ...labels };
  return Object.entries(all)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}:${value}`)
    .join(' ');
}

function outcomeOf(event: SiemEvent): string {
  if (event.action === null) return '';
  return denies(event) ? 'denied' : event.action.enforced ? 'allowed' : 'noted';
}

function actorFields({ actor }: SiemEvent, version: 0 | 1): Field[] {
  if (actor === null) return [];
  const { dimension, key, pseudonym } = actor;
  switch (dimension) {
    case 'ip':
      if (!isAddress(key)) return [['shost', key]];
      return version === 1 || !key.includes(':') ? [['src', key]] : labelled('c6a2', 'Source IPv6 Address', key);
    case 'principal':
      return [
        ['suser', key],
        ['suid', pseudonym],
      ];
    case 'credential':
    case 'session':
      return [['suid', pseudonym]];
    case 'fingerprint':
      return [['requestClientApplication', key]];
    default:
      return [['shost', key]];
  }
}
