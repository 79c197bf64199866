/** LDAP filters: parentheses with a prefix operator, and stars that close one filter and open another. */
import { RULE } from './rules.ts';
import { gaps, ids, isFirst, KIND, kinds, MARK, report, tokens } from './tokens.ts';
import { GROUP, GROUPS } from './words.ts';

/** Looks for LDAP filters. */
export function matchDirectory(): void {
  const { marks } = tokens;
  if ((marks & (MARK.colon | MARK.equals)) === (MARK.colon | MARK.equals)) matchingRules();
  if ((marks & (MARK.paren | MARK.equals)) !== (MARK.paren | MARK.equals)) return;
  const count = tokens.count;
  let depth = 0;
  for (let i = 0; i < count; i++) {
    const kind = kinds[i];
    if (kind === KIND.separator || kind === KIND.assign) depth = 0;
    else if (kind === 0x29) closedAt(i, --depth < 0);
    else if (kind === 0x28) {
      depth++;
      if (isFirst(i)) wholeAt(i);
    } else if (kind === 0x2a && kinds[i + 1] === 0x28 && isPrefix(kinds[i + 2]) && kinds[i + 3] === 0x28) {
      report(RULE.ldapFilter, i, i + 3);
    }
  }
}

/** `name:2.5.13.18:=…`: a matching rule by its number (RFC 4515), which no other text has. */
function matchingRules(): void {
  for (let i = 4; i < tokens.count; i++) {
    if (kinds[i] !== 0x3d || kinds[i - 1] !== 0x3a || kinds[i - 2] !== KIND.number || kinds[i - 3] !== 0x2e) continue;
    let j = i - 3;
    while (j > i - 24 && kinds[j] === 0x2e && kinds[j - 1] === KIND.number) j -= 2;
    if (kinds[j] === 0x3a && i - j > 5) report(RULE.ldapFilter, j, i);
  }
}

const isPrefix = (kind: number): boolean => kind === 0x7c || kind === 0x26 || kind === 0x21;

/** `)(cn=`, `*)(x=`, `)(|(`. */
function closedAt(i: number, unopened: boolean): void {
  let j = i + 1;
  while (kinds[j] === 0x29 && j < i + 4) j++;
  if (isPrefix(kinds[j]) && kinds[j + 1] === 0x28) j++;
  if (kinds[j] !== 0x28 || gaps[j] !== 0) return;
  const prefixed = isPrefix(kinds[j + 1]);
  const at = prefixed ? j + 2 : j + 1;
  if (prefixed && (kinds[at] === 0x28 || kinds[at] === 0x29)) report(RULE.ldapFilter, i, at);
  else if (kinds[at] === KIND.word && comparedAt(at + 1)) {
    const starred = i > 0 && kinds[i - 1] === 0x2a;
    if (starred || prefixed || unopened || (GROUPS[ids[at]] & GROUP.ldap) !== 0) report(RULE.ldapFilter, i, at + 1);
  }
}

function comparedAt(j: number): boolean {
  return kinds[j] === 0x3d || ((kinds[j] === 0x7e || kinds[j] === 0x3e || kinds[j] === 0x3c) && kinds[j + 1] === 0x3d);
}

/** `(&(cn=…`, `(|(uid=…`: a filter from its start. */
function wholeAt(i: number): void {
  if (!isPrefix(kinds[i + 1]) || kinds[i + 2] !== 0x28) return;
  if (kinds[i + 3] === KIND.word && comparedAt(i + 4)) report(RULE.ldapWhole, i, i + 4);
}
