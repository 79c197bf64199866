import { afterEach, beforeEach, expect, it } from 'vitest';
import { testCertificate } from '../../doors/gateway/listen/certificate.testing.ts';
import { authorityFindings } from './authorities.ts';
import { Ward } from './testing.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
let ward: Ward;
beforeEach(() => {
  ward = new Ward();
});
afterEach(() => ward.remove());

const GOOD = testCertificate('Good');
const SOON = testCertificate('Soon', { to: '20260320000000Z' });
const GONE = testCertificate('Gone', { to: '20260201000000Z' });
const LATER = testCertificate('Later', { from: '20260601000000Z' });

const look = (yaml: string): string[] =>
  authorityFindings(ward.examination(yaml, NOW)).map(({ status, sentence }) => `${status} ${sentence}`);

const listener = (): string => {
  ward.file('cert.pem', GONE.cert);
  ward.file('key.pem', GONE.key);
  return 'listen:\n  - { address: 8443, tls: { cert: cert.pem, key: key.pem, client_ca: ca.pem } }\n';
};

it.each([
  ['ok', 'valid until 2120-01-01', GOOD.cert],
  ['warn', 'ends on 2026-03-20, in 18 days', SOON.cert],
  ['fail', 'ended on 2026-02-01', GONE.cert],
  ['fail', 'all 2 authorities have ended', GONE.cert + GONE.cert],
  ['fail', 'cannot be used (there is no certificate in it)', 'nothing'],
])('an authority of clients: %s where it %s', (status, sentence, pem) => {
  ward.file('ca.pem', pem);
  expect(look(listener())).toEqual([`${status} listen[0].tls.client_ca (ca.pem): ${sentence}`]);
});

it('of several authorities, the one that ends is named', () => {
  ward.file('ca.pem', GOOD.cert + SOON.cert);
  expect(look(listener())[0]).toBe('warn listen[0].tls.client_ca (ca.pem), Soon: ends on 2026-03-20, in 18 days');
  ward.file('ca.pem', GOOD.cert + GONE.cert + SOON.cert);
  expect(look(listener())[0]).toBe('warn listen[0].tls.client_ca (ca.pem): 1 of 3 has ended (Gone)');
});

it('of public authorities some have always ended', () => {
  ward.file('ca.pem', GONE.cert + GOOD.cert.repeat(30));
  expect(look(listener())[0]).toContain('ok listen[0].tls.client_ca (ca.pem): 30 of 31 authorities count');
});

it('authorities of upstreams are looked at, too', () => {
  ward.file('ca.pem', SOON.cert);
  const yaml = 'upstreams:\n  - { name: shop, servers: ["https://127.0.0.1:1"], tls: { ca: ca.pem } }\n';
  expect(look(yaml)).toEqual(['warn upstreams[0].tls.ca (ca.pem): ends on 2026-03-20, in 18 days']);
});

it.each([
  ['ok', 'valid until 2120-01-01', GOOD.cert, GOOD.key],
  ['warn', 'ends on 2026-03-20, in 18 days', SOON.cert, SOON.key],
  ['fail', 'ended on 2026-02-01', GONE.cert, GONE.key],
  ['fail', 'counts from', LATER.cert, LATER.key],
  ['fail', 'the key is not that of the certificate', GOOD.cert, SOON.key],
])('what is shown to a receiver: %s where it %s', (status, sentence, cert, key) => {
  ward.file('ca.pem', GOOD.cert);
  ward.file('client.pem', cert);
  ward.file('client-key.pem', key);
  const tls = 'tls: { ca: ca.pem, cert: client.pem, key: client-key.pem }';
  const yaml = `outputs:\n  - { name: siem, format: cef, to: { syslog: { host: 127.0.0.1, ${tls} } } }\n`;
  const [authority, own] = look(yaml);
  expect(authority).toBe('ok outputs[0].to.syslog.tls.ca (ca.pem): valid until 2120-01-01');
  expect(own).toContain(`${status} outputs[0].to.syslog.tls.cert (client.pem): ${sentence}`);
});

it('without any, nothing is said', () => {
  expect(look('listen: 8080\n')).toEqual([]);
});
