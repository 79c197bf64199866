/**
 * Structured field values for HTTP (RFC 9651): parsing and strict serialisation. Signatures are made over the serialised
 * form, so that what was parsed has to come out as it went in.
 */

export type Bare =
  | { readonly kind: 'integer' | 'decimal' | 'date'; readonly value: number }
  | { readonly kind: 'string' | 'token' | 'display'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Buffer }
  | { readonly kind: 'boolean'; readonly value: boolean };

export type Parameters = ReadonlyMap<string, Bare>;

export interface Item {
  readonly bare: Bare;
  readonly parameters: Parameters;
}

export interface InnerList {
  readonly items: readonly Item[];
  readonly parameters: Parameters;
}

export type Member = Item | InnerList;
export type Dictionary = ReadonlyMap<string, Member>;

/** Longest field value that is parsed, in characters. */
export const MAX_FIELD = 16_384;
/** Most digits of an integer, and of the whole part of a decimal (RFC 9651, 3.3). */
const INTEGER_DIGITS = 15;
const DECIMAL_DIGITS = 12;
const FRACTION_DIGITS = 3;

/** What a parser throws at itself; it never leaves this file. */
class Invalid extends Error {}

const KEY = /[a-z*][a-z0-9_.*-]*/y;
const TOKEN = /[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*/y;
const NUMBER = /-?\d+(?:\.\d+)?/y;
const BASE64 = /:([A-Za-z0-9+/]*={0,2}):/y;
const PRINTABLE = /^[\x20-\x7e]*$/;
const TRUE: Bare = { kind: 'boolean', value: true };

class Reader {
  at = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** What a sticky pattern finds here, taken; Invalid where it does not fit. */
  take(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) throw new Invalid();
    this.at = pattern.lastIndex;
    return found;
  }

  /** Takes `char` if it is next. */
  next(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  spaces(tabs = false): void {
    while (this.text[this.at] === ' ' || (tabs && this.text[this.at] === '\t')) this.at++;
  }

  end(): boolean {
    return this.at >= this.text.length;
  }

  /** Over a comma to the next member; false at the end. A comma at the end is an error. */
  more(): boolean {
    this.spaces(true);
    if (this.end()) return false;
    if (!this.next(',')) throw new Invalid();
    this.spaces(true);
    if (this.end()) throw new Invalid();
    return true;
  }
}

function bareOf(reader: Reader): Bare {
  const char = reader.text[reader.at] ?? '';
  if (char === '"') return { kind: 'string', value: quoted(reader) };
  if (char === ':') return bytes(reader);
  if (char === '?') {
    const [value] = reader.take(/\?[01]/y);
    return { kind: 'boolean', value: value === '?1' };
  }
  if (char === '@') {
    reader.at++;
    const date = number(reader);
    if (date.kind !== 'integer') throw new Invalid();
    return { kind: 'date', value: date.value };
  }
  if (char === '%') return { kind: 'display', value: display(reader) };
  if (char === '-' || (char >= '0' && char <= '9')) return number(reader);
  return { kind: 'token', value: reader.take(TOKEN)[0] };
}

function number(reader: Reader): { kind: 'integer' | 'decimal'; value: number } {
  const [text] = reader.take(NUMBER);
  const [whole, fraction] = text.replace('-', '').split('.');
  if (fraction === undefined) {
    if (whole.length > INTEGER_DIGITS) throw new Invalid();
    return { kind: 'integer', value: Number(text) };
  }
  if (whole.length > DECIMAL_DIGITS || fraction.length > FRACTION_DIGITS) throw new Invalid();
  return { kind: 'decimal', value: Number(text) };
}

function quoted(reader: Reader): string {
  const [text] = reader.take(/"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y);
  return text.slice(1, -1).replace(/\\(["\\])/g, '$1');
}

function bytes(reader: Reader): Bare {
  const [, text] = reader.take(BASE64);
  return { kind: 'bytes', value: Buffer.from(text, 'base64') };
}

function display(reader: Reader): string {
  const [text] = reader.take(/%"(?:[\x20\x21\x23\x24\x26-\x7e]|%[0-9a-f]{2})*"/y);
  const inner = text.slice(2, -1);
  try {
    return decodeURIComponent(inner);
  } catch {
    throw new Invalid();
  }
}

function parametersOf(reader: Reader): Parameters {
  const parameters = new Map<string, Bare>();
  while (reader.next(';')) {
    reader.spaces();
    const [key] = reader.take(KEY);
    const value = reader.next('=') ? bareOf(reader) : TRUE;
    // Of a key that stands twice the last value counts, in the place of the first (RFC 9651, 4.2.3.2).
    parameters.set(key, value);
  }
  return parameters;
}

function itemOf(reader: Reader): Item {
  const bare = bareOf(reader);
  return { bare, parameters: parametersOf(reader) };
}

function memberOf(reader: Reader): Member {
  if (!reader.next('(')) return itemOf(reader);
  const items: Item[] = [];
  for (;;) {
    reader.spaces();
    if (reader.next(')')) return { items, parameters: parametersOf(reader) };
    items.push(itemOf(reader));
    const after = reader.text[reader.at];
    if (after !== ' ' && after !== ')') throw new Invalid();
  }
}

function whole<T>(text: string, read: (reader: Reader) => T): T | null {
  if (text.length > MAX_FIELD) return null;
  const reader = new Reader(text);
  try {
    reader.spaces();
    const value = read(reader);
    reader.spaces();
    return reader.end() ? value : null;
  } catch (error) {
    if (error instanceof Invalid) return null;
    throw error;
  }
}

/** A dictionary; null where the text is none. Of a key that stands twice the last one counts. */
export function parseDictionary(text: string): Dictionary | null {
  return whole(text, (reader) => {
    const members = new Map<string, Member>();
    if (reader.end()) return members;
    do {
      const [key] = reader.take(KEY);
      const member = reader.next('=') ? memberOf(reader) : { bare: TRUE, parameters: parametersOf(reader) };
      members.set(key, member);
    } while (reader.more());
    return members;
  });
}

/** A list; null where the text is none. */
export function parseList(text: string): readonly Member[] | null {
  return whole(text, (reader) => {
    const members: Member[] = [];
    if (reader.end()) return members;
    do members.push(memberOf(reader));
    while (reader.more());
    return members;
  });
}

/** An item; null where the text is none. */
export function parseItem(text: string): Item | null {
  return whole(text, itemOf);
}

function bareText(bare: Bare): string {
  switch (bare.kind) {
    case 'integer':
      return String(bare.value);
    case 'decimal':
      return Number.isInteger(bare.value) ? `${bare.value}.0` : String(bare.value);
    case 'date':
      return `@${bare.value}`;
    case 'string':
      return `"${bare.value.replace(/["\\]/g, '\\$&')}"`;
    case 'token':
      return bare.value;
    case 'bytes':
      return `:${bare.value.toString('base64')}:`;
    case 'boolean':
      return bare.value ? '?1' : '?0';
    case 'display':
      return `%"${displayText(bare.value)}"`;
  }
}

function displayText(value: string): string {
  let out = '';
  for (const byte of Buffer.from(value, 'utf8')) {
    const char = String.fromCharCode(byte);
    const plain = PRINTABLE.test(char) && char !== '%' && char !== '"';
    out += plain ? char : `%${byte.toString(16).padStart(2, '0')}`;
  }
  return out;
}

function parametersText(parameters: Parameters): string {
  let out = '';
  for (const [key, bare] of parameters) {
    out += bare.kind === 'boolean' && bare.value ? `;${key}` : `;${key}=${bareText(bare)}`;
  }
  return out;
}

export function serializeItem(item: Item): string {
  return bareText(item.bare) + parametersText(item.parameters);
}

export function serializeMember(member: Member): string {
  if (!('items' in member)) return serializeItem(member);
  return `(${member.items.map(serializeItem).join(' ')})${parametersText(member.parameters)}`;
}

export function serializeList(members: readonly Member[]): string {
  return members.map(serializeMember).join(', ');
}

export function serializeDictionary(members: Dictionary): string {
  return [...members]
    .map(([key, member]) => {
      const isTrue = 'bare' in member && member.bare.kind === 'boolean' && member.bare.value;
      return isTrue ? key + parametersText(member.parameters) : `${key}=${serializeMember(member)}`;
    })
    .join(', ');
}
