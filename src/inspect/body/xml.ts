/**
 * XML and SOAP through saxes, which knows the five entities and no others, fetches nothing and expands nothing. What asks a
 * parser to fetch or to expand — a document type, XInclude — is a problem in itself.
 */
import { SaxesParser } from 'saxes';
import { cutName, type Fields, memberPath } from './fields.ts';

/** Mistakes after which the rest is taken as text. */
const MAX_MISTAKES = 100;
const INCLUDE = 'http://www.w3.org/2001/XInclude';

/** Thrown and caught in here: the rest is not to be parsed. */
const STOP = Symbol('stop');

interface Level {
  readonly path: string;
  readonly name: string;
  text: string;
}

/** Characters that are parsed; what follows is looked at as text. The parser takes up to 0.1 µs for each of them. */
const MAX_PARSED = 131_072;

/** Characters handed to the parser at a time, so that it can be stopped. */
const PIECE = 16_384;

/** Reads a document into `fields`. Never throws. */
export function readXml(text: string, fields: Fields, root: string, cut: boolean): void {
  new XmlReader(fields, root, cut).read(text);
}

class XmlReader {
  private readonly fields: Fields;
  private readonly cut: boolean;
  private readonly levels: Level[] = [];
  private readonly parser = new SaxesParser({ xmlns: false, position: false });
  private top: Level;
  /** Levels beyond the bound. */
  private beyond = 0;
  private mistakes = 0;
  private elements = 0;
  private ending = false;
  /** There is a document type. */
  private typed = false;

  constructor(fields: Fields, root: string, cut: boolean) {
    this.fields = fields;
    this.cut = cut;
    this.top = { path: root, name: '', text: '' };
    const { parser } = this;
    parser.on('opentag', (tag) => this.open(tag.name, tag.attributes as Record<string, string>));
    parser.on('closetag', () => this.close());
    parser.on('text', (text) => this.take(text));
    parser.on('cdata', (text) => this.take(text));
    parser.on('comment', (text) => this.put('#comment', text));
    parser.on('processinginstruction', ({ target, body }) => this.put(`?${target}`, body));
    parser.on('doctype', (text) => {
      this.typed = true;
      fields.note('entity');
      this.put('!DOCTYPE', text);
    });
    parser.on('error', (error) => {
      // A document type may declare any entity; that nobody here knows it is no mistake of the sender.
      this.mistake(this.typed && error.message.includes('undefined entity'));
    });
  }

  read(text: string): void {
    let at = 0;
    try {
      const end = Math.min(text.length, MAX_PARSED);
      for (; at < end; at += PIECE) this.parser.write(text.slice(at, at + PIECE));
      if (at < text.length) {
        this.fields.note('truncated');
        throw STOP;
      }
      this.ending = true;
      this.parser.close();
    } catch (error) {
      if (error !== STOP) this.fields.note('syntax');
      this.fields.rest(this.top.path, this.top.text);
      this.fields.rest(this.top.path, text.slice(at));
    }
    if (this.elements === 0 && text.trim() !== '' && this.fields.list.length === 0) this.fields.rest('$', text);
  }

  private open(tag: string, attributes: Record<string, string>): void {
    this.flush();
    if (++this.elements > this.fields.limits.fields) {
      this.fields.note('fields');
      throw STOP;
    }
    if (this.levels.length >= this.fields.limits.depth) {
      this.fields.note('depth');
      this.beyond++;
    } else {
      const name = localName(tag);
      this.levels.push(this.top);
      this.top = { path: memberPath(this.top.path, name), name: cutName(name), text: '' };
      this.fields.key(this.top.path, tag.replace(':', '_'));
    }
    for (const name in attributes) {
      const value = attributes[name];
      if (value === INCLUDE) this.fields.note('entity');
      this.fields.key(this.top.path, name.replaceAll(':', '_'));
      this.put(name.startsWith('xmlns') ? '@xmlns' : `@${localName(name)}`, value);
    }
  }

  private close(): void {
    this.flush();
    if (this.beyond > 0) this.beyond--;
    else this.top = this.levels.pop() ?? this.top;
  }

  private take(text: string): void {
    this.top.text += text;
  }

  /** The text of an element, between two tags. */
  private flush(): void {
    const { top } = this;
    const { text } = top;
    if (text === '') return;
    top.text = '';
    if (text.trim() === '') return;
    if (!this.fields.add(top.path, top.name, 'string', text)) {
      top.text = text;
      throw STOP;
    }
  }

  private put(name: string, text: string): void {
    if (!this.fields.add(memberPath(this.top.path, name), cutName(name), 'string', text)) throw STOP;
  }

  private mistake(forgiven: boolean): void {
    if (!forgiven) this.fields.note(this.ending && this.cut ? 'truncated' : 'syntax');
    // Forgiven or not, each costs an error with its stack.
    if (++this.mistakes > MAX_MISTAKES) throw STOP;
  }
}

/** The name without its prefix. */
function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
