/** The certificate that a client has shown in its handshake, as the identity room reads it. */
import type { TLSSocket } from 'node:tls';
import { certificateOf } from '../../../identity/certificates/read.ts';
import type { ClientCertificate } from '../../../identity/contract.ts';

/** Null where none was shown, or its chain leads to none of the authorities of the listener. */
export function clientCertificate(socket: TLSSocket): ClientCertificate | null {
  if (!socket.authorized) return null;
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? null : certificateOf(certificate);
}
