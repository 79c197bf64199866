/**
 * The cases of GoTestWAF: payload × encoder × placeholder, built as that tool builds its requests, and its score: the mean
 * of the share of attacks stopped and of the share of ordinary texts passed, for applications and for APIs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { atLeast, type Figure, table } from '../../bench/lib/figures.ts';
import { needData } from '../data.ts';
import { CERTAIN, createJudge, FINDING, percent, type TestRequest } from '../inspected.ts';
import { cut } from '../run.ts';

const SUITE = 'gotestwaf';
const SETS = ['owasp', 'owasp-api', 'community', 'false-pos'] as const;
/** Scores that are promised, in percent. */
const SCORE = 90;
/** A name that says nothing, as the tool makes them up. */
const NAME = 'b81d7a3c5f';

type Settings = Readonly<Record<string, unknown>>;
interface CaseFile {
  readonly payload: readonly string[];
  readonly encoder: readonly string[];
  readonly placeholder: readonly (string | Readonly<Record<string, Settings>>)[];
  readonly type?: string;
}

interface Tally {
  sent: number;
  stopped: number;
  certain: number;
}

export async function gotestwaf(print: (text: string) => void): Promise<readonly Figure[]> {
  const root = needData(SUITE);
  const judge = createJudge();
  const byCase = new Map<string, Tally>();
  const bySet = new Map<string, Tally>();
  const byWay = new Map<string, Tally>();
  const odd: string[][] = [];
  for (const set of SETS)
    for (const file of readdirSync(join(root, set)).sort()) {
      // Strict readers refuse \' between double quotes.
      const text = readFileSync(join(root, set, file), 'utf8').replace(/\\'/g, "'");
      const cases = parse(text) as CaseFile;
      for (const payload of cases.payload)
        for (const encoder of cases.encoder)
          for (const place of cases.placeholder) {
            const [kind, settings] = typeof place === 'string' ? [place, {}] : Object.entries(place)[0];
            const request = BUILD[kind]?.(ENCODE[encoder](String(payload)), settings);
            if (request === undefined) throw new Error(`no placeholder ${kind} (${file})`);
            const { millinats, rule, excerpt } = await judge(request);
            const stopped = millinats >= FINDING;
            for (const [map, key] of [
              [byCase, `${set}/${file}`],
              [bySet, set],
              ...(set === 'false-pos' ? [] : [[byWay, `${kind}, ${encoder}`]]),
            ] as [Map<string, Tally>, string][])
              count(map, key, stopped, millinats >= CERTAIN);
            if (stopped !== (set !== 'false-pos'))
              odd.push([
                `${set}/${file}`,
                kind,
                encoder,
                String(millinats),
                rule,
                cut(excerpt, 30),
                cut(String(payload).slice(-80), 80),
              ]);
          }
    }
  show(print, 'case', byCase);
  show(print, 'placeholder, encoder', byWay);
  show(print, 'set', bySet);
  if (process.env.SALLYPORT_EVAL_MISSED)
    print(table(['wrong', 'placeholder', 'encoder', 'mnat', 'rule', 'excerpt', 'payload'], odd));
  return figures(bySet);
}

function count(map: Map<string, Tally>, key: string, stopped: boolean, certain: boolean): void {
  const tally = map.get(key) ?? { sent: 0, stopped: 0, certain: 0 };
  map.set(key, tally);
  tally.sent++;
  if (stopped) tally.stopped++;
  if (certain) tally.certain++;
}

function show(print: (text: string) => void, head: string, map: ReadonlyMap<string, Tally>): void {
  const rows = [...map].map(([name, t]) => [
    name,
    String(t.sent),
    String(t.stopped),
    percent(t.stopped, t.sent).toFixed(1),
    String(t.certain),
  ]);
  print(`${table([head, 'sent', 'stopped', '%', 'at 9.2'], rows)}\n`);
}

function figures(bySet: ReadonlyMap<string, Tally>): Figure[] {
  const stopped = (...sets: string[]): number => {
    const tallies = sets.map((set) => bySet.get(set) ?? { sent: 0, stopped: 0 });
    return percent(
      tallies.reduce((n, t) => n + t.stopped, 0),
      tallies.reduce((n, t) => n + t.sent, 0),
    );
  };
  const passed = 100 - stopped('false-pos');
  const application = (stopped('owasp', 'community') + passed) / 2;
  const api = stopped('owasp-api');
  const score = (metric: string, value: number, note?: string): Figure => ({
    suite: SUITE,
    metric,
    value,
    target: atLeast(SCORE),
    note,
  });
  return [
    { suite: SUITE, metric: 'stopped_percent', value: stopped('owasp', 'community'), note: 'owasp and community' },
    { suite: SUITE, metric: 'passed_percent', value: passed, note: 'false-pos' },
    score('application_score', application),
    score('api_score', api, 'the set has no ordinary requests'),
    score('score', (application + api) / 2),
  ];
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const ENCODE: Readonly<Record<string, (text: string) => string>> = {
  Plain: (text) => text,
  URL: (text) => new URLSearchParams({ '': text }).toString().slice(1),
  Base64: base64,
  Base64Flat: (text) => base64(text).replaceAll('=', ''),
};

const HOST = [
  'Host',
  'shop.example',
  'User-Agent',
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
];
const get = (target: string, ...headers: string[]): TestRequest => ({
  method: 'GET',
  target,
  headers: [...HOST, ...headers],
  body: null,
});
const post = (mediaType: string, body: string | Uint8Array, target = '/'): TestRequest => ({
  method: 'POST',
  target,
  headers: [...HOST, ...(mediaType === '' ? [] : ['Content-Type', mediaType])],
  body,
});
const xml = (text: string): string => text.replace(/[<>&'"]/g, (c) => `&#${c.charCodeAt(0)};`);

const BUILD: Readonly<Record<string, (payload: string, settings: Settings) => TestRequest>> = {
  URLPath: (payload) => get(`/${payload}`),
  URLParam: (payload) => get(`/?${NAME}=${payload}`),
  Header: (payload) => get('/', `X-${NAME}`, payload),
  UserAgent: (payload) => ({ ...get('/'), headers: ['Host', 'shop.example', 'User-Agent', payload] }),
  HTMLForm: (payload) => post('application/x-www-form-urlencoded', `${NAME}=${payload}`),
  HTMLMultipartForm: (payload) =>
    post(
      'multipart/form-data; boundary=edge',
      `--edge\r\nContent-Disposition: form-data; name="${NAME}"\r\n\r\n${payload}\r\n--edge--\r\n`,
    ),
  JSONRequest: (payload) => post('application/json', JSON.stringify({ test: true, [NAME]: payload })),
  JSONBody: (payload) => post('application/json', payload),
  RequestBody: (payload) => post('', payload),
  XMLBody: (payload) => post('text/xml', payload),
  SOAPBody: (payload) =>
    post(
      'text/xml',
      `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><find><ab${NAME}>${xml(payload)}</ab${NAME}></find></s:Body></s:Envelope>`,
    ),
  GraphQL: (payload, { method }) =>
    method === 'GET' ? get(`/graphql?query=${encodeURIComponent(payload)}`) : post('', payload, '/graphql'),
  gRPC: (payload) => {
    const text = Buffer.from(payload, 'utf8');
    const head = Buffer.from([0, 0, 0, 0, text.length + 2, 0x0a, text.length]);
    return post('application/grpc', Buffer.concat([head, text]), '/service.Foo/foo');
  },
  RawRequest: (payload, settings) => {
    const fill = (value: unknown): string => String(value ?? '').replaceAll('{{payload}}', payload);
    const headers = Object.entries((settings.headers as Settings | undefined) ?? {}).flatMap(([name, value]) => [
      name,
      fill(value),
    ]);
    return {
      method: fill(settings.method),
      target: fill(settings.path),
      headers: [...HOST, ...headers],
      body: fill(settings.body).replace(/\n/g, '\r\n'),
    };
  },
};
