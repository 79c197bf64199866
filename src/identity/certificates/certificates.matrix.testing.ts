/** Client certificates in the identity matrix: from TLS, and as an edge passes them on. */
import { X509Certificate } from 'node:crypto';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import type { ClientCertificate, Presented } from '../contract.ts';
import { COMES_TO, deskFrom, type MatrixRow, NOW, noCell, request, revokedUntil, selfSigned } from '../testing.ts';
import { certificateOf } from './read.ts';

const { valid, expired, unknown, oversized, garbage } = COMES_TO;

/** What TLS has seen to, and what it cannot: the same wherever the certificate comes from. */
const commonCells = (good: Presented) => ({
  valid: { requests: [good], ...valid },
  algorithm: noCell('TLS has verified the chain: which signatures count there says its own configuration'),
  replayed: noCell('TLS proves the key anew with every connection: there is nothing that could be replayed'),
  revoked: { requests: [good, good], ...revokedUntil(0) },
});
const NO_BINDING = noCell(
  'a certificate is bound to the connection by TLS itself; tokens bound to one have rows of their own',
);

export const ROWS: readonly MatrixRow[] = [
  {
    scheme: 'client certificate (mutual TLS)',
    async make() {
      const entries = [{ subject: 'CN=acme*', partner: 'acme', principal: '$cn' }];
      const desk = deskFrom({ certificates: { entries } });
      const shown = (commonName: string, over: Partial<ClientCertificate> = {}): Presented =>
        request([], { certificate: { ...certificateOf(new X509Certificate(selfSigned(commonName))), ...over } });
      const good = shown('acme-billing');
      return {
        desk,
        cells: {
          ...commonCells(good),
          expired: { requests: [shown('acme-billing', { untilMs: NOW - 1 })], ...expired },
          audience: { requests: [shown('somebody-else')], ...unknown },
          'bound elsewhere': NO_BINDING,
          oversized: noCell('TLS bounds handshakes; what an edge passes on in a header has a row of its own'),
          garbage: noCell('TLS accepts no certificate that cannot be read'),
        },
      };
    },
  },
  {
    scheme: 'client certificate from an edge (RFC 9440)',
    async make() {
      const certificates = { header: 'client-cert', entries: [{ subject: 'CN=acme*', partner: 'acme' }] };
      const desk = deskFrom({ certificates });
      const passed = (value: string, trustedPeer = true): Presented => request(['Client-Cert', value], { trustedPeer });
      const header = (pem: string): string => `:${new X509Certificate(pem).raw.toString('base64')}:`;
      const good = passed(header(selfSigned('acme-billing')));
      return {
        desk,
        cells: {
          ...commonCells(good),
          expired: { requests: [passed(header(selfSigned('acme-billing', '20250101000000Z')))], ...expired },
          audience: { requests: [passed(header(selfSigned('somebody-else')))], ...unknown },
          // Somebody who is no edge of ours sends the header of one: nothing was presented.
          'bound elsewhere': {
            requests: [passed(header(selfSigned('acme-billing')), false)],
            outcome: AUTH_OUTCOME.none,
            problem: { status: 401, code: 'SP7501' },
          },
          oversized: { requests: [passed(`:${'A'.repeat(20_000)}:`)], ...oversized },
          garbage: { requests: [passed(':bm90IGEgY2VydGlmaWNhdGU=:')], ...garbage },
        },
      };
    },
  },
];
