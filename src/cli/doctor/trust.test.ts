import { describe, expect, it } from 'vitest';
import type { PeerReport, ProxyTrustReport } from '../../runtime/telemetry/proxy-trust.ts';
import { isPrivate, sharingFindings, trustFindings } from './trust.ts';

function report(peers: readonly Omit<PeerReport, never>[], more: Partial<ProxyTrustReport> = {}): ProxyTrustReport {
  const requests = peers.reduce((sum, peer) => sum + peer.requests, 0);
  return {
    since: '2026-03-01T00:00:00Z',
    requests,
    ipv6_requests: 0,
    shared_requests: 0,
    peers,
    other_requests: 0,
    ...more,
  };
}
const peer = (address: string, requests: number, forwarded: number, trusted: boolean): PeerReport => ({
  address,
  requests,
  with_forwarded_for: forwarded,
  trusted,
});

const only = (given: ProxyTrustReport) => {
  const findings = trustFindings(given);
  expect(findings).toHaveLength(1);
  return findings[0];
};

describe('proxy trust', () => {
  it('fails where a proxy is not trusted: everybody shares its address', () => {
    const finding = only(report([peer('10.0.0.5', 970, 970, false), peer('198.51.100.7', 30, 0, false)]));
    expect(finding.status).toBe('fail');
    expect(finding.sentence).toBe(
      '97 % of requests come from 10.0.0.5, which sends forwarding headers and is not trusted: everybody behind shares one address',
    );
    expect(finding.advice).toContain('clients.trusted_proxies: [10.0.0.5]');
  });

  it('fails for several of them, and for a private one however few come over it', () => {
    const several = only(report([peer('203.0.113.1', 500, 480, false), peer('203.0.113.2', 500, 500, false)]));
    expect([several.status, several.advice]).toEqual(['fail', expect.stringContaining('[203.0.113.1, 203.0.113.2]')]);
    expect(only(report([peer('198.51.100.7', 5000, 0, false), peer('10.9.9.9', 25, 25, false)])).status).toBe('fail');
  });

  it('only warns of a client that sends such headers: that alone must not make anybody trust it', () => {
    const finding = only(report([peer('198.51.100.7', 900, 0, false), peer('203.0.113.66', 60, 60, false)]));
    expect(finding.status).toBe('warn');
    expect(finding.advice).toContain('anybody can send such headers');
  });

  it('warns of a trusted peer that names no client', () => {
    const none = only(report([peer('10.0.0.6', 1210, 0, true)]));
    expect(none.sentence).toBe('10.0.0.6 is trusted, but none of its 1,210 requests carried a forwarding header');
    const some = only(report([peer('10.0.0.6', 1000, 400, true)]));
    expect([some.status, some.sentence]).toEqual(['warn', expect.stringContaining('only 40 %')]);
  });

  it('warns of one private neighbour from which everything comes without a name', () => {
    expect(only(report([peer('172.20.0.4', 1000, 0, false)])).status).toBe('warn');
    // A developer's own machine, and an address of the Internet.
    expect(only(report([peer('127.0.0.1', 1000, 0, false)])).status).toBe('ok');
    expect(only(report([peer('198.51.100.7', 1000, 0, false)])).status).toBe('ok');
  });

  it('is fine with trusted proxies, without any, and says nothing of too little', () => {
    expect(only(report([peer('10.0.0.5', 1000, 990, true)]))).toMatchObject({
      status: 'ok',
      sentence: '100 % of 1,000 requests came over trusted proxies and name their client',
    });
    expect(only(report([peer('198.51.100.7', 50, 1, false)], { other_requests: 10 })).sentence).toContain(
      'more than 1',
    );
    expect(only(report([peer('10.0.0.5', 9, 9, false)]))).toMatchObject({ status: 'ok' });
  });
});

it('private addresses are told from others', () => {
  const yes = [
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.1',
    '192.168.1.1',
    '127.0.0.1',
    '100.64.0.1',
    '169.254.1.1',
    '::1',
    'fd00::1',
    'fe80::1',
    '::ffff:10.0.0.1',
  ];
  const no = [
    '11.0.0.1',
    '172.32.0.1',
    '172.15.0.1',
    '192.169.1.1',
    '100.128.0.1',
    '2001:db8::1',
    '10.0.0',
    'shop',
    '',
  ];
  expect([yes.filter((address) => !isPrivate(address)), no.filter(isPrivate)]).toEqual([[], []]);
});

it('many requests from shared networks are worth a word', () => {
  const status = (shared: number) =>
    sharingFindings(report([peer('a', 1000, 0, false)], { shared_requests: shared }))[0];
  expect([status(10).status, status(299).status, status(300).status]).toEqual(['ok', 'ok', 'warn']);
  expect(status(450).sentence).toContain('45 %');
  expect(sharingFindings(report([]))[0].status).toBe('ok');
});
