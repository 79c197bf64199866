/**
 * Template and expression languages, and the Java, Python and OGNL names that payloads reach for through them. Front
 * ends often send templates that they forgot to fill in, so a plain name between the marks is nearly nothing.
 */
import { RULE } from './rules.ts';
import { gaps, ids, isEdge, isFirst, isQuote, KIND, kinds, MARK, report, tokens } from './tokens.ts';
import { GROUP, GROUPS, wordId, wordSet } from './words.ts';

const JAVA = wordSet('java javax');
const PACKAGES = wordSet('lang util io net script');
const DANGEROUS = wordSet(
  'processbuilder scriptenginemanager urlclassloader templatesimpl jdbcrowsetimpl getruntime ognlcontext unsafe',
);
/** Classes that serialised objects are chained from. */
const CHAINED = wordSet(
  `invokertransformer chainedtransformer constanttransformer instantiatetransformer clonetransformer whileclosure
  forclosure transformedclosure prototypeclonefactory prototypeserializationfactory instantiatefactory lazymap
  tiedmapentry beancomparator annotationinvocationhandler badattributevalueexpexception`,
);
const REFLECTION = wordSet(
  `getclass forname newinstance getmethod getdeclaredmethod getconstructor getdeclaredconstructors loadclass
  defineclass getenginebyname getclassloader`,
);
const CLASS = wordId('class');
const PHP = wordId('php');
const CHAIN = wordSet('module classloader protectiondomain resources');
const CONTEXT = wordSet(
  `_memberaccess memberaccess context application session request parameters ognl servletcontext
  denymethodexecution allowstaticmethodaccess attr`,
);
const RUNTIME = wordId('runtime');
const PROTO = wordSet('__proto__ prototype constructor __definegetter__ __lookupgetter__');
const MACROS = wordSet('set foreach if include parse evaluate macro');
const TAGS = wordSet('assign if include import macro');
/** Tokens between template marks that are looked at. */
const TEMPLATE_REACH = 64;

/** Looks for templates and expressions. */
export function matchExpression(): void {
  const { marks, words } = tokens;
  const templates = (marks & (MARK.brace | MARK.hash | MARK.at)) !== 0 || (marks & (MARK.angle | MARK.percent)) !== 0;
  const names = (words & (GROUP.java | GROUP.dunder)) !== 0;
  if (!templates && !names) return;
  const count = tokens.count;
  let judged = 0;
  for (let i = 0; i < count; i++) {
    const kind = kinds[i];
    if (kind === KIND.word) {
      if ((GROUPS[ids[i]] & (GROUP.java | GROUP.dunder)) !== 0) nameAt(i);
    } else if (kind === 0x7b) {
      if (i >= judged) judged = braceAt(i);
    } else if (kind === 0x3c) angleAt(i);
    else if (kind === 0x23) hashAt(i);
    else if (kind === 0x40 && kinds[i + 1] === 0x28 && arithmetic(i + 2)) report(RULE.templateArithmetic, i, i + 4);
  }
}

/** A brace at i: which template mark does it belong to? Returns where to go on: every template is read once. */
function braceAt(i: number): number {
  const before = i > 0 && gaps[i] === 0 ? kinds[i - 1] : KIND.end;
  const next = kinds[i + 1];
  if (next === 0x7b && gaps[i + 1] === 0) return inside(i, i + 2);
  if (before === 0x24 || before === 0x23 || before === 0x2a || before === 0x40 || before === 0x7e || before === 0x25) {
    if (before === 0x24) lookupAt(i);
    return inside(i - 1, i + 1);
  }
  if (next === 0x25 && gaps[i + 1] === 0 && kinds[i + 2] === KIND.word) {
    report(RULE.templateTag, i, i + 2);
    return i + 2;
  }
  if (ids[i + 1] === PHP && kinds[i + 2] === 0x7d) report(RULE.templateTag, i, i + 2);
  if (arithmetic(i + 1) && kinds[i + 4] === 0x7d) report(RULE.templateArithmetic, i, i + 4);
  return i + 1;
}

/** True where a number, an operator and a number begin at i, quotes aside. */
function arithmetic(i: number): boolean {
  let j = i;
  if (isQuote(kinds[j])) j++;
  if (kinds[j] !== KIND.number) return false;
  j++;
  if (isQuote(kinds[j])) j++;
  const operator = kinds[j];
  const operates =
    operator === 0x2a || operator === 0x2b || operator === 0x2d || operator === 0x2f || operator === 0x25;
  if (!operates) return false;
  j++;
  if (operator === 0x2a && kinds[j] === 0x2a) j++;
  if (isQuote(kinds[j])) j++;
  return kinds[j] === KIND.number;
}

/** What stands between template marks: a calculation, code, or a name that was to be replaced. */
function inside(from: number, i: number): number {
  if (arithmetic(i) || (kinds[i] === 0x28 && arithmetic(i + 1))) {
    report(RULE.templateArithmetic, from, i + 2);
    return i + 2;
  }
  let code = 0;
  let words = 0;
  const last = Math.min(i + TEMPLATE_REACH, tokens.count);
  for (let j = i; j < last; j++) {
    const kind = kinds[j];
    if (kind === 0x7d) {
      if (code > 0) report(RULE.templateCode, from, j);
      else if (words > 0) report(RULE.templateName, from, j);
      return j;
    }
    if (kind === KIND.separator) return j;
    if (kind === KIND.word) words++;
    if (kind === 0x28 && j > i && (kinds[j - 1] === KIND.word || kinds[j - 1] === 0x5d)) code++;
    else if (kind === 0x5b || isQuote(kind)) code += kinds[j + 1] !== 0x7d && kinds[j - 1] !== 0x3a ? 1 : 0;
    else if (kind === 0x2e && isConfiguration(j)) code++;
    else if (kind === 0x23 || (kind === 0x40 && kinds[j + 1] === KIND.word)) code++;
  }
  return last;
}

/** `config.SECRET`, `self.x`, `request.application`: objects that only the server's side has. */
function isConfiguration(dot: number): boolean {
  return (
    dot > 0 &&
    (GROUPS[ids[dot - 1]] & GROUP.template) !== 0 &&
    (GROUPS[ids[dot + 1]] & (GROUP.template | GROUP.dunder)) !== 0
  );
}

/** `${prefix:`: the interpolators of Java libraries; those of JNDI have their own matcher. */
function lookupAt(i: number): void {
  if (kinds[i + 1] !== KIND.word || kinds[i + 2] !== 0x3a || gaps[i + 2] !== 0) return;
  if ((GROUPS[ids[i + 1]] & GROUP.lookup) !== 0 && !isEdge(i + 3)) report(RULE.templateLookup, i - 1, i + 2);
}

/** `<%=`, `<%`, `<#assign`. */
function angleAt(i: number): void {
  if (gaps[i + 1] !== 0) return;
  if (kinds[i + 1] === 0x25) {
    const at = kinds[i + 2] === 0x3d ? i + 3 : i + 2;
    if (arithmetic(at)) report(RULE.templateArithmetic, i, at + 2);
    else if (kinds[i + 2] === 0x3d || kinds[i + 2] === 0x40 || kinds[at] === KIND.word) report(RULE.templateTag, i, at);
  } else if (kinds[i + 1] === 0x23 && TAGS.has(ids[i + 2])) report(RULE.templateTag, i, i + 2);
}

/** `#wordSet($x=…)`, `#foreach`, `#context=`, `(#a=…)`. */
function hashAt(i: number): void {
  if (gaps[i + 1] !== 0 || kinds[i + 1] !== KIND.word) return;
  if (MACROS.has(ids[i + 1]) && kinds[i + 2] === 0x28 && (kinds[i + 3] === 0x24 || isQuote(kinds[i + 3]))) {
    report(RULE.templateTag, i, i + 3);
  } else if (CONTEXT.has(ids[i + 1]) && (kinds[i + 2] === 0x5b || kinds[i + 2] === 0x2e || kinds[i + 2] === 0x3d)) {
    report(RULE.javaContext, i, i + 2);
  } else if (i > 0 && kinds[i - 1] === 0x28 && kinds[i + 2] === 0x3d) report(RULE.javaContext, i - 1, i + 2);
}

function nameAt(i: number): void {
  const word = ids[i];
  if ((GROUPS[word] & GROUP.dunder) !== 0) dunderAt(i, word);
  if (CHAINED.has(word)) {
    if (i > 1 && kinds[i - 1] === 0x2e && kinds[i - 2] === KIND.word) report(RULE.javaClass, i - 2, i);
  } else if (JAVA.has(word)) packageAt(i);
  else if (DANGEROUS.has(word)) {
    if (kinds[i + 1] === 0x28 || (i > 0 && kinds[i - 1] === 0x2e)) report(RULE.javaClass, i, i + 1);
  } else if (REFLECTION.has(word)) {
    const called = kinds[i + 1] === 0x28 && (isQuote(kinds[i + 2]) || kinds[i + 3] === 0x2e);
    if (called) report(RULE.javaReflection, i, i + 2);
  } else if (word === CLASS && kinds[i + 1] === 0x2e && CHAIN.has(ids[i + 2]) && (i === 0 || kinds[i - 1] !== 0x2d)) {
    const bound = kinds[i + 3] === 0x2e || kinds[i + 3] === 0x5b || kinds[i + 3] === KIND.assign;
    if (bound) report(RULE.javaLoader, i, i + 3);
  }
}

/** `java.lang.Runtime`, `javax.script.…`: with code around it an attack, alone perhaps a search. */
function packageAt(i: number): void {
  if (kinds[i + 1] !== 0x2e || kinds[i + 2] !== KIND.word || gaps[i + 2] !== 0) return;
  // Misspelt on purpose or cut short by a tool: the class that runs commands behind the root of all packages.
  if (RUNS.has(ids[i + 2]) || (kinds[i + 3] === 0x2e && RUNS.has(ids[i + 4]))) report(RULE.javaClass, i, i + 2);
  if (kinds[i + 3] !== 0x2e) return;
  if (!PACKAGES.has(ids[i + 2]) && JAVA_X !== ids[i]) return;
  const last = ids[i + 4];
  const before = i > 0 ? kinds[i - 1] : KIND.end;
  const wrapped = before === 0x28 || before === 0x40 || before === 0x7b || before === 0x27 || before === 0x22;
  const called = kinds[i + 5] === 0x28 || kinds[i + 5] === 0x40 || (kinds[i + 5] === 0x29 && before === 0x28);
  if (last === RUNTIME || DANGEROUS.has(last) || called || (wrapped && !isFirst(i))) report(RULE.javaClass, i, i + 4);
  else report(RULE.javaName, i, i + 4);
}
const JAVA_X = wordId('javax');
const RUNS = wordSet('runtime processbuilder');

/** Inner names of Python; those of JavaScript belong to the prototype matcher. */
function dunderAt(i: number, word: number): void {
  if (PROTO.has(word)) return;
  const before = i > 0 ? kinds[i - 1] : KIND.end;
  const near =
    before === 0x2e || isQuote(before) || kinds[i + 1] === 0x28 || kinds[i + 1] === 0x2e || kinds[i + 1] === 0x5b;
  if (near && isDunder(word)) report(RULE.templateDunder, i, i + 1);
}

const DUNDERS = wordSet(
  `__class__ __mro__ __base__ __bases__ __subclasses__ __globals__ __builtins__ __import__ __init__ __getitem__
  __getattribute__ __dict__ __reduce__ __code__`,
);
function isDunder(word: number): boolean {
  return DUNDERS.has(word);
}
