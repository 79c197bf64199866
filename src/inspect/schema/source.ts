/** A document that others wrote: what it declares, in our words, and how references in it are followed. */
import { isObject, type Json, own, textOr } from './json.ts';

/** Longest chain of references to references. */
const MAX_CHAIN = 32;
/** Things said about one document. */
const MAX_NOTES = 100;

export type ParameterPlace = 'path' | 'query' | 'header' | 'cookie';
export type ParameterStyle =
  | 'simple'
  | 'label'
  | 'matrix'
  | 'form'
  | 'spaceDelimited'
  | 'pipeDelimited'
  | 'deepObject'
  | 'json';

export interface DeclaredParameter {
  readonly name: string;
  readonly in: ParameterPlace;
  readonly required: boolean;
  readonly deprecated: boolean;
  readonly style: ParameterStyle;
  readonly explode: boolean;
  readonly allowEmpty: boolean;
  readonly schema: unknown;
}

export interface DeclaredMedia {
  /** `application/json`, `text/*`, in small letters and without parameters. */
  readonly type: string;
  readonly schema: unknown;
}

export interface DeclaredBody {
  readonly required: boolean;
  readonly media: readonly DeclaredMedia[];
}

export interface DeclaredOperation {
  /** `operationId`, or method and template. */
  readonly id: string;
  readonly method: string;
  /** With the base path before it. */
  readonly template: string;
  readonly deprecated: boolean;
  /** A caller has to prove who it is. */
  readonly secured: boolean;
  readonly parameters: readonly DeclaredParameter[];
  readonly body: DeclaredBody | null;
  /** Names of query parameters that carry credentials. */
  readonly keys: readonly string[];
}

export type Dialect = 'swagger-2' | 'openapi-3.0' | 'openapi-3.1';

/** A document as the rest of this folder reads it. */
export class Source {
  readonly root: Json;
  readonly dialect: Dialect;
  /** What was left out and why, for the operator. */
  readonly notes: string[] = [];

  /** RangeError for what is no OpenAPI document. */
  constructor(document: unknown) {
    if (!isObject(document) || !isObject(document.paths)) throw new RangeError('it has no "paths"');
    this.root = document;
    const version = textOr(document.openapi, '');
    this.dialect = 'swagger' in document ? 'swagger-2' : /^3\.0(\.|$)/.test(version) ? 'openapi-3.0' : 'openapi-3.1';
  }

  note(text: string): void {
    if (this.notes.length < MAX_NOTES && !this.notes.includes(text)) this.notes.push(text);
  }

  /** What a local reference (`#/components/…`) points at; undefined where there is nothing, or it leads elsewhere. */
  at(ref: string): unknown {
    if (ref === '#') return this.root;
    if (!ref.startsWith('#/')) {
      this.note(`${ref.slice(0, 200)} leads out of the document: what it stands for is not checked`);
      return undefined;
    }
    let value: unknown = this.root;
    for (const step of ref.slice(2).split('/')) {
      const name = unescaped(step);
      if (Array.isArray(value)) value = value[Number(name)];
      else value = isObject(value) ? own(value, name) : undefined;
    }
    if (value === undefined) this.note(`${ref.slice(0, 200)} points at nothing: what it stands for is not checked`);
    return value;
  }

  /** A value, or what the reference in its place stands for. */
  follow(value: unknown): unknown {
    for (let i = 0; i < MAX_CHAIN && isObject(value) && typeof value.$ref === 'string'; i++)
      value = this.at(value.$ref);
    return isObject(value) && typeof value.$ref === 'string' ? undefined : value;
  }
}

function unescaped(step: string): string {
  let text = step;
  try {
    text = decodeURIComponent(step);
  } catch {
    // A percent sign that stands for itself.
  }
  return text.replaceAll('~1', '/').replaceAll('~0', '~');
}
