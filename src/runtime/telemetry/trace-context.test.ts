import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from './testing.ts';
import {
  cleanTracestate,
  INVALID,
  parentIdOf,
  readTraceHeaders,
  traceHeaders,
  traceIdOf,
  traceparentFlags,
  traceparentOf,
  writeTraceHeaders,
} from './trace-context.ts';

fc.configureGlobal({ seed: 20240304 });

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

const hexOf = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });

describe('traceparent', () => {
  it('is read where it is valid', () => {
    expect(traceparentFlags(`00-${TRACE}-${SPAN}-01`)).toBe(1);
    expect(traceparentFlags(`00-${TRACE}-${SPAN}-00`)).toBe(0);
    expect(traceparentFlags(`00-${TRACE}-${SPAN}-ff`)).toBe(255);
    expect(traceIdOf(`00-${TRACE}-${SPAN}-01`)).toBe(TRACE);
    expect(parentIdOf(`00-${TRACE}-${SPAN}-01`)).toBe(SPAN);
  });

  it('of a later version is read as far as it is alike', () => {
    expect(traceparentFlags(`cc-${TRACE}-${SPAN}-03`)).toBe(1);
    expect(traceparentFlags(`cc-${TRACE}-${SPAN}-01-what-comes`)).toBe(1);
    expect(traceparentFlags(`cc-${TRACE}-${SPAN}-01what`)).toBe(INVALID);
  });

  it.each([
    ['empty', ''],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['more behind version 00', `00-${TRACE}-${SPAN}-01-x`],
    ['a space behind it', `00-${TRACE}-${SPAN}-01 `],
    ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['capitals in flags', `00-${TRACE}-${SPAN}-0A`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['short', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['no digits', `00-${TRACE.slice(1)}g-${SPAN}-01`],
    ['other separators', `00_${TRACE}_${SPAN}_01`],
    ['a list', `00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`],
    ['digits beyond ASCII', `00-${TRACE.slice(1)}\u0661-${SPAN}-01`],
  ])('%s is refused', (_, text) => {
    expect(traceparentFlags(text)).toBe(INVALID);
  });

  it('that was written is read back', () => {
    fc.assert(
      fc.property(hexOf(32), hexOf(16), fc.integer({ min: 0, max: 255 }), (trace, span, flags) => {
        const text = traceparentOf(trace, span, flags);
        const zero = /^0+$/.test(trace) || /^0+$/.test(span);
        expect(traceparentFlags(text)).toBe(zero ? INVALID : flags);
      }),
    );
  });

  it('with one character changed is never read as anything but what the grammar says', () => {
    const grammar = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
    const valid = `00-${TRACE}-${SPAN}-01`;
    fc.assert(
      fc.property(fc.nat(valid.length - 1), anyText(2), (at, what) => {
        const text = valid.slice(0, at) + what + valid.slice(at + 1);
        const longer = text.length > 55 && /^(?!ff|00)[0-9a-f]{2}$/.test(text.slice(0, 2)) && text[55] === '-';
        const expected = grammar.test(longer ? text.slice(0, 55) : text);
        expect(traceparentFlags(text) !== INVALID, text).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('tracestate', () => {
  it('keeps its members and their order', () => {
    expect(cleanTracestate('congo=t61rcWkgMzE,rojo=00f067aa0ba902b7')).toBe('congo=t61rcWkgMzE,rojo=00f067aa0ba902b7');
    expect(cleanTracestate('a=1 ,\tb=2,,  ,c=x y')).toBe('a=1,b=2,c=x y');
    expect(cleanTracestate('0tenant@system=1,a/b*c_d-e=2')).toBe('0tenant@system=1,a/b*c_d-e=2');
  });

  it.each([
    ['no value', 'a'],
    ['an empty value', 'a='],
    ['no key', '=1'],
    ['a capital', 'A=1'],
    ['a digit first', '1a=1'],
    ['a system name too long', 'a@abcdefghijklmno=1'],
    ['an equals sign in the value', 'a=1=2'],
    ['the same key twice', 'a=1,a=2'],
    ['control characters', 'a=1\u0001'],
    ['line breaks', 'a=1\r\nb: 2'],
    ['more than 32', Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(',')],
    [
      'too long',
      `a=${'x'.repeat(200)},b=${'x'.repeat(250)},c=${'x'.repeat(250)},d=${'x'.repeat(250)},e=${'x'.repeat(99)}`,
    ],
  ])('with %s is dropped whole', (_, text) => {
    expect(cleanTracestate(text)).toBe('');
  });

  it('is never more than it was, and clean when cleaned', () => {
    const piece = fc.constantFrom('a', 'b1', '=', ',', ' ', '\t', '@', 'x/y', 'A', '\n', '"', 'é');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (parts) => {
        const once = cleanTracestate(parts.join(''));
        expect(cleanTracestate(once)).toBe(once);
        expect(once).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});

describe('headers', () => {
  it('are found whatever their case, several states are one list', () => {
    readTraceHeaders(['Host', 'a', 'TraceParent', 'p', 'tracestate', 'a=1', 'Tracestate', 'b=2']);
    expect(traceHeaders).toEqual({ traceparent: 'p', tracestate: 'a=1,b=2' });
    readTraceHeaders(['Host', 'a']);
    expect(traceHeaders).toEqual({ traceparent: '', tracestate: '' });
  });

  it('two parents, or an empty one, are an invalid one and not none', () => {
    const valid = `00-${TRACE}-${SPAN}-01`;
    for (const headers of [
      ['traceparent', valid, 'traceparent', valid],
      ['traceparent', '', 'traceparent', valid],
      ['traceparent', ''],
    ]) {
      readTraceHeaders(headers);
      expect(traceHeaders.traceparent).not.toBe('');
      expect(traceparentFlags(traceHeaders.traceparent)).toBe(INVALID);
    }
  });

  it('are replaced in place', () => {
    const headers = ['Host', 'a', 'TRACEPARENT', 'x', 'tracestate', 'y', 'Via', 'b'];
    writeTraceHeaders(headers, 'new', '');
    expect(headers).toEqual(['Host', 'a', 'Via', 'b', 'traceparent', 'new']);
    writeTraceHeaders(headers, 'newer', 'a=1');
    expect(headers).toEqual(['Host', 'a', 'Via', 'b', 'traceparent', 'newer', 'tracestate', 'a=1']);
    writeTraceHeaders(headers, '', '');
    expect(headers).toEqual(['Host', 'a', 'Via', 'b']);
  });
});
