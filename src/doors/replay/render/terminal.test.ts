import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { CLEAR_REPORT, SAMPLE_REPORT, UNREAD_REPORT } from '../../../../test/golden/sample-report.ts';
import { renderTerminal, shellWord } from './terminal.ts';
import { width } from './text.ts';

const golden = (name: string): string => fileURLToPath(new URL(`../../../../test/golden/${name}`, import.meta.url));

describe('the terminal report', () => {
  it.each([
    ['report-80.txt', SAMPLE_REPORT, 80],
    ['report-120.txt', SAMPLE_REPORT, 120],
    ['report-clear.txt', CLEAR_REPORT, 80],
    ['report-unread.txt', UNREAD_REPORT, 80],
  ])('reads like %s', async (name, report, columns) => {
    await expect(renderTerminal(report, { width: columns })).toMatchFileSnapshot(golden(name));
  });

  it.each([60, 80, 100, 120, 140])('keeps to %i columns', (columns) => {
    for (const line of renderTerminal(SAMPLE_REPORT, { width: columns }).split('\n')) {
      // A command to paste stays in one piece; nothing else is longer than the terminal.
      if (line.startsWith('   sallyport ')) continue;
      expect(width(line), line).toBeLessThanOrEqual(columns);
    }
  });

  it('says the same in colour', () => {
    const coloured = renderTerminal(SAMPLE_REPORT, { width: 80, paint: pc.createColors(true) });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour sequences
    expect(coloured.replace(/\u001b\[[0-9;]*m/g, '')).toBe(renderTerminal(SAMPLE_REPORT, { width: 80 }));
  });

  it('lets no control character of the log through', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
    expect(renderTerminal(SAMPLE_REPORT, { width: 80 })).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it('shows as many actors as asked for, and says how many are left', () => {
    const text = renderTerminal(SAMPLE_REPORT, { width: 80, top: 2 });
    expect(text).toContain(' 2 198.51.100.23');
    expect(text).not.toContain(' 3 198.51.100.99');
    expect(text).toContain('6 more with an action: --top 8, --html or --json');
  });

  it('names the files that were written instead of offering them', () => {
    const text = renderTerminal(SAMPLE_REPORT, { width: 80, written: ['report.html'] });
    expect(text).toContain('written: report.html');
    expect(text).not.toContain('--html report.html');
  });

  it('bears an empty report of any shape', () => {
    const bare = { ...UNREAD_REPORT, inputs: [], bad_lines: {}, actors_seen: {}, lines: 0, elapsed_s: 0 };
    expect(renderTerminal(bare, { width: 80 })).toContain('Nothing could be read');
  });
});

describe('shellWord', () => {
  it('quotes what a shell would split or expand', () => {
    expect(shellWord('access.log')).toBe('access.log');
    expect(shellWord("it's $HOME")).toBe("'it'\\''s $HOME'");
    expect(shellWord('a\u001bb')).toBe("'a\\x1bb'");
  });
});
