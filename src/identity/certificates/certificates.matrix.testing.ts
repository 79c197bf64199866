/** Client certificates in the identity matrix: from TLS, and as an edge passes them on. */
import { X509Certificate } from 'node:crypto';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import { identityFrom } from '../compose.ts';
import type { ClientCertificate, Presented } from '../contract.ts';
import { type MatrixRow, NOW, noCell, PROBLEMS, request, SECRET, selfSigned, settingsOf } from '../testing.ts';
import { certificateOf } from './read.ts';

const { accepted, expired, unknown, revoked, oversized, malformed } = AUTH_OUTCOME;

const NO_ALGORITHM = noCell('TLS has verified the chain: which signatures count there says its own configuration');
const NO_REPLAY = noCell('TLS proves the key anew with every connection: there is nothing that could be replayed');
const NO_BINDING = noCell(
  'a certificate is bound to the connection by TLS itself; tokens bound to one have rows of their own',
);

export const ROWS: readonly MatrixRow[] = [
  {
    scheme: 'client certificate (mutual TLS)',
    async make() {
      const entries = [{ subject: 'CN=acme*', partner: 'acme', principal: '$cn' }];
      const desk = identityFrom(settingsOf({ certificates: { entries } }), { baseDir: '.', secret: SECRET });
      const shown = (commonName: string, over: Partial<ClientCertificate> = {}): Presented =>
        request([], { certificate: { ...certificateOf(new X509Certificate(selfSigned(commonName))), ...over } });
      const good = shown('acme-billing');
      return {
        desk,
        cells: {
          valid: { requests: [good], outcome: accepted, problem: null },
          expired: {
            requests: [shown('acme-billing', { untilMs: NOW - 1 })],
            outcome: expired,
            problem: PROBLEMS.expired,
          },
          audience: { requests: [shown('somebody-else')], outcome: unknown, problem: PROBLEMS.refused },
          algorithm: NO_ALGORITHM,
          replayed: NO_REPLAY,
          revoked: {
            requests: [good, good],
            before: (at, [caller]) => at.revoke(caller.credential, 0),
            outcome: revoked,
            problem: PROBLEMS.refused,
          },
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
      const desk = identityFrom(settingsOf({ certificates }), { baseDir: '.', secret: SECRET });
      const passed = (value: string, trustedPeer = true): Presented => request(['Client-Cert', value], { trustedPeer });
      const header = (pem: string): string => `:${new X509Certificate(pem).raw.toString('base64')}:`;
      const good = passed(header(selfSigned('acme-billing')));
      return {
        desk,
        cells: {
          valid: { requests: [good], outcome: accepted, problem: null },
          expired: {
            requests: [passed(header(selfSigned('acme-billing', '20250101000000Z')))],
            outcome: expired,
            problem: PROBLEMS.expired,
          },
          audience: {
            requests: [passed(header(selfSigned('somebody-else')))],
            outcome: unknown,
            problem: PROBLEMS.refused,
          },
          algorithm: NO_ALGORITHM,
          replayed: NO_REPLAY,
          revoked: {
            requests: [good, good],
            before: (at, [caller]) => at.revoke(caller.credential, 0),
            outcome: revoked,
            problem: PROBLEMS.refused,
          },
          // Somebody who is no edge of ours sends the header of one: nothing was presented.
          'bound elsewhere': {
            requests: [passed(header(selfSigned('acme-billing')), false)],
            outcome: AUTH_OUTCOME.none,
            problem: { status: 401, code: 'SP7501' },
          },
          oversized: {
            requests: [passed(`:${'A'.repeat(20_000)}:`)],
            outcome: oversized,
            problem: PROBLEMS.unreadable,
          },
          garbage: {
            requests: [passed(':bm90IGEgY2VydGlmaWNhdGU=:')],
            outcome: malformed,
            problem: PROBLEMS.unreadable,
          },
        },
      };
    },
  },
];
