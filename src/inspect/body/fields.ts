/** Where parsers put what they find: fields, in the order of the body, within bounds. */
import type { BodyField, BodyProblem } from '../contract.ts';
import type { BodyLimits } from './limits.ts';

/** Longest path, in characters: what goes deeper keeps the path of where it was cut. */
export const MAX_PATH_LENGTH = 1024;
/** Longest name within a path, in characters. */
export const MAX_NAME_LENGTH = 256;
/** Names that stand twice and are remembered. */
const MAX_DUPLICATES = 100;
/** Pieces of a long text overlap by so many characters, so that what stands on a seam is seen whole. */
const OVERLAP = 256;
/** Fields beyond the bound for what a parser did not take apart: a body must not hide anything behind many fields. */
const REST_FIELDS = 64;

/** Names that need no quotes in a path, and that nobody writes code in. */
const PLAIN_NAME = /^[A-Za-z0-9_.@[\]-]{1,128}$/;
const DOTTED_NAME = /^[A-Za-z_@][A-Za-z0-9_-]*$/;
/** Names that change how objects of a program behave. */
const LOADED_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/** The worst first: a body has one problem, and this is the one that is told. */
const ORDER: readonly BodyProblem[] = [
  'bomb',
  'entity',
  'depth',
  'fields',
  'encoding',
  'syntax',
  'length',
  'truncated',
  '',
];

export class Fields {
  readonly list: BodyField[] = [];
  readonly duplicates: string[] = [];
  readonly limits: BodyLimits;
  problem: BodyProblem = '';
  /** It is not what it says, whatever else is wrong with it. */
  broken = false;

  constructor(limits: BodyLimits) {
    this.limits = limits;
  }

  get full(): boolean {
    return this.list.length >= this.limits.fields;
  }

  note(problem: BodyProblem): void {
    if (problem === 'syntax') this.broken = true;
    if (ORDER.indexOf(problem) < ORDER.indexOf(this.problem)) this.problem = problem;
  }

  /** Takes a field in, a long one in pieces. False where there is no room: `rest` is for what follows. */
  add(path: string, name: string, type: BodyField['type'], text: string): boolean {
    if (this.full) {
      this.note('fields');
      return false;
    }
    if (text.length <= this.limits.textLength) this.list.push({ path, name, type, text });
    else {
      this.note('length');
      this.pieces(path, name, type, text);
    }
    return true;
  }

  /** What is not taken apart, as text. It is taken in even where there are too many fields. */
  rest(path: string, text: string): void {
    if (text !== '') this.pieces(path, '', 'string', text);
  }

  /** A name of an object, where it may hold more than a name. */
  key(path: string, name: string): void {
    if (!PLAIN_NAME.test(name) || LOADED_NAMES.has(name)) this.add(path, cutName(name), 'key', name);
  }

  duplicate(path: string): void {
    if (this.duplicates.length < MAX_DUPLICATES && !this.duplicates.includes(path)) this.duplicates.push(path);
  }

  private pieces(path: string, name: string, type: BodyField['type'], text: string): void {
    const { fields, textLength } = this.limits;
    const step = textLength - OVERLAP;
    for (let at = 0; ; at += step) {
      if (this.list.length >= fields + REST_FIELDS) {
        this.note('fields');
        return;
      }
      this.list.push({ path, name, type, text: text.slice(at, at + textLength) });
      if (at + textLength >= text.length) return;
    }
  }
}

/** A name that is short enough for a path. */
export function cutName(name: string): string {
  return name.length <= MAX_NAME_LENGTH ? name : name.slice(0, MAX_NAME_LENGTH);
}

/** Path of a member: `$.a`, or `$['a b']` where the name needs quotes (RFC 9535, 2.3.1.1). */
export function memberPath(path: string, name: string): string {
  if (path.length > MAX_PATH_LENGTH) return path;
  if (DOTTED_NAME.test(name) && name.length <= MAX_NAME_LENGTH) return `${path}.${name}`;
  return `${path}['${cutName(name).replace(/[\\']/g, '\\$&')}']`;
}

/** A name that needs no quotes in a path and holds nothing but a name. */
export function isPlainName(name: string): boolean {
  return DOTTED_NAME.test(name) && PLAIN_NAME.test(name) && !LOADED_NAMES.has(name);
}

export function itemPath(path: string, index: number): string {
  return path.length > MAX_PATH_LENGTH ? path : `${path}[${index}]`;
}

/** A tree of values without a prototype, so that no name in it means anything. */
export type Tree = Record<string, unknown>;

export function emptyTree(): Tree {
  return Object.create(null) as Tree;
}
