import { describe, expect, it, vi } from 'vitest';
import { createBatch } from '../../enrich/facts.ts';
import { rulesFor, TEXTS, type TextRules, TextStore } from './texts.ts';

/** What a store makes of a text. */
function taken(rules: TextRules, name: (typeof TEXTS)[number], text: string, store = new TextStore(rules)): string {
  const bytes = Buffer.from(`..${text}..`, 'latin1');
  const start = store.length;
  const length = store.take(TEXTS.indexOf(name), createBatch(1, bytes), 2, bytes.length - 4);
  expect(store.length).toBe(start + length);
  return Buffer.from(store.bytes.subarray(start, start + length)).toString('latin1');
}

describe('texts', () => {
  const redact = vi.fn((_: string, text: string) => text.replace(/token=\w+/g, 'token=***'));
  const rules: TextRules = { redact, touch: { target: 'parameters', agent: 'never' } };

  it.each([
    '',
    '/a',
    `/${'x'.repeat(200)}`,
    'é\u0000\u00ff',
  ])('without parameters are copied as they are: %j', (text) => {
    redact.mockClear();
    expect(taken(rules, 'target', text)).toBe(text);
    expect(taken(rules, 'agent', `${text}?token=a`)).toBe(`${text}?token=a`);
    expect(redact).not.toHaveBeenCalled();
  });

  it('with parameters are redacted, and what was redacted is remembered', () => {
    redact.mockClear();
    const store = new TextStore(rules);
    for (let i = 0; i < 3; i++)
      for (const pad of ['', 'x'.repeat(100)])
        expect(taken(rules, 'target', `/${pad}?token=abc&b=1`, store)).toBe(`/${pad}?token=***&b=1`);
    expect(taken(rules, 'host', 'token=abc', store)).toBe('token=***');
    expect(redact).toHaveBeenCalledTimes(3);
    for (let i = 0; i < 5000; i++) expect(taken(rules, 'target', `/?token=${i}`, store)).toBe('/?token=***');
  });

  it('that become longer stay within what a row can say', () => {
    const longer: TextRules = { redact: (_, text) => text.repeat(2000) };
    expect(taken(longer, 'target', 'x'.repeat(100))).toHaveLength(65_535);
    const store = new TextStore(longer);
    for (let i = 0; i < 20; i++) expect(taken(longer, 'agent', 'abcdefgh', store)).toBe('abcdefgh'.repeat(2000));
  });

  it('of a live journal keep their length where they are masked', () => {
    const live = rulesFor((target) => target.replace(/sig=\w+/, 'sig=***'));
    expect(taken(live, 'credential', 'sk_live_0123456789')).toBe('sk_liv************');
    expect(taken(live, 'session', 'abc')).toBe('ab*');
    expect(taken(live, 'session', 'a')).toBe('a');
    expect(taken(live, 'target', '/f?sig=abc')).toBe('/f?sig=***');
    expect(taken(live, 'content', 'sig=abc')).toBe('sig=***');
    expect(taken(live, 'principal', 'kim')).toBe('kim');
    const strict = rulesFor(
      (target) => target,
      (text) => text.replaceAll(/\d{4}/g, '***'),
    );
    expect(TEXTS.map((name) => taken(strict, name, 'no 1234'))).toEqual(
      TEXTS.map((name) => (name === 'credential' || name === 'session' ? 'no 123*' : 'no ***')),
    );
  });
});
