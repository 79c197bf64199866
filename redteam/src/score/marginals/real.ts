/**
 * The real logs of the evaluation data, and what each can tell. They belong to others and are not part of the repository:
 * `SALLYPORT_EVAL_DATA` says where they lie.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { readCombined } from './combined.ts';
import { compare, type Marginal, type MarginalRow, type MarginalTable } from './compare.ts';
import { type Sample, Sampler } from './sample.ts';

const repository = dirname(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))));

/** `SALLYPORT_EVAL_DATA`, relative to the repository; `../shared/data` where it is not set. */
export function evaluationData(): string {
  return resolve(repository, process.env.SALLYPORT_EVAL_DATA ?? '../shared/data');
}

/** Length of the log without sessions, to which the world is cut for what grows with time. */
export const REAL_DAYS = 4;

/** The samples of a world: everybody for {@link REAL_DAYS}, and the people among them. */
export interface WorldSamples {
  readonly everybody: Sample;
  readonly people: Sample;
}

/** What to sample a world with, so that it can be compared; `exchanges` is about how many there will be. */
export function worldSamplers(startMs: number, exchanges: number): { everybody: Sampler; people: Sampler } {
  const everyNth = Math.max(1, Math.round(exchanges / 400_000));
  return {
    everybody: new Sampler(everyNth, startMs + REAL_DAYS * 86_400_000),
    people: new Sampler(everyNth),
  };
}

/** A content site's log: no sessions, and a clock that was altered, so nothing about time is compared. */
const SITE: readonly Marginal[] = [
  'status',
  'methods',
  'bytes',
  'requestsPerAddress',
  'agentsPerAddress',
  'pathsPerClient',
  'failuresPerClient',
];
/** Sessions of people on one small site: addresses are blanked, so nothing by address is compared. */
const SESSIONS: readonly Marginal[] = ['status', 'methods', 'bytes', 'requestsPerSession', 'pathsPerSession', 'gaps'];

/** Compares a world with every real log that is there. */
export function compareWithReal(world: WorldSamples, root: string = evaluationData()): MarginalTable {
  const rows: MarginalRow[] = [];
  const skipped: string[] = [];
  const from = (name: string, path: string, compareIt: (path: string) => MarginalRow[]): void => {
    const full = join(root, path);
    if (existsSync(full)) rows.push(...compareIt(full));
    else skipped.push(`${name}: no ${path} under ${root}`);
  };
  from('a site of 2015', 'elastic/apache_logs', (path) =>
    compare(world.everybody, sampleLog(readFileSync(path, 'latin1')), 'a site of 2015', SITE),
  );
  from('people of 2019', 'web-bots/access.log', (path) => {
    const labels = JSON.parse(readFileSync(join(dirname(path), 'labels.json'), 'utf8')) as Record<string, string>;
    const people = sampleLog(readFileSync(path, 'utf8'), (session) => labels[session] === 'human');
    return compare(world.people, people, 'people of 2019', SESSIONS);
  });
  from('browsers of 2024', 'benign-requests/benign.jsonl.gz', (path) =>
    compare(world.people, sampleRequests(gunzipSync(readFileSync(path)).toString('utf8')), 'browsers of 2024', [
      'methods',
    ]),
  );
  return { rows, skipped };
}

/** Samples a log in combined format; lines that are none are left out. */
export function sampleLog(text: string, keepSession: (session: string) => boolean = () => true): Sample {
  const sampler = new Sampler();
  for (const line of text.split('\n')) {
    const read = readCombined(line);
    if (read && keepSession(read.session)) sampler.add(read);
  }
  return sampler.sample();
}

/** Requests without answers or times: only their methods can be told. */
function sampleRequests(text: string): Sample {
  const sampler = new Sampler();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const { method } = JSON.parse(line) as { method: string };
    sampler.add({ timeMs: 0, address: '', session: '', method, path: '', status: 0, bytes: 0, agent: '' });
  }
  return sampler.sample();
}
