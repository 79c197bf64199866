/** How a live mitigation reads: one sentence of what was seen, and what was done about it. */
import { CLASSES } from '../../engine/detector.ts';
import { ACTIONS } from '../../engine/policy.ts';
import { type LiveActor, type LiveMitigation, reasonsOf } from './actors.ts';
import type { Mitigation } from './operator.ts';

const DONE: Readonly<Record<string, string>> = {
  throttle: 'slowed down',
  challenge: 'asked for a proof of work',
  'step-up': 'asked for a second factor',
  tarpit: 'held in a tarpit',
  decoy: 'given invented answers',
  block: 'blocked',
  revoke: 'its credential refused',
};

const NAMES: Readonly<Record<string, string>> = {
  ip: '',
  network: 'The network ',
  asn: 'The system ',
  fingerprint: 'The client ',
  session: 'The session ',
  credential: 'The key ',
  principal: 'The user ',
  route: 'The route ',
  tenant: 'The host ',
};

/** Longest name of an actor within a sentence: an agent string can fill a screen. */
const NAME_MAX = 64;

const shortened = (key: string): string => (key.length <= NAME_MAX ? key : `${key.slice(0, NAME_MAX - 1)}…`);

/** Seconds as people say them. */
export function durationText(sec: number): string {
  if (sec < 90) return `${Math.max(1, Math.round(sec))} s`;
  if (sec < 5400) return `${Math.round(sec / 60)} min`;
  return `${Math.round(sec / 3600)} h`;
}

const unsaid = ({ derivedFrom = '' }: LiveMitigation): string =>
  derivedFrom === '' ? 'stood before the restart' : `follows from ${derivedFrom}`;

/** What was seen, what was done, and who shares the actor. */
export function sentenceOf(actor: LiveActor, mitigation: LiveMitigation): string {
  const [first] = reasonsOf(actor);
  const who = `${NAMES[actor.actor.dimension] ?? ''}${shortened(actor.actor.key) || '(no name)'}`;
  const seconds = mitigation.untilSec - Math.floor(mitigation.startedMs / 1000);
  const done = `${DONE[ACTIONS[mitigation.action]] ?? ACTIONS[mitigation.action]} for ${durationText(seconds)}`;
  const would = mitigation.enforced ? '' : 'would be ';
  const shares =
    actor.actor.dimension !== 'ip'
      ? ''
      : actor.users > 1
        ? ` ${actor.users} known users share this address: only requests of this kind without a known user are held.`
        : ' No known user shares this address.';
  return `${who}: ${first?.why ?? unsaid(mitigation)} → ${would}${done}.${shares}`;
}

/** A mitigation as operators see it. */
export function viewOf(actor: LiveActor, mitigation: LiveMitigation, sentence: string): Mitigation {
  return {
    id: mitigation.id,
    actor: actor.actor,
    class: CLASSES[mitigation.classIndex],
    action: ACTIONS[mitigation.action],
    mode: mitigation.mode,
    policy: mitigation.document === 'default' ? mitigation.policy : `${mitigation.document} (${mitigation.policy})`,
    risk: actor.risk,
    sentence,
    reasons: reasonsOf(actor),
    started_at: new Date(mitigation.startedMs).toISOString(),
    until: new Date(mitigation.untilSec * 1000).toISOString(),
    status: mitigation.status,
    requests_before: mitigation.requestsBefore,
    requests_met: mitigation.requestsMet,
    derived_from: mitigation.derivedFrom ?? '',
    undone_by: mitigation.undoneBy,
  };
}
