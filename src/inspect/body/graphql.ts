/**
 * GraphQL requests, as far as their texts go: string literals and comments of the document, and variables. The document
 * itself — depth, aliases, cost — is taken apart elsewhere.
 */

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NAME_START = /[A-Za-z_]/;
const NUMBER = /-?\d[\d.eE+-]*/y;
const PUNCTUATION = '!$&()[]{}|:=@,.';
const DEFINITIONS = new Set(['query', 'mutation', 'subscription', 'fragment']);

/**
 * String literals and comments of a document; null where it is none. All other letters of a document can only be names,
 * numbers and punctuation within braces, in which no other language hides. `cut`: only the beginning is there.
 */
export function graphqlTexts(document: string, cut: boolean): string[] | null {
  return new Lexer(document, cut).read();
}

class Lexer {
  private readonly document: string;
  private readonly cut: boolean;
  private readonly texts: string[] = [];
  private at = 0;
  private braces = 0;
  private parentheses = 0;
  /** Between definitions: only what begins one may stand here. */
  private outside = true;
  /** There was an opening brace. */
  private begun = false;

  constructor(document: string, cut: boolean) {
    this.document = document;
    this.cut = cut;
  }

  read(): string[] | null {
    while (this.at < this.document.length) if (!this.token()) return null;
    return this.begun && (this.outside || this.cut) ? this.texts : null;
  }

  /** Passes over one token; false where none can stand here. */
  private token(): boolean {
    const { document, at } = this;
    const char = document[at];
    if (char === '"' || char === '#') return this.text(char);
    if (char <= ' ' || char === ',' || char === '\ufeff') this.at++;
    else if (NAME_START.test(char)) {
      NAME.lastIndex = at;
      const name = NAME.exec(document)?.[0] ?? char;
      if (this.outside && !DEFINITIONS.has(name)) return false;
      this.outside = false;
      this.at += name.length;
    } else if (this.outside && char !== '{') return false;
    else if (char === '-' || (char >= '0' && char <= '9')) {
      NUMBER.lastIndex = at;
      this.at += NUMBER.exec(document)?.[0].length ?? 1;
    } else return this.punctuation(char);
    return true;
  }

  /** A string or a comment. */
  private text(char: string): boolean {
    const { document, at } = this;
    // Strings are values of arguments and variables. Elsewhere they would make JSON a document.
    if (char === '"' && this.parentheses === 0) return false;
    const end = char === '#' ? lineEnd(document, at) : stringEnd(document, at);
    if (end < 0 && !this.cut) return false;
    const quotes = char === '#' ? 0 : document.startsWith('"""', at) ? 3 : 1;
    this.at = end < 0 ? document.length : end;
    this.texts.push(document.slice(at + Math.max(1, quotes), end < 0 ? this.at : end - quotes));
    return true;
  }

  private punctuation(char: string): boolean {
    if (!PUNCTUATION.includes(char)) return false;
    this.at++;
    this.outside = false;
    if (char === '(') this.parentheses++;
    else if (char === ')') this.parentheses--;
    else if (char === '{') {
      this.braces++;
      this.begun = true;
    } else if (char === '}') {
      this.braces--;
      // Braces within parentheses are values; those of the outermost level end a definition.
      this.outside = this.braces === 0 && this.parentheses === 0;
    }
    return this.braces >= 0 && this.parentheses >= 0;
  }
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function stringEnd(text: string, at: number): number {
  if (text.startsWith('"""', at)) {
    for (let from = at + 3; ; ) {
      const end = text.indexOf('"""', from);
      if (end < 0) return -1;
      if (text[end - 1] !== '\\') return end + 3;
      from = end + 3;
    }
  }
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i + 1;
    else if (text[i] === '\n') return -1;
  }
  return -1;
}

/** Is this value, or each of a list of them, a GraphQL request? Gives back its documents. */
export function documentsOf(value: unknown): string[] | null {
  const list = Array.isArray(value) ? value : [value];
  const documents: string[] = [];
  for (const item of list) {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return null;
    const { query } = item as { query?: unknown };
    if (typeof query !== 'string') return null;
    documents.push(query);
  }
  return documents.length === 0 ? null : documents;
}
