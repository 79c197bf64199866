/** Decoy answers: what an application of that shape would say, without asking it. Never longer than some kilobytes. */
import type { Answer } from '../answer.ts';
import { escapeHtml } from '../pages/markup.ts';
import { derive } from '../tokens.ts';
import { honeyKey } from './honeytoken.ts';
import { type Fields, Inventor } from './records.ts';
import { type Asked, shapeOf } from './shape.ts';

/** Items of a list at least, and how many more there may be. */
const LEAST_ITEMS = 4;
const MORE_ITEMS = 12;
const JSON_TYPE = 'application/json; charset=utf-8';

export interface DecoyRequest {
  readonly method: string;
  readonly target: string;
  /** A person's browser is looking. */
  readonly page: boolean;
  /** Actor of the verdict: two actors are told different stories, one always the same. */
  readonly actor: string;
}

const json = (status: number, value: unknown): Answer => ({ status, type: JSON_TYPE, body: JSON.stringify(value) });

export class Decoys {
  private readonly key: Buffer;
  private readonly honey: Buffer;

  constructor(secret: Buffer) {
    this.key = derive(secret, 'decoy');
    this.honey = honeyKey(secret);
  }

  /** The answer to a request: a pure function of it, the secret and the year. */
  answer(request: DecoyRequest, nowMs: number): Answer {
    const asked = shapeOf(request.method, request.target);
    const inventor = new Inventor(this.key, this.honey, request.actor, nowMs);
    const made = invent(asked, request, inventor);
    const vary = ['cache-control', 'no-store, private'];
    return { ...made, headers: [...vary, ...(made.headers ?? [])] };
  }
}

function invent(asked: Asked, request: DecoyRequest, inventor: Inventor): Answer {
  const { collection, noun, id } = asked;
  switch (asked.shape) {
    case 'options':
      return { status: 204, type: '', body: '', headers: ['allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'] };
    case 'removed':
      return { status: 204, type: '', body: '' };
    case 'login':
      return json(401, { error: 'invalid_credentials', message: 'The user name or the password is wrong.' });
    case 'code':
      return json(404, { error: 'code_not_found', message: 'This code is not valid.' });
    case 'settings':
      return { status: 200, type: 'text/plain; charset=utf-8', body: settings(request.target, inventor) };
    case 'created':
      return json(201, inventor.record(collection, noun, inventor.token('created', request.target)));
    case 'object':
    case 'changed': {
      const record = inventor.record(collection, noun, id === '' ? inventor.token('only', collection) : id);
      return request.page ? page(noun, [record]) : json(200, record);
    }
    case 'list': {
      const records = list(asked, request.target, inventor);
      return request.page ? page(noun, records) : json(200, { data: records, total: records.length });
    }
  }
}

/** Another query gives other items; the same gives the same. */
function list(asked: Asked, target: string, inventor: Inventor): Fields[] {
  const count = LEAST_ITEMS + inventor.number(MORE_ITEMS, target);
  return Array.from({ length: count }, (_, i) =>
    inventor.record(asked.collection, asked.noun, inventor.token('item', target, String(i))),
  );
}

/** What those look for who ask for .env and its like. */
function settings(target: string, inventor: Inventor): string {
  const host = `10.${inventor.number(250, 'net')}.${inventor.number(250, target, 'sub')}.${10 + inventor.number(200, target)}`;
  const token = (name: string): string => inventor.token('setting', name);
  return `APP_ENV=production
APP_KEY=${token('app')}
DB_HOST=${host}
DB_USER=app
DB_PASSWORD=${token('db').replaceAll('-', '').slice(0, 20)}
API_TOKEN=${token('api')}
`;
}

/** A bare table, as of an internal tool. */
function page(noun: string, records: readonly Fields[]): Answer {
  const title = escapeHtml(noun === '' ? 'Overview' : noun);
  const names = Object.keys(records[0]);
  const row = (cells: readonly unknown[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(String(cell))}</${tag}>`).join('')}</tr>`;
  const rows = records.map((record) => row(Object.values(record), 'td')).join('\n');
  const head = `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>`;
  const body = `${head}\n<body><h1>${title}</h1>\n<table>\n${row(names, 'th')}\n${rows}\n</table></body></html>\n`;
  return { status: 200, type: 'text/html; charset=utf-8', body };
}
