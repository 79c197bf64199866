import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCombined } from './combined.ts';
import { compare } from './compare.ts';
import { compareWithReal, sampleLog } from './real.ts';
import { Sampler } from './sample.ts';

fc.configureGlobal({ seed: 20240304 });

describe('the reader of combined logs', () => {
  it('reads what servers write', () => {
    const line =
      '192.0.2.1 - anna [04/Mar/2025:13:00:00 +0100] "GET /a/b?c=d HTTP/1.1" 200 5120 "https://x.example/" "A \\"B\\" C"';
    expect(readCombined(line)).toEqual({
      timeMs: Date.UTC(2025, 2, 4, 12),
      address: '192.0.2.1',
      session: '',
      method: 'GET',
      path: '/a/b',
      status: 200,
      bytes: 5120,
      agent: 'A \\"B\\" C',
    });
  });

  it('finds sessions before the agent, and behind it after the time taken', () => {
    const before = '- - [27/Oct/2019:18:08:18 +0000] "GET / HTTP/1.1" 200 764 "-" s0s0 "Agent/1"';
    expect(readCombined(before)).toMatchObject({ address: '', session: 's0s0', agent: 'Agent/1' });
    const behind = '192.0.2.1 - - [27/Oct/2019:18:08:18 +0000] "GET / HTTP/1.1" 200 - "-" "Agent/1" 0.012 s1s1 -';
    expect(readCombined(behind)).toMatchObject({ address: '192.0.2.1', session: 's1s1', bytes: 0 });
    const none = '192.0.2.1 - - [27/Oct/2019:18:08:18 +0000] "GET / HTTP/1.1" 200 7 "-" "Agent/1" 0.012 - -';
    expect(readCombined(none)).toMatchObject({ session: '' });
  });

  it('keeps requests that are none, and refuses lines that are none', () => {
    const odd = '192.0.2.1 - - [27/Oct/2019:18:08:18 +0000] "\\x16\\x03" 400 0 "-" "-"';
    expect(readCombined(odd)).toMatchObject({ method: '', path: '', status: 400, agent: '' });
    for (const line of ['', 'x', '[27/Oct/2019:18:08:18 +0000]', '- [no time] "GET / HTTP/1.1" 200 1 "-" "-"']) {
      expect(readCombined(line), line).toBeNull();
    }
  });

  it('never throws, and gives nothing that is no log line', () => {
    const pieces = fc.constantFrom(
      '"',
      '[',
      ']',
      ' ',
      '\\',
      '-',
      '200',
      '12',
      '27/Oct/2019:18:08:18 +0000',
      'GET /x H',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 20 }), (parts) => {
        const read = readCombined(parts.join(''));
        if (read) expect(Number.isFinite(read.timeMs) && read.status >= 0 && read.bytes >= 0).toBe(true);
      }),
    );
  });

  it('reads back what it is given', () => {
    const plain = fc.stringMatching(/^[!#-Z^-~]{1,20}$/);
    fc.assert(
      fc.property(plain, fc.integer({ min: 100, max: 599 }), fc.nat(), plain, (path, status, bytes, agent) => {
        const line = `192.0.2.1 - - [01/Jan/2025:00:00:00 +0000] "GET /${path} HTTP/1.1" ${status} ${bytes} "-" "${agent}"`;
        expect(readCombined(line)).toMatchObject({
          path: `/${path}`.split('?')[0],
          status,
          bytes,
          agent: agent === '-' ? '' : agent,
        });
      }),
    );
  });
});

const line = (s: number, address: string, agent: string, path: string, status: number, session = '-') =>
  `${address} - - [01/Jan/2025:00:00:${String(s).padStart(2, '0')} +0000] "GET ${path} HTTP/1.1" ${status} 10 "-" "${agent}" 0.1 ${session} -`;

describe('samples', () => {
  const log = [
    line(0, '192.0.2.1', 'A', '/a', 200, 's1'),
    line(5, '192.0.2.1', 'A', '/b', 404, 's1'),
    line(6, '192.0.2.1', 'B', '/a', 200),
    line(20, '192.0.2.1', 'A', '/a', 200, 's1'),
    line(30, '192.0.2.2', 'A', '/a', 500, 's2'),
    line(31, '192.0.2.1', 'A', '/c', 200),
    line(32, '192.0.2.1', 'A', '/c', 200),
  ].join('\n');

  it('count by address, client and session', () => {
    const s = sampleLog(log);
    expect(s.requests).toBe(7);
    expect(s.requestsPerAddress).toEqual([6, 1]);
    expect(s.agentsPerAddress).toEqual([2, 1]);
    expect(s.pathsPerClient).toEqual([3, 1, 1]);
    // Only 192.0.2.1 with A has five requests: one of them failed.
    expect(s.failuresPerClient).toEqual([0.2]);
    expect(s.requestsPerSession).toEqual([3, 1]);
    expect(s.pathsPerSession).toEqual([2, 1]);
    expect(s.gaps).toEqual([5, 15]);
    expect(Object.fromEntries(s.status)).toEqual({ 200: 5, 404: 1, 500: 1 });
  });

  it('keep an address whole or leave it out', () => {
    const sampler = new Sampler(4);
    const seen = new Set<string>();
    for (let i = 0; i < 4000; i++) {
      const address = `198.51.${i % 20}.${i % 100}`;
      seen.add(address);
      sampler.add({ timeMs: i, address, session: '', method: 'GET', path: '/', status: 200, bytes: 1, agent: '' });
    }
    const { requestsPerAddress } = sampler.sample();
    expect(new Set(requestsPerAddress)).toEqual(new Set([40]));
    expect(requestsPerAddress.length).toBeGreaterThan(seen.size / 8);
    expect(requestsPerAddress.length).toBeLessThan(seen.size / 2);
  });
});

describe('comparisons', () => {
  const of = (n: number) =>
    sampleLog(Array.from({ length: 50 }, (_, i) => line(i, `192.0.2.${Math.floor(i / n)}`, 'A', '/a', 200)).join('\n'));

  it('say what is unreal in a sentence, and nothing of what is alike', () => {
    const [rows, status] = compare(of(10), of(2), 'a log', ['requestsPerAddress', 'status']);
    expect(rows).toMatchObject({ kind: 'KS', distance: 1, verdict: 'unreal' });
    expect(rows.sentence).toBe('requests per address unlike a log: half are below 10 in the world, below 2 there.');
    expect(status).toMatchObject({ kind: 'TV', distance: 0, verdict: 'like', sentence: '' });
  });

  it('skip real logs that are not there, and say so', () => {
    const sample = of(1);
    const found = compareWithReal({ everybody: sample, people: sample }, '/nowhere');
    expect(found.rows).toEqual([]);
    expect(found.skipped).toHaveLength(3);
  });
});
