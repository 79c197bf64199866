/**
 * Looks for code in what a request carries beyond its target: fields of the body, headers, cookies. The rules are those of
 * enrichment; what this room adds is where texts stand, what their fields are for, and how much is looked at.
 */
import { FIELD_KIND, fieldKind, inspectField } from '../../enrich/content/index.ts';
import { RULE } from '../../enrich/content/rules.ts';
import { CONTENT_FIELD } from '../../enrich/facts.ts';
import { BODY_KIND } from '../../enrich/kinds.ts';
import type { Asked, BodyField, BodyHit, ParsedBody } from '../contract.ts';
import { Found } from './found.ts';
import { inspectHeaders } from './headers.ts';
import { isScriptName, leavesFolder } from './names.ts';
import { leavesOf } from './nested.ts';

/** Most of a body's texts that is inspected, in bytes. */
const MAX_BODY_BYTES = 262_144;
/** Names whose kind is remembered. */
const MAX_KINDS = 4096;
/** Names that say nothing of what a value is for: the name above them does. */
const GENERIC = /^(?:value|values|data|item|items|en|de|fr|es|it|pt|nl|ja|zh|ko|ru|pl|default|\d*)$/i;

export interface ContentInspector {
  /** The strongest evidence in body, headers and cookies. Never throws; time is linear in the bytes looked at. */
  request(asked: Asked, body: ParsedBody | null): BodyHit | null;
}

/** An inspector with buffers of its own: one per thread, for one request at a time. */
export function createContentInspector(): ContentInspector {
  const found = new Found();
  const kinds = new Map<string, number>();
  const kindOf = (name: string): number => {
    let kind = kinds.get(name);
    if (kind === undefined) {
      kind = fieldKind(name);
      if (kinds.size >= MAX_KINDS) kinds.clear();
      kinds.set(name, kind);
    }
    return kind;
  };
  return {
    request(asked, body) {
      found.reset();
      inspectHeaders(asked.headers, found);
      if (body !== null) {
        inspectBody(body, found, kindOf);
        if (isGuess(asked, body)) raw(asked, found);
      }
      return found.result();
    },
  };
}

/** The parser has guessed that it is XML, or could not undo a coding: the reader behind may take it for something else. */
function isGuess(asked: Asked, body: ParsedBody): boolean {
  if (body.problem === 'encoding') return true;
  return body.kind === BODY_KIND.xml && asked.encoding === '' && !/xml|html/i.test(asked.mediaType);
}

/** Bytes of a body that are looked at as they came. */
const RAW_BYTES = 8192;

function raw({ body }: Asked, found: Found): void {
  if (body === null) return;
  const text = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, RAW_BYTES)).toString('utf8');
  if (isBinary(text)) return;
  one({ path: '$', name: '', type: 'string', text }, '', text, FIELD_KIND.value, found);
}

function inspectBody(body: ParsedBody, found: Found, kindOf: (name: string) => number): void {
  let left = MAX_BODY_BYTES;
  if (body.problem === 'entity') entity(found);
  for (const field of body.fields) {
    if (left <= 0) return;
    if (field.type === 'key') left -= key(field, found);
    else if (field.name.startsWith('$')) left -= operator(field, found);
    else if (field.type === 'file') left -= file(field, found);
    else if (field.type === 'string') {
      if (field.name === 'filename' && field.path.endsWith('.filename')) fileName(field, found);
      const kind = kindOfField(field, kindOf);
      const leaves = leavesOf(field);
      if (leaves === null) left -= one(field, field.name, field.text, kind, found);
      else for (const leaf of leaves) left -= one(leaf, leaf.name, leaf.text, Math.max(kind, kindOf(leaf.name)), found);
    }
  }
}

function one(field: BodyField, name: string, text: string, kind: number, found: Found): number {
  found.begin();
  const bytes = inspectField(
    name,
    text.length > MAX_BODY_BYTES ? text.slice(0, MAX_BODY_BYTES) : text,
    kind,
    CONTENT_FIELD.body,
    found.hit,
  );
  found.end(field.path, name, text, CONTENT_FIELD.body);
  return bytes;
}

/** What a field is for: by its own name, or by the one above where its own says nothing. */
function kindOfField(field: BodyField, kindOf: (name: string) => number): number {
  if (!GENERIC.test(field.name)) return kindOf(field.name);
  const names = field.path.match(/[A-Za-z_][\w-]*/g);
  const above = names === null ? '' : (names.findLast((name) => !GENERIC.test(name)) ?? '');
  return kindOf(above);
}

/** Bytes of a file that are looked at: what makes a server act on it stands at its beginning. */
const FILE_BYTES = 8192;
/** Control characters: no text, so that marks in it stand there by chance. */
const isBinary = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 9 || (code > 13 && code < 32 && code !== 27)) return true;
  }
  return false;
};

/** A file's content. In pictures and archives only the one mark is looked for that nothing has by chance. */
function file(field: BodyField, found: Found): number {
  const text = field.text.slice(0, FILE_BYTES);
  if (!isBinary(text)) return one(field, field.name, text, FIELD_KIND.file, found);
  if (text.includes('<?php')) found.certain(RULE.phpTag, field.path, '<?php', CONTENT_FIELD.body);
  return text.length;
}

/** What an upload is called: a server that keeps scripts where it runs them is taken over. */
function fileName(field: BodyField, found: Found): void {
  if (leavesFolder(field.text)) found.certain(RULE.fileClimbRoot, field.path, field.text, CONTENT_FIELD.body);
  if (isScriptName(field.text)) found.certain(RULE.fileScript, field.path, field.text, CONTENT_FIELD.body);
}

/** A name that may hold more than one: it is inspected as a value would be, and as what changes objects. */
function key(field: BodyField, found: Found): number {
  const { text, path } = field;
  if (text === 'constructor') return 0;
  const name = text === 'prototype' && path.includes('constructor') ? 'constructor.prototype' : text;
  if (text.startsWith('$')) return one(field, `v[${text}]`, 'x', operatorKind(path), found);
  found.begin();
  let bytes = inspectField(name, '', FIELD_KIND.value, CONTENT_FIELD.body, found.hit);
  bytes += inspectField('', name, FIELD_KIND.value, CONTENT_FIELD.body, found.hit);
  found.end(path, '', text, CONTENT_FIELD.body);
  return bytes;
}

/** `{"price": {"$gt": ""}}`: an operator of a document database where a value belongs. */
function operator(field: BodyField, found: Found): number {
  return one(field, `v[${field.name}]`, field.text, operatorKind(field.path), found);
}

/** Below such names operators are what clients are expected to send. */
const QUERIES =
  /(?:^|[.'[])(?:query|filter|filters|where|selector|aggregate|pipeline|match|conditions?|criteria)(?:$|[.'[\]])/i;

function operatorKind(path: string): number {
  return QUERIES.test(path) ? FIELD_KIND.query : FIELD_KIND.value;
}

/** A document that declares what parsers may have to fetch: the parser has seen it before the rules could. */
function entity(found: Found): void {
  found.certain(RULE.xmlEntity, '$', '<!ENTITY', CONTENT_FIELD.body);
}
