/** What a running gateway has seen of its peers, judged: is the client's address the client's address? */
import { parseIp } from '../../lib/ip.ts';
import type { PeerReport, ProxyTrustReport } from '../../runtime/telemetry/proxy-trust.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Fewer requests say nothing. */
const LEAST_REQUESTS = 20;
/** A proxy puts the header on every request; health checks of its own may come without. */
const MOSTLY = 0.9;
/** Share of all requests from which one peer that is not trusted is a proxy and not a client that invents headers. */
const LARGE_SHARE = 0.2;
/** Share of requests from shared networks from which it is worth a word. */
const MANY_SHARED = 0.3;
/** Peers named in one sentence. */
const MAX_NAMED = 3;

const percent = (part: number, whole: number): string => `${Math.round((100 * part) / Math.max(1, whole))} %`;
const number = (n: number): string => n.toLocaleString('en-US');

/** All that can be said of a report. */
export function trustFindings(report: ProxyTrustReport): Finding[] {
  if (report.requests < LEAST_REQUESTS) {
    return [ok('proxy-trust', `only ${report.requests} requests in the last minutes: too few to tell`)];
  }
  const findings = [...untrusted(report), ...silent(report), ...alone(report)];
  if (findings.length === 0) findings.push(ok('proxy-trust', fineText(report)));
  return findings;
}

function fineText({ peers, requests, other_requests }: ProxyTrustReport): string {
  const proxies = peers.filter((peer) => peer.trusted);
  const through = proxies.reduce((sum, peer) => sum + peer.requests, 0);
  if (through === 0) {
    const count = other_requests > 0 ? `more than ${peers.length}` : String(peers.length);
    return `${number(requests)} requests came from ${count} addresses directly, over no proxy`;
  }
  return `${percent(through, requests)} of ${number(requests)} requests came over trusted proxies and name their client`;
}

/** Peers that name clients and are not believed. */
function untrusted({ peers, requests }: ProxyTrustReport): Finding[] {
  const claim = peers.filter(
    (peer) => !peer.trusted && peer.requests >= LEAST_REQUESTS && peer.with_forwarded_for >= MOSTLY * peer.requests,
  );
  const proxies = claim.filter((peer) => peer.requests >= LARGE_SHARE * requests || isPrivate(peer.address));
  if (proxies.length > 0) {
    const sum = proxies.reduce((total, peer) => total + peer.requests, 0);
    const names = named(proxies);
    const sends =
      proxies.length === 1
        ? 'which sends forwarding headers and is not trusted'
        : 'which send forwarding headers and are not trusted';
    return [
      fail(
        'proxy-trust',
        `${percent(sum, requests)} of requests come from ${names}, ${sends}: everybody behind shares one address`,
        `If these are your proxies: clients.trusted_proxies: [${proxies.map((peer) => peer.address).join(', ')}]`,
      ),
    ];
  }
  if (claim.length === 0) return [];
  return [
    warn(
      'proxy-trust',
      `${named(claim)} sent forwarding headers that are not believed, as no trusted proxy stands there`,
      'Nothing to do if these are clients: anybody can send such headers. If they are your proxies, add them to clients.trusted_proxies.',
    ),
  ];
}

/** Trusted peers that do not name the client: then they are it, and everybody behind them is one. */
function silent({ peers }: ProxyTrustReport): Finding[] {
  return peers
    .filter(
      (peer) => peer.trusted && peer.requests >= LEAST_REQUESTS && peer.with_forwarded_for < MOSTLY * peer.requests,
    )
    .slice(0, MAX_NAMED)
    .map((peer) => {
      const without = peer.requests - peer.with_forwarded_for;
      const how = without === peer.requests ? 'none' : `only ${percent(peer.with_forwarded_for, peer.requests)}`;
      return warn(
        'proxy-trust',
        `${peer.address} is trusted, but ${how} of its ${number(peer.requests)} requests carried a forwarding header`,
        'Have the proxy set X-Forwarded-For on every request, or take it out of clients.trusted_proxies.',
      );
    });
}

/** One neighbour that everything comes from and that names nobody: perhaps a proxy that was never told to. */
function alone({ peers, requests }: ProxyTrustReport): Finding[] {
  const [first] = peers;
  if (first === undefined || first.trusted || first.with_forwarded_for > 0 || !isPrivate(first.address)) return [];
  if (first.requests < MOSTLY * requests || /^127\.|^::1$/.test(first.address)) return [];
  return [
    warn(
      'proxy-trust',
      `${percent(first.requests, requests)} of requests come from ${first.address} and name no client`,
      'If it is a proxy, have it set X-Forwarded-For and add it to clients.trusted_proxies; else everybody behind it is one address.',
    ),
  ];
}

function named(peers: readonly PeerReport[]): string {
  const names = peers.slice(0, MAX_NAMED).map((peer) => peer.address);
  const more = peers.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

const encoder = new TextEncoder();

/** Addresses that never come over the open Internet: private, shared (RFC 6598), link-local, loopback. */
export function isPrivate(address: string): boolean {
  const raw = encoder.encode(address);
  if (!parseIp(raw, 0, raw.length)) return false;
  const text = address.toLowerCase().replace(/^::ffff:/, '');
  return (
    /^(10\.|127\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(
      text,
    ) || /^(::1$|f[cd]|fe[89ab])/.test(text)
  );
}

/** How many requests come from networks in which an address is many people. */
export function sharingFindings({ requests, shared_requests }: ProxyTrustReport): Finding[] {
  if (requests < LEAST_REQUESTS) return [ok('sharing', 'too few requests to tell')];
  const share = percent(shared_requests, requests);
  if (shared_requests < MANY_SHARED * requests) {
    return [ok('sharing', `${share} of requests come from networks that many people share`)];
  }
  return [
    warn(
      'sharing',
      `${share} of requests come from networks that many people share: an address says little about a person there`,
      'Limit by credential, session or principal instead of address, and tell Sallyport who is signed in (identity).',
    ),
  ];
}
