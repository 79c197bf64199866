import { describe, expect, it } from 'vitest';
import { mergeTrust, ProxyTrust } from './proxy-trust.ts';

const MINUTE = 60_000;

describe('proxy trust', () => {
  it('counts peers, forwarding headers, shared networks and IPv6', () => {
    const trust = new ProxyTrust(0);
    for (let i = 0; i < 10; i++) trust.record('10.0.0.5', i < 9, false, i < 3, false, i);
    trust.record('2001:db8::1', false, true, false, true, 20);
    expect(trust.report(30)).toEqual({
      since: '1970-01-01T00:00:00.000Z',
      requests: 11,
      ipv6_requests: 1,
      shared_requests: 3,
      peers: [
        { address: '10.0.0.5', requests: 10, with_forwarded_for: 9, trusted: false },
        { address: '2001:db8::1', requests: 1, with_forwarded_for: 0, trusted: true },
      ],
      other_requests: 0,
    });
  });

  it('is bounded whoever comes', () => {
    const trust = new ProxyTrust(0);
    for (let i = 0; i < 10_000; i++) trust.record(`10.0.${i >> 8}.${i & 255}`, false, false, false, false, 1);
    const report = trust.report(2);
    expect([report.peers.length, report.other_requests, report.requests]).toEqual([64, 9936, 10_000]);
  });

  it('forgets after two windows, and at once after a long pause', () => {
    const trust = new ProxyTrust(0);
    trust.record('a', true, false, false, false, 1);
    trust.record('b', true, true, false, false, 6 * MINUTE);
    expect(trust.report(7 * MINUTE).peers.map((peer) => peer.address)).toEqual(['a', 'b']);
    expect(trust.report(12 * MINUTE).peers.map((peer) => peer.address)).toEqual(['b']);
    expect(trust.report(60 * MINUTE).requests).toBe(0);
  });

  it('of several workers is one', () => {
    const parts = [0, 1].map((worker) => {
      const trust = new ProxyTrust(worker * 1000);
      trust.record('10.0.0.5', true, false, true, false, 1500);
      trust.record(`10.0.0.${worker}`, false, false, false, false, 1500);
      return trust.report(2000);
    });
    const report = mergeTrust(parts);
    expect(report).toMatchObject({ since: '1970-01-01T00:00:00.000Z', requests: 4, shared_requests: 2 });
    expect(report.peers[0]).toEqual({ address: '10.0.0.5', requests: 2, with_forwarded_for: 2, trusted: false });
    expect(report.peers).toHaveLength(3);
    expect(mergeTrust([]).requests).toBe(0);
  });
});
