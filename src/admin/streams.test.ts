import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Admin, startAdmin } from './server.ts';
import { MOST_QUEUED_BYTES, MOST_STREAMS } from './streams.ts';
import { adminOptions, call, FakeOperator, SAMPLE_MITIGATION, TOKEN } from './testing.ts';

let operator: FakeOperator;
let admin: Admin;

beforeEach(async () => {
  operator = new FakeOperator();
  admin = await startAdmin(adminOptions(operator));
});
afterEach(() => admin.close());

class Reader {
  private text = '';
  private readonly res: IncomingMessage;
  ended = false;

  constructor(res: IncomingMessage) {
    this.res = res;
    res.on('data', (chunk) => {
      this.text += chunk;
    });
    res.on('close', () => {
      this.ended = true;
    });
    res.on('error', () => {});
  }

  static async open(): Promise<Reader> {
    const req = request(`${admin.url}/api/v1/stream`, { headers: { Authorization: `Bearer ${TOKEN}` }, agent: false });
    req.on('error', () => {});
    req.end();
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    expect([res.statusCode, res.headers['content-type']]).toEqual([200, 'text/event-stream']);
    return new Reader(res);
  }

  /** The data of the next event of a type, and nothing that came before it any more. */
  async next(type: string): Promise<Record<string, never>> {
    for (;;) {
      const event = new RegExp(`event: ${type}\\ndata: (.*)\\n\\n`).exec(this.text);
      if (event) {
        this.text = this.text.slice(event.index + event[0].length);
        return JSON.parse(event[1]);
      }
      await once(this.res, 'data');
    }
  }

  leave(): void {
    this.res.destroy();
  }
}

/** Turns of the event loop until something holds; the test's own time limit ends it otherwise. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe('the stream', () => {
  it('begins with the status and tells everything that happens, to everybody', async () => {
    const readers = [await Reader.open(), await Reader.open()];
    expect(operator.listening).toBe(1);
    operator.tick({ requests: 7 });
    operator.mitigate({ sentence: 'line\nbreak → “quote”' });
    await operator.undo(SAMPLE_MITIGATION.id, 'me', 'why not');
    for (const reader of readers) {
      expect((await reader.next('status')).status).toMatchObject({ mode: 'enforce' });
      expect((await reader.next('tick')).tick).toMatchObject({ requests: 7 });
      expect((await reader.next('mitigation')).mitigation).toMatchObject({ sentence: 'line\nbreak → “quote”' });
      expect((await reader.next('undo')).receipt).toMatchObject({ reason: 'why not', ledger: 42 });
    }
  });

  it('subscribes once, and not while nobody reads', async () => {
    expect(operator.listening).toBe(0);
    const reader = await Reader.open();
    expect(operator.listening).toBe(1);
    reader.leave();
    await until(() => operator.listening === 0);
    await Reader.open();
    expect(operator.listening).toBe(1);
  });

  it('is refused beyond so many readers', async () => {
    const readers = await Promise.all(Array.from({ length: MOST_STREAMS }, () => Reader.open()));
    const { status, json } = await call(admin.url, '/api/v1/stream', { token: TOKEN });
    expect([status, json?.code]).toEqual([503, 'SP7023']);
    readers[0].leave();
    await until(() => readers[0].ended);
    let again = 503;
    while (again === 503) again = (await call(admin.url, '/api/v1/stream', { token: TOKEN, method: 'HEAD' })).status;
    expect(again).toBe(200);
  });

  it('cuts off a reader that does not read, and only that one', async () => {
    const { port } = new URL(admin.url);
    const slow = connect(Number(port), '127.0.0.1');
    slow.on('error', () => {});
    slow.write(`GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`);
    slow.pause();
    await until(() => operator.listening === 1);
    let told = 0;
    const sentence = 'x'.repeat(64 * 1024);
    // What the kernel takes for a socket is not ours to bound; the queue behind it is.
    while (operator.listening === 1 && told < 64 * 1024 * 1024) {
      operator.tell({ type: 'mitigation', mitigation: { ...SAMPLE_MITIGATION, sentence } });
      told += sentence.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(operator.listening).toBe(0);
    expect(told).toBeGreaterThan(MOST_QUEUED_BYTES);
    slow.destroy();
    const reader = await Reader.open();
    expect((await reader.next('status')).status).toMatchObject({ mode: 'enforce' });
  });

  it('ends when the listener closes', async () => {
    const reader = await Reader.open();
    await admin.close();
    await until(() => reader.ended);
    expect(operator.listening).toBe(0);
  });
});
