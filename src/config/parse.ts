/** Text to configuration: YAML with positions, then the schema, then what only holds between two places. */
import { LineCounter, parseDocument } from 'yaml';
import type { ErrorCode } from '../lib/errors.ts';
import { contradictions, type Known, unknownNames } from './cross.ts';
import { planProblems } from './cross-plans.ts';
import { serveContradictions } from './cross-serve.ts';
import { issueProblems } from './issues.ts';
import { type Locate, locator } from './locate.ts';
import { ConfigError, type Problem } from './problems.ts';
import { type Config, configSchema } from './schema.ts';

/** Larger files are not configurations. */
const MAX_CONFIG_BYTES = 1024 * 1024;

/** Reads a configuration. ConfigError with every problem in it; `file` is only named in messages. */
export function parseConfig(text: string, file: string, known: Known = {}): Config {
  return parseWithPlaces(text, file, known).config;
}

/** The same, with what finds the place of a key: for what is said about a configuration that is valid. */
export function parseWithPlaces(text: string, file: string, known: Known = {}): { config: Config; locate: Locate } {
  const whole = (code: ErrorCode, message: string) => new ConfigError(file, [{ code, line: 0, column: 0, message }]);
  if (text.length > MAX_CONFIG_BYTES) throw whole('SP1002', 'larger than 1 MiB: this is not a configuration');
  const lines = new LineCounter();
  // Aliases are bounded so that ten lines cannot unfold into a gigabyte.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0)
    throw new ConfigError(
      file,
      document.errors.map((e) => syntaxProblem(e, lines)),
    );
  const locate = locator(document, lines);

  let data: unknown;
  try {
    data = withoutEmpty(document.toJS({ maxAliasCount: 100 }) ?? {});
  } catch (error) {
    throw whole('SP1002', (error as Error).message);
  }
  const parsed = configSchema.safeParse(data);
  if (!parsed.success)
    throw new ConfigError(file, sorted(parsed.error.issues.flatMap((i) => issueProblems(i, data, locate))));
  const problems = [
    ...contradictions(parsed.data, locate),
    ...serveContradictions(parsed.data, locate),
    ...planProblems(parsed.data, locate),
    ...unknownNames(parsed.data, known, locate),
  ];
  if (problems.length > 0) throw new ConfigError(file, sorted(problems));
  return { config: parsed.data, locate };
}

/** A key with nothing behind it counts as left out: that is what a commented-out section leaves behind. */
function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutEmpty(inner)]));
}

/** The commonest mistakes in our words; the rest in those of the YAML reader. */
const SYNTAX: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands here twice',
  MULTIPLE_DOCS: 'a second document begins here: a configuration is one',
  TAB_AS_INDENT: 'a tab stands where YAML wants spaces',
};

/** In the order of the file. */
export function sorted(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}

function syntaxProblem(error: { code: string; message: string; pos: [number, number] }, lines: LineCounter): Problem {
  const { line, col } = lines.linePos(error.pos[0]);
  const message = SYNTAX[error.code] ?? error.message.replace(/\s+/g, ' ').replace(/(["'])quote$/, '$1');
  return { code: 'SP1002', line, column: col, message };
}
