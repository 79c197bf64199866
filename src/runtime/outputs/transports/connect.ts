/** One connection to a receiver, with or without TLS: for syslog, and for the doctor. */
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecure, type TLSSocket } from 'node:tls';
import type { Timers } from '../timers.ts';
import { connectionError, DeliveryError } from './contract.ts';
import type { TlsOptions } from './secrets.ts';

/** After so long without traffic the system asks whether the other side is still there, in ms. */
const KEEP_ALIVE_MS = 30_000;

/** So long a receiver that speaks TLS 1.3 may take to say what it thinks of our certificate, in ms. */
const VERDICT_MS = 250;

export interface Target {
  readonly host: string;
  readonly port: number;
  /** null for a plain connection. */
  readonly tls: TlsOptions | null;
  readonly timeoutMs: number;
}

/**
 * Connects, and verifies the other side where TLS is spoken. In TLS 1.3 the handshake ends for us before the other side has
 * looked at our certificate (RFC 8446, 4.4.2.4): what is written then is lost with its refusal. So its first session ticket is
 * waited for, which comes with its consent, or a moment where it sends none. SP8302, or SP8303 where it was TLS.
 */
export function connectTo(
  { host, port, tls, timeoutMs }: Target,
  timers: Timers,
  signal: AbortSignal,
): Promise<Socket> {
  const where = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new DeliveryError('SP8302', `${where}: called off`));
    const socket =
      tls === null
        ? connectPlain({ host, port })
        : connectSecure({ host, port, ...(isIP(host) === 0 && { servername: host }), ...tls });
    let stopVerdict = () => {};
    const done = (error: unknown) => {
      stopTimer();
      stopVerdict();
      signal.removeEventListener('abort', abort);
      socket.off('error', done).off('close', closed).off('session', agreed);
      if (error === null) {
        socket.setKeepAlive(true, KEEP_ALIVE_MS);
        return resolve(socket);
      }
      // What it may say after its end is of no interest, and must not bring the process down.
      socket.on('error', () => {}).destroy();
      reject(connectionError(where, error));
    };
    const late = new DeliveryError('SP8302', `${where}: no connection within ${timeoutMs} ms`);
    const stopTimer = timers.after(timeoutMs, () => done(late));
    const abort = () => done(new DeliveryError('SP8302', `${where}: called off`));
    const closed = () => done(new DeliveryError('SP8302', `${where}: closed before it was open`));
    signal.addEventListener('abort', abort, { once: true });
    const open = () => done(null);
    // Node tells of a ticket while it reads; what is written within that call goes out broken.
    const agreed = () => setImmediate(open);
    const secured = () => {
      if ((socket as TLSSocket).getProtocol() !== 'TLSv1.3') return open();
      stopVerdict = timers.after(VERDICT_MS, open);
      socket.once('session', agreed);
    };
    if (tls === null) socket.once('connect', open);
    else socket.once('secureConnect', secured);
    socket.on('error', done).on('close', closed);
  });
}
