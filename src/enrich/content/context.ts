/**
 * What a field is for tells how much code in it says. People write about code in messages, editors send markup, consoles
 * send queries: there a whole statement is the content. What breaks out of where a value stands, or works wherever it is
 * read, keeps its weight. The rest is lowered below a finding and not to nothing: an attacker who wraps payloads in
 * sentences needs several of them, and repetition makes a finding.
 */
import { FENCE, isNoise, isTalk, markQuoted, quotes } from './reading.ts';
import { RULE, RULES } from './rules.ts';
import { current, MARK, tokens } from './tokens.ts';

/**
 * What a rule can say at most where its structure is nothing unusual, in millinats. Sentences in a field that has no name
 * for them count as weak hits, of which several make a finding; in fields for texts and code they do not count at all.
 */
const WEAK = 3000;
const IDLE = 2000;

/** What kind of text a field holds, by its name. */
export const FIELD_KIND = { value: 0, prose: 1, code: 2, query: 3, file: 4 } as const;

const names = (list: string): readonly string[] => list.trim().split(/\s+/);
const KIND_OF = new Map<string, number>();
for (const name of names(`comment comments description desc content contents message messages msg text body html markdown md
  bio about note notes review question answer post posts summary caption feedback details detail reply excerpt
  article paragraph memo remark remarks abstract story letter blurb signature prompt transcript readme changelog
  instructions explanation biography testimonial opinion announcement richtext wysiwyg blocks block delta
  commentary rendered raw subject title headline greeting footer`))
  KIND_OF.set(name, FIELD_KIND.prose);
for (const name of names(`code source snippet script sourcecode program css stylesheet style template tmpl diff patch
  dockerfile yaml config regex regexp pattern formula expression expr macro lambda function handler svg xml latex tex
  math stacktrace stack trace backtrace error errors exception log logs stdout stderr output console notebook cell`))
  KIND_OF.set(name, FIELD_KIND.code);
for (const name of names(
  'sql query queries statement statements graphql mutation cypher sparql kql promql filter where aggregate pipeline selector',
))
  KIND_OF.set(name, FIELD_KIND.query);

/** FIELD_KIND of a field by the last word of its name: `postContent`, `body_html` and `user[bio]` count as their last. */
export function fieldKind(name: string): number {
  if (name.length > 64) return FIELD_KIND.value;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
  let kind: number = FIELD_KIND.value;
  for (let i = words.length - 1; i >= 0 && kind === FIELD_KIND.value; i--)
    kind = KIND_OF.get(words[i]) ?? FIELD_KIND.value;
  return kind;
}

function ceilings(kept: readonly (keyof typeof RULE)[], most: number): Int32Array {
  const list = new Int32Array(Math.max(...RULES.map((r) => r.id)) + 1).fill(most);
  for (const name of kept) list[RULE[name].id] = RULE[name].millinats;
  return list;
}

/** Rules that hold even in source code: nobody stores such things as code, and readers act on them by mistake. */
const EVERYWHERE = [
  'jndiLookup',
  'jndiNested',
  'serialJava',
  'serialPhp',
  'serialDotnet',
  'shellFunction',
  'fileNull',
  'headerLog',
] as const;
/** Rules that hold in queries people write: they are about breaking out of a statement, which a whole one does not. */
const IN_QUERIES = [
  ...EVERYWHERE,
  'sqlTautology',
  'sqlQuoteLogic',
  'sqlQuoteComment',
  'sqlQuoteClause',
  'sqlQuoteConcat',
  'sqlLogicComment',
  'sqlTime',
  'sqlFile',
  'sqlProcedure',
  'htmlScript',
  'htmlEvent',
  'htmlEventBreak',
  'htmlActive',
  'htmlBreak',
  'htmlStyle',
  'jsScheme',
  'jsDialog',
  'jsEval',
  'jsCookie',
  'jsBreak',
  'jsEncoded',
  'jsConstructor',
  'shellSubstitution',
  'shellFields',
  'shellFetch',
  'shellSocket',
  'shellProgram',
  'fileClimb',
  'fileClimbEncoded',
  'fileClimbOdd',
  'fileClimbSecret',
  'fileSystem',
  'templateArithmetic',
  'templateLookup',
  'templateDunder',
  'javaClass',
  'javaReflection',
  'javaLoader',
  'javaContext',
  'jndiAddress',
  'mongoWhere',
  'mongoScript',
  'prototype',
  'xmlEntity',
  'serverInclude',
  'urlScheme',
  'urlMetadata',
  'urlNumeric',
  'headerInject',
  'headerSplit',
  'phpTag',
  'phpStream',
  'phpDirective',
  'phpFunction',
  'phpGlobal',
  'ldapFilter',
  'serialYaml',
  'serialNode',
  'serialType',
] as const;
/** Rules that hold among the sentences of people who write about code. */
const IN_TALK = [
  ...EVERYWHERE,
  'sqlUnion',
  'sqlLogicComment',
  'htmlScript',
  'htmlEvent',
  'htmlEventBreak',
  'htmlStyle',
  'jsScheme',
  'shellFields',
  'shellSocket',
  'fileClimbEncoded',
  'fileClimbOdd',
  'fileClimbSecret',
  'templateArithmetic',
  'templateLookup',
  'javaLoader',
  'javaContext',
  'jndiAddress',
  'xmlEntity',
  'serverInclude',
  'urlScheme',
  'urlMetadata',
  'urlNumeric',
  'phpStream',
  'ldapFilter',
  'serialYaml',
  'serialNode',
] as const;
/** Rules that need no more than marks and two letters, which sealed and compressed texts have by chance. */
const BY_CHANCE: ReadonlySet<string> = new Set(
  'sqlQuoteComment sqlQuoteLogic sqlQuoteClause sqlQuoteConcat sqlTautology sqlLogicComment sqlQuoteProbe sqlCatalog sqlComment htmlPlain htmlActive htmlActiveProbe htmlProbe htmlBreak htmlBreakProbe htmlComment htmlEvent htmlEventBreak jsBreak jsDialog jsEncoded jsStatement shellSubstitution shellChain shellChainPlain shellPipeWord shellRedirect shellFields shellFunction shellProgram shellCommand fileClimb fileClimbShort fileClimbOdd fileClimbEncoded fileNull fileWindows fileShare templateArithmetic templateCode templateName templateTag javaContext mongoScript headerInject headerLog headerName mailCommand phpTag phpIndirect phpFunctionWeak ldapFilter ldapWhole xmlProlog'.split(
    ' ',
  ),
);

/** Rules that a body's plain values meet in the reports of applications and front ends. */
const IN_REPORTS: ReadonlySet<string> = new Set(['fileWindows', 'fileDirectory', 'xmlProlog', 'htmlComment']);

/** Rules about markup and lines, which editors and letters have: weak in any field for texts of people. */
const OF_LETTERS: ReadonlySet<string> = new Set([
  'htmlPlain',
  'htmlActive',
  'htmlBreak',
  'htmlBreakProbe',
  'htmlComment',
  'htmlActiveProbe',
  'htmlProbe',
  'xmlProlog',
  'xmlDoctype',
  'headerInject',
  'headerSplit',
  'headerName',
  'mailCommand',
  'mailHeader',
  'templateName',
  'templateCode',
  'templateTag',
  'sqlQuoteConcat',
  'jsStatement',
  'phpFunction',
  'phpFunctionWeak',
  'sqlQuoteProbe',
  'sqlOrderProbe',
]);
const IN_LETTERS = (Object.keys(RULE) as (keyof typeof RULE)[]).filter((name) => !OF_LETTERS.has(name));

const without = (names: ReadonlySet<string>): (keyof typeof RULE)[] =>
  (Object.keys(RULE) as (keyof typeof RULE)[]).filter((name) => !names.has(name));
const VALUE_CEILINGS = ceilings(without(IN_REPORTS), IDLE);
const NOISE_CEILINGS = ceilings(without(BY_CHANCE), IDLE);
/** Documents may hold any code; these make servers run or fetch something when they open them. */
const FILE_CEILINGS = ceilings([...EVERYWHERE, 'phpTag', 'xmlEntity', 'serverInclude'], IDLE);
const CODE_CEILINGS = ceilings(EVERYWHERE, IDLE);
const QUOTED_CEILINGS = ceilings(EVERYWHERE, WEAK);
const QUERY_CEILINGS = ceilings(IN_QUERIES, IDLE);
const TALK_CEILINGS = ceilings(IN_TALK, WEAK);
const NAMED_TALK_CEILINGS = ceilings(IN_TALK, IDLE);
const LETTER_CEILINGS = ceilings(IN_LETTERS, IDLE);

/** Tells the matchers what rules can say of the tokens of a field of this FIELD_KIND. */
export function judgeContext(kind: number, inBody: boolean): void {
  current.talk = false;
  current.quotedCeilings = null;
  current.ceilings = isNoise() ? NOISE_CEILINGS : ceilingsOf(kind, inBody);
}

/** Back to every rule having its own weight. */
export function forgetContext(): void {
  current.talk = false;
  current.quotedCeilings = null;
  current.ceilings = null;
}

function ceilingsOf(kind: number, inBody: boolean): Int32Array | null {
  if (kind === FIELD_KIND.code) return CODE_CEILINGS;
  if (kind === FIELD_KIND.file) return FILE_CEILINGS;
  const named = kind === FIELD_KIND.prose;
  const ticks = (tokens.marks & MARK.quote) === 0 ? 0 : markQuoted();
  const talk = ticks >= FENCE || isTalk(named);
  if (ticks > 0 && (talk || named || quotes())) current.quotedCeilings = named ? CODE_CEILINGS : QUOTED_CEILINGS;
  if (talk) {
    current.talk = true;
    return named ? NAMED_TALK_CEILINGS : TALK_CEILINGS;
  }
  if (named) return LETTER_CEILINGS;
  if (kind === FIELD_KIND.query) return QUERY_CEILINGS;
  return inBody ? VALUE_CEILINGS : null;
}
