import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONTENT_FIELD } from '../facts.ts';
import { contentRule, inspect, LANGUAGES, newHit, RULES, resetHit } from './index.ts';

fc.configureGlobal({ seed: 20240304 });

/** One line of cases/<language>.jsonl: a value (put into a query), a target, an agent or a referrer. */
interface Case {
  /** The strongest rule that must be found. */
  readonly rule?: string;
  /** The rule that this is a near miss of: neither it nor any finding may come of it. */
  readonly not?: string;
  readonly value?: string;
  readonly target?: string;
  readonly agent?: string;
  readonly referrer?: string;
}

const FINDING = 4600;
/** Rules that no text alone can meet: the inspector of bodies reports them, and its tests are about them. */
const OF_BODIES: ReadonlySet<string> = new Set(['file-script']);
const folder = new URL('./cases/', import.meta.url);
const tables = readdirSync(folder).map((file) => ({
  language: file.replace('.jsonl', ''),
  cases: readFileSync(new URL(file, folder), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Case),
}));
const encoder = new TextEncoder();
const hit = newHit();

function textOf(one: Case): { text: string; field: number } {
  if (one.agent !== undefined) return { text: one.agent, field: CONTENT_FIELD.agent };
  if (one.referrer !== undefined) return { text: one.referrer, field: CONTENT_FIELD.referrer };
  return { text: one.target ?? `/p?v=${encodeURIComponent(one.value ?? '')}`, field: CONTENT_FIELD.path };
}

function inspectText(text: string, field: number): void {
  const bytes = encoder.encode(text);
  resetHit(hit);
  inspect(bytes, 0, bytes.length, field, hit);
}

describe.each(tables)('$language', ({ language, cases }) => {
  it.each(cases.filter((one) => one.rule !== undefined))('finds $rule: $value$target$agent', (one) => {
    const { text, field } = textOf(one);
    inspectText(text, field);
    expect(contentRule(hit.rule)?.name).toBe(one.rule);
    expect(contentRule(hit.rule)?.language).toBe(language);
    expect(hit.length).toBeGreaterThan(0);
    expect(hit.at + hit.length).toBeLessThanOrEqual(encoder.encode(text).length);
  });

  it.each(cases.filter((one) => one.not !== undefined))('passes what is not $not: $value$target$agent', (one) => {
    const { text, field } = textOf(one);
    inspectText(text, field);
    expect(contentRule(hit.rule)?.name).not.toBe(one.not);
    expect(hit.millinats).toBeLessThan(FINDING);
  });
});

describe('rules', () => {
  it('each have an own id and name, a weight within the cap, and cases of both kinds', () => {
    expect(new Set(RULES.map((r) => r.id)).size).toBe(RULES.length);
    expect(new Set(RULES.map((r) => r.name)).size).toBe(RULES.length);
    const found = new Set(tables.flatMap(({ cases }) => cases.map((one) => one.rule)));
    const missed = new Set(tables.flatMap(({ cases }) => cases.map((one) => one.not)));
    for (const rule of RULES) {
      expect(rule.millinats).toBeGreaterThan(0);
      expect(rule.millinats).toBeLessThanOrEqual(9200);
      expect(LANGUAGES).toContain(rule.language);
      if (OF_BODIES.has(rule.name)) continue;
      expect(found, `a positive case of ${rule.name}`).toContain(rule.name);
      expect(missed, `a near miss of ${rule.name}`).toContain(rule.name);
    }
  });
});

describe('inspect', () => {
  it('names field and span, and keeps the strongest of several texts', () => {
    resetHit(hit);
    const target = encoder.encode('/a?b=%3Cb%3E');
    const agent = encoder.encode('${jndi:dns://a.example}');
    inspect(target, 0, target.length, CONTENT_FIELD.path, hit);
    expect(hit).toMatchObject({ field: CONTENT_FIELD.query, at: 5, length: 7 });
    inspect(agent, 0, agent.length, CONTENT_FIELD.agent, hit);
    expect(hit).toMatchObject({ field: CONTENT_FIELD.agent, at: 0, length: agent.length });
    inspect(target, 0, target.length, CONTENT_FIELD.path, hit);
    expect(hit.field).toBe(CONTENT_FIELD.agent);
  });

  it('reads only its range', () => {
    const bytes = encoder.encode('<script>/clean?a=1<script>');
    resetHit(hit);
    inspect(bytes, 8, 18, CONTENT_FIELD.path, hit);
    expect(hit.rule).toBe(0);
  });

  it('finds a payload anywhere in a long text', () => {
    const payload = "1' union select 1,2,3--";
    for (const before of [0, 8180, 8192, 20_000, 57_000, 200_000]) {
      inspectText(`/p?v=${'a'.repeat(before)}${encodeURIComponent(payload)}`, CONTENT_FIELD.path);
      expect(contentRule(hit.rule)?.name, `behind ${before} bytes`).toBe('sql-union');
    }
  });

  it('never throws, and keeps the span inside the text', () => {
    const marks = fc.constantFrom(
      ...'\'"<>(){}[]$#;|&/\\:=@*%!-+.,?` \n\0',
      '%25',
      '%27',
      '%3c',
      '&lt;',
      '&#x3c;',
      '\\x27',
      '\\u003c',
      '%u003c',
      '%c0%af',
      '..',
      '${',
      '{{',
      '/*',
      '*/',
      '--',
      ...'or and union select from script alert onload cat etc passwd java lang jndi file http php'.split(' '),
    );
    const hostile = fc.array(marks, { maxLength: 400 }).map((parts) => encoder.encode(parts.join('')));
    const binary = fc.uint8Array({ maxLength: 600 });
    fc.assert(
      fc.property(fc.oneof(hostile, binary), fc.nat(8), fc.constantFrom(0, 1, 2, 3, 4, 5), (bytes, start, field) => {
        resetHit(hit);
        const from = Math.min(start, bytes.length);
        inspect(bytes, from, bytes.length, field, hit);
        expect(hit.millinats).toBeLessThanOrEqual(9200);
        expect(hit.rule === 0).toBe(hit.millinats === 0);
        if (hit.rule !== 0) {
          expect(hit.at).toBeGreaterThanOrEqual(from);
          expect(hit.at + hit.length).toBeLessThanOrEqual(bytes.length);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
