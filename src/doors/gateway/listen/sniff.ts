/**
 * The stage before a server where the first bytes decide: who the PROXY protocol says is calling, how the client begins TLS,
 * and whether HTTP/2 is spoken without it. Listeners that need none of it do without this stage.
 */
import type { Socket } from 'node:net';
import { readClientHello } from '../../../identity/fingerprint/client-hello.ts';
import { handshakeClass, ja4 } from '../../../identity/fingerprint/ja4.ts';
import { setHandshake, setPeer } from './connection.ts';
import { agrees, readProxyHeader } from './proxy-header.ts';

/** What a client begins an HTTP/2 connection with (RFC 9113, 3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export interface SniffOptions {
  readonly proxyProtocol: boolean;
  readonly h2c: boolean;
  /** TLS follows: its first message is looked at and put back. */
  readonly tls: boolean;
  /** For all first bytes together, in ms. */
  readonly timeoutMs: number;
  /** Takes the connection over, with its unread bytes put back. */
  readonly pass: (socket: Socket, http2: boolean) => void;
  /** Is told why a connection was closed here. */
  readonly refused: (socket: Socket, why: string) => void;
}

/** Reads the first bytes of a connection and passes it on, or closes it. Never throws. */
export function sniff(socket: Socket, options: SniffOptions): void {
  let held: Buffer = Buffer.alloc(0);
  let proxied = !options.proxyProtocol;

  const stop = () => {
    clearTimeout(timer);
    socket.off('readable', read);
    socket.off('error', gone);
    socket.off('end', gone);
    socket.off('close', gone);
  };
  const gone = () => {
    stop();
    socket.destroy();
  };
  const refuse = (why: string) => {
    stop();
    // The error of a connection that is being closed has no other listener.
    socket.on('error', ignore);
    options.refused(socket, why);
    socket.destroy();
  };
  const pass = (http2: boolean) => {
    stop();
    if (held.length > 0) socket.unshift(held);
    options.pass(socket, http2);
  };
  const read = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (!proxied) {
      const header = readProxyHeader(held);
      if (header.state === 'more') return;
      if (header.state === 'invalid') return refuse(header.why);
      proxied = true;
      if (header.peer !== null) setPeer(socket, header.peer);
      held = held.subarray(header.bytes);
      if (held.length === 0 && (options.h2c || options.tls)) return;
    }
    if (options.tls && !noteHandshake(socket, held)) return;
    if (!options.h2c || !agrees(held, PREFACE)) pass(false);
    else if (held.length >= PREFACE.length) pass(true);
  };
  const timer = setTimeout(() => refuse('too slow'), options.timeoutMs);
  timer.unref();
  socket.on('readable', read);
  socket.on('error', gone);
  socket.on('end', gone);
  socket.on('close', gone);
}

/** False while the first message of TLS is not whole. */
function noteHandshake(socket: Socket, held: Buffer): boolean {
  const hello = readClientHello(held);
  if (hello === 'more') return false;
  if (hello !== 'none') setHandshake(socket, { ja4: ja4(hello), kind: handshakeClass(hello) });
  return true;
}

function ignore(): void {}
