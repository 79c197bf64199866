/** The routes about what counts no more. */
import type { Target } from '../identity/revocation/list.ts';
import type { OthersTold, RevocationsPort, StandingRevocation } from '../identity/revocation/port.ts';
import { claimedName } from './access.ts';
import { type Fields, readFields, reasonOf } from './body.ts';
import type { Context } from './context.ts';
import type { AdminOptions } from './options.ts';
import { limitOf } from './query.ts';
import { AdminError, json, type Reply } from './reply.ts';

const KINDS = ['credential', 'session', 'device', 'principal'] as const;
/** Longest name of what is revoked, in characters. */
const MOST_ID = 256;

export function listRevocations({ options, query }: Context): Reply {
  return json({ revocations: (options.revocations?.standing(limitOf(query)) ?? []).map(shown) });
}

export async function revoke({ options, req }: Context): Promise<Reply> {
  const fields = await readFields(req);
  const target = targetOf(fields);
  const untilMs = untilOf(fields.until, options.clock());
  const by = claimedName(fields.by, 'operator');
  const issuer = target.kind === 'credential' ? String(fields.issuer ?? '') : '';
  return json(shown(await portOf(options).revoke({ target, issuer, untilMs, by, reason: reasonOf(fields) })));
}

export async function restore({ options, req }: Context): Promise<Reply> {
  const fields = await readFields(req);
  const target = targetOf(fields);
  const stays = await portOf(options).restore(target, claimedName(fields.by, 'operator'), reasonOf(fields));
  return json({ ...target, ...toldTo(stays) });
}

function portOf({ revocations }: AdminOptions): RevocationsPort {
  if (revocations === undefined) throw new AdminError(404, 'SP7003', 'nothing can be revoked here');
  return revocations;
}

function targetOf({ kind = 'credential', id, issuer = '' }: Fields): Target {
  const known = KINDS.find((one) => one === kind);
  if (known === undefined) throw new AdminError(400, 'SP7003', `"kind" is one of ${KINDS.join(', ')}`);
  if (!isName(id) || id === '') throw new AdminError(400, 'SP7003', `"id" has 1 to ${MOST_ID} characters`);
  if (!isName(issuer)) throw new AdminError(400, 'SP7003', `"issuer" has at most ${MOST_ID} characters`);
  return known === 'principal' ? { kind: known, id, issuer } : { kind: known, id };
}

const isName = (value: unknown): value is string => typeof value === 'string' && value.length <= MOST_ID;

/** Unix ms; 0 for never. */
function untilOf(value: unknown, nowMs: number): number {
  if (value === undefined) return 0;
  const untilMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (!(untilMs > nowMs))
    throw new AdminError(400, 'SP7003', '"until" is a time to come, such as 2027-01-31T12:00:00Z');
  return untilMs;
}

const toldTo = ({ issuers, streams }: OthersTold) => ({ told_issuers: issuers, told_streams: streams });

const shown = ({ target, untilMs, sinceMs, by, reason, mitigation, told }: StandingRevocation) => ({
  kind: target.kind,
  id: target.id,
  issuer: target.kind === 'principal' ? target.issuer : '',
  until: untilMs === 0 ? '' : new Date(untilMs).toISOString(),
  since: new Date(sinceMs).toISOString(),
  by,
  reason,
  mitigation,
  ...toldTo(told),
});
