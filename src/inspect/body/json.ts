/**
 * A JSON reader of our own: JSON.parse drops names that stand twice, cannot stop at a bound, and gives up at the first
 * mistake. This one reads what RFC 8259 allows exactly, tells comments and commas too many, and hands over as text what it
 * cannot take apart.
 */
import {
  cutName,
  emptyTree,
  type Fields,
  isPlainName,
  itemPath,
  MAX_NAME_LENGTH,
  MAX_PATH_LENGTH,
  memberPath,
  type Tree,
} from './fields.ts';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
/** Ends what is no JSON but stands where a value should. */
const BARE = /[^\s,:{}[\]"']+/y;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const SLASH = 0x2f;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** Names that are remembered as harmless, of one document. */
const MAX_KNOWN_NAMES = 256;

/** Thrown and caught in here: the rest cannot be taken apart. */
const STOP = Symbol('stop');

export interface JsonOptions {
  /** Where the root stands: `$`, or the name of a part. */
  readonly path: string;
  /** Only the beginning is there: that it does not end is no mistake. */
  readonly cut: boolean;
  /** Many values, one after another (NDJSON, RFC 7464). */
  readonly lines: boolean;
}

/** Reads a body into `fields`. Gives back its value; undefined where it has none. Never throws, linear in the text. */
export function readJson(text: string, fields: Fields, options: JsonOptions): unknown {
  return new JsonReader(text, fields, options).read();
}

class JsonReader {
  private readonly text: string;
  private readonly fields: Fields;
  private readonly options: JsonOptions;
  private at = 0;
  private containers = 0;
  private readonly plain = new Set<string>();
  /** Where the last value began. */
  private begun = 0;
  /** What was read so far, for when the reading stops. */
  private root: unknown;

  constructor(text: string, fields: Fields, options: JsonOptions) {
    this.text = text;
    this.fields = fields;
    this.options = options;
  }

  read(): unknown {
    const { fields, options, text } = this;
    try {
      this.space();
      if (options.lines) this.values();
      else {
        if (this.at >= text.length) this.stop();
        const holder: unknown[] = [];
        try {
          holder[0] = this.value(options.path, '', 1, holder, 0);
        } finally {
          this.root = holder[0];
        }
        this.space();
        this.begun = this.at;
        if (this.at < text.length) this.stop();
      }
    } catch (error) {
      if (error !== STOP) throw error;
      fields.rest(options.path, text.slice(Math.min(this.at, this.begun)));
    }
    return this.root;
  }

  private values(): void {
    const all: unknown[] = [];
    this.root = all;
    for (; this.at < this.text.length; this.space()) {
      const index = all.length;
      all[index] = this.value(itemPath(this.options.path, index), '', 1, all, index);
    }
  }

  /** An object or list is put into its holder before it is read, so that half of it is better than none. */
  private value(path: string, name: string, depth: number, holder: Tree | unknown[], key: string | number): unknown {
    const { text, fields } = this;
    this.begun = this.at;
    const code = text.charCodeAt(this.at);
    if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      if (depth > fields.limits.depth) return this.deep(path);
      this.count();
      const tree = code === OPEN_OBJECT ? emptyTree() : [];
      (holder as Tree)[key] = tree;
      if (Array.isArray(tree)) this.list(tree, path, name, depth);
      else this.object(tree, path, depth);
      return tree;
    }
    if (code === QUOTE) {
      const string = this.string();
      this.put(path, name, 'string', string);
      return string;
    }
    return this.scalar(path, name);
  }

  private scalar(path: string, name: string): unknown {
    const { text } = this;
    // Regular expressions cost more than most of the values that they find.
    const code = text.charCodeAt(this.at);
    const isWord = code === 0x74 || code === 0x66 || code === 0x6e;
    NUMBER.lastIndex = this.at;
    const number = isWord ? undefined : NUMBER.exec(text)?.[0];
    if (number !== undefined && this.ends(this.at + number.length)) {
      this.at += number.length;
      this.put(path, name, 'number', number);
      return Number(number);
    }
    WORD.lastIndex = this.at;
    const word = isWord ? WORD.exec(text)?.[0] : undefined;
    if (word !== undefined && this.ends(this.at + word.length)) {
      this.at += word.length;
      this.put(path, name, word === 'null' ? 'null' : 'boolean', word);
      return word === 'null' ? null : word === 'true';
    }
    BARE.lastIndex = this.at;
    const bare = BARE.exec(text)?.[0];
    // The end of what was cut off may be half a word.
    return this.stop(bare === undefined ? undefined : this.at + bare.length === text.length);
  }

  /** Does a number or word end here? */
  private ends(at: number): boolean {
    const code = this.text.charCodeAt(at);
    return (
      at >= this.text.length ||
      code <= 0x20 ||
      code === COMMA ||
      code === CLOSE_OBJECT ||
      code === CLOSE_ARRAY ||
      code === SLASH
    );
  }

  private object(tree: Tree, path: string, depth: number): void {
    this.at++;
    for (this.space(); !this.closes(CLOSE_OBJECT); ) {
      if (this.text.charCodeAt(this.at) !== QUOTE) this.stop();
      const name = this.string();
      const where = this.member(path, name);
      this.space();
      if (this.text.charCodeAt(this.at) !== COLON) this.stop();
      this.at++;
      this.space();
      const twice = name in tree;
      const before = tree[name];
      const value = this.value(where, cutName(name), depth + 1, tree, name);
      // Two that are equal hurt nobody; two objects are rarely equal and never worth a closer look.
      if (twice && (before !== value || typeof before === 'object')) this.fields.duplicate(where);
      tree[name] = value;
      if (!this.next(CLOSE_OBJECT)) return;
    }
  }

  /** Path of a member. Most names are seen again and again: how they look is looked up. */
  private member(path: string, name: string): string {
    if (this.plain.has(name)) return path.length > MAX_PATH_LENGTH ? path : `${path}.${name}`;
    if (isPlainName(name)) {
      if (this.plain.size < MAX_KNOWN_NAMES) this.plain.add(name);
      return memberPath(path, name);
    }
    const where = memberPath(path, name);
    this.fields.key(where, name);
    if (name.length > MAX_NAME_LENGTH) this.fields.note('length');
    return where;
  }

  private list(tree: unknown[], path: string, name: string, depth: number): void {
    this.at++;
    for (this.space(); !this.closes(CLOSE_ARRAY); ) {
      const index = tree.length;
      tree.push(undefined);
      tree[index] = this.value(itemPath(path, index), name, depth + 1, tree, index);
      if (!this.next(CLOSE_ARRAY)) return;
    }
  }

  private closes(code: number): boolean {
    if (this.text.charCodeAt(this.at) !== code) return false;
    this.at++;
    return true;
  }

  /** After a member or item: true where another one follows. A comma before the end is a mistake that many make. */
  private next(close: number): boolean {
    this.space();
    if (this.closes(close)) return false;
    if (this.text.charCodeAt(this.at) !== COMMA) this.stop();
    this.at++;
    this.space();
    if (this.text.charCodeAt(this.at) === close) this.fields.note('syntax');
    return true;
  }

  /** Text of the string that begins here. */
  private string(): string {
    const { text } = this;
    const start = this.at;
    let escaped = false;
    for (let i = start + 1; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === QUOTE) {
        this.at = i + 1;
        return escaped ? this.unescape(text.slice(start, i + 1)) : text.slice(start + 1, i);
      }
      if (code === BACKSLASH) {
        escaped = true;
        i++;
      } else if (code < 0x20) this.fields.note('syntax');
    }
    return this.stop(true);
  }

  private unescape(token: string): string {
    try {
      return JSON.parse(token) as string;
    } catch {
      this.fields.note('syntax');
      return token.slice(1, -1);
    }
  }

  /** Levels beyond the bound: no tree is made of them, but texts in them are looked at. */
  private deep(path: string): undefined {
    const { text, fields } = this;
    fields.note('depth');
    let level = 0;
    while (this.at < text.length) {
      const code = text.charCodeAt(this.at);
      if (code === QUOTE) {
        this.begun = this.at;
        this.put(path, '', 'string', this.string());
        continue;
      }
      this.at++;
      if (code === OPEN_OBJECT || code === OPEN_ARRAY) level++;
      else if ((code === CLOSE_OBJECT || code === CLOSE_ARRAY) && --level === 0) return undefined;
    }
    return this.stop();
  }

  /** One more object or list: those without anything in them cost as much as fields do. */
  private count(): void {
    if (++this.containers <= this.fields.limits.fields) return;
    this.fields.note('fields');
    throw STOP;
  }

  private put(path: string, name: string, type: 'string' | 'number' | 'boolean' | 'null', text: string): void {
    if (!this.fields.add(path, name, type, text)) throw STOP;
  }

  /** Passes over white space, and over comments, which JSON does not have. RS separates values in RFC 7464. */
  private space(): void {
    const { text } = this;
    for (;;) {
      const code = text.charCodeAt(this.at);
      if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) this.at++;
      else if (code === 0x1e && this.options.lines) this.at++;
      else if (code === SLASH && this.comment()) this.fields.note('syntax');
      else return;
    }
  }

  private comment(): boolean {
    const { text, at } = this;
    const mark = text.charCodeAt(at + 1);
    if (mark !== SLASH && mark !== 0x2a) return false;
    const end = mark === SLASH ? text.indexOf('\n', at) : text.indexOf('*/', at + 2);
    this.at = end < 0 ? text.length : end + (mark === SLASH ? 1 : 2);
    this.put(this.options.path, '', 'string', text.slice(at, this.at));
    return true;
  }

  /** It goes no further: at the end of a text that was cut off, or over a mistake. */
  private stop(ended = this.at >= this.text.length): never {
    this.fields.note(this.options.cut && ended ? 'truncated' : 'syntax');
    throw STOP;
  }
}
