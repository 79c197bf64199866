/**
 * Time linear in the length, whatever is sent. Measured not by a clock but by how often the blocks of the code run,
 * which the engine counts exactly: four times the text may take little more than four times the steps.
 */
import { Session } from 'node:inspector/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTENT_FIELD } from '../facts.ts';
import { FIELD_KIND, inspect, inspectField, newHit, probeRule, resetHit } from './index.ts';

const session = new Session();
const hit = newHit();
const encoder = new TextEncoder();

beforeAll(async () => {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
});
afterAll(async () => {
  await session.post('Profiler.stopPreciseCoverage');
  session.disconnect();
});

/** Runs of all blocks of this folder's code since the last call. */
async function steps(): Promise<number> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  let sum = 0;
  for (const script of result) {
    if (!script.url.includes('/enrich/content/') || script.url.includes('.test.')) continue;
    for (const { ranges } of script.functions) for (const range of ranges) sum += range.count;
  }
  return sum;
}

async function cost(pattern: string, bytes: number): Promise<number> {
  const text = encoder.encode(`/?v=${pattern.repeat(Math.ceil(bytes / pattern.length))}`.slice(0, bytes));
  await steps();
  resetHit(hit);
  inspect(text, 0, text.length, CONTENT_FIELD.path, hit);
  probeRule(text, 0, text.length);
  return steps();
}

async function fieldCost(pattern: string, bytes: number): Promise<number> {
  const text = pattern.repeat(Math.ceil(bytes / pattern.length)).slice(0, bytes);
  await steps();
  resetHit(hit);
  inspectField('v', text, FIELD_KIND.prose, CONTENT_FIELD.body, hit);
  return steps();
}

const hostile = [
  "'",
  '"',
  '`',
  '(',
  ')',
  '/*',
  '/*!',
  '/*!1',
  '*/',
  '/**/',
  '<a ',
  '<a b=',
  '<',
  '<!',
  '<!--',
  '${',
  '${a:',
  '}',
  '${:-}',
  '{{',
  '{{a',
  '{',
  '$(',
  '`id',
  'select ',
  'select(',
  'union ',
  'union(',
  "' or ",
  "' or '",
  'or 1',
  'or(',
  '..',
  '../',
  '..%2f',
  '....//',
  '&#',
  '&lt;',
  '%25',
  '%2525',
  '%u003c',
  '\\x41',
  '\\u{41',
  ';var ',
  '//',
  "x='",
  ')(',
  '*)(',
  '@@a',
  '[$ne',
  '\\\\',
  '\\\\a',
  '%0a',
  '%0aa',
  'a-',
  '%0aa-',
  'a:',
  'http://',
  'http://1.',
  'java.',
  'class.',
  '#a',
  '(#a',
  '.',
  'a.',
  "'.'",
  '](',
  '{"$ne":',
  'case when ',
  'char(',
  'ascii(',
  'exec ',
  'cmd=',
  ';id',
  '|cat ',
  '&&',
  '||',
  '= ',
  'a=',
  '&a=',
  '%00',
  '%c0%ae',
  '%ef%bc%87',
  '-',
  '--',
  "'--",
  '!!',
  'O:1:',
  '<?',
  '<%',
  '#set(',
  '%0d%0aGET ',
  '1.',
  '{ls,',
];

/** What fields have beyond targets: their contexts, and encodings of documents. */
const inFields = [
  '`',
  '`a` the ',
  '+ADw-',
  '+AD',
  '![]+',
  '<x>a',
  'a.b-',
  'QUJD',
  '{"a":',
  'the ',
  "' or ",
  'java\tscript:',
];

describe('inspection is linear', () => {
  it.each(hostile)('for repeated %s', async (pattern) => {
    const small = await cost(pattern, 2000);
    const large = await cost(pattern, 8000);
    expect(large / small).toBeLessThan(4.8);
  });

  it.each(inFields)('in fields, too, for repeated %s', async (pattern) => {
    const small = await fieldCost(pattern, 2000);
    const large = await fieldCost(pattern, 8000);
    expect(large / small).toBeLessThan(4.8);
  });

  it('and reads all of a long field at the same price', async () => {
    for (const pattern of ["' or ", '`a` the ']) {
      const small = await fieldCost(pattern, 16_000);
      const large = await fieldCost(pattern, 128_000);
      expect(large / small).toBeLessThan(9.6);
    }
  });

  it('and stays so over the windows of a long text', async () => {
    for (const pattern of ["' or ", '/*!', '${', '<a b=']) {
      const small = await cost(pattern, 8_000);
      const large = await cost(pattern, 64_000);
      expect(large / small).toBeLessThan(9.6);
      // Beyond the last window nothing more is read: only the first look at byte classes, which stops early here.
      expect(await cost(pattern, 256_000)).toBeLessThan(large * 1.2);
    }
  });
});
