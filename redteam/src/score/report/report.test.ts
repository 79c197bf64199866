import { describe, expect, it } from 'vitest';
import type { Family } from '../../contract.ts';
import { scoreNull } from '../null.ts';
import { scoreRun } from '../run.ts';
import { parseReport } from '../said.ts';
import { type Scoreboard, scoreboard } from '../scoreboard.ts';
import { attack, benign, decision, truthOf } from '../testing.ts';
import type { TruthRow } from '../truth.ts';
import { cents, percent, seconds, shareEstimate } from './format.ts';
import { htmlReport } from './html.ts';
import { jsonReport } from './json.ts';
import { terminalReport } from './terminal.ts';

const iso = (s: number) => new Date(s * 1000).toISOString();

/** A run of 2,000 s: people, one campaign that is found after `foundAt` s (never for 0) and held from then, one that never is. */
function run(seed: string, foundAt: number) {
  const found = attack('<b>stuffing', 'stuffing', 'E0');
  const missed = attack('missed', 'workflow-manipulation', 'E3');
  const rows: TruthRow[] = [];
  for (let s = 0; s < 2000; s++) {
    rows.push({ timeMs: s * 1000, label: benign('people'), address: `198.51.100.${s % 50}`, agent: 'A' });
    if (s >= 500 && s < 600) rows.push({ timeMs: s * 1000, label: found, address: '192.0.2.1', gain: 1 });
    if (s >= 900 && s < 950) rows.push({ timeMs: s * 1000, label: missed, address: '192.0.2.2', gain: 1 });
  }
  const actor = { dimension: 'ip', key: '192.0.2.1' };
  const finding = { id: 'F-1', class: 'credential-attack', detector: 'd', actor, first_seen: iso(500) };
  const findings = foundAt > 0 ? [{ ...finding, detected_at: iso(500 + foundAt) }] : [];
  return scoreRun({
    seed,
    truth: truthOf(rows),
    said: parseReport({ exchanges: rows.length, findings, actors: [], incidents: [] }),
    decisions: {
      list: foundAt > 0 ? [decision(500 + foundAt, 'ip', '192.0.2.1', 'block', 3600, 'credential-attack')] : [],
      held: null,
      unknownActions: [],
    },
    facts: [{ name: '<b>stuffing', family: 'stuffing', level: 'E0', unit: 'accounts', costCents: 200 }],
  });
}

function board(): Scoreboard {
  const quiet = truthOf([0, 86_400].map((s) => ({ timeMs: s * 1000, label: benign('people'), address: '192.0.2.1' })));
  const said = parseReport({
    exchanges: 2,
    findings: [],
    actors: [],
    incidents: [{ id: 'I', class: 'probing', started_at: iso(1) }],
  });
  return scoreboard({
    scenario: 'a <script>week</script>',
    runs: [run('1', 10.5), run('2', 20.5), run('3', 0)],
    nullRuns: [scoreNull('1', quiet, said, { list: [], held: null, unknownActions: [] })],
  });
}

describe('the scoreboard', () => {
  const b = board();

  it('brings seeds together', () => {
    // Found in two of three seeds at E0, never at E3: a third, half, half of all campaigns by seed.
    expect(b.figures.recall.values).toEqual([0.5, 0.5, 0]);
    expect(b.figures.recall_E0.mean).toBeCloseTo(2 / 3, 12);
    expect(b.figures.recall_E3.mean).toBe(0);
    expect(b.figures.seconds_to_detection.values).toEqual([10.5, 20.5]);
    // Leaks 11, 21 and 100 of 100, beside one that always leaks all.
    expect(b.figures.leak_E0_sallyport.values).toEqual([0.11, 0.21, 1]);
    expect(b.figures.leak_sallyport.values).toEqual([0.555, 0.605, 1]);
    expect(b.figures.false_incidents_per_day.mean).toBe(1);
    expect(b.figures.collateral_sallyport.mean).toBe(0);
  });

  it('has a row for each family, with those that never ran', () => {
    const row = (family: Family) => b.families.filter((r) => r.family === family);
    expect(row('stuffing')).toMatchObject([
      { level: 'E0', campaigns: 3, found: 2, seconds: 15.5, requestsToDetection: 16 },
    ]);
    // 600 cents over 11 + 21 + 100 accounts, and over 300 under the limit.
    expect(row('stuffing')[0].centsPerGain.sallyport).toBeCloseTo(600 / 132, 12);
    expect(row('stuffing')[0].centsPerGain['address-limit']).toBe(2);
    expect(row('workflow-manipulation')).toMatchObject([{ level: 'E3', campaigns: 3, found: 0, seconds: null }]);
    expect(row('scraping')).toMatchObject([{ campaigns: 0 }]);
  });

  it('fits into a hundred columns, and shows misses as misses', () => {
    const text = terminalReport(b);
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
    expect(text).toMatch(/workflow-manipulation +E3 +miss 0\/3/);
    expect(text).toMatch(/stuffing +E0 +2\/3 +16 s/);
    expect(text).toMatch(/scraping +E0 +none ran/);
    expect(text).toContain('95 % interval over 3 seeds');
  });

  it('is a page that runs nothing, loads nothing and escapes what it shows', () => {
    const page = htmlReport(b);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|<b>stuffing|src=|href=|url\(|@import/);
    expect(page).toContain('&#60;script&#62;');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(page.match(/<figure>/g)).toHaveLength(16);
  });

  it('is a document', () => {
    const read = JSON.parse(jsonReport(b)) as Scoreboard;
    expect(read.scoreboardVersion).toBe(1);
    expect(read.runs[0].campaigns[0].curve).toHaveLength(41);
    expect(read.figures.recall.mean).toBeCloseTo(1 / 3, 12);
  });

  it('can be of nothing', () => {
    const nothing = scoreboard({ scenario: 'none', runs: [], nullRuns: [] });
    expect(nothing.figures.recall.mean).toBeNull();
    expect(terminalReport(nothing)).toContain('none ran');
    expect(htmlReport(nothing)).not.toMatch(/NaN|undefined|Infinity/);
  });
});

it('writes numbers as people read them', () => {
  expect([0, 0.00001, 0.004, 0.05, 0.996, 1, null].map((s) => percent(s))).toEqual([
    '0 %',
    '<0.01 %',
    '0.4 %',
    '5 %',
    '99.6 %',
    '100 %',
    '–',
  ]);
  expect([0.4, 59, 600, 7200, 86_400 * 7].map(seconds)).toEqual(['0.4 s', '59 s', '10 min', '2.0 h', '7.0 d']);
  expect([null, 0, 0.0001, 12.345, 1234, 123_456].map(cents)).toEqual([
    'no gain',
    '0 ¢',
    '<0.001 ¢',
    '12 ¢',
    '$12.34',
    '$1235',
  ]);
  expect(shareEstimate({ mean: 0.5, low: 0.25, high: 0.75, values: [] })).toBe('50 % (25–75)');
});
