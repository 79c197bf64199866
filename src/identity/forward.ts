/** Headers that tell the upstream who was proven. */
import { ROLE } from '../enrich/kinds.ts';
import type { Caller } from './contract.ts';

/** What is told → name of its header, in small letters; '' or left out: not told. */
export interface ForwardNames {
  readonly principal?: string;
  readonly partner?: string;
  readonly scopes?: string;
  readonly role?: string;
  readonly credential?: string;
}

/** Longest value that is sent, in characters. */
const MAX_VALUE = 1024;
const ROLE_OF = new Map(Object.entries(ROLE).map(([name, role]) => [role as number, name]));

/** Adds the headers to accepted callers. The result is kept with the caller, which caches hand out again and again. */
export function createForward(names: ForwardNames): (caller: Caller) => Caller {
  const dressed = new WeakMap<Caller, Caller>();
  return (caller) => {
    let out = dressed.get(caller);
    if (out === undefined) {
      out = { ...caller, added: [...caller.added, ...headersOf(caller, names)] };
      dressed.set(caller, out);
    }
    return out;
  };
}

function headersOf(caller: Caller, names: ForwardNames): string[] {
  const values = {
    principal: caller.principal,
    partner: caller.partner,
    scopes: caller.scopes.join(' '),
    role: ROLE_OF.get(caller.role) ?? '',
    credential: caller.credential,
  };
  const out: string[] = [];
  for (const what of ['principal', 'partner', 'scopes', 'role', 'credential'] as const) {
    const name = names[what];
    if (name !== undefined && name !== '' && values[what] !== '') out.push(name, fieldValue(values[what]));
  }
  return out;
}

/** Names come from tokens: what a header cannot carry, and the percent sign itself, is percent-encoded. */
function fieldValue(text: string): string {
  const safe = /^[\x21-\x24\x26-\x7e]+( [\x21-\x24\x26-\x7e]+)*$/.test(text) ? text : encodeURIComponent(text);
  return safe.slice(0, MAX_VALUE);
}
