import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AUTH_OUTCOME, AUTH_SCHEME, ROLE } from '../../enrich/kinds.ts';
import type { Caller, ClientCertificate } from '../contract.ts';
import { deskFrom, goodClaims, issuerOf, NOW, request, selfSigned, signed, testKey } from '../testing.ts';
import { certificateOf, fromClientCert, fromXfcc } from './read.ts';

fc.configureGlobal({ seed: 20240304 });

const pem = selfSigned('acme-billing');
const x509 = new X509Certificate(pem);
const certificate = certificateOf(x509);
const hex = x509.fingerprint256.replaceAll(':', '');

describe('what a certificate says', () => {
  it('is read as RFC 8705 and RFC 4514 write it', () => {
    expect(certificate).toEqual({
      thumbprint: Buffer.from(hex, 'hex').toString('base64url'),
      subject: 'CN=acme-billing',
      names: ['DNS:acme.example', 'URI:spiffe://acme/billing,1'],
      issuer: 'CN=acme-billing',
      serial: '0ABC',
      fromMs: Date.UTC(2020, 0, 1),
      untilMs: Date.UTC(2120, 0, 1),
    });
  });

  it('comes from Client-Cert (RFC 9440)', () => {
    expect(fromClientCert(`:${x509.raw.toString('base64')}:`)).toEqual(certificate);
    for (const text of ['', ':', '::', x509.raw.toString('base64'), ':AAAA:', `:${x509.raw.toString('base64')}`])
      expect(fromClientCert(text)).toBeNull();
  });

  it('comes from the last element of X-Forwarded-Client-Cert', () => {
    const old = `By=spiffe://a;Hash=${'0'.repeat(64)};Subject="CN=other"`;
    const mine = `By=spiffe://b;Hash=${hex.toLowerCase()};Subject="CN=acme-billing,O=\\"A, B; C\\"";URI=spiffe://x/y;DNS=a.example;DNS=b.example`;
    expect(fromXfcc(`${old},${mine}`)).toMatchObject({
      thumbprint: certificate.thumbprint,
      subject: 'CN=acme-billing,O="A, B; C"',
      names: ['URI:spiffe://x/y', 'DNS:a.example', 'DNS:b.example'],
    });
    expect(fromXfcc(`Hash=${'0'.repeat(64)};Cert="${encodeURIComponent(pem)}"`)).toEqual(certificate);
  });

  it('is nothing where the header is broken, and never an exception', () => {
    for (const text of ['', 'Hash', 'Hash=12', 'Subject="CN=x', 'Hash="a"b', 'Cert="%zz"', 'Cert=x'])
      expect(fromXfcc(text)).toBeNull();
    const piece = fc.constantFrom('Hash=', 'Cert=', 'Subject="', '"', '\\', ';', ',', '%41', hex, 'URI=');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((parts) => parts.join('')),
        ),
        (text) => {
          for (const read of [fromXfcc(text), fromClientCert(text)])
            expect(read === null || read.thumbprint.length).toBeTruthy();
        },
      ),
    );
  });

  it('an element that an earlier hop wrote never counts for the last', () => {
    const field = fc
      .stringMatching(/^[a-z ,;="\\]{0,20}$/)
      .map((text) => `Subject="${text.replace(/[\\"]/g, '\\$&')}"`);
    fc.assert(
      fc.property(fc.array(field), (before) => {
        const text = [...before.map((part) => `Hash=${'0'.repeat(64)};${part}`), `Hash=${hex};Subject="CN=me"`].join(
          ',',
        );
        expect(fromXfcc(text)).toMatchObject({ subject: 'CN=me', thumbprint: certificate.thumbprint });
      }),
    );
  });
});

function asker(entries: unknown[], header = 'none', trustsEdge = false) {
  const desk = deskFrom({ certificates: { entries, header } }, { trustsEdge });
  return (over: Partial<ClientCertificate> = {}) =>
    desk.identify(request([], { certificate: { ...certificate, ...over } })) as Caller;
}

describe('whom certificates stand for', () => {
  it('say thumbprint, subject, name, issuer and serial, all that are given', () => {
    const fits = (entry: object, over = {}) =>
      asker([{ partner: 'acme', ...entry }])(over).outcome === AUTH_OUTCOME.accepted;
    expect(fits({ thumbprint: hex.match(/../g)?.join(':') })).toBe(true);
    expect(fits({ thumbprint: certificate.thumbprint })).toBe(true);
    expect(fits({ thumbprint: 'A'.repeat(43) })).toBe(false);
    expect(fits({ subject: 'CN=acme-billing', name: 'DNS:*.example', issuer: 'CN=*', serial: '0a:bc' })).toBe(true);
    expect(fits({ subject: 'CN=acme-billing', serial: '01' })).toBe(false);
    expect(fits({ subject: 'CN=acme' })).toBe(false);
    expect(fits({ name: 'DNS:acme.exampl' })).toBe(false);
    expect(fits({ subject: 'CN=acme*billing' }, { subject: 'CN=acme' })).toBe(false);
    expect(fits({ subject: 'CN=a*a' }, { subject: 'CN=a' })).toBe(false);
    expect(fits({ subject: '*,O=Acme' }, { subject: 'CN=x,O=Acme,O=Evil' })).toBe(false);
  });

  it('the first that fits counts, and gives principal, partner, plan, role and scopes', () => {
    const entry = {
      subject: 'CN=acme-*',
      principal: '$cn',
      partner: 'acme',
      plan: 'gold',
      role: 'service',
      scopes: ['a'],
    };
    expect(asker([entry, { subject: '*', partner: 'other' }])()).toMatchObject({
      scheme: AUTH_SCHEME.certificate,
      principal: 'acme-billing',
      partner: 'acme',
      plan: 'gold',
      role: ROLE.service,
      scopes: ['a'],
      credential: certificate.thumbprint,
    });
  });

  it('an entry about no certificate in particular is a mistake', () => {
    expect(() => asker([{ partner: 'everybody' }])).toThrow(/which certificates/);
  });
});

describe('edges', () => {
  const passed = `:${x509.raw.toString('base64')}:`;
  const ask = (trustsEdge: boolean, trustedPeer?: boolean) => {
    const certificates = { entries: [{ subject: '*', partner: 'acme' }], header: 'client-cert' };
    const desk = deskFrom({ certificates }, { trustsEdge });
    return desk.identify(request(['Client-Cert', passed], { trustedPeer })) as Caller;
  };

  it('are believed where they are ours', () => {
    expect(ask(false, true).partner).toBe('acme');
    expect(ask(true).partner).toBe('acme');
    expect(ask(false, false).outcome).toBe(AUTH_OUTCOME.none);
    expect(ask(false).outcome).toBe(AUTH_OUTCOME.none);
  });

  it('the upstream never sees the header', () => {
    expect(ask(false).removed).toContain('client-cert');
    expect(ask(true).removed).toContain('client-cert');
  });
});

it('a certificate beside a token adds its partner, and an unknown one does no harm', async () => {
  const key = await testKey();
  const certificates = { entries: [{ subject: 'CN=acme*', partner: 'acme' }] };
  const desk = deskFrom({ jwt: [issuerOf(key)], certificates });
  const headers = ['Authorization', `Bearer ${await signed(key, goodClaims())}`];
  const both = (over: Partial<ClientCertificate> = {}) =>
    desk.identify(request(headers, { certificate: { ...certificate, ...over } }));
  expect(await both()).toMatchObject({ scheme: AUTH_SCHEME.jwt, principal: 'user-1', partner: 'acme' });
  expect(await both({ thumbprint: 'x', subject: 'CN=x' })).toMatchObject({
    outcome: AUTH_OUTCOME.accepted,
    partner: '',
  });
  expect(await both({ untilMs: NOW - 1 })).toMatchObject({ outcome: AUTH_OUTCOME.expired });
});
