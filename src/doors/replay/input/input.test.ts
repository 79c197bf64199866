import {
  appendFileSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES } from '../../../event/format.ts';
import { SallyportError } from '../../../lib/errors.ts';
import { type Chunk, LineChunker } from './chunker.ts';
import { InputError } from './errors.ts';
import { expandInputs } from './expand.ts';
import { openSource, type Source } from './source.ts';

fc.configureGlobal({ seed: 20240304 });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-input-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const encoder = new TextEncoder();
const text = (chunk: Chunk): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(chunk.buffer.subarray(chunk.start, chunk.end));

function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function readAll(source: Source): Promise<string> {
  let all = '';
  for await (const chunk of source) {
    expect(chunk.buffer.byteOffset).toBe(0);
    expect(chunk.buffer.byteLength).toBe(chunk.buffer.buffer.byteLength);
    const piece = text(chunk);
    all += piece;
  }
  return all;
}

const LINES = Array.from({ length: 5000 }, (_, i) => `line ${i} ${'x'.repeat(i % 90)}\n`).join('');

describe('LineChunker', () => {
  it('gives back what it took in, cut between lines, whatever the pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r', '\u00ef'), maxLength: 60 }), {
          maxLength: 30,
        }),
        fc.integer({ min: 16, max: 64 }),
        (pieces, size) => {
          const chunker = new LineChunker(size);
          const chunks = pieces.flatMap((piece) => chunker.push(encoder.encode(piece)));
          const last = chunker.finish();
          const all = last ? [...chunks, last] : chunks;
          expect(all.map(text).join('')).toBe(pieces.join(''));
          for (const [i, chunk] of all.entries()) {
            if (i < all.length - 1) expect(text(chunk).endsWith('\n')).toBe(true);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('keeps a too long line in bounded memory and goes on with the next', () => {
    const chunker = new LineChunker(1024);
    const long = new Uint8Array(100_000).fill(0x61);
    const chunks = chunker.push(encoder.encode('one\n'));
    for (let i = 0; i < 50; i++) chunks.push(...chunker.push(long));
    chunks.push(...chunker.push(encoder.encode('\ntwo\n')));
    const last = chunker.finish();
    if (last) chunks.push(last);
    const lines = chunks.map(text).join('').split('\n');
    expect(lines.map((l) => l.length)).toEqual([3, MAX_LINE_BYTES + 1, 3, 0]);
    expect(Math.max(...chunks.map((c) => c.buffer.length))).toBeLessThan(MAX_LINE_BYTES * 2);
    expect(lines[2]).toBe('two');
  });

  it('cuts a long last line without an LF, too', () => {
    const chunker = new LineChunker(1 << 20);
    const chunks = chunker.push(new Uint8Array(3_000_000).fill(0x61));
    const last = chunker.finish();
    expect(chunks).toEqual([]);
    expect((last?.end ?? 0) - (last?.start ?? 0)).toBe(MAX_LINE_BYTES + 1);
  });

  it('drops a byte order mark, also one in pieces, and keeps what only starts like one', () => {
    const run = (...pieces: number[][]): number[] => {
      const chunker = new LineChunker(16);
      const chunks = pieces.flatMap((piece) => chunker.push(Uint8Array.from(piece)));
      const last = chunker.finish();
      if (last) chunks.push(last);
      return chunks.flatMap((c) => [...c.buffer.subarray(c.start, c.end)]);
    };
    expect(run([0xef], [0xbb], [0xbf, 0x61, 0x0a])).toEqual([0x61, 0x0a]);
    expect(run([0xef, 0xbb], [0x61])).toEqual([0xef, 0xbb, 0x61]);
    expect(run([0xef, 0xbb])).toEqual([0xef, 0xbb]);
    expect(run([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf])).toEqual([0xef, 0xbb, 0xbf]);
  });
});

describe('openSource', () => {
  it.each([64, 1000, 1 << 20])('reads a plain file in chunks of %i', async (chunkBytes) => {
    const path = put('plain.log', LINES);
    const source = openSource(path, { chunkBytes });
    expect(await readAll(source)).toBe(LINES);
    expect([source.compression, source.truncated]).toEqual(['none', false]);
  });

  it('keeps CRLF and a last line without an end, and gives nothing for an empty file', async () => {
    expect(await readAll(openSource(put('crlf.log', '\ufeffa\r\nb\r\nc')))).toBe('a\r\nb\r\nc');
    expect(await readAll(openSource(put('empty.log', '')))).toBe('');
    expect(await readAll(openSource(put('short.log', 'a')))).toBe('a');
  });

  it('reads gzip of several members under any name, and says how far it came in compressed bytes', async () => {
    const bytes = Buffer.concat([gzipSync(LINES), gzipSync('more\n'), gzipSync('')]);
    const source = openSource(put('gzip-without-its-name', bytes), { chunkBytes: 4096 });
    const marks: number[] = [];
    let all = '';
    for await (const chunk of source) {
      marks.push(chunk.bytesRead);
      all += text(chunk);
    }
    expect(all).toBe(`${LINES}more\n`);
    expect(source.compression).toBe('gzip');
    expect(source.truncated).toBe(false);
    expect(marks.at(-1)).toBe(bytes.length);
  });

  it('delivers what can be read of a gzip that was cut off or damaged', async () => {
    const random = Array.from({ length: 20_000 }, (_, i) => `${Math.imul(i, 2654435761) >>> 0} line\n`).join('');
    const whole = gzipSync(random);
    for (const cut of [5, 100, whole.length >> 1, whole.length - 4]) {
      const source = openSource(put('cut.gz', whole.subarray(0, cut)));
      const got = await readAll(source);
      expect(source.truncated).toBe(true);
      expect(random.startsWith(got)).toBe(true);
      if (cut > 1000) expect(got.length).toBeGreaterThan((random.length * cut) / whole.length / 2);
    }
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, whole.length >> 1, (whole.length >> 1) + 50);
    const source = openSource(put('damaged.gz', damaged));
    expect((await readAll(source)).length).toBeGreaterThan(1000);
    expect(source.truncated).toBe(true);
  });

  it('bounds what a highly compressible gzip holds in memory at once', async () => {
    let lines = 0;
    let largest = 0;
    for await (const chunk of openSource(put('bomb.gz', gzipSync('\n'.repeat(20_000_000))), {})) {
      lines += chunk.end - chunk.start;
      largest = Math.max(largest, chunk.buffer.length);
    }
    expect([lines, largest]).toEqual([20_000_000, 1 << 20]);
  });

  // "first line\nsecond line\n" and, in a second frame, "third\n"
  const ZSTD = Buffer.from(
    '28b52ffd2417b900006669727374206c696e650a7365636f6e64206c696e650a1f3bb8a028b52ffd005831000074686972640a',
    'hex',
  );

  it('reads zstd of several frames, also when cut off', async () => {
    const source = openSource(put('zst', ZSTD));
    expect(await readAll(source)).toBe('first line\nsecond line\nthird\n');
    expect([source.compression, source.truncated]).toEqual(['zstd', false]);
    const cut = openSource(put('cut.zst', ZSTD.subarray(0, ZSTD.length - 3)));
    expect(await readAll(cut)).toBe('first line\nsecond line\n');
    expect(cut.truncated).toBe(true);
  });

  it('reads standard input, compressed or not, and hands on lines as they come', async () => {
    async function* pieces(...all: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
      for (const piece of all) yield typeof piece === 'string' ? encoder.encode(piece) : piece;
    }
    const chunks: string[] = [];
    for await (const chunk of openSource('-', { stdin: pieces('on', 'e lines\ntw', 'o\nthree') }))
      chunks.push(text(chunk));
    expect(chunks).toEqual(['one lines\n', 'two\n', 'three']);
    const gz = gzipSync('packed\n');
    const source = openSource('-', { stdin: pieces(gz.subarray(0, 1), gz.subarray(1, 9), gz.subarray(9)) });
    expect(await readAll(source)).toBe('packed\n');
    expect(await readAll(openSource('-', { stdin: pieces() }))).toBe('');
  });

  it('says what is wrong by a code', async () => {
    const codeOf = async (path: string): Promise<unknown> =>
      readAll(openSource(path)).catch((error: unknown) => {
        expect(error).toBeInstanceOf(InputError);
        expect(error).toBeInstanceOf(SallyportError);
        return [(error as InputError).code, (error as InputError).message.includes(path)];
      });
    expect(await codeOf(join(folder, 'nowhere.log'))).toEqual(['SP2001', true]);
    expect(await codeOf(folder)).toEqual(['SP2001', true]);
    expect(await codeOf(put('a.xz', Uint8Array.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 1, 2])))).toEqual([
      'SP2004',
      true,
    ]);
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    let n = 0;
    for await (const _ of openSource(put('stop.log', LINES), { chunkBytes: 64, signal: abort.signal })) {
      if (++n === 3) abort.abort();
      if (n > 50_000) throw new Error('did not stop');
    }
    expect(n).toBeGreaterThanOrEqual(3);
  });
});

describe('following', () => {
  /** Runs one step at each poll and stops after the last; returns the chunks. */
  async function follow(path: string, steps: (() => void)[]): Promise<Chunk[]> {
    const abort = new AbortController();
    let at = 0;
    const wait = async (): Promise<void> => {
      if (at >= steps.length) abort.abort();
      else steps[at++]();
    };
    const out: Chunk[] = [];
    for await (const chunk of openSource(path, { follow: { wait, pollMs: 500 }, signal: abort.signal }))
      out.push(chunk);
    return out;
  }

  const textsOf = (chunks: readonly Chunk[]): string[] =>
    chunks.filter((chunk) => chunk.idleMs === undefined).map((chunk) => text(chunk));

  it('hands on complete lines as the file grows', async () => {
    const path = put('grow.log', 'one\ntw');
    const nothing = (): void => {};
    const got = textsOf(
      await follow(path, [nothing, () => appendFileSync(path, 'o\nthree'), () => appendFileSync(path, '\n'), nothing]),
    );
    expect(got).toEqual(['one\n', 'two\n', 'three\n']);
  });

  it('finishes the old file after a rename, with what its writer still added, then reads the new', async () => {
    const path = put('rotate.log', 'one\n');
    const old = `${path}.1`;
    const got = textsOf(
      await follow(path, [
        () => renameSync(path, old),
        () => appendFileSync(old, 'two\n'),
        () => {
          appendFileSync(old, 'three without its end');
          writeFileSync(path, 'four\n');
        },
        () => appendFileSync(path, 'five\n'),
        () => {},
      ]),
    );
    expect(got.join('|')).toBe('one\n|two\n|three without its end|four\n|five\n');
  });

  it('starts again after truncation, also when the file has already grown past the old place', async () => {
    const path = put('copytruncate.log', 'a first line of some length\n');
    const got = textsOf(
      await follow(path, [
        () => truncateSync(path, 0),
        () => appendFileSync(path, 'two\n'),
        () => {
          copyFileSync(path, `${path}.1`);
          writeFileSync(path, 'three, longer than what was read of the file before\n');
        },
        () => {},
      ]),
    );
    expect(got).toEqual([
      'a first line of some length\n',
      'two\n',
      'three, longer than what was read of the file before\n',
    ]);
  });

  it('says for how long nothing has come, and starts anew when something does', async () => {
    const path = put('idle.log', 'one\n');
    const nothing = (): void => {};
    const got = await follow(path, [nothing, nothing, () => appendFileSync(path, 'two\n'), nothing, nothing]);
    expect(got.map((chunk) => chunk.idleMs ?? text(chunk))).toEqual(['one\n', 500, 1000, 'two\n', 500, 1000]);
  });

  it('reads compressed files once: they do not grow', async () => {
    expect(textsOf(await follow(put('done.gz', gzipSync('packed\n')), []))).toEqual(['packed\n']);
  });
});

describe('expandInputs', () => {
  it('takes files, patterns, folders and standard input', async () => {
    const root = join(folder, 'tree');
    mkdirSync(join(root, 'sub', '.git'), { recursive: true });
    mkdirSync(join(root, 'empty'));
    for (const name of [
      'b.log',
      'a.log.2.gz',
      'a.log',
      'error.log',
      'site_error.log.1',
      'logo.png',
      'notes.md',
      'access_log',
    ]) {
      writeFileSync(join(root, name), 'x\n');
    }
    writeFileSync(join(root, 'sub', 'c.log'), 'yy\n');
    writeFileSync(join(root, 'sub', '.git', 'd.log'), '');
    symlinkSync(root, join(root, 'sub', 'circle'));
    symlinkSync(join(root, 'b.log'), join(root, 'z-link.log'));
    linkSync(join(root, 'a.log'), join(root, 'hard.log'));
    const paths = async (...args: string[]): Promise<string[]> => (await expandInputs(args, root)).map((f) => f.path);
    expect(await paths('.')).toEqual(['a.log', 'a.log.2.gz', 'access_log', 'b.log', join('sub', 'c.log')]);
    expect((await paths('sub'))[0]).toBe(join('sub', 'c.log'));
    // A link, a hard link and a second mention lead to files that are read already.
    expect(await paths('*.log', 'hard.log', '-')).toEqual(['a.log', 'b.log', 'error.log', '-']);
    expect(await paths('b.log', 'error.log', './b.log', '-', '-')).toEqual(['b.log', 'error.log', '-']);
    expect(await expandInputs([join('sub', 'c.log'), '-'], root)).toEqual([
      { path: join('sub', 'c.log'), size: 3 },
      { path: '-', size: 0 },
    ]);
    for (const bad of ['nowhere.log', '*.nothing', 'empty', 'a.log/inside']) {
      await expect(expandInputs([bad], root)).rejects.toMatchObject({ code: 'SP2001', path: bad });
    }
  });
});
