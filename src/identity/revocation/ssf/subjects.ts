/** Whom a security event is about: subject identifiers (RFC 9493) and those of the Shared Signals Framework. */
import type { Target } from '../list.ts';
import { isFields } from './http.ts';

/** What a subject names, as far as we know callers by it. '' for what is not there. */
export interface Subject {
  readonly user: string;
  /** Who gave the user its name; '' where that is not said. */
  readonly issuer: string;
  readonly session: string;
  /** `jti` of one token. */
  readonly token: string;
  readonly device: string;
}

/** Longest name that is taken over, in characters, and most aliases of one subject. */
const MAX_NAME = 512;
const MAX_ALIASES = 10;

/** A subject that names nobody we could know. */
export const NOBODY: Subject = { user: '', issuer: '', session: '', token: '', device: '' };

type Fields = Readonly<Record<string, unknown>>;

const nameAt = (fields: Fields, key: string): string => {
  const value = fields[key];
  return typeof value === 'string' && value.length <= MAX_NAME ? value : '';
};

/** The name that a simple identifier gives. */
function simple(value: unknown): { readonly id: string; readonly issuer: string } {
  if (!isFields(value)) return { id: '', issuer: '' };
  switch (value.format) {
    case 'iss_sub':
      return { id: nameAt(value, 'sub'), issuer: nameAt(value, 'iss') };
    case 'email':
      return { id: nameAt(value, 'email'), issuer: '' };
    case 'phone_number':
      return { id: nameAt(value, 'phone_number'), issuer: '' };
    case 'opaque':
      return { id: nameAt(value, 'id'), issuer: '' };
    case 'account':
    case 'uri':
      return { id: nameAt(value, 'uri').replace(/^acct:/, ''), issuer: '' };
    case 'did':
      return { id: nameAt(value, 'url'), issuer: '' };
    case 'jwt_id':
      return { id: nameAt(value, 'jti'), issuer: nameAt(value, 'iss') };
    default:
      return { id: '', issuer: '' };
  }
}

/**
 * All that a subject names, one entry an alias; none where nothing of it is known. `prefix` is put before users, as principals
 * of that issuer are named here.
 */
export function subjectsOf(value: unknown, prefix: string): Subject[] {
  if (!isFields(value)) return [];
  if (value.format === 'aliases') {
    const all = Array.isArray(value.identifiers) ? value.identifiers.slice(0, MAX_ALIASES) : [];
    // RFC 9493, 3.2.8: aliases do not nest.
    return all.flatMap((one) => (isFields(one) && one.format === 'aliases' ? [] : subjectsOf(one, prefix)));
  }
  const isComplex = value.format === 'complex' || value.format === undefined;
  const subject = isComplex ? complex(value, prefix) : alone(value, prefix);
  return subject.user || subject.session || subject.token || subject.device ? [subject] : [];
}

function alone(value: Fields, prefix: string): Subject {
  const { id, issuer } = simple(value);
  if (id === '') return NOBODY;
  return value.format === 'jwt_id' ? { ...NOBODY, token: id, issuer } : { ...NOBODY, user: prefix + id, issuer };
}

function complex(value: Fields, prefix: string): Subject {
  const user = simple(value.user);
  const session = simple(value.session);
  const isToken = isFields(value.session) && value.session.format === 'jwt_id';
  return {
    user: user.id === '' ? '' : prefix + user.id,
    issuer: user.issuer || session.issuer,
    session: isToken ? '' : session.id,
    token: isToken ? session.id : '',
    device: simple(value.device).id,
  };
}

/** The narrowest thing that a subject names: one session or token before the user, the user before the device. */
export function narrowest(subject: Subject): Target {
  if (subject.session !== '') return { kind: 'session', id: subject.session };
  if (subject.token !== '') return { kind: 'credential', id: subject.token };
  if (subject.user !== '') return { kind: 'principal', id: subject.user, issuer: subject.issuer };
  return { kind: 'device', id: subject.device };
}
