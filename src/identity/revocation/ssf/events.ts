/** Security events of CAEP 1.0 and RISC 1.0, and what each of them does to callers. */
import type { RevocationList, Target } from '../list.ts';
import { narrowest, type Subject } from './subjects.ts';

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';
const SSF = 'https://schemas.openid.net/secevent/ssf/event-type/';

export const EVENT = {
  sessionRevoked: `${CAEP}session-revoked`,
  tokenClaimsChange: `${CAEP}token-claims-change`,
  credentialChange: `${CAEP}credential-change`,
  assuranceLevelChange: `${CAEP}assurance-level-change`,
  deviceComplianceChange: `${CAEP}device-compliance-change`,
  accountDisabled: `${RISC}account-disabled`,
  accountEnabled: `${RISC}account-enabled`,
  accountPurged: `${RISC}account-purged`,
  credentialCompromise: `${RISC}credential-compromise`,
  credentialChangeRequired: `${RISC}account-credential-change-required`,
  /** Deprecated in favour of CAEP, and still sent. */
  sessionsRevoked: `${RISC}sessions-revoked`,
  verification: `${SSF}verification`,
  streamUpdated: `${SSF}stream-updated`,
} as const;

/** What an event did: revoked something, lifted a revocation, was only noted, or found no room. */
export type Effect = 'revoked' | 'restored' | 'noted' | 'no-room';

export interface SecurityEvent {
  readonly type: string;
  readonly subject: Subject;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Unix ms at which it happened; never later than now. */
  readonly atMs: number;
}

interface Asked {
  readonly deny?: Target;
  /** Only what was issued until the event. */
  readonly older?: boolean;
  readonly allow?: Target;
}

const principal = ({ user, issuer }: Subject): Target => ({ kind: 'principal', id: user, issuer });
const device = ({ device: id }: Subject): Target => ({ kind: 'device', id });
/** What was issued before the event has to be fetched anew. */
const older = (subject: Subject): Asked => ({ deny: narrowest(subject), older: true });

const ASKED: Readonly<Record<string, (event: SecurityEvent) => Asked>> = {
  [EVENT.sessionRevoked]: ({ subject }) => older(subject),
  [EVENT.sessionsRevoked]: ({ subject }) => older(subject),
  [EVENT.tokenClaimsChange]: ({ subject }) => older(subject),
  [EVENT.credentialChange]: ({ subject, payload }) => (payload.change_type === 'create' ? {} : older(subject)),
  [EVENT.assuranceLevelChange]: ({ subject, payload }) =>
    payload.change_direction === 'increase' ? {} : older(subject),
  [EVENT.deviceComplianceChange]: ({ subject, payload }) =>
    payload.current_status === 'compliant' ? { allow: device(subject) } : { deny: device(subject) },
  [EVENT.accountDisabled]: ({ subject }) => ({ deny: principal(subject) }),
  [EVENT.accountPurged]: ({ subject }) => ({ deny: principal(subject) }),
  [EVENT.accountEnabled]: ({ subject }) => ({ allow: principal(subject) }),
  [EVENT.credentialCompromise]: ({ subject }) => older(subject),
  [EVENT.credentialChangeRequired]: ({ subject }) => older(subject),
};

/** Carries out what an event asks for. Events that are not known, or about nobody we know, are noted. */
export function carryOut(event: SecurityEvent, list: RevocationList, nowMs: number, lastsMs: number): Effect {
  const asked = Object.hasOwn(ASKED, event.type) ? ASKED[event.type](event) : {};
  if (asked.allow && asked.allow.id !== '') {
    return list.allow(asked.allow, 'others') ? 'restored' : 'noted';
  }
  if (!asked.deny || asked.deny.id === '') return 'noted';
  const issued = asked.older === true && asked.deny.kind === 'principal' ? { issuedUntilMs: event.atMs } : {};
  return list.deny(asked.deny, { untilMs: nowMs + lastsMs, by: 'others', ...issued }) ? 'revoked' : 'no-room';
}
