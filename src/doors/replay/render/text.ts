/**
 * Text for terminals: what a log says is hostile and may carry escape sequences that clear the screen, retitle the
 * window or reorder letters, so everything that comes from outside goes through {@link printable} first.
 */

/** Control characters, format characters (bidirectional overrides, invisible ones), lone surrogates, line breaks. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The text with everything that a terminal would act on, or a reader not see, written out as \x1b, \u202e. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (c) => {
    const code = c.codePointAt(0) as number;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/**
 * The same for JSON and for double-quoted YAML, where \u202e means the character: the document stays what it was, and
 * can still be looked at in a terminal. Line ends stay.
 */
export function escapeUnprintable(document: string): string {
  return document.replace(UNPRINTABLE, (c) => {
    if (c === '\n') return c;
    let out = '';
    for (let i = 0; i < c.length; i++) out += `\\u${c.charCodeAt(i).toString(16).padStart(4, '0')}`;
    return out;
  });
}

/** First and last code point of ranges that terminals draw two cells wide (Unicode TR 11, W and F; emoji). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

const COMBINING = /\p{M}/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colour sequences of our own
const COLOUR = /\u001b\[[0-9;]*m/g;

function cells(character: string): number {
  const code = character.codePointAt(0) as number;
  if (code < 0x300) return 1;
  if (COMBINING.test(character)) return 0;
  for (const [first, last] of WIDE) if (code >= first && code <= last) return 2;
  return 1;
}

/** Terminal cells that a text takes; our own colour sequences take none. */
export function width(text: string): number {
  let sum = 0;
  for (const character of text.replace(COLOUR, '')) sum += cells(character);
  return sum;
}

/** Cuts uncoloured text to `most` cells, the last one an ellipsis. */
export function cut(text: string, most: number): string {
  if (width(text) <= most) return text;
  let out = '';
  let used = 0;
  for (const character of text) {
    const c = cells(character);
    if (used + c > most - 1) break;
    out += character;
    used += c;
  }
  return `${out}…`;
}

/** Pads with spaces on the right (or left) to `cells`. */
export function pad(text: string, to: number, side: 'left' | 'right' = 'right'): string {
  const space = ' '.repeat(Math.max(0, to - width(text)));
  return side === 'right' ? text + space : space + text;
}

/** Spaces where a line may break: not between a figure and its unit. */
const BREAK = /(?<!\d) | (?!(?:%|ms|s|min|h|d|[kMGT]?B)(?!\w))/;

/** Breaks text at spaces into lines of at most `most` cells; a longer word is broken where it must. */
export function wrap(text: string, most: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(BREAK)) {
    if (line !== '' && width(line) + 1 + width(word) <= most) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    // A coloured word is ours and short: it is never broken.
    while (width(word) > most && !word.includes('\u001b')) {
      const head = takeCells(word, most);
      lines.push(head);
      word = word.slice(head.length);
    }
    line = word;
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines;
}

function takeCells(word: string, most: number): string {
  let out = '';
  let used = 0;
  for (const character of word) {
    const c = cells(character);
    if (used + c > most && out !== '') break;
    out += character;
    used += c;
  }
  return out;
}

/** A table without frames: columns as wide as their widest cell, the last one wrapped to fit into `most` cells. */
export function columns(rows: readonly (readonly string[])[], most: number, gap = 2): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count - 1 }, (_, i) => Math.max(...rows.map((row) => width(row[i] ?? ''))));
  const lead = widths.reduce((sum, w) => sum + w + gap, 0);
  const room = Math.max(20, most - lead);
  const lines: string[] = [];
  for (const row of rows) {
    const start = widths.map((w, i) => pad(row[i] ?? '', w) + ' '.repeat(gap)).join('');
    const last = wrap(row[count - 1] ?? '', room);
    last.forEach((text, i) => {
      lines.push((i === 0 ? start + text : ' '.repeat(lead) + text).trimEnd());
    });
  }
  return lines;
}

/** What colours a piece of text: picocolors' functions, or nothing. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly magenta: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const same = (text: string): string => text;
/** For files, pipes and NO_COLOR. */
export const PLAIN: Paint = { bold: same, dim: same, red: same, green: same, yellow: same, magenta: same, cyan: same };
