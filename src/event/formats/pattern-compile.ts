/** From the text of an nginx `log_format` or an Apache `LogFormat` to a list of variables and what stands between them. */
import { F } from '../exchange.ts';
import { FormatError } from './errors.ts';
import type { JsonName } from './json.ts';
import { names, type Slot, TIME_END, TIME_START, UNIT } from './json-format.ts';
import { apacheMeaning, type Meaning, nginxMeaning } from './variables.ts';

export type Escape = 'default' | 'json' | 'none';

export interface PatternToken {
  /** The variable as written, for messages. */
  readonly name: string;
  readonly meaning: Meaning;
  /** The text between this variable and the next, or the line's end. */
  readonly after: string;
}

export interface Pattern {
  readonly dialect: 'nginx' | 'apache';
  readonly escape: Escape;
  /** The text in front of the first variable. */
  readonly before: string;
  readonly tokens: readonly PatternToken[];
}

interface Loose {
  name: string;
  meaning: Meaning;
  after: string;
}

/** The pattern itself, with the directive around it taken off where a whole configuration line was pasted. */
export function unwrapPattern(text: string): { text: string; escaping: Escape } {
  let body = text.trim();
  let escaping: Escape = 'default';
  const nginx = /^log_format\s+\S+\s+(?:escape=(default|json|none)\s+)?(['"][\s\S]*?);?$/.exec(body);
  const apache = /^(?:LogFormat|GlobalLog|CustomLog\s+\S+)\s+("[\s\S]*)$/i.exec(body);
  if (nginx) {
    escaping = (nginx[1] ?? 'default') as Escape;
    body = joinQuoted(nginx[2]);
  } else if (apache) {
    const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(apache[1]);
    if (!quoted) throw new FormatError('pattern.unclosed', 'The LogFormat line has a quote that is not closed.');
    body = quoted[1];
  }
  return { text: body.replace(/\\(["'\\])/g, '$1'), escaping };
}

function joinQuoted(text: string): string {
  const pieces = text.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g) ?? [];
  const rest = text.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, '').trim();
  if (pieces.length === 0 || /['"]/.test(rest)) {
    throw new FormatError('pattern.unclosed', 'The log_format directive has a quote that is not closed.');
  }
  return pieces.map((piece) => piece.slice(1, -1)).join('');
}

/** Cuts a pattern into tokens and checks that a line can be read by it. FormatError says what is missing. */
export function compilePattern(source: string): Pattern {
  const { text, escaping } = unwrapPattern(source);
  const isNginx = /\$\{?[A-Za-z_]/.test(text);
  const { before, tokens } = isNginx ? cutNginx(text) : cutApache(text);
  if (tokens.length === 0) {
    throw new FormatError(
      'pattern.empty',
      'The pattern has no variable in it. Give the text of a log_format ($remote_addr …) or LogFormat (%h …).',
    );
  }
  const joined = joinTargets(tokens);
  checkDelimited(joined);
  const chosen = choose(joined);
  checkComplete(chosen);
  return { dialect: isNginx ? 'nginx' : 'apache', escape: escaping, before, tokens: chosen };
}

function cutNginx(text: string): { before: string; tokens: Loose[] } {
  const tokens: Loose[] = [];
  let before = '';
  let last = 0;
  for (const match of text.matchAll(/\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/g)) {
    const between = text.slice(last, match.index);
    if (tokens.length === 0) before = between;
    else tokens[tokens.length - 1].after = between;
    const name = match[1] ?? match[2];
    tokens.push({ name: `$${name}`, meaning: nginxMeaning(name), after: '' });
    last = match.index + match[0].length;
  }
  if (tokens.length > 0) tokens[tokens.length - 1].after = text.slice(last);
  return { before, tokens };
}

function cutApache(text: string): { before: string; tokens: Loose[] } {
  const tokens: Loose[] = [];
  let before = '';
  let literal = '';
  const flush = (): void => {
    if (tokens.length === 0) before = literal;
    else tokens[tokens.length - 1].after = literal;
    literal = '';
  };
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '%') {
      literal += text[i];
      continue;
    }
    if (text[i + 1] === '%') {
      literal += text[++i];
      continue;
    }
    const directive = /^%[<>!\d,]*(?:\{([^}]*)\})?[<>]?(\^?[A-Za-z]{1,2})/.exec(text.slice(i));
    if (directive === null) {
      throw new FormatError('pattern.unclosed', `The pattern has a % at position ${i + 1} that starts no directive.`);
    }
    const [whole, argument = '', letters] = directive;
    const letter = letters.startsWith('^') ? letters : letters[0];
    flush();
    const length = whole.length - (letters.length - letter.length);
    tokens.push({ name: whole.slice(0, length), meaning: apacheMeaning(letter, argument), after: '' });
    i += length - 1;
  }
  flush();
  return { before, tokens };
}

/** `$uri$is_args$args` and `%U%q` are one text, the target with its query. */
function joinTargets(tokens: readonly Loose[]): Loose[] {
  const out: Loose[] = [];
  for (const token of tokens) {
    const previous = out.at(-1);
    const isPart = token.meaning.kind === 'query' || token.name === '$is_args';
    const followsTarget =
      previous !== undefined && previous.meaning.kind === 'field' && previous.meaning.field === F.target;
    const isGlued = followsTarget && (previous.after === '' || (previous.after === '?' && token.name !== '$is_args'));
    if (isPart && isGlued) {
      previous.name += previous.after + token.name;
      previous.after = token.after;
    } else {
      out.push({ ...token });
    }
  }
  return out;
}

/** Numbers and times end by themselves; any other text needs something behind it that ends it. */
function checkDelimited(tokens: readonly Loose[]): void {
  for (let i = 0; i + 1 < tokens.length; i++) {
    const { kind } = tokens[i].meaning;
    if (tokens[i].after !== '' || kind === 'time') continue;
    throw new FormatError(
      'pattern.ambiguous',
      `${tokens[i].name} and ${tokens[i + 1].name} stand together with nothing between them, so no one can tell where ` +
        'the first ends. Put a space or quotes between them in the server’s configuration.',
    );
  }
}

function keyOf(meaning: Meaning): string {
  return meaning.kind === 'field' ? `field ${meaning.field}` : meaning.kind;
}

/** Of several variables for one thing the one with the lowest rank stays; the others only delimit. */
function choose(tokens: readonly Loose[]): PatternToken[] {
  const best = new Map<string, number>();
  const hasRequest = tokens.some((t) => t.meaning.kind === 'request');
  const times = tokens.filter((t) => t.meaning.kind === 'time');
  const bestTime = Math.min(...times.map((t) => timeRank(t.meaning)));
  for (const { meaning } of tokens) {
    const old = best.get(keyOf(meaning));
    if (old === undefined || meaning.rank < old) best.set(keyOf(meaning), meaning.rank);
  }
  const taken = new Set<string>();
  return tokens.map((token) => {
    const { meaning } = token;
    const key = keyOf(meaning);
    const isPartOfRequest =
      meaning.kind === 'query' ||
      (meaning.kind === 'field' && [F.method, F.target, F.protocol].includes(meaning.field));
    let keep = !taken.has(key) && best.get(key) === meaning.rank && !(hasRequest && isPartOfRequest);
    // Several strftime pieces make one time together.
    if (meaning.kind === 'time') keep = timeRank(meaning) === bestTime && (bestTime === STRFTIME || !taken.has(key));
    if (keep) taken.add(key);
    return keep ? token : { ...token, meaning: { kind: 'skip', rank: 0 } as Meaning };
  });
}

const STRFTIME = 3;

/** Finer notations first. */
function timeRank(meaning: Meaning): number {
  if (meaning.kind !== 'time') return 9;
  const { notation } = meaning;
  return notation === 'epoch' ? 0 : notation === 'iso' ? 1 : notation.startsWith('clf') ? 2 : STRFTIME;
}

function checkComplete(tokens: readonly PatternToken[]): void {
  const has = (test: (m: Meaning) => boolean): boolean => tokens.some((t) => test(t.meaning));
  if (!has((m) => m.kind === 'request' || (m.kind === 'field' && m.field === F.target))) {
    throw new FormatError(
      'pattern.no_request',
      'The pattern has no request in it. Add $request or $request_uri (nginx), %r or %U%q (Apache) to the log format.',
    );
  }
  if (!has((m) => m.kind === 'time')) {
    throw new FormatError(
      'pattern.no_time',
      'The pattern has no time in it. Add $time_iso8601 or $msec (nginx), %t (Apache) to the log format.',
    );
  }
}

/** True where the pattern writes JSON objects. */
export function isJsonPattern(source: string): boolean {
  return unwrapPattern(source).text.trimStart().startsWith('{');
}

/**
 * The names under which a pattern that writes JSON puts its variables. The template is read as JSON after its bare
 * variables were quoted.
 */
export function jsonNames(source: string): { names: JsonName[]; dialect: 'nginx' | 'apache' } {
  const { text } = unwrapPattern(source);
  const isNginx = /\$\{?[A-Za-z_]/.test(text);
  const variable = isNginx ? /\$(?:\{\w+\}|\w+)/ : /%[<>!\d,]*(?:\{[^}]*\})?[<>]?\^?[A-Za-z]/;
  const quoted = text.replace(new RegExp(`(:\\s*)(${variable.source})(?=\\s*[,}])`, 'g'), '$1"$2"');
  let template: unknown;
  try {
    template = JSON.parse(quoted);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError('pattern.unclosed', `The pattern starts like JSON but is not: ${reason}.`);
  }
  const out: JsonName[] = [];
  collect(template, '', isNginx, out);
  if (!out.some((n) => n.slot === F.request / 2 || n.slot === F.target / 2)) {
    throw new FormatError(
      'pattern.no_request',
      'The pattern has no request in it. Add $request or $request_uri (nginx), %r or %U%q (Apache) to the log format.',
    );
  }
  return { names: out, dialect: isNginx ? 'nginx' : 'apache' };
}

function collect(value: unknown, path: string, isNginx: boolean, out: JsonName[]): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) collect(inner, path ? `${path}.${key}` : key, isNginx, out);
    return;
  }
  if (typeof value !== 'string') return;
  const token = (isNginx ? cutNginx(value) : cutApache(value)).tokens[0];
  if (token === undefined) return;
  const name = jsonName(path, token.meaning);
  if (name !== null) out.push(name);
}

const FIELD_SLOTS = Object.entries(F) as [Slot, number][];

function jsonName(path: string, meaning: Meaning): JsonName | null {
  const { rank } = meaning;
  switch (meaning.kind) {
    case 'field': {
      const slot = FIELD_SLOTS.find(([, f]) => f === meaning.field)?.[0];
      return slot ? names(slot, [path], { rank })[0] : null;
    }
    case 'time':
      return names('time', [path], {
        rank: timeRank(meaning),
        tag: meaning.meaning === 'start' ? TIME_START : TIME_END,
      })[0];
    case 'duration':
      return names('duration', [path], {
        rank,
        tag: meaning.scale === 1000 ? UNIT.s : meaning.scale === 1 ? UNIT.ms : UNIT.us,
      })[0];
    case 'skip':
      return null;
    default:
      return names(meaning.kind, [path], { rank })[0];
  }
}
