/**
 * Whose connections requests come over, and what those say about the client: the one thing about a set-up that goes wrong
 * most often. One proxy too few in `clients.trusted_proxies`, and everybody shares that proxy's address; one too many, and
 * anybody can claim any address. `sallyport doctor` reads the report.
 */

/** Peers told apart in one window; requests of further ones are only counted. */
const MAX_PEERS = 64;
/** Length of a window in ms. The report covers this one and the one before. */
const WINDOW_MS = 5 * 60_000;

export interface PeerReport {
  readonly address: string;
  readonly requests: number;
  /** Requests with Forwarded, X-Forwarded-For or X-Real-IP. */
  readonly with_forwarded_for: number;
  /** Whether the address is in clients.trusted_proxies. */
  readonly trusted: boolean;
}

/** What the admin listener answers to GET /api/v1/trust. */
export interface ProxyTrustReport {
  /** RFC 3339. */
  readonly since: string;
  readonly requests: number;
  /** Requests whose client has an IPv6 address, and whose client is in a network that is known to be shared. */
  readonly ipv6_requests: number;
  readonly shared_requests: number;
  /** The busiest first. */
  readonly peers: readonly PeerReport[];
  /** Requests of peers beyond those listed. */
  readonly other_requests: number;
}

interface Peer {
  requests: number;
  forwarded: number;
  trusted: boolean;
}

interface Window {
  readonly startMs: number;
  readonly peers: Map<string, Peer>;
  requests: number;
  ipv6: number;
  shared: number;
  others: number;
}

/** Counts; bounded whatever comes. */
export class ProxyTrust {
  #now: Window;
  #before: Window | null = null;

  constructor(nowMs: number) {
    this.#now = opened(nowMs);
  }

  /**
   * A request has come over a connection of `peer`. `forwarded`: it carried a forwarding header; `trusted`: the peer is a
   * trusted proxy; `shared` and `ipv6` speak of the client that was found.
   */
  record(peer: string, forwarded: boolean, trusted: boolean, shared: boolean, ipv6: boolean, nowMs: number): void {
    if (nowMs - this.#now.startMs >= WINDOW_MS) this.#turn(nowMs);
    const window = this.#now;
    window.requests++;
    if (ipv6) window.ipv6++;
    if (shared) window.shared++;
    let entry = window.peers.get(peer);
    if (entry === undefined) {
      if (window.peers.size >= MAX_PEERS) {
        window.others++;
        return;
      }
      entry = { requests: 0, forwarded: 0, trusted };
      window.peers.set(peer, entry);
    }
    entry.requests++;
    if (forwarded) entry.forwarded++;
    // The configuration may have been reloaded since.
    entry.trusted = trusted;
  }

  report(nowMs: number): ProxyTrustReport {
    if (nowMs - this.#now.startMs >= WINDOW_MS) this.#turn(nowMs);
    const windows = this.#before === null ? [this.#now] : [this.#before, this.#now];
    const peers = new Map<string, Peer>();
    for (const window of windows) {
      for (const [address, peer] of window.peers) {
        const sum = peers.get(address) ?? { requests: 0, forwarded: 0, trusted: false };
        sum.requests += peer.requests;
        sum.forwarded += peer.forwarded;
        sum.trusted = peer.trusted;
        peers.set(address, sum);
      }
    }
    const total = (of: (window: Window) => number) => windows.reduce((sum, window) => sum + of(window), 0);
    return {
      since: new Date(windows[0].startMs).toISOString(),
      requests: total((window) => window.requests),
      ipv6_requests: total((window) => window.ipv6),
      shared_requests: total((window) => window.shared),
      peers: [...peers]
        .map(([address, { requests, forwarded, trusted }]) => ({
          address,
          requests,
          with_forwarded_for: forwarded,
          trusted,
        }))
        .sort((a, b) => b.requests - a.requests || (a.address < b.address ? -1 : 1)),
      other_requests: total((window) => window.others),
    };
  }

  #turn(nowMs: number): void {
    // After a long pause the window before is not the one that has just ended.
    this.#before = nowMs - this.#now.startMs < 2 * WINDOW_MS ? this.#now : null;
    this.#now = opened(nowMs);
  }
}

function opened(startMs: number): Window {
  return { startMs, peers: new Map(), requests: 0, ipv6: 0, shared: 0, others: 0 };
}

/** The reports of several workers as one. */
export function mergeTrust(reports: readonly ProxyTrustReport[]): ProxyTrustReport {
  const peers = new Map<string, PeerReport>();
  for (const peer of reports.flatMap((report) => report.peers)) {
    const sum = peers.get(peer.address);
    peers.set(peer.address, {
      address: peer.address,
      requests: peer.requests + (sum?.requests ?? 0),
      with_forwarded_for: peer.with_forwarded_for + (sum?.with_forwarded_for ?? 0),
      trusted: peer.trusted,
    });
  }
  const total = (of: (report: ProxyTrustReport) => number) => reports.reduce((sum, report) => sum + of(report), 0);
  return {
    since: reports.map((report) => report.since).sort()[0] ?? new Date(0).toISOString(),
    requests: total((report) => report.requests),
    ipv6_requests: total((report) => report.ipv6_requests),
    shared_requests: total((report) => report.shared_requests),
    peers: [...peers.values()].sort((a, b) => b.requests - a.requests || (a.address < b.address ? -1 : 1)),
    other_requests: total((report) => report.other_requests),
  };
}
