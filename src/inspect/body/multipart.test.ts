import { Busboy } from '@fastify/busboy';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BODY_KIND } from '../../enrich/kinds.ts';
import { pairs, parsed } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const TYPE = 'multipart/form-data; boundary=bound';

const part = (head: string, content: string) => `--bound\r\n${head}\r\n\r\n${content}\r\n`;
const field = (name: string, content: string) => part(`Content-Disposition: form-data; name="${name}"`, content);
const END = '--bound--\r\n';

/** What a widely used parser makes of it. */
function others(body: string): Promise<[string, string][]> {
  return new Promise((resolve, reject) => {
    const parser = new Busboy({ headers: { 'content-type': TYPE } });
    const found: [string, string][] = [];
    parser.on('field', (name, value) => found.push([name, value]));
    parser.on('finish', () => resolve(found));
    parser.on('error', reject);
    parser.end(Buffer.from(body));
  });
}

describe('multipart bodies', () => {
  test('read as others read them', async () => {
    const names = fc.stringMatching(/^[a-z][a-z0-9_]{0,10}$/);
    const contents = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('\r\n', '--bound', '\r\n--boun', '-', '\n'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(names, contents), { minLength: 1, maxLength: 5 }), async (list) => {
        // A content that is itself the boundary at the start of a line is no content.
        const body = list.map(([name, content]) => field(name, `.${content}`)).join('') + END;
        const found = parsed(TYPE, body).fields.filter(({ type }) => type === 'string');
        expect(found.map(({ path, text }) => [path, text])).toEqual(await others(body));
      }),
      { numRuns: 150 },
    );
  });

  test('files show their name, type and beginning', () => {
    const head = 'Content-Disposition: form-data; name="f"; filename="a.php"\r\nContent-Type: image/png';
    const body = parsed(TYPE, `${field('a', '1')}${part(head, `<?php ${'x'.repeat(9000)}`)}${END}`);
    expect(body).toMatchObject({ kind: BODY_KIND.multipart, problem: '', value: { a: '1', f: 'a.php' } });
    expect(body.fields.map(({ path, type, text }) => [path, type, text.slice(0, 9)])).toEqual([
      ['a', 'string', '1'],
      ['f.filename', 'string', 'a.php'],
      ['f.type', 'string', 'image/png'],
      ['f', 'file', '<?php xxx'],
    ]);
    expect(body.fields.at(-1)?.text.length).toBe(4096);
  });

  test('parts that are JSON or XML are taken apart', () => {
    const json = 'Content-Disposition: form-data; name="j"\r\nContent-Type: application/json';
    const xml = 'Content-Type: application/xml';
    const body = parsed(TYPE, `${part(json, '{"a":["x"]}')}${part(xml, '<r>y</r>')}${END}`);
    expect(pairs(body)).toEqual([
      ['j.a[0]', 'x'],
      ['part1.r', 'y'],
    ]);
    expect(body.value).toEqual({ j: { a: ['x'] } });
  });

  test('parts in parts are read, down to a level', () => {
    const inner = '--in\r\nContent-Disposition: form-data; name="x"\r\n\r\ndeep\r\n--in--';
    const body = parsed(TYPE, part('Content-Type: multipart/mixed; boundary=in', inner) + END);
    expect(pairs(body)).toEqual([['x', 'deep']]);
    let nested = 'evil';
    for (let i = 9; i > 0; i--) {
      nested = `--b${i}\r\nContent-Type: multipart/mixed; boundary=b${i + 1}\r\n\r\n${nested}\r\n--b${i}--\r\n`;
    }
    const deep = parsed('multipart/mixed; boundary=b1', nested);
    expect(deep.problem).toBe('depth');
    expect(deep.fields.some(({ text }) => text.includes('evil'))).toBe(true);
  });

  test.each([
    ['no last boundary', field('a', 'evil'), 'truncated'],
    ['two names', part('Content-Disposition: form-data; name="a"; name="b"', 'evil') + END, 'syntax'],
    [
      'two dispositions',
      part('Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"', 'evil') + END,
      'syntax',
    ],
    [
      'a line of the head without a colon',
      part('nothing\r\nContent-Disposition: form-data; name="a"', 'evil') + END,
      'syntax',
    ],
    ['lines that end in LF', (field('a', 'evil') + END).replaceAll('\r\n', '\n'), 'syntax'],
    ['a word that begins like the boundary', field('a', '.\r\n--boundX evil') + END, 'syntax'],
    ['a head that does not end', '--bound\r\nX: evil\r\n--bound--\r\n', 'syntax'],
    [
      'two file names',
      part("Content-Disposition: form-data; name=a; filename=b; filename*=UTF-8''c", 'evil') + END,
      'syntax',
    ],
    ['nothing but text', 'evil', 'truncated'],
  ])('%s', (_, body, problem) => {
    const found = parsed(TYPE, body);
    expect(found.problem).toBe(problem);
    expect(found.fields.some(({ text }) => text.includes('evil'))).toBe(true);
  });

  test('without a boundary, or with two, it is broken', () => {
    expect(parsed('multipart/form-data', field('a', 'evil') + END).kind).toBe(BODY_KIND.broken);
    expect(parsed('multipart/form-data; boundary=bound; boundary=other', field('a', 'x') + END).kind).toBe(
      BODY_KIND.broken,
    );
  });

  test('what stands before and after the parts is looked at', () => {
    const body = parsed(TYPE, `before\r\n${field('a', '1')}${END}after`);
    expect(body.fields.map(({ text }) => text.trim())).toEqual(['before', '1', 'after']);
  });

  test('a transfer encoding is undone, beside what came', () => {
    const head = 'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64';
    const body = parsed(TYPE, part(head, Buffer.from('<script>').toString('base64')) + END);
    expect(body.fields.map(({ text }) => text)).toContain('<script>');
  });

  test('parts are counted', () => {
    const body = parsed(TYPE, `${field('a', '1').repeat(50)}${field('z', 'evil')}${END}`, { parts: 10 });
    expect(body.problem).toBe('fields');
    expect(body.fields.at(-1)?.text).toContain('evil');
  });
});
