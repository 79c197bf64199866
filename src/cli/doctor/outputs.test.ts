import { afterEach, beforeEach, expect, it } from 'vitest';
import { testCertificate } from '../../doors/gateway/listen/certificate.testing.ts';
import { closeReceivers, httpReceiver, syslogReceiver, until } from '../../runtime/outputs/testing.ts';
import { outputFindings } from './outputs.ts';
import { Ward } from './testing.ts';

let ward: Ward;
beforeEach(() => {
  ward = new Ward();
});
afterEach(async () => {
  await closeReceivers();
  await ward.remove();
});

const yaml = (...lines: string[]) => `outputs:\n${lines.map((line) => `  - ${line}\n`).join('')}`;

it('outputs that work are fine, and nothing is sent', async () => {
  const http = await httpReceiver();
  const syslog = await syslogReceiver();
  const text = yaml(
    `{ name: lines, format: json, to: { file: { path: events.log } } }`,
    `{ name: logs, format: cef, to: { syslog: { host: 127.0.0.1, port: ${syslog.port} } } }`,
    `{ name: siem, format: ocsf, to: { http: { url: 'http://127.0.0.1:${http.port}/in' } } }`,
  );
  const findings = await outputFindings(ward.examination(text));
  expect(findings.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
  expect(findings[2].sentence).toBe(`siem (HTTP http://127.0.0.1:${http.port}/in): works`);
  expect([http.posted, syslog.received]).toEqual([[], []]);
});

it('get one event where that is asked for', async () => {
  const http = await httpReceiver();
  const syslog = await syslogReceiver();
  const text = yaml(
    `{ name: logs, format: cef, to: { syslog: { host: 127.0.0.1, port: ${syslog.port} } } }`,
    `{ name: siem, format: ecs, to: { http: { url: 'http://127.0.0.1:${http.port}/in' } } }`,
  );
  const findings = await outputFindings({ ...ward.examination(text), testOutputs: true });
  expect(findings.map(({ sentence }) => sentence.split(': ')[1])).toEqual(['took a test event', 'took a test event']);
  await until(() => syslog.received.length === 1);
  expect(JSON.parse(http.posted[0].body)).toMatchObject({ event: { dataset: 'sallyport.test', kind: 'event' } });
});

it('that nobody takes, or whom nobody can trust, fail with a code', async () => {
  const secure = await httpReceiver(testCertificate('localhost'));
  const gone = await syslogReceiver();
  const text = yaml(
    `{ name: siem, format: ocsf, to: { http: { url: 'https://localhost:${secure.port}/in' } } }`,
    `{ name: open, format: ocsf, to: { http: { url: 'https://localhost:${secure.port}/in', tls: { verify: false } } } }`,
    `{ name: lines, format: json, to: { file: { path: none/events.log } } }`,
    `{ name: key, format: json, to: { http: { url: 'https://siem.example/', auth: { secret: { env: NO_SUCH_SECRET } } } } }`,
  );
  const findings = await outputFindings(ward.examination(text));
  expect(findings.map(({ status, sentence }) => `${status} ${/SP\d+/.exec(sentence)?.[0] ?? ''}`)).toEqual([
    'fail SP8303',
    'warn ',
    'fail SP8301',
    'fail SP8307',
  ]);
  await closeReceivers();
  const later = yaml(`{ name: logs, format: cef, to: { syslog: { host: 127.0.0.1, port: ${gone.port} } } }`);
  expect((await outputFindings(ward.examination(later)))[0].sentence).toContain('ECONNREFUSED (SP8302)');
});

it('are not needed', async () => {
  expect(await outputFindings(ward.examination(''))).toMatchObject([{ id: 'outputs', status: 'ok' }]);
});
