/** API keys in the identity matrix. */
import { COMES_TO, deskFrom, type MatrixRow, NOW, noCell, request, revokedUntil, SECRET } from '../testing.ts';
import { newKey } from './format.ts';

const { valid, expired, unknown, oversized, garbage } = COMES_TO;
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
      const desk = deskFrom({ keys: { entries } });
      const withKey = (key: string) => request(['X-Api-Key', key]);
      return {
        desk,
        cells: {
          valid: { requests: [withKey(good.key)], ...valid },
          expired: { requests: [withKey(old.key)], ...expired },
          audience: { requests: [withKey(other.key)], ...unknown },
          algorithm: noCell('a key is compared by its hash: there is no algorithm that a client could choose'),
          replayed: noCell('a key is meant to be sent with every request: a second time is no replay'),
          revoked: { requests: [withKey(good.key), withKey(good.key)], ...revokedUntil(0) },
          'bound elsewhere': noCell('keys are not bound; use elsewhere is evidence that detectors weigh'),
          oversized: { requests: [withKey('k'.repeat(600))], ...oversized },
          garbage: { requests: [withKey('sp_live_x_y\u00e9')], ...garbage },
        },
      };
    },
  },
];
