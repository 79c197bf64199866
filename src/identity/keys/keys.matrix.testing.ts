/** API keys in the identity matrix. */
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import { identityFrom } from '../compose.ts';
import { type MatrixRow, NOW, noCell, PROBLEMS, request, SECRET, settingsOf } from '../testing.ts';
import { newKey } from './format.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

export const ROWS: readonly MatrixRow[] = [
  {
    scheme: 'API key',
    async make() {
      const good = newKey({ id: 'acme-1', secret: SECRET });
      const old = newKey({ id: 'acme-0', secret: SECRET });
      const other = newKey({ secret: SECRET });
      const entries = [
        { id: good.id, hash: good.hash, principal: 'acme', scopes: ['orders:read'] },
        { id: old.id, hash: old.hash, principal: 'acme', expires: iso(NOW - 1000) },
      ];
      const desk = identityFrom(settingsOf({ keys: { entries } }), { baseDir: '.', secret: SECRET });
      const withKey = (key: string) => request(['X-Api-Key', key]);
      return {
        desk,
        cells: {
          valid: { requests: [withKey(good.key)], outcome: AUTH_OUTCOME.accepted, problem: null },
          expired: { requests: [withKey(old.key)], outcome: AUTH_OUTCOME.expired, problem: PROBLEMS.expired },
          audience: { requests: [withKey(other.key)], outcome: AUTH_OUTCOME.unknown, problem: PROBLEMS.refused },
          algorithm: noCell('a key is compared by its hash: there is no algorithm that a client could choose'),
          replayed: noCell('a key is meant to be sent with every request: a second time is no replay'),
          revoked: {
            requests: [withKey(good.key), withKey(good.key)],
            before: (at, [caller]) => at.revoke(caller.credential, 0),
            outcome: AUTH_OUTCOME.revoked,
            problem: PROBLEMS.refused,
          },
          'bound elsewhere': noCell('keys are not bound; use elsewhere is evidence that detectors weigh'),
          oversized: {
            requests: [withKey('k'.repeat(600))],
            outcome: AUTH_OUTCOME.oversized,
            problem: PROBLEMS.unreadable,
          },
          garbage: {
            requests: [withKey('sp_live_x_y\u00e9')],
            outcome: AUTH_OUTCOME.malformed,
            problem: PROBLEMS.unreadable,
          },
        },
      };
    },
  },
];
