/** What people, editors, applications and browsers send, which looks like code and is none of an attacker's. */
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { contentRule } from '../../enrich/content/index.ts';
import type { BodyHit } from '../contract.ts';
import { type ContentInspector, createContentInspector } from './index.ts';
import { FINDING, hitOf } from './testing.ts';

const lines = <T>(name: string): T[] =>
  readFileSync(new URL(`./cases/${name}.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

let inspector: ContentInspector;
beforeEach(() => {
  inspector = createContentInspector();
});

/** '' where nothing is a finding, else what and why. */
const verdict = (hit: BodyHit | null): string =>
  hit === null || hit.millinats < FINDING ? '' : `${contentRule(hit.rule)?.name} at ${hit.path}: ${hit.excerpt}`;

const fields = lines<{ field: string; text: string }>('benign');

describe('ordinary texts', () => {
  it('are many', () => expect(fields.length).toBeGreaterThanOrEqual(150));

  it.each(fields)('pass as JSON: $field $text', async ({ field, text }) => {
    const body = JSON.stringify({ id: 7, [field]: text, tags: ['a', 'b'] });
    if (field !== 'password') expect(verdict(await hitOf(inspector, 'application/json', body))).toBe('');
    else expect((await hitOf(inspector, 'application/json', body))?.excerpt ?? '…').toBe('…');
  });

  it.each(fields.filter(({ field }) => field !== 'password'))('pass as a form: $field $text', async ({
    field,
    text,
  }) => {
    const body = new URLSearchParams({ id: '7', [field]: text }).toString();
    expect(verdict(await hitOf(inspector, 'application/x-www-form-urlencoded', body))).toBe('');
  });
});

describe('ordinary bodies', () => {
  it.each(
    lines<{ type: string; body: string }>('bodies').filter(({ body }) => !body.includes('password=')),
  )('pass: $type $body', async ({ type, body }) => expect(verdict(await hitOf(inspector, type, body))).toBe(''));
});

describe('ordinary headers', () => {
  it.each(lines<{ name: string; value: string }>('headers'))('pass: $name $value', async ({ name, value }) => {
    expect(verdict(await hitOf(inspector, '', '', [name, value]))).toBe('');
  });
});
