/** What the parts of a multipart body hold: fields of a form, files, or bodies of their own. */
import { isUtf8 } from 'node:buffer';
import { readText } from './charset.ts';
import { cutName, emptyTree, type Fields, type Tree } from './fields.ts';
import { addPair } from './form.ts';
import { readJson } from './json.ts';
import { familyOf, type Parameterised } from './media.ts';
import { type Part, readParts } from './multipart.ts';
import { readXml } from './xml.ts';

/** Multipart bodies within multipart bodies. */
const MAX_NESTING = 4;
/** Bytes of a file that are shown: enough to tell a script from a picture. */
const FILE_BYTES = 4096;

/** Reads a multipart body into `fields`; gives back the value of its form. Never throws. */
export function readMultipart(body: Buffer, media: Parameterised, cut: boolean, fields: Fields, depth = 1): Tree {
  const tree = emptyTree();
  const boundary = media.parameters.get('boundary') ?? '';
  let place = 0;
  readParts(body, boundary, cut, fields, (part) => takePart(part, place++, cut, fields, tree, depth));
  return tree;
}

function takePart(part: Part, place: number, cut: boolean, fields: Fields, tree: Tree, depth: number): boolean {
  const name = part.name === '' ? `part${place}` : part.name;
  const content = plain(part, fields);
  const family = familyOf(part.type.value);
  if (family === 'multipart') {
    if (depth < MAX_NESTING) {
      Object.assign(tree, readMultipart(content, part.type, cut, fields, depth + 1));
      return !fields.full;
    }
    fields.note('depth');
    fields.rest(cutName(name), content.toString('utf8'));
    return true;
  }
  if (part.filename !== null) return takeFile(part, name, content, fields, tree);
  const { text, flawed } = readText(content, part.type.parameters.get('charset') ?? '');
  if (flawed) fields.note('encoding');
  const path = cutName(name);
  if (family === 'json' || family === 'jsonLines') {
    tree[path] = readJson(text, fields, { path, cut, lines: family === 'jsonLines' });
  } else if (family === 'xml') readXml(text, fields, path, cut);
  else if (!addPair(tree, name, text, fields)) fields.rest(path, text);
  return true;
}

function takeFile(part: Part, name: string, content: Buffer, fields: Fields, tree: Tree): boolean {
  const path = cutName(name);
  const filename = part.filename ?? '';
  const head = content.subarray(0, FILE_BYTES);
  const text = isUtf8(head) ? head.toString('utf8') : head.toString('latin1');
  if (path in tree) fields.duplicate(path);
  tree[path] = filename;
  fields.key(path, name);
  fields.add(`${path}.filename`, 'filename', 'string', filename);
  if (part.type.value !== '') fields.add(`${path}.type`, 'type', 'string', part.type.value);
  return fields.add(path, path, 'file', text);
}

/** The content without its transfer encoding, which mail has and forms should not (RFC 7578, 4.7). */
function plain(part: Part, fields: Fields): Buffer {
  if (part.transfer === 'base64') {
    const decoded = Buffer.from(part.content.toString('latin1'), 'base64');
    fields.rest(cutName(part.name), decoded.toString('utf8'));
  } else if (part.transfer === 'quoted-printable') {
    const text = part.content.toString('latin1').replace(/=\r?\n/g, '');
    const decoded = text.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    fields.rest(cutName(part.name), Buffer.from(decoded, 'latin1').toString('utf8'));
  }
  return part.content;
}
