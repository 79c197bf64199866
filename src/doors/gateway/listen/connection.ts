/** What is known of a connection, found out once and kept with its socket. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ClientCertificate } from '../../../identity/contract.ts';
import type { Http2Start } from '../../../identity/fingerprint/http2.ts';
import type { CidrSet } from '../../../lib/cidr.ts';
import { parseIpText } from '../../../lib/ip.ts';
import type { Res } from '../contract.ts';
import { clientCertificate } from './certificate.ts';

export interface Connection {
  readonly socket: Duplex;
  /** The client: the peer of the socket, or what its PROXY protocol header said. IPv4 never as IPv6. */
  readonly peer: string;
  readonly peerPort: number;
  /** The peer is one of `clients.trusted_proxies`: what it says about clients counts. */
  readonly trusted: boolean;
  readonly scheme: 'http' | 'https';
  /** The certificate that the client has shown and that was verified; null without one. */
  readonly certificate: ClientCertificate | null;
  /** How the client began TLS; null without, or where it could not be read. */
  readonly handshake: Handshake | null;
  /** How it began HTTP/2, from its first request on; null over HTTP/1. */
  http2: Http2Start | null;
  /** Both as one text: what software this connection is of. '' where neither is known. */
  software: string;
  /** Answer of the newest request; null where none is under way. HTTP/1 only. */
  last: Res | null;
  /** Requests that wait behind another one's answer. HTTP/1 only. */
  queued: number;
  /** Nothing that comes in on it counts any more. */
  closing: boolean;
  /** Bytes that had come in, or were still to go out, at the last look; and when that was new, in ms. */
  seenBytes: number;
  seenMs: number;
}

/** What a client's first message of TLS tells about its software. */
export interface Handshake {
  readonly ja4: string;
  /** HANDSHAKE_CLASS. */
  readonly kind: number;
}

/** Where a connection says it comes from. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

const CONNECTION = Symbol('connection');
const PEER = Symbol('peer');
const HANDSHAKE = Symbol('handshake');

type Marked = Duplex & { [CONNECTION]?: Connection; [PEER]?: Peer; [HANDSHAKE]?: Handshake; _parent?: Marked };

/** Notes what the PROXY protocol said, before a connection is handed on. */
export function setPeer(socket: Duplex, peer: Peer): void {
  (socket as Marked)[PEER] = peer;
}

/** Notes how the client began TLS, before the connection is handed on. */
export function setHandshake(socket: Duplex, handshake: Handshake): void {
  (socket as Marked)[HANDSHAKE] = handshake;
}

/** Notes how the client began HTTP/2, once: with its first request, before anything was sent to it. */
export function noteHttp2(connection: Connection, start: Http2Start): void {
  const { handshake } = connection;
  connection.http2 = start;
  connection.software = handshake === null ? start.fingerprint : `${handshake.ja4}_${start.fingerprint}`;
}

function peerOf(socket: Marked): Peer {
  // A TLS socket put over another one keeps it here.
  const said = socket[PEER] ?? socket._parent?.[PEER];
  if (said) return said;
  const { remoteAddress = '', remotePort = 0 } = socket as unknown as Socket;
  return { address: plainAddress(remoteAddress), port: remotePort };
}

/** `::ffff:192.0.2.1`, as a listener on `::` sees IPv4 clients, as `192.0.2.1`; without a zone. */
export function plainAddress(address: string): string {
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7);
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}

/** The connection of a socket, made at its first call. */
export function connectionOf(socket: Duplex, trusted: CidrSet): Connection {
  const marked = socket as Marked;
  marked[CONNECTION] ??= describe(marked, trusted);
  return marked[CONNECTION];
}

/** The same where it was made before; undefined for a stranger's socket. */
export function knownConnection(socket: Duplex): Connection | undefined {
  return (socket as Marked)[CONNECTION];
}

function describe(socket: Marked, trusted: CidrSet): Connection {
  const peer = peerOf(socket);
  const secure = (socket as unknown as TLSSocket).encrypted === true;
  const handshake = socket[HANDSHAKE] ?? socket._parent?.[HANDSHAKE] ?? null;
  return {
    socket,
    peer: peer.address,
    peerPort: peer.port,
    trusted: trusted.size > 0 && parseIpText(peer.address) && trusted.hasParsed(),
    scheme: secure ? 'https' : 'http',
    certificate: secure ? clientCertificate(socket as unknown as TLSSocket) : null,
    handshake,
    http2: null,
    software: handshake?.ja4 ?? '',
    last: null,
    queued: 0,
    closing: false,
    seenBytes: 0,
    seenMs: 0,
  };
}
