import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { testCertificate } from '../../../doors/gateway/listen/certificate.testing.ts';
import { closeReceivers, httpReceiver, itemOf, NOW_MS, ORIGIN, settingsOf, syslogReceiver, until } from '../testing.ts';
import { REAL_TIMERS } from '../timers.ts';
import { retryAfterMs } from './answers.ts';
import type { DeliveryError, Transport } from './contract.ts';
import { transportOf } from './index.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-outputs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open: Transport[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((transport) => transport.close()));
  await closeReceivers();
});

const env = { TOKEN: 'secret-1' } as Record<string, string>;
function transport(to: Record<string, unknown>, format = 'json'): Transport {
  const made = transportOf(settingsOf({ format, to }), ORIGIN, { folder, env }, REAL_TIMERS);
  open.push(made);
  return made;
}
const signal = new AbortController().signal;
const failure = async (sending: Promise<void>): Promise<DeliveryError> => {
  const error = await sending.then(
    () => null,
    (thrown) => thrown,
  );
  expect(error).not.toBeNull();
  return error as DeliveryError;
};

describe('a file', () => {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');

  it('is appended to, and begun anew after it was moved away', async () => {
    const file = transport({ file: { path: 'a.log' } });
    await file.send([itemOf('{"a":1}'), itemOf('{"a":2}')], signal);
    renameSync(join(folder, 'a.log'), join(folder, 'a.log.1'));
    await file.send([itemOf('{"a":3}')], signal);
    file.reopen();
    await file.send([itemOf('{"a":4}')], signal);
    expect(read('a.log.1')).toBe('{"a":1}\n{"a":2}\n');
    expect(read('a.log')).toBe('{"a":3}\n{"a":4}\n');
  });

  it('that cannot be written is SP8301, and works again later', async () => {
    const file = transport({ file: { path: 'none/b.log' } });
    expect((await failure(file.send([itemOf('x')], signal))).code).toBe('SP8301');
  });
});

describe('syslog', () => {
  it('sends RFC 5424 with the length of each message in bytes', async () => {
    const { port, received } = await syslogReceiver();
    const syslog = transport({ syslog: { host: '127.0.0.1', port, facility: 'local4' } }, 'cef');
    await syslog.send([itemOf('CEF:0|é|1'), itemOf('two', { severity: 'critical', kind: 'mitigation' })], signal);
    await until(() => received.length === 2);
    const time = new Date(NOW_MS).toISOString();
    expect(received).toEqual([
      `<163>1 ${time} gate-1 sallyport ${process.pid} finding [origin software="sallyport" swVersion="1.2.3"] CEF:0|é|1`,
      `<162>1 ${time} gate-1 sallyport ${process.pid} mitigation [origin software="sallyport" swVersion="1.2.3"] two`,
    ]);
  });

  it('connects again after the receiver has gone, and says SP8302 in between', async () => {
    const first = await syslogReceiver();
    const syslog = transport({ syslog: { host: '127.0.0.1', port: first.port } });
    await syslog.send([itemOf('one')], signal);
    await until(() => first.received.length === 1);
    await closeReceivers();
    let error: DeliveryError | null = null;
    // What the system has taken before it knew of the end counts as sent: syslog has no receipts.
    while (error === null) {
      error = await syslog.send([itemOf('two')], signal).then(
        () => null,
        (thrown) => thrown,
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(error?.code).toBe('SP8302');
  });

  it('speaks TLS with who can be verified, and with nobody else', async () => {
    const pair = testCertificate('localhost');
    writeFileSync(join(folder, 'ca.pem'), pair.cert);
    const { port, received } = await syslogReceiver(pair);
    const trusting = transport({ syslog: { host: 'localhost', port, tls: { ca: 'ca.pem' } } });
    await trusting.send([itemOf('safe')], signal);
    await until(() => received.length === 1);
    expect(received[0]).toMatch(/ safe$/);
    const careful = transport({ syslog: { host: 'localhost', port, tls: {} } });
    const error = await failure(careful.send([itemOf('lost')], signal));
    expect(error.code).toBe('SP8303');
    expect(error.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
    const other = transport({
      syslog: { host: 'localhost', port, tls: { ca: 'ca.pem', server_name: 'other.example' } },
    });
    expect((await failure(other.send([itemOf('lost')], signal))).code).toBe('SP8303');
    expect(received).toHaveLength(1);
  });

  it('shows a certificate where the receiver asks for one', async () => {
    const pair = testCertificate('localhost');
    writeFileSync(join(folder, 'mutual.pem'), pair.cert);
    writeFileSync(join(folder, 'mutual.key'), pair.key);
    const { port, received } = await syslogReceiver({ ...pair, ca: pair.cert, requestCert: true });
    const tls = { ca: 'mutual.pem', cert: 'mutual.pem', key: 'mutual.key' };
    await transport({ syslog: { host: 'localhost', port, tls } }).send([itemOf('both')], signal);
    await until(() => received.length === 1);
    const unknown = transport({ syslog: { host: 'localhost', port, tls: { ca: 'mutual.pem' } } });
    expect((await failure(unknown.send([itemOf('x')], signal))).code).toBe('SP8303');
    expect(received).toHaveLength(1);
  });

  it('that takes nothing is not waited for longer than it says', async () => {
    const abort = new AbortController();
    const { port } = await syslogReceiver();
    const syslog = transport({ syslog: { host: '127.0.0.1', port } });
    abort.abort();
    expect((await failure(syslog.send([itemOf('x')], abort.signal))).message).toContain('called off');
  });
});

describe('HTTP', () => {
  const url = (port: number) => `http://127.0.0.1:${port}/collect?token=hidden`;
  const auth = { prefix: 'Splunk ', secret: { env: 'TOKEN' } };

  it('posts lines, packed, with the secret in its header', async () => {
    const { port, posted } = await httpReceiver();
    const http = transport({ http: { url: url(port), auth, headers: { 'X-Tenant': 'shop' } } });
    await http.send([itemOf('{"a":1}'), itemOf('{"a":2}')], signal);
    expect(posted[0].body).toBe('{"a":1}\n{"a":2}\n');
    expect(posted[0].headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
      authorization: 'Splunk secret-1',
      'x-tenant': 'shop',
      'user-agent': 'sallyport/1.2.3',
    });
  });

  it('posts an array where that is asked for', async () => {
    const { port, posted } = await httpReceiver();
    await transport({ http: { url: url(port), body: 'array', gzip: false } }).send(
      [itemOf('{"a":1}'), itemOf('{"a":2}')],
      signal,
    );
    expect(JSON.parse(posted[0].body)).toEqual([{ a: 1 }, { a: 2 }]);
    expect(posted[0].headers['content-type']).toBe('application/json');
  });

  it.each([
    [503, { 'retry-after': '7' }, { code: 'SP8305', permanent: false, retryAfterMs: 7000 }],
    [429, {}, { code: 'SP8305', retryAfterMs: 0 }],
    [302, { location: 'http://127.0.0.1:1/' }, { code: 'SP8305', permanent: false }],
    [401, {}, { code: 'SP8306', permanent: false }],
    [400, {}, { code: 'SP8304', permanent: true, tooLarge: false }],
    [413, {}, { code: 'SP8304', permanent: true, tooLarge: true }],
  ])('%i is told as what it is', async (status, headers, expected) => {
    const { port, answers } = await httpReceiver();
    answers.push({ status, headers });
    const error = await failure(transport({ http: { url: url(port), auth } }).send([itemOf('{}')], signal));
    expect(error).toMatchObject(expected);
    expect(error.message).toBe(`http://127.0.0.1:${port}/collect answers ${status}`);
  });

  it('takes another secret as soon as it is there', async () => {
    const { port, posted } = await httpReceiver();
    writeFileSync(join(folder, 'token'), 'old\n');
    const http = transport({ http: { url: url(port), auth: { secret: { file: 'token' } } } });
    await http.send([itemOf('{}')], signal);
    writeFileSync(join(folder, 'token'), 'new\n');
    await http.send([itemOf('{}')], signal);
    expect(posted.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
  });

  it('verifies the receiver', async () => {
    const pair = testCertificate('localhost');
    writeFileSync(join(folder, 'https.pem'), pair.cert);
    const { port, posted } = await httpReceiver(pair);
    const to = (tls: object) => transport({ http: { url: `https://localhost:${port}/`, tls } });
    expect((await failure(to({}).send([itemOf('{}')], signal))).code).toBe('SP8303');
    await to({ ca: 'https.pem' }).send([itemOf('{}')], signal);
    expect(posted).toHaveLength(1);
  });

  it('that is not there is SP8302', async () => {
    const { port } = await httpReceiver();
    await closeReceivers();
    const error = await failure(transport({ http: { url: url(port) } }).send([itemOf('{}')], signal));
    expect(error.code).toBe('SP8302');
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.message).not.toContain('hidden');
  });

  it('reads pauses in seconds and as dates', () => {
    expect(retryAfterMs('120', NOW_MS)).toBe(120_000);
    expect(retryAfterMs('99999', NOW_MS)).toBe(300_000);
    expect(retryAfterMs(new Date(NOW_MS + 30_992).toUTCString(), NOW_MS)).toBe(30_992 - ((NOW_MS + 30_992) % 1000));
    for (const text of ['soon', '-1', undefined]) expect(retryAfterMs(text, NOW_MS)).toBe(0);
  });
});

describe('OTLP', () => {
  it('sends records with structured bodies', async () => {
    const { port, posted } = await httpReceiver();
    const endpoint = `http://127.0.0.1:${port}/v1/logs`;
    const otlp = transport({ otlp: { endpoint, auth: { secret: { env: 'TOKEN' } } } });
    await otlp.send([itemOf('{"a":{"b":[1,"x"]}}', { id: 'F-1' }), itemOf('{}', { severity: 'low' })], signal);
    const { resourceLogs } = JSON.parse(posted[0].body);
    const attributes = resourceLogs[0].resource.attributes as { key: string; value: { stringValue: string } }[];
    expect(Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]))).toMatchObject({
      'service.name': 'sallyport',
      'service.version': '1.2.3',
      'host.name': 'gate-1',
    });
    const [first, second] = resourceLogs[0].scopeLogs[0].logRecords;
    expect(first).toMatchObject({
      timeUnixNano: `${NOW_MS}000000`,
      severityNumber: 17,
      severityText: 'high',
      eventName: 'sallyport.finding',
      attributes: [{ key: 'log.record.uid', value: { stringValue: 'F-1' } }],
    });
    const [{ key, value }] = first.body.kvlistValue.values;
    expect([key, value.kvlistValue.values[0].value.arrayValue.values[1]]).toEqual(['a', { stringValue: 'x' }]);
    expect(second.severityNumber).toBe(10);
    expect(posted[0].headers).toMatchObject({ authorization: 'Bearer secret-1', 'content-encoding': 'gzip' });
  });

  it('sends CEF as text, and says what a collector answers', async () => {
    const { port, posted, answers } = await httpReceiver();
    const otlp = transport({ otlp: { endpoint: `http://127.0.0.1:${port}/v1/logs`, timeout_s: 0.5 } }, 'cef');
    await otlp.send([itemOf('CEF:0|x')], signal);
    expect(JSON.parse(posted[0].body).resourceLogs[0].scopeLogs[0].logRecords[0].body).toEqual({
      stringValue: 'CEF:0|x',
    });
    answers.push({ status: 401 }, { status: 400 }, { status: 503 });
    expect((await failure(otlp.send([itemOf('x')], signal))).code).toBe('SP8306');
    expect((await failure(otlp.send([itemOf('x')], signal))).code).toBe('SP8304');
    expect((await failure(otlp.send([itemOf('x')], signal))).code).toBe('SP8305');
  });
});

it('what is missing is said when it is opened, without the secret itself', () => {
  const http = (secret: object) => () => transport({ http: { url: 'https://siem.example/', auth: { secret } } });
  expect(http({ env: 'NONE' })).toThrow(expect.objectContaining({ code: 'SP8307' }));
  expect(http({ file: 'nowhere' })).toThrow(expect.objectContaining({ code: 'SP8307' }));
  env.BAD = 'line\nbreak';
  expect(http({ env: 'BAD' })).toThrow(/^the secret in variable "BAD" cannot stand in a header$/);
});
