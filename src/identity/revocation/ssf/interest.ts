/**
 * Subjects that receivers have added to a stream or taken out of it (SSF 1.0, 8.1.3). Only keyed hashes of them are held and
 * kept: whom a receiver asks about is told to nobody, and an event is compared by the same hashes.
 */
import { isFields } from './http.ts';

/** Hash of a text under a key of this installation. */
export type Naming = (text: string) => string;

/** A subject as it is compared: one part for a simple one, one for each member of a complex one. */
export interface Marked {
  readonly isComplex: boolean;
  readonly parts: ReadonlyMap<string, string>;
  /** The same as one text, by which it is kept. */
  readonly mark: string;
}

/** Longest text of one identifier, deepest nesting of it, and most members of a complex one. */
const MAX_TEXT = 2048;
const MAX_DEPTH = 4;
const MAX_MEMBERS = 8;
/** What simple identifiers are about: the user. */
const USER = 'user';

/** The subject in hashes; null where it is none. */
export function markedOf(subject: unknown, name: Naming): Marked | null {
  if (!isFields(subject) || typeof subject.format !== 'string') return null;
  if (subject.format !== 'complex') {
    const text = canonical(subject, 0);
    return text === null ? null : markedBy(false, new Map([[USER, name(text)]]));
  }
  const members = Object.entries(subject).filter(([member]) => member !== 'format');
  if (members.length === 0 || members.length > MAX_MEMBERS) return null;
  const parts = new Map<string, string>();
  for (const [member, value] of members.sort(([a], [b]) => (a < b ? -1 : 1))) {
    const isSimple = isFields(value) && typeof value.format === 'string' && value.format !== 'complex';
    const text = isSimple && /^\w{1,40}$/.test(member) ? canonical(value, 0) : null;
    if (text === null) return null;
    parts.set(member, name(text));
  }
  return markedBy(true, parts);
}

function markedBy(isComplex: boolean, parts: ReadonlyMap<string, string>): Marked {
  const texts = Array.from(parts, ([member, hash]) => `${member}:${hash}`);
  return { isComplex, parts, mark: `${isComplex ? 'complex' : 'simple'} ${texts.join(' ')}` };
}

/** A subject by the text it was kept as; null where it is none. */
export function markedFrom(mark: string): Marked | null {
  const [kind, ...texts] = mark.split(' ');
  const parts = new Map(texts.map((text) => text.split(':') as [string, string]));
  const read = parts.size > 0 ? markedBy(kind === 'complex', parts) : null;
  return read?.mark === mark ? read : null;
}

/** The same for equal identifiers, whatever the order of their members; null for what is too long or too deep. */
function canonical(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return value.length > MAX_TEXT ? null : JSON.stringify(value);
  if (depth >= MAX_DEPTH) return null;
  const entries: [string, unknown][] = Array.isArray(value) ? value.map((one) => ['', one]) : fieldsOf(value);
  if (!Array.isArray(value) && entries.length === 0) return null;
  let text = Array.isArray(value) ? '[' : '{';
  for (const [key, one] of entries) {
    const part = canonical(one, depth + 1);
    if (part === null) return null;
    text += `${JSON.stringify(key)}:${part},`;
    if (text.length > MAX_TEXT) return null;
  }
  return text;
}

const fieldsOf = (value: unknown): [string, unknown][] =>
  isFields(value) ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) : [];

/** Subjects of one stream. Bounded by whoever adds them. */
export class Interest {
  private readonly simple = new Map<string, Marked>();
  private readonly complex = new Map<string, Marked>();

  get size(): number {
    return this.simple.size + this.complex.size;
  }

  has({ isComplex, mark }: Marked): boolean {
    return (isComplex ? this.complex : this.simple).has(mark);
  }

  add(marked: Marked): void {
    (marked.isComplex ? this.complex : this.simple).set(marked.mark, marked);
  }

  delete({ isComplex, mark }: Marked): void {
    (isComplex ? this.complex : this.simple).delete(mark);
  }

  /**
   * Is an event about one of those that were added? As in 8.1.3.1: what one of two complex subjects does not say is no
   * difference. A simple subject is one that says the user.
   */
  wants(event: Marked): boolean {
    if (this.has(event) || this.hasUserOf(event)) return true;
    for (const { parts } of this.complex.values()) {
      if (event.isComplex ? !differ(parts, event.parts) : parts.get(USER) === event.parts.get(USER)) return true;
    }
    return false;
  }

  /**
   * Is an event about one of those that were taken out? Here all that was said has to fit: what was taken out is a user's
   * device must not silence what happens to other users.
   */
  refuses(event: Marked): boolean {
    if (this.has(event) || this.hasUserOf(event)) return true;
    if (!event.isComplex) return false;
    for (const { parts } of this.complex.values()) {
      if (Array.from(parts).every(([member, hash]) => event.parts.get(member) === hash)) return true;
    }
    return false;
  }

  private hasUserOf({ isComplex, parts }: Marked): boolean {
    const user = isComplex ? parts.get(USER) : undefined;
    return user !== undefined && this.simple.has(`simple ${USER}:${user}`);
  }
}

function differ(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  for (const [member, hash] of a) if ((b.get(member) ?? hash) !== hash) return true;
  return false;
}
