import { describe, expect, it } from 'vitest';
import type { OutputSettings } from '../../config/outputs.ts';
import type { SiemEvent } from './event.ts';
import { Outputs } from './outputs.ts';
import { BoundedQueue, type Item } from './queue.ts';
import { DECISION, FakeTimers, FINDING, itemOf, LEDGER, MITIGATION, ORIGIN, settingsOf } from './testing.ts';
import { DeliveryError, type Transport } from './transports/contract.ts';

/** A receiver that does as a test says. */
class FakeTransport implements Transport {
  readonly received: string[] = [];
  readonly batches: number[] = [];
  error: DeliveryError | null = null;
  /** Batches hang until {@link release}. */
  hangs = false;
  opened = 0;
  closed = false;
  #release: (() => void)[] = [];

  async send(batch: readonly Item[], signal: AbortSignal): Promise<void> {
    this.batches.push(batch.length);
    if (this.hangs) {
      await new Promise<void>((resolve, reject) => {
        this.#release.push(resolve);
        signal.addEventListener('abort', () => reject(new DeliveryError('SP8302', 'called off')));
      });
    }
    if (this.error !== null) throw this.error;
    this.received.push(...batch.map(({ text }) => JSON.parse(text).uid));
  }

  release(): void {
    this.hangs = false;
    for (const go of this.#release.splice(0)) go();
  }

  reopen(): void {
    this.opened++;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

function setUp(...list: Record<string, unknown>[]) {
  const timers = new FakeTimers();
  const notes: string[] = [];
  const transports: FakeTransport[] = [];
  const connect = () => {
    const transport = new FakeTransport();
    transports.push(transport);
    return transport;
  };
  const settings = list.map((some) => settingsOf(some));
  const around = { folder: '.', env: {} };
  const outputs = new Outputs(settings, {
    origin: ORIGIN,
    around,
    timers,
    onNote: (text) => notes.push(text),
    connect,
  });
  return { outputs, timers, notes, transports, settings };
}

const event = (uid: string | number): SiemEvent => ({ ...MITIGATION, uid: String(uid), id: String(uid) });
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i));

describe('an output', () => {
  it('sends what came within flush_ms together and in order, and a full batch at once', async () => {
    const { outputs, timers, transports } = setUp({ batch_events: 3, flush_ms: 500 });
    outputs.emit(event(0));
    await timers.pass(499);
    expect(transports[0].received).toEqual([]);
    await timers.pass(1);
    expect(transports[0].received).toEqual(['0']);
    for (let i = 1; i < 8; i++) outputs.emit(event(i));
    await timers.pass(0);
    expect(transports[0].received).toEqual(numbers(0, 8));
    expect(transports[0].batches).toEqual([1, 3, 3, 1]);
    expect(outputs.status()[0]).toMatchObject({ state: 'ok', sent: 8, dropped: 0, failed: 0, waiting: 0 });
  });

  it.each([
    ['drop-oldest', numbers(9900, 10_000)],
    ['drop-newest', numbers(0, 100)],
  ])('holds no more than it may while nobody listens (%s), counts what is lost, and recovers', async (on_full, kept) => {
    const { outputs, timers, notes, transports } = setUp({ buffer_events: 100, on_full });
    transports[0].error = new DeliveryError('SP8302', 'siem.example: ECONNREFUSED');
    let most = 0;
    for (let i = 0; i < 10_000; i++) {
      outputs.emit(event(i));
      if (i % 1000 === 0) await timers.pass(60_000);
      most = Math.max(most, outputs.status()[0].waiting);
    }
    expect(most).toBe(100);
    expect(outputs.status()[0]).toMatchObject({ state: 'failing', sent: 0, dropped: 9900, waiting: 100 });
    expect(outputs.status()[0].failed).toBeGreaterThan(5);
    expect(notes.filter((note) => note.startsWith('SP8308'))).toHaveLength(1);
    transports[0].error = null;
    await timers.pass(60_000);
    expect(transports[0].received).toEqual(kept);
    expect(notes.at(-1)).toBe('output siem delivers again, after 9900 events were dropped');
    expect(outputs.status()[0]).toMatchObject({ state: 'ok', sent: 100, waiting: 0, waiting_bytes: 0, problem: '' });
  });

  it('is bounded in bytes, too', () => {
    const { outputs } = setUp({ buffer_bytes: 65_536 });
    for (let i = 0; i < 1000; i++) outputs.emit(event(i));
    const [{ waiting_bytes, waiting, dropped }] = outputs.status();
    expect(waiting_bytes).toBeLessThanOrEqual(65_536);
    expect(waiting_bytes).toBeGreaterThan(60_000);
    expect(waiting + dropped).toBe(1000);
  });

  it('tries again with growing pauses, and not before the time that was named', async () => {
    const { outputs, timers, transports, notes } = setUp({ flush_ms: 10 });
    transports[0].error = new DeliveryError('SP8302', 'gone');
    outputs.emit(event(1));
    const times: number[] = [];
    for (let ms = 0; ms < 8000; ms += 10) {
      await timers.pass(10);
      if (transports[0].batches.length > times.length) times.push(ms);
    }
    expect(times.slice(1).map((time, i) => time - times[i])).toEqual([500, 1000, 2000, 4000]);
    transports[0].error = new DeliveryError('SP8305', 'wait', { retryAfterMs: 200_000 });
    await timers.pass(8000);
    const tries = transports[0].batches.length;
    transports[0].error = null;
    await timers.pass(190_000);
    expect(transports[0].batches).toHaveLength(tries);
    await timers.pass(10_000);
    expect(transports[0].received).toEqual(['1']);
    expect(notes).toEqual(['SP8302: output siem: gone', 'SP8305: output siem: wait', 'output siem delivers again']);
  });

  it('drops what is refused for good, and makes smaller batches where they are too large', async () => {
    const { outputs, timers, transports } = setUp({ batch_events: 8 });
    transports[0].error = new DeliveryError('SP8304', '413', { permanent: true, tooLarge: true });
    for (let i = 0; i < 8; i++) outputs.emit(event(i));
    await timers.pass(0);
    expect(transports[0].batches).toEqual([8, 4, 2, ...Array(8).fill(1)]);
    expect(outputs.status()[0]).toMatchObject({ dropped: 8, sent: 0, waiting: 0 });
    transports[0].error = null;
    for (let i = 0; i < 8; i++) outputs.emit(event(i));
    await timers.pass(0);
    expect(transports[0].received).toEqual(numbers(0, 8));
  });

  it('ends with what can still be sent, and says what could not', async () => {
    const { outputs, transports, notes } = setUp({ name: 'good' }, { name: 'bad' });
    transports[1].error = new DeliveryError('SP8302', 'gone');
    outputs.emit(event(1));
    outputs.emit(event(2));
    await outputs.close();
    expect(transports[0].received).toEqual(['1', '2']);
    expect(transports.every(({ closed }) => closed)).toBe(true);
    expect(notes).toEqual([
      'SP8302: output bad: gone',
      'SP8309: output bad ends with 2 events that were not delivered',
    ]);
  });

  it('does not wait at its end for a receiver that hangs', async () => {
    const { outputs, timers, transports, notes } = setUp({});
    transports[0].hangs = true;
    outputs.emit(event(1));
    const closing = outputs.close(3000);
    await timers.pass(3000);
    await closing;
    expect(notes.at(-1)).toContain('SP8309');
  });
});

describe('outputs', () => {
  it('get what they asked for', async () => {
    const { outputs, timers, transports } = setUp(
      { name: 'a', events: ['findings'], min_nats: 3.6 },
      { name: 'b', events: ['findings', 'ledger'] },
      { name: 'c', events: ['decisions'], decision_sample: 0.25, decisions_per_s: 5 },
    );
    outputs.emit(FINDING);
    outputs.emit(LEDGER);
    outputs.emit(MITIGATION);
    for (let i = 0; i < 100; i++) outputs.emit(DECISION);
    await timers.pass(1000);
    expect(transports.map(({ received }) => received.length)).toEqual([0, 2, 5]);
    for (let i = 0; i < 8; i++) outputs.emit({ ...DECISION, timeMs: DECISION.timeMs + 1000 });
    await timers.pass(1000);
    expect(transports[2].received).toHaveLength(7);
    expect(['findings', 'inventory'].map((events) => outputs.wants(events as 'findings'))).toEqual([true, false]);
  });

  it('do not hold up one another', async () => {
    const { outputs, timers, transports } = setUp({ name: 'a' }, { name: 'b' });
    transports[0].hangs = true;
    outputs.emit(event(1));
    await timers.pass(1000);
    outputs.emit(event(2));
    await timers.pass(1000);
    expect(transports.map(({ received }) => received)).toEqual([[], ['1', '2']]);
  });

  it('show keyed hashes in the place of names where that is asked for', async () => {
    const texts: string[] = [];
    const settings = settingsOf({ actors: 'pseudonym', format: 'ocsf' });
    const connect = (): Transport => ({
      send: async (batch) => void texts.push(...batch.map(({ text }) => text)),
      reopen() {},
      close: async () => {},
    });
    const timers = new FakeTimers();
    const around = { folder: '.', env: {} };
    const outputs = new Outputs([settings], { origin: ORIGIN, around, timers, onNote() {}, connect });
    outputs.emit(MITIGATION);
    outputs.emit(FINDING);
    await timers.pass(1000);
    expect(texts.join('\n')).not.toMatch(/203\.0\.113\.7|ann@example\.org/);
    expect(texts[0]).toContain('00ff00ff00ff00ff: 41 of 42 logins failed');
  });

  it('lose nothing over a reload, whatever changes', async () => {
    const { outputs, timers, transports, settings } = setUp({ name: 'same' }, { name: 'moved' });
    for (const transport of transports) transport.error = new DeliveryError('SP8302', 'gone');
    for (let i = 0; i < 5; i++) outputs.emit(event(i));
    await timers.pass(1000);
    const next = [settings[0], { ...settings[1], flush_ms: 20 } as OutputSettings];
    const reloading = outputs.update(next);
    for (let i = 5; i < 8; i++) outputs.emit(event(i));
    await timers.pass(0);
    await reloading;
    for (let i = 8; i < 10; i++) outputs.emit(event(i));
    expect(transports).toHaveLength(3);
    expect(transports.map(({ closed }) => closed)).toEqual([false, true, false]);
    transports[0].error = null;
    await timers.pass(60_000);
    expect(transports[0].received).toEqual(numbers(0, 10));
    expect(transports[2].received).toEqual(numbers(0, 10));
    expect(outputs.status().map(({ sent, dropped }) => [sent, dropped])).toEqual([
      [10, 0],
      [10, 0],
    ]);
  });

  it('give a batch on its way a moment over a reload, and send it again where it did not arrive', async () => {
    const { outputs, timers, transports, settings } = setUp({});
    transports[0].hangs = true;
    outputs.emit(event(1));
    await timers.pass(1000);
    const reloading = outputs.update([{ ...settings[0], flush_ms: 20 }]);
    await timers.pass(2000);
    await reloading;
    await timers.pass(20);
    expect(transports[1].received).toEqual(['1']);
  });

  it('keep an output that cannot be opened anew as it was', async () => {
    const { outputs, timers, notes, transports, settings } = setUp({});
    const secret = { env: 'NONE' };
    const http = settingsOf({ to: { http: { url: 'https://siem.example/', auth: { secret } } } });
    const around = { folder: '.', env: {} };
    const onNote = (text: string) => notes.push(text);
    const real = new Outputs([settings[0]], { origin: ORIGIN, around, timers, onNote });
    await real.update([http]);
    expect(notes).toEqual(['SP8307: output siem: the secret in variable "NONE" is empty or not set']);
    expect(real.status()[0].to).toBe('file events.log');
    outputs.reopen();
    expect(transports[0].opened).toBe(1);
  });
});

describe('a queue', () => {
  it('never drops what is on its way', () => {
    const queue = new BoundedQueue({ events: 3, bytes: 1e6, onFull: 'drop-oldest' });
    for (const text of ['a', 'b', 'c']) queue.push(itemOf(text));
    queue.take(2, 1e6);
    expect(queue.push(itemOf('d'))).toBe(1);
    queue.putBack();
    expect(queue.drain().map(({ text }) => text)).toEqual(['a', 'b', 'd']);
    expect(queue.bytes).toBe(0);
  });

  it('drops a newcomer where everything is on its way, and one that is larger than all room', () => {
    const queue = new BoundedQueue({ events: 2, bytes: 1000, onFull: 'drop-oldest' });
    queue.push(itemOf('a'));
    queue.push(itemOf('b'));
    queue.take(2, 1000);
    expect(queue.push(itemOf('c'))).toBe(1);
    queue.confirm();
    expect(queue.push(itemOf('x'.repeat(2000)))).toBe(1);
    expect([queue.size, queue.bytes]).toEqual([0, 0]);
  });

  it('gives batches within bytes, and a large event alone', () => {
    const queue = new BoundedQueue({ events: 10, bytes: 1e6, onFull: 'drop-oldest' });
    for (const size of [40, 40, 40, 500]) queue.push(itemOf('x'.repeat(size)));
    const sizes: number[] = [];
    for (let i = 0; i < 3; i++) {
      sizes.push(queue.take(10, 100).length);
      queue.confirm();
    }
    expect(sizes).toEqual([2, 1, 1]);
  });
});
