/** Who is who in a run: which login a cookie or token belongs to, which key a secret, and which names are invented. */
import type { ApiKey, Operation, Request } from '../contract.ts';
import { meaningOf } from '../site/fields.ts';

/** What is remembered; the oldest goes first. */
const REMEMBERED = 200_000;

interface Login {
  readonly principal: string;
  /** What a log shows of the value: the part before the dot, or all of it. */
  readonly shown: string;
}

/** What a server's log would say of the sender. */
export interface Sender {
  readonly principal: string;
  readonly session: string;
  readonly credential: string;
}

export class Identities {
  private readonly logins = new Map<string, Login>();
  private readonly keys: ReadonlyMap<string, ApiKey>;

  constructor(keys: readonly ApiKey[]) {
    this.keys = new Map(keys.map((key) => [key.secret, key]));
  }

  isKey(token: string): boolean {
    return this.keys.has(token);
  }

  /** Somebody was given these by a login or sign-up. */
  learn(principal: string, values: readonly unknown[]): void {
    for (const value of values) {
      if (typeof value !== 'string' || value === '') continue;
      remember(this.logins, value, { principal, shown: value.split('.', 1)[0] });
    }
  }

  of({ session, token }: Request): Sender {
    const login = this.logins.get(token ?? '') ?? this.logins.get(session ?? '');
    const credential = this.keys.get(token ?? '')?.id ?? '';
    return { principal: login?.principal ?? '', session: login?.shown ?? '', credential };
  }
}

/** Marks the names of accounts that visitors open, and knows them again when they log in. */
export class NameMarks {
  private readonly prefix: string;
  private readonly invented = new Map<string, true>();

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** The request as it is sent: names that a visitor has made up carry the prefix. */
  mark(request: Request, operation: Operation | undefined): Request {
    const { body } = request;
    if (this.prefix === '' || body === undefined || operation === undefined) return request;
    let marked: Record<string, unknown> | undefined;
    for (const [property, value] of Object.entries(body)) {
      const meaning = meaningOf(property);
      if ((meaning !== 'name' && meaning !== 'email') || typeof value !== 'string' || value === '') continue;
      if (operation.role === 'signup') remember(this.invented, value, true);
      else if (!this.invented.has(value)) continue;
      marked ??= { ...body };
      marked[property] = value.startsWith(this.prefix) ? value : this.prefix + value;
    }
    return marked === undefined ? request : { ...request, body: marked };
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  if (!map.has(key) && map.size >= REMEMBERED) {
    for (const oldest of map.keys()) {
      map.delete(oldest);
      break;
    }
  }
  map.set(key, value);
}
