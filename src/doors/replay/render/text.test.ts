import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columns, cut, escapeUnprintable, pad, printable, width, wrap } from './text.ts';

fc.configureGlobal({ seed: 20240304 });

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const DANGEROUS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

describe('printable', () => {
  it('writes out what a terminal would act on', () => {
    expect(printable('\u001b[2Ja\u0007\u009bb\r\n')).toBe('\\x1b[2Ja\\x07\\x9bb\\x0d\\x0a');
  });

  it('writes out what reorders or hides letters', () => {
    expect(printable('a\u202egnp\u200b\u2066\ufeff')).toBe('a\\u202egnp\\u200b\\u2066\\ufeff');
    expect(printable('\ud800x')).toBe('\\ud800x');
    expect(printable('\u{e0041}')).toBe('\\u{e0041}');
  });

  it('leaves every other script and emoji alone', () => {
    expect(printable('naïve Grüße 東京 😀 שלום')).toBe('naïve Grüße 東京 😀 שלום');
  });

  it('lets nothing dangerous through, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(DANGEROUS);
        expect(printable(printable(text))).toBe(printable(text));
      }),
    );
  });
});

describe('escapeUnprintable', () => {
  it('keeps the meaning of JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const document = escapeUnprintable(JSON.stringify({ text }, null, 2));
        expect(document.replaceAll('\n', '')).not.toMatch(DANGEROUS);
        expect(JSON.parse(document)).toEqual(JSON.parse(JSON.stringify({ text })));
      }),
    );
  });
});

describe('layout', () => {
  it('counts cells, not code units', () => {
    expect(width('東京')).toBe(4);
    expect(width('e\u0301')).toBe(1);
    expect(width('\u001b[31mred\u001b[39m')).toBe(3);
  });

  it('cuts to cells with an ellipsis', () => {
    expect(cut('abcdef', 4)).toBe('abc…');
    expect(cut('東京都', 4)).toBe('東…');
    expect(cut('abc', 3)).toBe('abc');
  });

  it('keeps figures and their units together', () => {
    expect(wrap('rose to 99.9 % at once', 12)).toEqual(['rose to', '99.9 % at', 'once']);
    expect(wrap('in 4 min all was over', 8)).toEqual(['in 4 min', 'all was', 'over']);
  });

  it('never exceeds the width, and loses nothing but spaces', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 8, max: 40 }), (raw, most) => {
        const text = printable(raw);
        const lines = wrap(text, most);
        for (const line of lines) expect(width(line)).toBeLessThanOrEqual(most);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        expect(width(cut(text, most))).toBeLessThanOrEqual(most);
      }),
    );
  });

  it('aligns columns and wraps the last', () => {
    expect(
      columns(
        [
          ['a', 'one'],
          ['long', 'two three four five six'],
        ],
        26,
      ),
    ).toEqual(['a     one', 'long  two three four five', '      six']);
    expect(pad('7', 3, 'left')).toBe('  7');
  });
});
