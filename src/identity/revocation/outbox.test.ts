import { describe, expect, it } from 'vitest';
import { Outbox, pauseMs, type Sent, type Settled } from './outbox.ts';
import { Heard, hurried } from './testing.ts';

const outboxOf = (answers: Sent[], capacity = 10) => {
  const heard = new Heard<[string, Settled, number]>();
  const sent: string[] = [];
  const { pauses, schedule } = hurried();
  const outbox = new Outbox<string>({
    capacity,
    attempts: 3,
    send: async (item) => {
      sent.push(item);
      return answers.shift() ?? 'done';
    },
    settled: (item, outcome, attempts) => heard.take([item, outcome, attempts]),
    schedule,
    random: () => 0,
  });
  return { outbox, heard, sent, pauses };
};

describe('Outbox', () => {
  it('sends in order, and again after growing pauses', async () => {
    const { outbox, heard, sent, pauses } = outboxOf(['again', 'again', 'done', 'refused']);
    expect([outbox.offer('a'), outbox.offer('b')]).toEqual([true, true]);
    await heard.until(2);
    expect(sent).toEqual(['a', 'a', 'a', 'b']);
    expect(pauses).toEqual([500, 1000]);
    expect(heard.all).toEqual([
      ['a', 'done', 3],
      ['b', 'refused', 1],
    ]);
  });

  it('gives up after so many attempts, and takes what throws for a failure', async () => {
    const heard = new Heard<string>();
    const { schedule } = hurried();
    const send = () => Promise.reject(new Error('down'));
    const settled = (item: string, outcome: string, attempts: number) => heard.take(`${item} ${outcome} ${attempts}`);
    const outbox = new Outbox<string>({ capacity: 10, attempts: 2, send, settled, schedule });
    outbox.offer('a');
    await heard.until(1);
    expect(heard.all).toEqual(['a gave-up 2']);
    expect(outbox.size).toBe(0);
  });

  it('takes no more than it may hold', async () => {
    const { outbox, heard } = outboxOf([], 1);
    expect([outbox.offer('a'), outbox.offer('b')]).toEqual([true, false]);
    await heard.until(2);
    expect(heard.all).toEqual([
      ['b', 'no-room', 0],
      ['a', 'done', 1],
    ]);
  });

  it('lets nothing out once it is closed', async () => {
    const { outbox, heard, sent } = outboxOf([]);
    outbox.offer('a');
    outbox.offer('b');
    outbox.close();
    expect(outbox.offer('c')).toBe(false);
    await new Promise(setImmediate);
    expect(sent).toEqual(['a']);
    expect(heard.all.map(([item, outcome]) => `${item} ${outcome}`)).toEqual(['a closed', 'b closed', 'c closed']);
  });

  it('holds what waits while it is paused, whatever is under way, and goes on where it was', async () => {
    const { outbox, heard, sent } = outboxOf(['again']);
    outbox.offer('a');
    outbox.pause();
    outbox.offer('b');
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
    // The first was under way; after it has failed it is not tried again either.
    expect([sent, heard.all]).toEqual([['a'], []]);
    outbox.resume();
    await heard.until(2);
    expect(heard.all.map(([item, outcome, attempts]) => `${item} ${outcome} ${attempts}`)).toEqual([
      'a done 2',
      'b done 1',
    ]);
  });

  it('drops what waits, and not what is under way', async () => {
    const { outbox, heard } = outboxOf([]);
    outbox.offer('a');
    outbox.offer('b');
    outbox.pause();
    expect(outbox.clear()).toBe(1);
    await heard.until(2);
    outbox.offer('c');
    expect(outbox.clear()).toBe(1);
    expect(heard.all.map(([item, outcome]) => `${item} ${outcome}`)).toEqual(['b dropped', 'a done', 'c dropped']);
    outbox.resume();
    outbox.offer('d');
    await heard.until(4);
    expect(heard.all[3]).toEqual(['d', 'done', 1]);
  });

  it('pauses up to a minute, spread by up to half', () => {
    expect([1, 2, 3, 30].map((failures) => pauseMs(failures, () => 0))).toEqual([500, 1000, 2000, 60_000]);
    expect(pauseMs(2, () => 1)).toBe(500);
  });
});
