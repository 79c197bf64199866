import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLEAR_REPORT, SAMPLE_REPORT, UNREAD_REPORT } from '../../../../test/golden/sample-report.ts';
import { CLASSES } from '../../../engine/detector.ts';
import type { Report } from '../../../runtime/report.ts';
import { niceCeiling, thinned } from './html/chart.ts';
import { html, json } from './html/markup.ts';
import { SCRIPT } from './html/script.ts';
import { STYLE } from './html/style.ts';
import { renderHtml } from './html.ts';

fc.configureGlobal({ seed: 20240304 });

const PAGE = renderHtml(SAMPLE_REPORT);
/** The page without its own style, script and data. */
const markup = (page: string): string => page.replace(/<(style|script)[^>]*>[\s\S]*?<\/\1>/g, '');

const TAGS =
  'html head meta title body div b span button main section h1 h2 h3 p dl dt dd header ul li i svg path circle rect line polyline table thead tbody tr th td small code input label article footer'.split(
    ' ',
  );

function strangeMarkup(page: string): string[] {
  const problems: string[] = [];
  for (const [tag, name, attributes] of markup(page).matchAll(/<\/?([a-zA-Z!][\w-]*)([^<>]*)>/g)) {
    if (name.toLowerCase() === '!doctype') continue;
    if (!TAGS.includes(name)) problems.push(tag);
    const bare = attributes.replace(/"[^"]*"/g, '""');
    if (/(?<![\w-])(?:on\w+|style|src|href|action|formaction)\s*=/.test(bare)) problems.push(tag);
  }
  return problems;
}

describe('the page', () => {
  it('loads nothing from elsewhere', () => {
    expect(PAGE).not.toMatch(/@import|url\(|<link|<iframe|<object|fetch\(|XMLHttp|WebSocket/);
  });

  it('allows its own style and script by their hashes, and nothing else', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(PAGE)?.[1] ?? '';
    const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src ${digest(/<script>([\s\S]*?)<\/script>/.exec(PAGE)?.[1] ?? '')}`);
    expect(policy).toContain(`style-src ${digest(/<style>([\s\S]*?)<\/style>/.exec(PAGE)?.[1] ?? '')}`);
    expect(policy).not.toContain('unsafe');
  });

  it('consists of its own markup only, whatever the log says', () => {
    expect(strangeMarkup(PAGE)).toEqual([]);
    expect(PAGE).not.toContain('<script>alert');
    expect(PAGE).not.toContain('<img');
    expect(PAGE).not.toContain('<svg/onload');
    expect(PAGE).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
    expect(PAGE).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it('stays that way with hostile text in every field', () => {
    const hostile = '"\'`></script></style><script>x()</script><!--<img src=x onerror=y()>&lt;\u2028${z}';
    const poisoned = poison(SAMPLE_REPORT, hostile) as Report;
    const page = renderHtml(poisoned);
    expect(strangeMarkup(page)).toEqual([]);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(() => JSON.parse(/id="data">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? '')).not.toThrow();
  });

  it('is the same each time', () => {
    expect(renderHtml(SAMPLE_REPORT)).toBe(PAGE);
  });

  it('shows every actor, finding, class, incident and the manifest', () => {
    for (const finding of SAMPLE_REPORT.findings) expect(PAGE).toContain(`sallyport explain ${finding.id}`);
    for (const actor of SAMPLE_REPORT.actors) expect(PAGE).toContain(actor.actor.key);
    for (const incident of SAMPLE_REPORT.incidents) expect(PAGE).toContain(incident.title);
    for (const value of Object.values(SAMPLE_REPORT.manifest)) expect(PAGE).toContain(value);
  });

  it('bears reports with nothing in them', () => {
    expect(strangeMarkup(renderHtml(CLEAR_REPORT))).toEqual([]);
    expect(renderHtml(CLEAR_REPORT)).toContain('No abuse found.');
    expect(renderHtml(UNREAD_REPORT)).toContain('Nothing could be read');
  });

  it('has a script that parses and reads elements that exist', () => {
    expect(() => new Script(SCRIPT)).not.toThrow();
    for (const [, id] of SCRIPT.matchAll(/\$\('#([\w-]+)'\)/g)) expect(PAGE, id).toContain(`id="${id}"`);
    expect(SCRIPT).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b/);
  });

  it('has a colour for every class, in light and dark', () => {
    for (const name of CLASSES) {
      expect(STYLE).toContain(`.c-${name} {`);
      expect(STYLE.match(new RegExp(`--${name}: `, 'g'))).toHaveLength(3);
    }
  });
});

/** The report with `text` in the place of every string but times, ids of ours, and words that we choose ourselves. */
function poison(value: unknown, text: string): unknown {
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT|^F-[0-9a-f]+$|^I-/.test(value) ? value : text;
  if (Array.isArray(value)) return value.map((item) => poison(item, text));
  if (value === null || typeof value !== 'object') return value;
  const kept = ['recommended', 'basis', 'status', 'time_meaning'];
  return Object.fromEntries(
    Object.entries(value).map(([k, v]) => [k, kept.includes(k) && typeof v === 'string' ? v : poison(v, text)]),
  );
}

describe('markup', () => {
  it('escapes every value that is not markup itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(html`${text}`.text).not.toMatch(/[<>"'`]/);
        expect(json({ text }).text).not.toMatch(/[<>&\u2028\u2029]/);
        expect(JSON.parse(json({ text }).text)).toEqual(JSON.parse(JSON.stringify({ text })));
      }),
    );
  });
});

describe('the chart', () => {
  it('adds neighbours together and loses nothing', () => {
    const buckets = Array.from({ length: 1000 }, (_, i) => ({
      start: new Date(i * 60_000).toISOString(),
      requests: i,
      errors: 1,
      abusive: { [i % 2 ? 'probing' : 'injection']: 2 },
    }));
    const few = thinned(buckets, 180);
    expect(few.length).toBeLessThanOrEqual(180);
    expect(few.reduce((sum, b) => sum + b.requests, 0)).toBe(499_500);
    expect(few.reduce((sum, b) => sum + (b.abusive.injection ?? 0), 0)).toBe(1000);
  });

  it('ends its axis at a round figure', () => {
    expect([1, 4, 5, 9, 1000, 3300].map(niceCeiling)).toEqual([4, 4, 8, 10, 1000, 4000]);
  });
});
