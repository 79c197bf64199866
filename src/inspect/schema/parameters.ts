/**
 * Values of parameters, from the texts they are written as: the styles of OpenAPI (RFC 6570 and what it lacks). Everything is read
 * from what has come already, in one pass each.
 */

import { decoded } from './paths.ts';
import type { DeclaredParameter } from './source.ts';

/** Parameters of one query that are looked at; a query with more departs from everything. */
export const MAX_QUERY_PARAMETERS = 256;
/** Items of one parameter that is a list. */
const MAX_ITEMS = 1024;

/** What a parameter is before it is read: one text, or several. */
export type Shape = 'one' | 'list' | 'object';

/** Names and values of a query, in turn, decoded; and whether there was more of it. */
export interface Query {
  readonly pairs: readonly string[];
  readonly isCut: boolean;
}

const EMPTY_QUERY: Query = { pairs: [], isCut: false };

/** The query of a target, which begins behind `at`. */
export function readQuery(target: string, at: number): Query {
  if (at < 0 || at + 1 >= target.length) return EMPTY_QUERY;
  const pairs: string[] = [];
  for (let start = at + 1; start <= target.length; ) {
    let end = target.indexOf('&', start);
    if (end < 0) end = target.length;
    if (end > start) {
      if (pairs.length >= MAX_QUERY_PARAMETERS * 2) return { pairs, isCut: true };
      const mark = target.indexOf('=', start);
      const split = mark < 0 || mark > end ? end : mark;
      pairs.push(formText(target.slice(start, split)), split < end ? formText(target.slice(split + 1, end)) : '');
    }
    start = end + 1;
  }
  return { pairs, isCut: false };
}

const formText = (text: string): string => decoded(text.includes('+') ? text.replaceAll('+', ' ') : text);

/** Everything that stands under a name in a list of names and values. */
export function valuesOf(pairs: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) values.push(pairs[i + 1]);
  return values;
}

const DELIMITERS: Readonly<Record<string, string>> = {
  form: ',',
  simple: ',',
  spaceDelimited: ' ',
  pipeDelimited: '|',
};

/** The value that `text` stands for, where the parameter stands in one piece. */
export function readText(parameter: DeclaredParameter, shape: Shape, text: string): unknown {
  const { style, explode } = parameter;
  if (style === 'json') return jsonOr(text);
  if (shape === 'one') return bare(parameter, text);
  if (style === 'label') {
    const items = pieces(text.replace(/^\./, ''), explode ? '.' : ',');
    return shape === 'list' ? items : objectOf(items, explode);
  }
  if (style === 'matrix') return matrix(parameter, shape, text);
  const items = pieces(text, DELIMITERS[style] ?? ',');
  return shape === 'list' ? items : objectOf(items, explode && style === 'simple');
}

function bare({ style, name }: DeclaredParameter, text: string): string {
  if (style === 'label' && text.startsWith('.')) return text.slice(1);
  if (style === 'matrix' && text.startsWith(`;${name}=`)) return text.slice(name.length + 2);
  return text;
}

/** `;name=a,b` or, taken apart, `;name=a;name=b` and `;x=1;y=2`. */
function matrix({ name, explode }: DeclaredParameter, shape: Shape, text: string): unknown {
  const parts = pieces(text.replace(/^;/, ''), ';');
  if (!explode) {
    const items = pieces(text.startsWith(`;${name}=`) ? text.slice(name.length + 2) : text, ',');
    return shape === 'list' ? items : objectOf(items, false);
  }
  if (shape === 'object') return objectOf(parts, true);
  return parts.map((part) => (part.startsWith(`${name}=`) ? part.slice(name.length + 1) : part));
}

function pieces(text: string, delimiter: string): string[] {
  return text === '' ? [] : text.split(delimiter, MAX_ITEMS);
}

/** `[a, 1, b, 2]` or `[a=1, b=2]` as an object. */
function objectOf(items: readonly string[], assigned: boolean): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  if (assigned) {
    for (const item of items) {
      const at = item.indexOf('=');
      entries.push(at < 0 ? [item, ''] : [item.slice(0, at), item.slice(at + 1)]);
    }
  } else for (let i = 0; i + 1 < items.length; i += 2) entries.push([items[i], items[i + 1]]);
  return Object.fromEntries(entries);
}

/** `name[a]=1&name[b]=2`, one level deep as OpenAPI has it; undefined where nothing of it is there. */
export function deepObject(pairs: readonly string[], name: string): Record<string, unknown> | undefined {
  const entries = new Map<string, unknown>();
  for (let i = 0; i < pairs.length; i += 2) {
    const key = memberOf(pairs[i], name);
    if (key === '') continue;
    const before = entries.get(key);
    if (before === undefined) entries.set(key, pairs[i + 1]);
    else if (Array.isArray(before)) before.push(pairs[i + 1]);
    else entries.set(key, [before, pairs[i + 1]]);
  }
  return entries.size === 0 ? undefined : Object.fromEntries(entries);
}

/** `a` of `name[a]` and `name[a][]`; '' for anything else. */
function memberOf(key: string, name: string): string {
  if (!key.startsWith(`${name}[`)) return '';
  const end = key.indexOf(']', name.length + 1);
  return end < 0 ? '' : key.slice(name.length + 1, end);
}

/** The name under which a key of a query is declared: `filter` of `filter[a]`, `ids` of `ids[]`. */
export const rootName = (key: string): string => {
  const at = key.indexOf('[');
  return at <= 0 ? key : key.slice(0, at);
};

/** The value of a text that says it is JSON; the text itself where it is not, which then has no declared type. */
function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Values of a header, whatever the case of its name. */
export function headerValues(headers: readonly string[], lowered: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i].length === lowered.length && headers[i].toLowerCase() === lowered) values.push(headers[i + 1]);
  }
  return values;
}

/** Cookies as names and values in turn (RFC 6265). */
export function readCookies(headers: readonly string[]): string[] {
  const pairs: string[] = [];
  for (const header of headerValues(headers, 'cookie')) {
    for (const part of header.split(';', MAX_QUERY_PARAMETERS)) {
      const at = part.indexOf('=');
      if (at > 0)
        pairs.push(
          part.slice(0, at).trim(),
          part
            .slice(at + 1)
            .trim()
            .replace(/^"(.*)"$/, '$1'),
        );
    }
  }
  return pairs;
}
