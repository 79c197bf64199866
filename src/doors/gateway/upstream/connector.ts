/** Connections to servers: time-out, TLS, and the one name that certificates are checked against. */
import { isIP, type Socket } from 'node:net';
import { buildConnector } from 'undici';

export interface ConnectOptions {
  /** From the first packet to the end of the TLS handshake, in ms. */
  readonly timeoutMs: number;
  readonly ca: string;
  readonly verify: boolean;
  /** '' for the host of the URL. */
  readonly serverName: string;
}

/** Code of the error for a connection that was not there in time. */
export const CONNECT_TIMEOUT = 'ERR_SALLYPORT_CONNECT_TIMEOUT';

class ConnectTimeoutError extends Error {
  readonly code = CONNECT_TIMEOUT;
}

/** TLS name for a server: the configured one, else the host of its URL; '' for addresses (RFC 6066 allows no address). */
export function tlsName(url: string, serverName: string): string {
  if (serverName !== '') return serverName;
  const host = new URL(url).hostname;
  return isIP(host.replace(/^\[|\]$/g, '')) ? '' : host;
}

/**
 * Value of undici's `servername` for every request to a server. undici takes it from the request's Host header otherwise,
 * closes the connection whenever it changes, and would check the certificate against what a client wrote into Host. A
 * constant turns that off; the real name is set where the connection is made.
 */
export function dispatchName(url: string): string {
  return new URL(url).host;
}

/** A connector for undici clients. Plain `http:` needs the time-out alone. */
export function connectorFor(url: string, options: ConnectOptions): buildConnector.connector {
  const name = tlsName(url, options.serverName);
  const connect = buildConnector({
    timeout: 0,
    rejectUnauthorized: options.verify,
    ...(options.ca === '' ? {} : { ca: options.ca }),
  });
  return (target, done) => {
    // undici's own time-out is as coarse as half a second; connections are rare enough for a timer each.
    const timer = setTimeout(() => socket.destroy(new ConnectTimeoutError('no connection in time')), options.timeoutMs);
    const settle: buildConnector.Callback = (...result) => {
      clearTimeout(timer);
      done(...result);
    };
    const socket = connect({ ...target, servername: name === '' ? undefined : name }, settle) as unknown as Socket;
  };
}
