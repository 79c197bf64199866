import { describe, expect, it } from 'vitest';
import type { Progress } from '../doors/replay/run.ts';
import { progressText, progressView } from './progress.ts';

const AT: Progress = {
  bytesRead: 41_000_000,
  bytesTotal: 100_000_000,
  lines: 424_000,
  badLines: 0,
  elapsedMs: 2000,
  findings: 3,
  logTimeMs: Date.parse('2025-03-10T10:05:00Z'),
};

function draw(isTTY: boolean, quiet = false): { text: () => string; view: ReturnType<typeof progressView> } {
  let text = '';
  const sink = {
    isTTY,
    columns: 40,
    write: (more: string) => {
      text += more;
    },
  };
  return { text: () => text, view: progressView(sink, 40, quiet) };
}

describe('progress', () => {
  it('says the share, the speed, the time left, the findings and the log’s time', () => {
    expect(progressText(AT)).toBe('41 % · 212,000 lines/s · 3 s left · 3 findings · 10 Mar 10:05');
    expect(progressText({ ...AT, bytesTotal: 0, badLines: 2, logTimeMs: Number.NaN })).toBe(
      '41 MB, 424,000 lines · 212,000 lines/s · 3 findings · 2 bad lines',
    );
  });

  it('redraws one line on a terminal, within its width, and takes it away', () => {
    const { text, view } = draw(true);
    view.show({ ...AT, elapsedMs: 100 });
    expect(text()).toBe('');
    view.show(AT);
    view.show({ ...AT, elapsedMs: 2050 });
    view.clear();
    view.clear();
    expect(text()).toBe('\r\u001b[2K41 % · 212,000 lines/s · 3 s left · 3 …\r\u001b[2K');
  });

  it('prints a plain line now and then elsewhere', () => {
    const { text, view } = draw(false);
    for (let ms = 1000; ms <= 40_000; ms += 1000) view.show({ ...AT, elapsedMs: ms });
    view.clear();
    expect(text().split('\n')).toHaveLength(3);
    expect(text()).not.toContain('\r');
  });

  it('says nothing when asked to be quiet', () => {
    const { text, view } = draw(true, true);
    view.show(AT);
    view.clear();
    expect(text()).toBe('');
  });
});
