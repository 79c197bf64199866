import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SAMPLE_EXPLANATION } from '../../../../test/golden/sample-explanation.ts';
import { HOSTILE_AGENT, SAMPLE_REPORT } from '../../../../test/golden/sample-report.ts';
import { renderExplanation, renderFromReport } from './explanation.ts';
import { width } from './text.ts';

const golden = (name: string): string => fileURLToPath(new URL(`../../../../test/golden/${name}`, import.meta.url));

describe('an explanation', () => {
  it.each([80, 120])('reads like explain-%i.txt', async (columns) => {
    const text = renderExplanation(SAMPLE_EXPLANATION, { width: columns });
    await expect(text).toMatchFileSnapshot(golden(`explain-${columns}.txt`));
    for (const line of text.split('\n')) expect(width(line), line).toBeLessThanOrEqual(columns);
  });

  it('says so where no single value could flip it', () => {
    const text = renderExplanation({ ...SAMPLE_EXPLANATION, flips: [] }, { width: 80 });
    expect(text).toContain('Nothing that one value could change');
  });

  it('escapes what comes from the log', () => {
    const finding = { ...SAMPLE_EXPLANATION.finding, why: HOSTILE_AGENT, sample: HOSTILE_AGENT };
    const text = renderExplanation({ ...SAMPLE_EXPLANATION, finding, notes: [HOSTILE_AGENT] }, { width: 80 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it('from a report alone tells what the report knows', async () => {
    const text = renderFromReport(SAMPLE_REPORT, 'F-5f60718293', { width: 80 });
    await expect(text).toMatchFileSnapshot(golden('explain-from-report.txt'));
    expect(renderFromReport(SAMPLE_REPORT, 'F-0000000000', { width: 80 })).toBeNull();
  });
});
