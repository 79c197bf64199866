/** Verdicts as words. Nearly all are {@link ALLOW}, which crosses as the id of its request alone. */
import { ACTIONS } from '../../engine/policy.ts';
import { ALLOW, LIMIT_KINDS, type LimitState, type Mode, type Verdict } from '../live/verdict.ts';
import type { Inbox, Outbox } from './frames.ts';
import { FRAME } from './wire.ts';

const MODES: readonly Mode[] = ['shadow', 'canary', 'enforce'];
/** Bytes of each text of a verdict at most. */
export const VERDICT_TEXT_MAX = 128;
const HAS_LIMIT = 1;
const EXCEEDED = 2;
/** Above these: the kind of the limit. */
const KIND_SHIFT = 2;
/** Words of a verdict without its texts: id, flags and four numbers. */
const FIXED_WORDS = 2 + 4 * 2;

/** Whether a verdict says nothing that {@link ALLOW} does not. */
export function saysNothing(v: Verdict): boolean {
  return (
    v === ALLOW ||
    (v.action === 'allow' &&
      v.planned === 'allow' &&
      v.limit === null &&
      v.mitigation === '' &&
      v.actor === '' &&
      v.credential === '' &&
      v.class === '' &&
      v.dimension === '' &&
      v.mode === ALLOW.mode &&
      v.risk === 0 &&
      v.untilMs === 0 &&
      v.delayMs === 0 &&
      v.retryAfterSec === 0)
  );
}

/** Appends the answer to request `id`. */
export function encodeVerdict(out: Outbox, id: number, v: Verdict): void {
  if (saysNothing(v)) {
    if (out.extend(FRAME.allows, id)) return;
    out.begin(FRAME.allows, 1);
    out.word(id);
    out.end();
    return;
  }
  out.begin(FRAME.verdict, FIXED_WORDS);
  out.word(id);
  const flags = v.limit === null ? 0 : limitFlags(v.limit);
  out.word(
    ACTIONS.indexOf(v.action) | (ACTIONS.indexOf(v.planned) << 8) | (MODES.indexOf(v.mode) << 16) | (flags << 24),
  );
  out.f64(v.risk);
  out.f64(v.untilMs);
  out.f64(v.delayMs);
  out.f64(v.retryAfterSec);
  out.text(v.class, VERDICT_TEXT_MAX);
  out.text(v.mitigation, VERDICT_TEXT_MAX);
  out.text(v.actor, VERDICT_TEXT_MAX);
  out.text(v.dimension, VERDICT_TEXT_MAX);
  out.text(v.credential, VERDICT_TEXT_MAX);
  if (v.limit !== null) encodeLimit(out, v.limit);
  out.end();
}

const limitFlags = ({ exceeded, kind = 'rate' }: LimitState): number =>
  HAS_LIMIT | (exceeded ? EXCEEDED : 0) | (LIMIT_KINDS.indexOf(kind) << KIND_SHIFT);

function encodeLimit(out: Outbox, limit: LimitState): void {
  out.text(limit.name, VERDICT_TEXT_MAX);
  out.room(4 * 2);
  out.f64(limit.limit);
  out.f64(limit.windowSec);
  out.f64(limit.remaining);
  out.f64(limit.resetSec);
}

/** Reads a verdict, its id having been read before. null, and the inbox `bad`, where it is none. */
export function decodeVerdict(inbox: Inbox): Verdict | null {
  const packed = inbox.word();
  const action = ACTIONS[packed & 0xff];
  const planned = ACTIONS[(packed >>> 8) & 0xff];
  const mode = MODES[(packed >>> 16) & 0xff];
  const flags = packed >>> 24;
  const verdict = {
    action,
    planned,
    mode,
    risk: inbox.f64(),
    untilMs: inbox.f64(),
    delayMs: inbox.f64(),
    retryAfterSec: inbox.f64(),
    class: inbox.text(),
    mitigation: inbox.text(),
    actor: inbox.text(),
    dimension: inbox.text(),
    credential: inbox.text(),
    limit: (flags & HAS_LIMIT) === 0 ? null : decodeLimit(inbox, flags),
  };
  if (action === undefined || planned === undefined || mode === undefined) inbox.bad = true;
  if (flags >> KIND_SHIFT >= LIMIT_KINDS.length) inbox.bad = true;
  return inbox.whole() ? verdict : null;
}

function decodeLimit(inbox: Inbox, flags: number): LimitState {
  const kind = LIMIT_KINDS[flags >> KIND_SHIFT];
  return {
    ...(kind !== 'rate' && { kind }),
    name: inbox.text(),
    limit: inbox.f64(),
    windowSec: inbox.f64(),
    remaining: inbox.f64(),
    resetSec: inbox.f64(),
    exceeded: (flags & EXCEEDED) !== 0,
  };
}
