/**
 * The regression tests of the OWASP Core Rule Set: how many of the requests that one of its rules must match are findings
 * here. Its families about protocol, scanners and session fixation are counted and not ours to match: the listener, the
 * software catalogue and other detectors are about those.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { atLeast, type Figure, table } from '../../bench/lib/figures.ts';
import { needData } from '../data.ts';
import { CERTAIN, createJudge, FINDING, percent, type TestRequest } from '../inspected.ts';
import { cut } from '../run.ts';

const SUITE = 'crs';
/** Where Debian puts the rules, which say at which paranoia level each of them is in force: 1 is what people run. */
const RULES = '/usr/share/modsecurity-crs/rules';
/** Families about code in requests. */
const OURS = new Set(['921', '930', '931', '932', '933', '934', '941', '942', '944']);
/** Share of them that must be found, in percent. */
const RECALL = 80;

interface Stage {
  readonly input: {
    readonly method?: string;
    readonly uri?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly data?: string;
    readonly encoded_request?: string;
  };
  readonly output?: { readonly log?: { readonly expect_ids?: readonly number[] } };
}
interface RuleFile {
  readonly tests?: readonly { readonly test_id: number; readonly stages: readonly Stage[] }[];
}

/** Ids of the rules that are in force by default; empty where no rules are installed. */
function defaultRules(): ReadonlySet<string> {
  const ids = new Set<string>();
  if (!existsSync(RULES)) return ids;
  for (const file of readdirSync(RULES).filter((name) => name.endsWith('.conf')))
    for (const rule of readFileSync(join(RULES, file), 'utf8').split(/^SecRule/m)) {
      const id = /\bid:(\d+)/.exec(rule)?.[1];
      if (id !== undefined && rule.includes('paranoia-level/1')) ids.add(id);
    }
  return ids;
}

interface Family {
  firstLevel: number;
  firstLevelFound: number;
  expected: number;
  found: number;
  certain: number;
  others: number;
  othersFound: number;
}

export async function crs(print: (text: string) => void): Promise<readonly Figure[]> {
  const root = needData('crs-regression');
  const judge = createJudge();
  const families = new Map<string, Family>();
  const missed: string[][] = [];
  const first = defaultRules();
  for (const folder of readdirSync(root).sort()) {
    const family: Family = {
      firstLevel: 0,
      firstLevelFound: 0,
      expected: 0,
      found: 0,
      certain: 0,
      others: 0,
      othersFound: 0,
    };
    families.set(folder, family);
    for (const { file, id, stage } of stagesOf(join(root, folder))) {
      const request = requestOf(stage);
      const { millinats } = await judge(request);
      const expected = (stage.output?.log?.expect_ids ?? []).length > 0;
      const level = first.has(file.slice(0, 6));
      count(family, expected, level, millinats);
      if (!expected || millinats >= FINDING || !OURS.has(numberOf(folder))) continue;
      const shown = [cut(request.target, 90), cut(String(request.body ?? ''), 110)];
      missed.push([level ? '1' : '-', file, String(id), String(millinats), ...shown]);
    }
  }
  if (process.env.SALLYPORT_EVAL_MISSED) print(table(['level', 'rule', 'test', 'mnat', 'target', 'body'], missed));
  return report(families, print);
}

function* stagesOf(folder: string): Generator<{ file: string; id: number; stage: Stage }> {
  for (const file of readdirSync(folder).sort()) {
    const rules = parse(readFileSync(join(folder, file), 'utf8')) as RuleFile | null;
    for (const test of rules?.tests ?? []) for (const stage of test.stages) yield { file, id: test.test_id, stage };
  }
}

function count(family: Family, expected: boolean, level: boolean, millinats: number): void {
  const found = millinats >= FINDING ? 1 : 0;
  if (!expected) {
    family.others++;
    family.othersFound += found;
    return;
  }
  family.expected++;
  family.found += found;
  if (millinats >= CERTAIN) family.certain++;
  if (!level) return;
  family.firstLevel++;
  family.firstLevelFound += found;
}

const numberOf = (folder: string): string => /\d{3}/.exec(folder)?.[0] ?? '';

function report(families: ReadonlyMap<string, Family>, print: (text: string) => void): Figure[] {
  const rows = [...families].map(([name, f]) => [
    name,
    OURS.has(numberOf(name)) ? 'yes' : 'no',
    String(f.expected),
    String(f.found),
    f.expected === 0 ? '-' : percent(f.found, f.expected).toFixed(1),
    String(f.certain),
    f.firstLevel === 0 ? '-' : `${f.firstLevelFound} of ${f.firstLevel}`,
    String(f.others),
    String(f.othersFound),
  ]);
  print(table(['family', 'ours', 'must match', 'found', '%', 'at 9.2', 'level 1', 'one rule silent', 'found'], rows));
  const ours = [...families].filter(([name]) => OURS.has(numberOf(name)));
  const sum = (of: (f: Family) => number): number => ours.reduce((n, [, f]) => n + of(f), 0);
  const figures: Figure[] = ours.map(([name, f]) => ({
    suite: SUITE,
    metric: `recall_percent_${numberOf(name)}`,
    value: percent(f.found, f.expected),
    note: `${f.found} of ${f.expected}`,
  }));
  const all = { found: sum((f) => f.found), expected: sum((f) => f.expected) };
  const level = { found: sum((f) => f.firstLevelFound), expected: sum((f) => f.firstLevel) };
  figures.push({
    suite: SUITE,
    metric: 'recall_percent_level_1',
    value: percent(level.found, level.expected),
    target: atLeast(RECALL),
    note: `${level.found} of ${level.expected}: rules that are in force by default, and that Debian has`,
  });
  figures.push({
    suite: SUITE,
    metric: 'recall_percent',
    value: percent(all.found, all.expected),
    note: `${all.found} of ${all.expected} in the families about code`,
  });
  return figures;
}

function requestOf({ input }: Stage): TestRequest {
  if (input.encoded_request !== undefined) return rawRequest(Buffer.from(input.encoded_request, 'base64'));
  return {
    method: input.method ?? 'GET',
    target: String(input.uri ?? '/'),
    headers: Object.entries(input.headers ?? {}).flatMap(([name, value]) => [name, String(value)]),
    body: input.data === undefined ? null : String(input.data),
  };
}

function rawRequest(bytes: Buffer): TestRequest {
  const end = bytes.indexOf('\r\n\r\n');
  const [line, ...lines] = bytes.toString('latin1', 0, end < 0 ? bytes.length : end).split('\r\n');
  const [method, target] = line.split(' ');
  const headers = lines.flatMap((text) => {
    const colon = text.indexOf(':');
    return colon < 0 ? [] : [text.slice(0, colon), text.slice(colon + 1).trim()];
  });
  return { method, target: target ?? '/', headers, body: end < 0 ? null : bytes.subarray(end + 4) };
}
