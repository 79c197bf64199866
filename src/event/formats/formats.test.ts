import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { F, FIELDS, RawExchange } from '../exchange.ts';
import { BAD_LINE, MAX_LINE_BYTES } from '../format.ts';
import { detectFormat, learnSpec } from './detect.ts';
import { FORMAT_ERRORS, FormatError } from './errors.ts';
import { fuzzParsers } from './fuzz.ts';
import { mappedJson } from './generic-json.ts';
import { FORMATS, formatById } from './index.ts';
import { patternFormat } from './pattern.ts';
import { PREFIXES } from './prefix.ts';
import { type FormatSpec, lineParser } from './spec.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function parse(spec: FormatSpec, line: string | Uint8Array): { reason: number; out: RawExchange } {
  const buf = typeof line === 'string' ? bytes(line) : line.slice();
  const out = new RawExchange();
  out.reset(buf);
  return { reason: lineParser(spec)(buf, 0, buf.length, out), out };
}
const COMBINED: FormatSpec = { id: 'combined', prefix: 'none' };

describe('hostile lines', () => {
  it.each([
    ['empty', ''],
    ['empty', '  \t '],
    ['binary', '\u0000\u0000\u0000\u0000'],
    ['binary', 'abc\u0000def'],
    ['no_match', 'a sentence'],
  ])('%s: %j', (reason, line) => {
    expect(parse(COMBINED, line).reason).toBe(BAD_LINE[reason as keyof typeof BAD_LINE]);
  });

  it('keeps raw binary, NULs and invalid UTF-8 in a request line as an exchange', () => {
    const head = bytes('198.51.100.7 - - [12/Mar/2024:08:15:15 +0000] "');
    const raw = Uint8Array.from([0x16, 0x03, 0x01, 0x00, 0xff, 0xfe, 0xc0, 0x80, 0x0b]);
    const line = Buffer.concat([head, raw, bytes('" 400 157 "-" "-"')]);
    const { reason, out } = parse(COMBINED, line);
    expect(reason).toBe(BAD_LINE.ok);
    expect([...out.buf.subarray(out.spans[F.request], out.spans[F.request + 1])]).toEqual([...raw]);
    expect([out.text(F.method), out.text(F.target), out.status]).toEqual(['', '', 400]);
  });

  it('refuses too long lines at once and reads long ones', () => {
    const line = (n: number): string =>
      `198.51.100.7 - - [12/Mar/2024:08:15:15 +0000] "GET /${'a'.repeat(n)} HTTP/1.1" 200 1`;
    expect(parse(COMBINED, line(200_000)).reason).toBe(BAD_LINE.ok);
    expect(parse(COMBINED, line(1 << 20)).reason).toBe(BAD_LINE.too_long);
    expect(parse({ id: 'caddy', prefix: 'cri' }, 'x'.repeat(MAX_LINE_BYTES + 1)).reason).toBe(BAD_LINE.too_long);
  });

  it('takes linear time for what looks like many quotes, brackets or braces', () => {
    for (const filler of ['"', '" ', '[', '{', '\\', '{"a":', '" 20', '- ']) {
      const line = bytes(
        `198.51.100.7 - - [12/Mar/2024:08:15:15 +0000] "GET /${filler.repeat(200_000 / filler.length)}`,
      );
      const t = performance.now();
      for (const format of FORMATS) parse({ id: format.id, prefix: 'none' }, line);
      parse(COMBINED, bytes(filler.repeat(200_000 / filler.length)));
      expect(performance.now() - t).toBeLessThan(5000);
    }
  });

  it('passes over a CR at the end', () => {
    const { out } = parse(
      COMBINED,
      '198.51.100.7 - - [12/Mar/2024:08:15:15 +0000] "GET / HTTP/1.1" 200 12 "-" "curl"\r',
    );
    expect(out.text(F.agent)).toBe('curl');
  });

  it('survives mutated and random lines', () => {
    const { accepted } = fuzzParsers(20240312, 6000);
    // Mutants that no parser accepts would test nothing.
    expect(accepted).toBeGreaterThan(500);
  });
});

describe('the open end of combined lines', () => {
  const line = (i: number, end: string): string =>
    `198.51.100.${i % 250} - - [12/Mar/2024:08:15:${String(i % 60).padStart(2, '0')} +0000] "GET /${i} HTTP/1.1" 200 12${end}`;
  const learn = (end: (i: number) => string): FormatSpec =>
    detectFormat(bytes(Array.from({ length: 120 }, (_, i) => line(i, end(i))).join('\n'))).spec;
  const read = (spec: FormatSpec, end: string): RawExchange => parse(spec, line(1, end)).out;

  it('learns a session that comes back, and leaves a request id that does not', () => {
    const session = (i: number): string => `s${(i % 15) * 7919}abcdef0123456789`;
    const id = (i: number): string => `${(i * 2654435761).toString(16)}abcdef0123456789`;
    const spec = learn((i) => ` "-" "Mozilla/5.0" ${id(i)} ${session(i)}`);
    const out = read(spec, ` "-" "Mozilla/5.0" ${id(500)} ${session(3)}`);
    expect(out.text(F.session)).toBe(session(3));
    const quoted = learn((i) => ` "-" "Mozilla/5.0" "${session(i)}"`);
    expect(read(quoted, ` "-" "Mozilla/5.0" "${session(4)}"`).text(F.session)).toBe(session(4));
    expect(read(quoted, ` "-" "Mozilla/5.0" "-"`).text(F.session)).toBe('');
  });

  it('learns microseconds by their range, and no unit from small numbers', () => {
    expect(
      read(
        learn((i) => ` "-" "a/1" ${i * 1777}`),
        ' "-" "a/1" 42000',
      ).durationMs,
    ).toBe(42);
    expect(
      read(
        learn((i) => ` "-" "a/1" ${i * 7}`),
        ' "-" "a/1" 420',
      ).durationMs,
    ).toBe(-1);
  });

  it('learns agent before referrer, a host, and forwarded addresses in any place', () => {
    const spec = learn((i) => ` "203.0.113.${i}" "Mozilla/5.0 (X11)" "https://shop.example/${i}" shop.example`);
    const out = read(spec, ' "203.0.113.9, 10.0.0.1" "Mozilla/5.0 (X11)" "https://shop.example/x" shop.example');
    expect(['forwarded', 'agent', 'referrer', 'host'].map((f) => out.text(F[f as keyof typeof F]))).toEqual([
      '203.0.113.9, 10.0.0.1',
      'Mozilla/5.0 (X11)',
      'https://shop.example/x',
      'shop.example',
    ]);
    // A column that was always absent in the sample may fill later.
    const empty = learn(() => ' "-" "a/1" "-"');
    expect(read(empty, ' "-" "a/1" "203.0.113.9"').text(F.forwarded)).toBe('203.0.113.9');
    expect(read(empty, ' "-" "a/1" "something"').text(F.forwarded)).toBe('');
  });

  it('does not let one line’s content move its fields', () => {
    const spec = learn(() => ' "-" "a/1"');
    const out = read(spec, ' "203.0.113.9" "https://spoof.example/"');
    expect([out.text(F.referrer), out.text(F.agent), out.text(F.forwarded)]).toEqual([
      '203.0.113.9',
      'https://spoof.example/',
      '',
    ]);
  });

  it('takes the first of two addresses for a virtual host where names stand there, too', () => {
    const lines = Array.from({ length: 40 }, (_, i) => `${i % 4 ? 'shop.example' : '192.0.2.80'} ${line(i, '')}`);
    const { spec } = detectFormat(bytes(lines.join('\n')));
    const out = parse(spec, `192.0.2.80 ${line(1, '')}`).out;
    expect([out.text(F.host), out.text(F.address), out.text(F.forwarded)]).toEqual(['192.0.2.80', '198.51.100.1', '']);
  });
});

describe('detection', () => {
  const sample = (name: string): string[] => {
    const lines = readFileSync(new URL(`./samples/${name}.txt`, import.meta.url), 'utf8').split('\n');
    return lines.filter((_, i) => i > 0 && lines[i - 1].startsWith('# expect: {') && !lines[i - 1].includes('"bad"'));
  };

  it.each(PREFIXES.filter((p) => p !== 'none'))('finds a format behind a %s prefix', (prefix) => {
    const wrap: Record<string, (line: string) => string> = {
      syslog: (l) => `<134>Mar 12 08:15:02 lb app[17]: ${l}`,
      'syslog-5424': (l) => `<134>1 2024-03-12T08:15:02Z lb app 17 - - ${l}`,
      cri: (l) => `2024-03-12T08:15:02.493Z stderr F ${l}`,
      docker: (l) => JSON.stringify({ log: `${l}\n`, stream: 'stdout', time: '2024-03-12T08:15:02Z' }),
      compose: (l) => `web-1  | ${l}`,
      timestamp: (l) => `2024-03-12T08:15:02.493Z ${l}`,
    };
    for (const id of ['combined', 'caddy', 'traefik', 'envoy', 'haproxy', 'aws-alb']) {
      const lines = sample(id).filter((l) => !/^203\.0\.113\.9,? 10|^- |\[2001/.test(l));
      const found = detectFormat(bytes(lines.map(wrap[prefix]).join('\n')));
      expect([id, found.spec.id, found.spec.prefix, found.share]).toEqual([id, id, prefix, 1]);
      const [bare] = lines;
      const a = parse({ id, prefix: 'none' }, bare);
      const b = parse(found.spec, wrap[prefix](bare));
      expect(FIELDS.map((f) => b.out.text(F[f]))).toEqual(FIELDS.map((f) => a.out.text(F[f])));
    }
  });

  it('takes the most frequent format of a mixed file, and its parser reads the others', () => {
    const lines = [
      ...sample('combined'),
      ...sample('caddy'),
      ...sample('traefik-json'),
      ...sample('prefixes'),
      '# note',
      '',
    ];
    const found = detectFormat(bytes(lines.join('\n')));
    expect(found.spec.id).toBe('combined');
    expect(found.alternatives.map((a) => a.id)).toContain('caddy');
    const parser = lineParser(found.spec);
    const out = new RawExchange();
    const counts: Record<number, number> = {};
    for (const l of lines) {
      const buf = bytes(l);
      out.reset(buf);
      const reason = parser(buf, 0, buf.length, out);
      counts[reason] = (counts[reason] ?? 0) + 1;
    }
    expect(counts).toEqual({ [BAD_LINE.ok]: lines.length - 2, [BAD_LINE.comment]: 1, [BAD_LINE.empty]: 1 });
  });

  it('says the time’s meaning of combined lines, with a hint where they look like Apache’s', () => {
    expect(detectFormat(bytes(sample('combined')[0])).notes[0]).toContain('--format apache-combined takes');
    expect(detectFormat(bytes(sample('apache-combined').join('\n'))).notes[0]).toContain('look like Apache');
  });

  it('learns for a format that the user named, prefix included', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `web | ${sample('combined')[0]} "203.0.113.${i}"`);
    const spec = learnSpec({ id: 'apache-combined', prefix: 'none' }, bytes(lines.join('\n')));
    expect([spec.id, spec.prefix, spec.layout?.tails[0].roles]).toEqual(['apache-combined', 'compose', [1, 2, 4]]);
    const { out } = parse(spec, lines[0]);
    expect([out.timeMeaning, out.text(F.forwarded)]).toEqual(['start', '203.0.113.0']);
    expect(parse(JSON.parse(JSON.stringify(spec)), lines[0]).out.text(F.forwarded)).toBe('203.0.113.0');
  });

  it('gives up by a code', () => {
    expect(() => detectFormat(bytes('lorem\nipsum\n'))).toThrow(FormatError);
    expect(() => detectFormat(new Uint8Array(0))).toThrow('no line');
    expect(() => formatById('ngnix')).toThrow('combined');
  });
});

describe('patterns and mappings', () => {
  const reasonOf = (make: () => unknown): string => {
    try {
      make();
    } catch (error) {
      if (error instanceof FormatError) return `${error.code} ${error.reason}`;
      throw error;
    }
    return 'fine';
  };

  it.each([
    ['SP3003 pattern.empty', 'no variables here'],
    ['SP3003 pattern.empty', ''],
    ['SP3003 pattern.unclosed', 'log_format main \'$remote_addr [$time_local] "$request";'],
    ['SP3003 pattern.unclosed', 'LogFormat "%h %t'],
    ['SP3003 pattern.unclosed', '%h %t "%r" %'],
    ['SP3003 pattern.unclosed', '{"a":"$request", "b" $time_local}'],
    ['SP3003 pattern.unknown', '%h %y %t "%r"'],
    ['SP3003 pattern.unknown', '%h %{%Q}t "%r"'],
    ['SP3003 pattern.ambiguous', '$remote_addr$http_user_agent [$time_local] "$request"'],
    ['SP3003 pattern.no_request', '$remote_addr [$time_local] $status'],
    ['SP3003 pattern.no_request', '{"t":"$time_local"}'],
    ['SP3003 pattern.no_time', '%h "%r" %s'],
    ['fine', '$remote_addr [$time_local] "$request" $my_own_variable'],
    [
      'fine',
      '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i" %{UNIQUE_ID}e %{cookie}n %{x}o %!200{Foo}i %400,501{Bar}i',
    ],
  ])('%s: %s', (reason, pattern) => {
    expect(reasonOf(() => patternFormat(pattern).parser())).toBe(reason);
  });

  it('tells the time’s meaning from the pattern', () => {
    expect(patternFormat('$msec $request_uri').timeMeaning).toBe('end');
    expect(patternFormat('$msec $request_uri').resolutionMs).toBe(1);
    expect(patternFormat('%t %U').timeMeaning).toBe('start');
    expect(patternFormat('%{end:%Y-%m-%dT%H:%M:%S}t %U').timeMeaning).toBe('end');
  });

  it('refuses a mapping of an unknown field', () => {
    expect(reasonOf(() => mappedJson({ adress: 'ip' }))).toBe('SP3004 mapping.unknown');
  });
});

describe('docs/formats.md', () => {
  const page = readFileSync(new URL('../../../docs/formats.md', import.meta.url), 'utf8');
  const rows = (heading: string): string[] => {
    const section = page.split(/^## /m).find((s) => s.startsWith(heading)) ?? '';
    return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map((m) => m[1]);
  };

  it('lists every format with its time', () => {
    expect(rows('The formats')).toEqual([...FORMATS.map((f) => f.id), 'pattern']);
    for (const f of FORMATS) expect(page).toMatch(new RegExp(`^\\| \`${f.id}\` \\|.*\\| ${f.timeMeaning} \\|`, 'm'));
  });

  it('lists every reason for which a line is refused, every field, prefix and error', () => {
    expect(rows('Lines that are refused')).toEqual(Object.keys(BAD_LINE).filter((r) => r !== 'ok'));
    expect(rows('What an exchange holds').slice(0, FIELDS.length)).toEqual([...FIELDS]);
    expect(rows('Prefixes')).toEqual(PREFIXES.filter((p) => p !== 'none'));
    expect(rows('Errors')).toEqual(Object.keys(FORMAT_ERRORS));
  });
});
