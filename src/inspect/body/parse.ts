/**
 * A body, taken apart: by its media type, and by its looks where the type is missing, says nothing, or is a lie. Whatever
 * is sent, this ends soon, takes little memory, and throws nothing.
 */
import { isUtf8 } from 'node:buffer';
import { BODY_KIND } from '../../enrich/kinds.ts';
import type { BodyField, BodyProblem, ParsedBody } from '../contract.ts';
import { readText } from './charset.ts';
import { Fields } from './fields.ts';
import { readForm } from './form.ts';
import { documentsOf, graphqlTexts } from './graphql.ts';
import { readGrpc } from './grpc.ts';
import { readJson } from './json.ts';
import type { BodyLimits } from './limits.ts';
import { type Family, familyOf, type Parameterised, readParameters } from './media.ts';
import { readMultipart } from './parts.ts';
import { readProtobuf, strings } from './protobuf.ts';
import { readXml } from './xml.ts';

export interface BodyInput {
  /** Without content codings. */
  readonly bytes: Uint8Array;
  /** Value of Content-Type; '' for none. */
  readonly mediaType: string;
  /** Only the beginning is there. */
  readonly cut: boolean;
  readonly limits: BodyLimits;
  /** What is already known to be wrong with it. */
  readonly problem?: BodyProblem;
  /** Value of SOAPAction. */
  readonly action?: string;
  /** Value of grpc-encoding or connect-content-encoding. */
  readonly messageEncoding?: string;
}

/** What a parser gives back besides fields. */
interface Read {
  readonly kind: number;
  readonly value?: unknown;
}

/** How a text looks that says nothing else: a name, `=`, and no white space. */
const FORM_LOOK = /^[A-Za-z0-9_.[\]%+-]{1,128}=[^\s<>{}"]*(?:&|$)/;
const XML_LOOK = /^\s*<[?!A-Za-z]/;
const JSON_LOOK = /^\s*[{["]/;
/** Types whose bytes are pictures, sounds and archives: runs of letters in them are chance. */
const MEDIA = /^(image|audio|video|font)\/|^application\/(zip|gzip|pdf|octet-stream|x-(tar|gzip|7z-compressed))$/;

/** Takes a body apart. Never throws; synchronous and linear in its bytes. */
export function parseBody(input: BodyInput): ParsedBody {
  const fields = new Fields(input.limits);
  fields.note(input.problem ?? '');
  if (input.bytes.length === 0) return told(fields, { kind: BODY_KIND.none }, 0);
  const media = readParameters(input.mediaType);
  if (media.ambiguous) fields.note('syntax');
  const bytes = asBuffer(input.bytes);
  const read = byFamily(familyOf(media.value), bytes, media, input, fields);
  return told(fields, read, bytes.length);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function told(fields: Fields, { kind, value }: Read, bytes: number): ParsedBody {
  const { list, problem, duplicates, broken } = fields;
  return { kind: broken ? BODY_KIND.broken : kind, problem, fields: list, value, duplicates, bytes };
}

function byFamily(family: Family, bytes: Buffer, media: Parameterised, input: BodyInput, fields: Fields): Read {
  const { cut } = input;
  switch (family) {
    case 'multipart':
      return { kind: BODY_KIND.multipart, value: readMultipart(bytes, media, cut, fields) };
    case 'grpc':
      readGrpc(bytes, fields, { essence: media.value, encoding: input.messageEncoding ?? '', cut });
      return { kind: BODY_KIND.grpc };
    case 'protobuf':
      if (!readProtobuf(bytes, fields, '$') && !cut) fields.note('syntax');
      return { kind: BODY_KIND.grpc };
    case 'packed':
      strings(bytes, fields, '$');
      return { kind: BODY_KIND.binary };
    case 'binary':
    case 'none':
      if (!isTextual(bytes, cut)) return binary(bytes, media.value, fields);
      return open(bytes, media, cut, fields, family === 'none' ? BODY_KIND.text : BODY_KIND.binary);
    case 'text':
      return open(bytes, media, cut, fields, BODY_KIND.text);
    default:
      return declared(family, bytes, media, input, fields);
  }
}

/** A type that says what the text is to be. */
function declared(
  family: 'json' | 'jsonLines' | 'form' | 'xml' | 'graphql',
  bytes: Buffer,
  media: Parameterised,
  input: BodyInput,
  fields: Fields,
): Read {
  const text = textOf(bytes, media, fields);
  const { cut } = input;
  switch (family) {
    case 'form':
      return form(text, cut, fields);
    case 'xml': {
      const action = input.action || media.parameters.get('action') || '';
      if (action !== '') fields.add('action', 'action', 'string', action);
      readXml(text, fields, '$', cut);
      if (fields.broken) otherwise(text, cut, fields);
      return { kind: BODY_KIND.xml };
    }
    case 'graphql':
      return document(text, cut, fields);
    default: {
      const value = readJson(text, fields, { path: '$', cut, lines: family === 'jsonLines' });
      if (fields.broken) otherwise(text, cut, fields);
      return graphqlOr(value, fields, cut, BODY_KIND.json);
    }
  }
}

function form(text: string, cut: boolean, fields: Fields): Read {
  if (!JSON_LOOK.test(text) && !XML_LOOK.test(text)) {
    return { kind: BODY_KIND.form, value: readForm(text, fields) };
  }
  // curl and many scripts call everything a form.
  fields.note('syntax');
  const trial = otherwise(text, cut, fields);
  return trial ?? { kind: BODY_KIND.form, value: readForm(text, fields) };
}

/** What is not what it says may be something else: its fields are taken in, too. null where it looks like nothing known. */
function otherwise(text: string, cut: boolean, fields: Fields): Read | null {
  for (const trial of [tryJson, tryXml, tryForm]) {
    const other = new Fields(fields.limits);
    const read = trial(text, cut, other);
    if (read === null) continue;
    for (const field of other.list) if (!fields.add(field.path, field.name, field.type, field.text)) break;
    for (const path of other.duplicates) fields.duplicate(path);
    if (other.problem !== '') fields.note(other.problem);
    return read;
  }
  return null;
}

function tryJson(text: string, cut: boolean, fields: Fields): Read | null {
  if (!JSON_LOOK.test(text)) return null;
  const value = readJson(text, fields, { path: '$', cut, lines: false });
  return fields.broken ? null : graphqlOr(value, fields, cut, BODY_KIND.json);
}

function tryXml(text: string, cut: boolean, fields: Fields): Read | null {
  if (!XML_LOOK.test(text)) return null;
  readXml(text, fields, '$', cut);
  return fields.broken ? null : { kind: BODY_KIND.xml };
}

function tryForm(text: string, _cut: boolean, fields: Fields): Read | null {
  return FORM_LOOK.test(text) ? { kind: BODY_KIND.form, value: readForm(text, fields) } : null;
}

/** A type that says nothing about the text: plain, missing, or "some bytes". What it looks like counts; none of it is a lie. */
function open(bytes: Buffer, media: Parameterised, cut: boolean, fields: Fields, kind: number): Read {
  const text = textOf(bytes, media, fields);
  const read = otherwise(text, cut, fields);
  if (read !== null) return read;
  fields.add('$', '', 'string', text);
  return { kind };
}

function binary(bytes: Buffer, essence: string, fields: Fields): Read {
  if (essence !== '' && !MEDIA.test(essence)) strings(bytes, fields, '$');
  return { kind: BODY_KIND.binary };
}

function textOf(bytes: Buffer, media: Parameterised, fields: Fields): string {
  const { text, flawed } = readText(bytes, media.parameters.get('charset') ?? '');
  if (flawed) fields.note('encoding');
  return text;
}

/** Is it text? A letter that was cut off at the end does not count against it. */
function isTextual(bytes: Buffer, cut: boolean): boolean {
  if (bytes[0] === 0xff || bytes[0] === 0xfe) return bytes[1] === 0xfe || bytes[1] === 0xff;
  if (bytes.includes(0)) return bytes.length >= 2 && (bytes[0] === 0) !== (bytes[1] === 0) && /^\W/.test(looks(bytes));
  if (isUtf8(bytes)) return true;
  for (let drop = 1; cut && drop < 4 && drop < bytes.length; drop++) {
    if (isUtf8(bytes.subarray(0, bytes.length - drop))) return true;
  }
  return false;
}

/** The first letter of what may be UTF-16 or UTF-32. */
const looks = (bytes: Buffer): string => bytes.subarray(0, 4).toString('latin1').replaceAll('\0', '').slice(0, 1);

/** A GraphQL document on its own. */
function document(text: string, cut: boolean, fields: Fields): Read {
  const texts = graphqlTexts(text, cut);
  if (texts === null) {
    fields.note('syntax');
    fields.add('$.query', 'query', 'string', text);
    otherwise(text, cut, fields);
  } else for (const each of texts) if (!fields.add('$.query', 'query', 'string', each)) fields.rest('$.query', each);
  return { kind: BODY_KIND.graphql, value: Object.assign(Object.create(null), { query: text }) };
}

/** JSON that carries GraphQL documents: their texts take the place of the documents among the fields. */
function graphqlOr(value: unknown, fields: Fields, cut: boolean, kind: number): Read {
  const documents = documentsOf(value);
  if (documents === null) return { kind, value };
  const texts: BodyField[] = [];
  for (const [place, each] of documents.entries()) {
    const found = graphqlTexts(each, cut);
    if (found === null) return { kind, value };
    const path = Array.isArray(value) ? `$[${place}].query` : '$.query';
    for (const text of found) texts.push({ path, name: 'query', type: 'string', text });
  }
  const { list } = fields;
  const others = list.filter(({ path }) => !/^\$(?:\[\d+\])?\.query$/.test(path));
  list.length = 0;
  list.push(...others);
  for (const { path, text } of texts) if (!fields.add(path, 'query', 'string', text)) fields.rest(path, text);
  return { kind: BODY_KIND.graphql, value };
}
