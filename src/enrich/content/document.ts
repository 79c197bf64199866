/** Document databases, GraphQL schemas, and the prototypes of JavaScript objects: operators where values belong. */
import { RULE } from './rules.ts';
import { gaps, ids, isEdge, isQuote, KIND, kinds, MARK, report, tokens } from './tokens.ts';
import { GROUP, GROUPS, wordId, wordSet } from './words.ts';

const WHERE = wordId('where');
/** Operators that every document passes when the value is empty, or that match patterns. */
const STRONG = wordSet('ne nin regex not nor expr elemmatch or and');
const COMPARE = wordSet('gt gte lt lte exists in');
const PROTO = wordId('__proto__');
const PROTOTYPE = wordId('prototype');
const CONSTRUCTOR = wordId('constructor');
const SCHEMA = wordSet('__schema __type introspectionquery');
const RETURN = wordId('return');
const THIS = wordId('this');
const DB = wordId('db');
const ACTIONS = wordSet('insert find remove drop update aggregate');

/** Looks for operators of document databases and for prototypes. */
export function matchDocument(): void {
  const { marks, words } = tokens;
  if ((words & (GROUP.mongo | GROUP.dunder)) === 0 && (marks & MARK.quote) === 0) return;
  const count = tokens.count;
  for (let i = 0; i < count; i++) {
    const kind = kinds[i];
    if (kind === 0x24) operatorAt(i);
    else if (kind === KIND.word) {
      const word = ids[i];
      if (word === PROTO) protoAt(i);
      else if (word === DB) collectionAt(i);
      else if (word === CONSTRUCTOR) constructorAt(i);
      else if (SCHEMA.has(word) && (kinds[i + 1] === 0x7b || kinds[i + 1] === 0x28))
        report(RULE.graphqlSchema, i, i + 1);
    } else if (isQuote(kind)) scriptAt(i);
    else if ((kind === 0x7c || kind === 0x26) && kinds[i + 1] === kind && isThis(i + 2))
      report(RULE.mongoScript, i, i + 3);
  }
}

/** `[$ne]=`, `{"$ne":`, `{$where:`. */
function operatorAt(i: number): void {
  const word = ids[i + 1];
  if (gaps[i + 1] !== 0 || i === 0 || (GROUPS[word] & GROUP.mongo) === 0) return;
  const before = kinds[i - 1];
  const after = kinds[i + 2];
  const indexed = before === 0x5b && after === 0x5d;
  const keyed = isQuote(before) && isQuote(after) && (kinds[i + 3] === 0x3a || kinds[i + 3] === 0x2c);
  const bare = (before === 0x7b || before === 0x2c) && after === 0x3a;
  if (word === WHERE && (indexed || keyed || bare || after === 0x3a)) report(RULE.mongoWhere, i, i + 2);
  else if (bare && i > 1 && isQuote(kinds[i - 2]) && before === 0x2c) report(RULE.mongoScript, i - 2, i + 2);
  else if (!indexed && !keyed && !bare) return;
  else if (STRONG.has(word)) report(emptied(i) ? RULE.mongoEmpty : RULE.mongoOperator, i - 1, i + 2);
  else if (COMPARE.has(word)) report(emptied(i) ? RULE.mongoEmpty : RULE.mongoFilter, i - 1, i + 2);
}

/** True where the operator compares with nothing, null or an empty string. */
function emptied(i: number): boolean {
  let j = i + 3;
  while (kinds[j] === 0x5d || kinds[j] === 0x5b) j++;
  if (kinds[j] === KIND.assign || kinds[j] === 0x3a || kinds[j] === 0x3d) j++;
  return isEdge(j) || (isQuote(kinds[j]) && isQuote(kinds[j + 1])) || (GROUPS[ids[j]] & GROUP.literal) !== 0;
}

/** `db.users.find(`. */
function collectionAt(i: number): void {
  const called = kinds[i + 1] === 0x2e && kinds[i + 2] === KIND.word && kinds[i + 3] === 0x2e && kinds[i + 5] === 0x28;
  if (called && ACTIONS.has(ids[i + 4])) report(RULE.mongoScript, i, i + 5);
}

function isThis(i: number): boolean {
  return ids[i] === THIS && kinds[i + 1] === 0x2e && kinds[i + 2] === KIND.word;
}

/** `__proto__[x]`, `__proto__.x`, `{"__proto__":`. */
function protoAt(i: number): void {
  const after = kinds[i + 1];
  const before = i > 0 ? kinds[i - 1] : KIND.end;
  if (
    after === 0x5b ||
    after === 0x5d ||
    after === 0x2e ||
    isQuote(after) ||
    after === KIND.assign ||
    before === 0x2e
  ) {
    report(RULE.prototype, i, i + 1);
  }
}

/** `constructor[prototype]`, `constructor.prototype`. */
function constructorAt(i: number): void {
  for (let j = i + 1; j < i + 6 && !isEdge(j); j++) {
    if (ids[j] === PROTOTYPE) {
      report(RULE.prototype, i, j);
      return;
    }
    if (kinds[j] === KIND.word) return;
  }
}

/** `';return true;`, `'||this.x`, `'; while(1)`: a quote, a joint, and script of a database. */
function scriptAt(i: number): void {
  let j = i + 1;
  while ((kinds[j] === 0x3b || kinds[j] === 0x7c || kinds[j] === 0x26 || kinds[j] === 0x7d) && j < i + 5) j++;
  if (j === i + 1) return;
  const returns = ids[j] === RETURN && (kinds[j + 1] === KIND.word || kinds[j + 1] === 0x28 || kinds[j + 1] === 0x21);
  if (returns || isThis(j)) report(RULE.mongoScript, i, j);
}
