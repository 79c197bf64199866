import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Calendar, type Per } from './calendar.ts';

fc.configureGlobal({ seed: 20240304 });

const at = (text: string): number => Date.parse(text);
const borders = (zone: string, per: Per, when: string): string[] => {
  const { fromMs, untilMs } = new Calendar(zone).period(per, at(when));
  return [fromMs, untilMs].map((ms) => new Date(ms).toISOString());
};

describe('days and months of a calendar', () => {
  it('are those of UTC there', () => {
    expect(borders('UTC', 'day', '2026-03-15T23:59:59.999Z')).toEqual([
      '2026-03-15T00:00:00.000Z',
      '2026-03-16T00:00:00.000Z',
    ]);
    expect(borders('UTC', 'month', '2026-12-31T23:59:59Z')).toEqual([
      '2026-12-01T00:00:00.000Z',
      '2027-01-01T00:00:00.000Z',
    ]);
  });

  it('have 23 and 25 hours where clocks are changed', () => {
    expect(borders('Europe/Berlin', 'day', '2026-03-29T12:00:00Z')).toEqual([
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ]);
    expect(borders('Europe/Berlin', 'day', '2026-10-25T00:30:00Z')).toEqual([
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ]);
    expect(borders('America/New_York', 'month', '2026-03-20T00:00:00Z')).toEqual([
      '2026-03-01T05:00:00.000Z',
      '2026-04-01T04:00:00.000Z',
    ]);
  });

  it('begin when clocks say they do, where they are changed at midnight', () => {
    // Beirut goes from 24:00 to 01:00, so this day has no midnight.
    expect(borders('Asia/Beirut', 'day', '2025-03-30T10:00:00Z')).toEqual([
      '2025-03-29T22:00:00.000Z',
      '2025-03-30T21:00:00.000Z',
    ]);
    // Havana goes from 01:00 back to 00:00: the first midnight counts.
    expect(borders('America/Havana', 'day', '2025-11-02T12:00:00Z')[0]).toBe('2025-11-02T04:00:00.000Z');
    // São Paulo went from 24:00 back to 23:00: that hour was twice the same day.
    expect(borders('America/Sao_Paulo', 'day', '2018-02-18T02:30:00Z')).toEqual([
      '2018-02-17T02:00:00.000Z',
      '2018-02-18T03:00:00.000Z',
    ]);
  });

  it('hold every moment, and follow each other without a gap', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Beirut', 'Pacific/Chatham'];
    const anyTime = fc.integer({ min: at('2000-01-01'), max: at('2037-01-01') });
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.constantFrom<Per>('day', 'month'), anyTime, (zone, per, nowMs) => {
        const { fromMs, untilMs } = new Calendar(zone).period(per, nowMs);
        expect(fromMs).toBeLessThanOrEqual(nowMs);
        expect(untilMs).toBeGreaterThan(nowMs);
        expect(untilMs - fromMs).toBeLessThanOrEqual(per === 'day' ? 25 * 3_600_000 : 32 * 86_400_000);
        const calendar = new Calendar(zone);
        expect(calendar.period(per, untilMs).fromMs).toBe(untilMs);
        expect(calendar.period(per, untilMs - 1)).toEqual({ fromMs, untilMs });
      }),
      { numRuns: 60 },
    );
  });
});
