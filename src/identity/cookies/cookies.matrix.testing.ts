/** Session cookies in the identity matrix. */
import { createHmac } from 'node:crypto';
import { FLAG } from '../../enrich/facts.ts';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import { identityFrom } from '../compose.ts';
import type { Presented } from '../contract.ts';
import { type MatrixRow, NOW, noCell, PROBLEMS, request, SECRET, settingsOf } from '../testing.ts';

const { accepted, signature, revoked, oversized, malformed } = AUTH_OUTCOME;
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
      const settings = settingsOf({ cookies, device_header: 'X-Device-Id' });
      const desk = identityFrom(settings, { baseDir: '.', secret: SECRET, env });
      const withCookie = (value: string, ...more: string[]): Presented =>
        request(['Cookie', `theme=dark; connect.sid=${value}`, ...more]);
      const good = withCookie(expressCookie('session-1', env.SESSION_SECRET));
      return {
        desk,
        cells: {
          valid: { requests: [good], outcome: accepted, problem: null },
          expired: noCell('when a session ends only the application knows; it answers 401 itself'),
          audience: {
            requests: [withCookie(expressCookie('session-1', 'the-secret-of-another-application'))],
            outcome: signature,
            problem: PROBLEMS.refused,
          },
          algorithm: noCell('the algorithm of the signature stands in the configuration, not in the cookie'),
          replayed: noCell('a session cookie is meant to be sent with every request: a second time is no replay'),
          revoked: {
            requests: [good, good],
            before: (at, [caller]) => at.revoke(caller.credential, NOW + 1000),
            outcome: revoked,
            problem: PROBLEMS.refused,
          },
          // Not refused, because people change devices: it is evidence.
          'bound elsewhere': {
            requests: [
              withCookie(expressCookie('session-1', env.SESSION_SECRET), 'X-Device-Id', 'phone-1'),
              withCookie(expressCookie('session-1', env.SESSION_SECRET), 'X-Device-Id', 'phone-2'),
            ],
            outcome: accepted,
            flags: FLAG.BOUND_ELSEWHERE,
            problem: null,
          },
          oversized: { requests: [withCookie('s'.repeat(5000))], outcome: oversized, problem: PROBLEMS.unreadable },
          garbage: { requests: [withCookie('%E0%A4%A')], outcome: malformed, problem: PROBLEMS.unreadable },
        },
      };
    },
  },
];
