/**
 * Every format reads its sample lines as written above each of them. `UPDATE_EXPECTATIONS=1` rewrites the expectations:
 * read the difference before you commit it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUSINESS, F, FIELDS, RawExchange } from '../exchange.ts';
import { BAD_LINE, type LogFormat } from '../format.ts';
import { detectFormat } from './detect.ts';
import { FORMATS } from './index.ts';
import { type FormatSpec, formatOf, lineParser } from './spec.ts';

const FOLDER = new URL('./samples/', import.meta.url);
const UPDATE = process.env.UPDATE_EXPECTATIONS === '1';
const REASONS = Object.fromEntries(Object.entries(BAD_LINE).map(([name, code]) => [code, name]));
const encoder = new TextEncoder();

function read(spec: FormatSpec, line: string): Record<string, unknown> {
  const buf = encoder.encode(`>>${line}<<`);
  const out = new RawExchange();
  out.reset(buf);
  const reason = lineParser(spec)(buf, 2, buf.length - 2, out);
  if (reason !== BAD_LINE.ok) return { bad: REASONS[reason] };
  const found: Record<string, unknown> = {};
  for (const name of FIELDS) {
    const start = out.spans[F[name]];
    const end = out.spans[F[name] + 1];
    if (start === end) continue;
    if (start < 2 || end > buf.length - 2 || start > end) throw new Error(`${name} is out of range: ${line}`);
    found[name] = out.text(F[name]);
  }
  if (out.kind === BUSINESS) found.business = out.business;
  if (out.amountMinor >= 0) found.amount_minor = out.amountMinor;
  if (out.kind !== BUSINESS) found.status = out.status;
  if (out.bytes >= 0) found.bytes = out.bytes;
  if (out.durationMs >= 0) found.duration_ms = out.durationMs;
  found[out.timeMeaning] = new Date(out.timeMs).toISOString();
  return found;
}

describe.each(readdirSync(FOLDER).filter((name) => name.endsWith('.txt')))('samples/%s', (name) => {
  const url = new URL(name, FOLDER);
  const id = name.replace('.txt', '');
  const lines = readFileSync(url, 'utf8').split('\n').slice(0, -1);
  let spec: FormatSpec = { id, prefix: 'none' };
  let expected: string | null = null;
  const written: string[] = [];
  const cases: { spec: FormatSpec; line: string; expected: string | null }[] = [];
  for (const line of lines) {
    if (line.startsWith('# expect: ')) {
      expected = line.slice(10);
      continue;
    }
    if (line.startsWith('# spec: ')) spec = JSON.parse(line.slice(8));
    else if (!line.startsWith('# ')) {
      if (UPDATE) written.push(`# expect: ${JSON.stringify(read(spec, line))}`);
      cases.push({ spec, line, expected });
      expected = null;
    }
    written.push(line);
  }
  if (UPDATE) writeFileSync(url, `${written.join('\n')}\n`);

  it.each(cases)('$line', (sample) => {
    if (UPDATE) return;
    expect(sample.expected, 'no expectation above the line').not.toBeNull();
    expect(read(sample.spec, sample.line)).toEqual(JSON.parse(sample.expected ?? '{}'));
  });
});

describe('every format', () => {
  it.each(FORMATS.map((f) => f.id))('%s has samples that are read by itself alone', (id) => {
    const text = readFileSync(new URL(`${id}.txt`, FOLDER), 'utf8');
    const specLine = text.split('\n').find((line) => line.startsWith('# spec: '));
    const format: LogFormat = formatOf(specLine ? JSON.parse(specLine.slice(8)) : { id, prefix: 'none' });
    const good = goodLines(text);
    expect(good.length).toBeGreaterThan(0);
    for (const line of good) {
      const buf = encoder.encode(line);
      const out = new RawExchange();
      out.reset(buf);
      const reason = format.parser()(buf, 0, buf.length, out);
      expect([line, REASONS[reason]]).toEqual([line, 'ok']);
      expect(out.timeMeaning).toBe(format.timeMeaning);
    }
  });

  it.each(
    FORMATS.filter((f) => f.id !== 'apache-combined').map((f) => f.id),
  )('%s is found out from its samples', (id) => {
    const text = readFileSync(new URL(`${id}.txt`, FOLDER), 'utf8');
    const header = /"columns":"([^"]*)"/.exec(text);
    const lines = [...(header ? [`#Fields: ${header[1]}`] : []), ...goodLines(text)];
    const found = detectFormat(encoder.encode(lines.join('\n')));
    expect(found.spec.id).toBe(id);
    expect(found.share).toBe(1);
  });
});

/** Lines that the expectation above says are exchanges. */
function goodLines(text: string): string[] {
  const lines = text.split('\n');
  return lines.filter(
    (line, i) => i > 0 && lines[i - 1].startsWith('# expect: {') && !lines[i - 1].includes('"bad"') && line !== '',
  );
}
