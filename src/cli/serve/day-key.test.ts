import { expect, it, vi } from 'vitest';
import { DailySecret, drawDaily } from '../../inspect/fields/index.ts';
import { DayKey } from './day-key.ts';

const DAY = 86_400_000;

it('gives workers that begin on different days the same key of the day, and no earlier one', () => {
  vi.useFakeTimers({ now: 20 * DAY });
  try {
    const state = drawDaily(Date.now());
    const first = Buffer.from(state);
    const key = new DayKey(state);
    const worker = () => new DailySecret(Date.now, Buffer.from(key.today(), 'hex'));
    const early = worker();
    const before = early.hash('hunter2');
    expect(worker().hash('hunter2')).toBe(before);
    vi.advanceTimersByTime(2 * DAY);
    // Nobody has asked: the timer has forgotten it.
    expect(state.includes(first.subarray(4, 16))).toBe(false);
    const late = worker();
    expect(late.hash('hunter2')).toBe(early.hash('hunter2'));
    expect(late.hash('hunter2')).not.toBe(before);
    key.close();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
