/** Real requests of browsers to forty sites: what inspection takes for code in them is wrong. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { atMost, type Figure, table } from '../../bench/lib/figures.ts';
import { needData } from '../data.ts';
import { CERTAIN, createJudge, FINDING, percent } from '../inspected.ts';
import { cut } from '../run.ts';

const SUITE = 'benign';
/** Share of requests that may be taken for an attack, in percent. */
const FALSE_SHARE = 0.1;
/** Findings that are printed. */
const SHOWN = 200;

interface Line {
  readonly site: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export async function benign(print: (text: string) => void): Promise<readonly Figure[]> {
  const path = needData('benign-requests', 'benign.jsonl.gz');
  const judge = createJudge();
  const sites = new Map<string, { n: number; found: number }>();
  const found: string[][] = [];
  let total = 0;
  let certain = 0;
  for (const text of gunzipSync(readFileSync(path)).toString('utf8').split('\n')) {
    if (text === '') continue;
    const line = JSON.parse(text) as Line;
    const result = await judge({ ...line, target: line.url, headers: Object.entries(line.headers).flat() });
    const site = sites.get(line.site) ?? { n: 0, found: 0 };
    sites.set(line.site, site);
    total++;
    site.n++;
    if (result.millinats >= CERTAIN) certain++;
    if (result.millinats < FINDING) continue;
    site.found++;
    found.push([line.site, String(result.millinats), result.rule, cut(result.where, 40), cut(result.excerpt, 60)]);
  }
  const wrong = [...sites].filter(([, s]) => s.found > 0);
  print(`${total} requests to ${sites.size} sites; ${found.length} taken for attacks, at ${wrong.length} sites`);
  print(
    table(
      ['site', 'requests', 'found', '%'],
      wrong.map(([name, s]) => [name, String(s.n), String(s.found), percent(s.found, s.n).toFixed(2)]),
    ),
  );
  print(table(['site', 'mnat', 'rule', 'where', 'what'], found.slice(0, SHOWN)));
  return [
    {
      suite: SUITE,
      metric: 'false_positive_percent',
      value: percent(found.length, total),
      target: atMost(FALSE_SHARE),
      note: `${found.length} of ${total} at 4.6 nats`,
    },
    {
      suite: SUITE,
      metric: 'false_positive_percent_9200',
      value: percent(certain, total),
      note: `${certain} at 9.2 nats`,
    },
  ];
}
