/**
 * Media types as they come: parameters in any order and case, quoted or not, twice, or broken (RFC 9110, 8.3.1; RFC 2045 for
 * the parts of a multipart body).
 */

/** Longest value of a header field that is read, in characters. */
const MAX_HEADER_LENGTH = 8192;
/** Parameters of one field. */
const MAX_PARAMETERS = 32;

export type Family =
  | 'none'
  | 'json'
  | 'jsonLines'
  | 'form'
  | 'multipart'
  | 'xml'
  | 'graphql'
  | 'grpc'
  | 'protobuf'
  | 'text'
  | 'packed'
  | 'binary';

/** A field with parameters: `type/subtype; name=value`, or `form-data; name="a"`. */
export interface Parameterised {
  /** What stands before the first semicolon, in small letters. */
  readonly value: string;
  /** By name in small letters; the first counts. */
  readonly parameters: ReadonlyMap<string, string>;
  /** A parameter stands twice with different values, or its value has no clear end: parsers will not agree. */
  readonly ambiguous: boolean;
}

const PARAMETER = /\s*([^=;\s"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))\s*/y;

/** Reads a field with parameters. Never throws. */
export function readParameters(field: string): Parameterised {
  const text = field.slice(0, MAX_HEADER_LENGTH);
  const semicolon = text.indexOf(';');
  const value = (semicolon < 0 ? text : text.slice(0, semicolon)).trim().toLowerCase();
  const parameters = new Map<string, string>();
  let ambiguous = field.length > MAX_HEADER_LENGTH;
  let at = semicolon < 0 ? text.length : semicolon + 1;
  for (let count = 0; at < text.length; count++) {
    if (count >= MAX_PARAMETERS) return { value, parameters, ambiguous: true };
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(text);
    const end = text.indexOf(';', match ? PARAMETER.lastIndex : at);
    const next = end < 0 ? text.length : end;
    if (match !== null) {
      const name = match[1].toLowerCase();
      const given = match[2] !== undefined ? match[2].replace(/\\(.)/g, '$1') : match[3].trim();
      // What follows a quoted value up to the semicolon, or a quote without its end, is not read alike by all.
      if (PARAMETER.lastIndex !== next || (match[2] === undefined && given.startsWith('"'))) ambiguous = true;
      const before = parameters.get(name);
      if (before === undefined) parameters.set(name, given);
      else if (before !== given) ambiguous = true;
    }
    at = next + 1;
  }
  return { value, parameters, ambiguous };
}

const FAMILIES: Readonly<Record<string, Family>> = {
  '': 'none',
  'application/json': 'json',
  'text/json': 'json',
  'text/x-json': 'json',
  'application/x-json': 'json',
  'application/json5': 'json',
  'application/csp-report': 'json',
  'application/jsonrequest': 'json',
  'application/x-amz-json-1.0': 'json',
  'application/x-amz-json-1.1': 'json',
  'application/x-ndjson': 'jsonLines',
  'application/ndjson': 'jsonLines',
  'application/jsonl': 'jsonLines',
  'application/jsonlines': 'jsonLines',
  'application/x-jsonlines': 'jsonLines',
  'application/json-seq': 'jsonLines',
  'application/stream+json': 'jsonLines',
  'application/x-www-form-urlencoded': 'form',
  'application/xml': 'xml',
  'text/xml': 'xml',
  'text/xsl': 'xml',
  'application/xml-dtd': 'xml',
  'application/graphql': 'graphql',
  'application/proto': 'protobuf',
  'application/protobuf': 'protobuf',
  'application/x-protobuf': 'protobuf',
  'application/vnd.google.protobuf': 'protobuf',
  'application/javascript': 'text',
  'application/ecmascript': 'text',
  'application/x-javascript': 'text',
  'application/yaml': 'text',
  'application/x-yaml': 'text',
  'application/toml': 'text',
  'application/sql': 'text',
  'application/csv': 'text',
  'application/x-sh': 'text',
  'application/msgpack': 'packed',
  'application/x-msgpack': 'packed',
  'application/vnd.msgpack': 'packed',
  'application/cbor': 'packed',
  'application/bson': 'packed',
  'application/x-thrift': 'packed',
  'application/vnd.apache.thrift.binary': 'packed',
  'application/vnd.apache.avro+binary': 'packed',
};

/** Which kind of parser a media type asks for. `essence` is the type without parameters, in small letters. */
export function familyOf(essence: string): Family {
  const known = Object.hasOwn(FAMILIES, essence) ? FAMILIES[essence] : undefined;
  if (known !== undefined) return known;
  if (/^application\/(grpc|connect\+)/.test(essence)) return 'grpc';
  if (essence.startsWith('multipart/')) return 'multipart';
  const suffix = essence.slice(essence.lastIndexOf('+') + 1);
  if (suffix !== essence) {
    if (suffix === 'json') return 'json';
    if (suffix === 'json-seq') return 'jsonLines';
    if (suffix === 'xml') return 'xml';
    if (suffix === 'proto' || suffix === 'protobuf') return 'protobuf';
    if (suffix === 'yaml') return 'text';
    if (suffix === 'cbor' || suffix === 'msgpack') return 'packed';
  }
  return essence.startsWith('text/') ? 'text' : 'binary';
}
