/** Session cookies in the identity matrix. */
import { createHmac } from 'node:crypto';
import { FLAG } from '../../enrich/facts.ts';
import type { Presented } from '../contract.ts';
import { COMES_TO, deskFrom, type MatrixRow, NOW, noCell, request, revokedUntil } from '../testing.ts';

const { valid, forged, oversized, garbage } = COMES_TO;
const env = { SESSION_SECRET: 'a-session-secret-of-length' };

/** `s:<id>.<signature>`, as express-session writes it. */
function expressCookie(id: string, secret: string): string {
  const mac = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');
  return encodeURIComponent(`s:${id}.${mac}`);
}

export const ROWS: readonly MatrixRow[] = [
  {
    scheme: 'signed session cookie',
    async make() {
      const cookies = [{ name: 'connect.sid', secrets: [{ env: 'SESSION_SECRET' }], proves: 'login' }];
      const desk = deskFrom({ cookies, device_header: 'X-Device-Id' }, { env });
      const withCookie = (value: string, ...more: string[]): Presented =>
        request(['Cookie', `theme=dark; connect.sid=${value}`, ...more]);
      const good = withCookie(expressCookie('session-1', env.SESSION_SECRET));
      return {
        desk,
        cells: {
          valid: { requests: [good], ...valid },
          expired: noCell('when a session ends only the application knows; it answers 401 itself'),
          audience: {
            requests: [withCookie(expressCookie('session-1', 'the-secret-of-another-application'))],
            ...forged,
          },
          algorithm: noCell('the algorithm of the signature stands in the configuration, not in the cookie'),
          replayed: noCell('a session cookie is meant to be sent with every request: a second time is no replay'),
          revoked: { requests: [good, good], ...revokedUntil(NOW + 1000) },
          // Not refused, because people change devices: it is evidence.
          'bound elsewhere': {
            requests: [
              withCookie(expressCookie('session-1', env.SESSION_SECRET), 'X-Device-Id', 'phone-1'),
              withCookie(expressCookie('session-1', env.SESSION_SECRET), 'X-Device-Id', 'phone-2'),
            ],
            ...valid,
            flags: FLAG.BOUND_ELSEWHERE,
          },
          oversized: { requests: [withCookie('s'.repeat(5000))], ...oversized },
          garbage: { requests: [withCookie('%E0%A4%A')], ...garbage },
        },
      };
    },
  },
];
