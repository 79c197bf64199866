/**
 * A small language of conditions in the style of SQL, for the shop's search: enough of it that an unescaped search word
 * can break out of its quotes as it could in a real database.
 *
 *     condition := conjunction { OR conjunction }
 *     conjunction := term { AND term }
 *     term := NOT term | ( condition ) | value ( = | <> | < | > | LIKE ) value
 */

export type Row = Readonly<Record<string, unknown>>;
type Test = (row: Row) => boolean;
type Value = (row: Row) => unknown;

/** Deeper nesting is an error and no stack overflow. */
const DEPTH = 50;

export class StatementError extends Error {
  readonly statement: string;

  constructor(message: string, statement: string) {
    super(message);
    this.statement = statement;
  }
}

/**
 * Compiles the condition of a statement over products.
 * @throws StatementError when it does not read.
 */
export function matcher(condition: string): Test {
  const statement = `SELECT id, name, category, price, stock, image FROM products WHERE ${condition}`;
  const reader = new Reader(tokensOf(condition, statement), statement);
  const test = reader.condition(0);
  reader.end();
  return test;
}

function tokensOf(text: string, statement: string): string[] {
  const tokens: string[] = [];
  const token = /\s+|--.*$|('(?:[^']|'')*')|(\w+(?:\.\d+)?)|(<>|[=<>()])|(.)/gsy;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [, quoted, word, sign, other] = found;
    if (other !== undefined) {
      const what = other === "'" ? 'unterminated string' : `unexpected "${other}"`;
      throw new StatementError(
        `${what} at position ${found.index} near "${text.slice(found.index, found.index + 24)}"`,
        statement,
      );
    }
    const kept = quoted ?? word ?? sign;
    if (kept !== undefined) tokens.push(kept);
  }
  return tokens;
}

class Reader {
  private at = 0;
  private readonly tokens: readonly string[];
  private readonly statement: string;

  constructor(tokens: readonly string[], statement: string) {
    this.tokens = tokens;
    this.statement = statement;
  }

  condition(depth: number): Test {
    const tests = [this.conjunction(depth)];
    while (this.takes('OR')) tests.push(this.conjunction(depth));
    return tests.length === 1 ? tests[0] : (row) => tests.some((test) => test(row));
  }

  end(): void {
    if (this.at < this.tokens.length) this.fail();
  }

  private conjunction(depth: number): Test {
    const tests = [this.term(depth)];
    while (this.takes('AND')) tests.push(this.term(depth));
    return tests.length === 1 ? tests[0] : (row) => tests.every((test) => test(row));
  }

  private term(depth: number): Test {
    if (depth > DEPTH) this.fail();
    if (this.takes('NOT')) {
      const test = this.term(depth + 1);
      return (row) => !test(row);
    }
    if (this.takes('(')) {
      const test = this.condition(depth + 1);
      if (!this.takes(')')) this.fail();
      return test;
    }
    const left = this.value();
    const compare = OPERATORS[(this.tokens[this.at++] ?? '').toUpperCase()];
    if (!compare) {
      this.at--;
      this.fail();
    }
    const right = this.value();
    return (row) => compare(left(row), right(row));
  }

  private value(): Value {
    const token = this.tokens[this.at++] ?? '';
    if (token.startsWith("'")) {
      const text = token.slice(1, -1).replaceAll("''", "'").toLowerCase();
      return () => text;
    }
    if (/^\d/.test(token)) {
      const number = Number(token);
      return () => number;
    }
    if (COLUMNS.includes(token.toLowerCase())) return (row) => row[token.toLowerCase()];
    this.at--;
    return this.fail();
  }

  private takes(word: string): boolean {
    if (this.tokens[this.at]?.toUpperCase() !== word) return false;
    this.at++;
    return true;
  }

  private fail(): never {
    const token = this.tokens[this.at];
    const what = token === undefined ? 'unexpected end of statement' : `syntax error near "${token}"`;
    throw new StatementError(what, this.statement);
  }
}

const COLUMNS = ['id', 'name', 'category', 'price', 'stock', 'released'];

const OPERATORS: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  '=': (a, b) => a === b,
  '<>': (a, b) => a !== b,
  '<': (a, b) => (a as number) < (b as number),
  '>': (a, b) => (a as number) > (b as number),
  LIKE: (a, b) => like(String(a), String(b)),
};

/** Percent signs match anything; greedy from the left, so that no pattern is slow. */
function like(text: string, pattern: string): boolean {
  const parts = pattern.split('%');
  if (parts.length === 1) return text === pattern;
  const last = parts.pop()!;
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const found = text.indexOf(part, at);
    if (found < 0 || (i === 0 && found !== 0)) return false;
    at = found + part.length;
  }
  return text.length - at >= last.length && text.endsWith(last);
}
