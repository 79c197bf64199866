/**
 * The identity matrix: every scheme × everything that may be wrong with a credential. Rows stand beside the schemes in files
 * `*.matrix.testing.ts`, each with `ROWS`, and are named in TABLES; every row says what each case leads to, or why there is
 * none.
 */
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import { AUTH_OUTCOME } from '../enrich/kinds.ts';
import { authorise } from './access.ts';
import { ROWS as CERTIFICATES } from './certificates/certificates.matrix.testing.ts';
import type { AccessRefusal, AccessRule, Caller } from './contract.ts';
import { ROWS as COOKIES } from './cookies/cookies.matrix.testing.ts';
import { ROWS as JWTS } from './jwt/jwt.matrix.testing.ts';
import { ROWS as KEYS } from './keys/keys.matrix.testing.ts';
import { ROWS as OPAQUE } from './opaque/opaque.matrix.testing.ts';
import { ROWS as SIGNED } from './signed/signed.matrix.testing.ts';
import { CASES, type MatrixCell, type MatrixRow } from './testing.ts';

/** Another file of rows is one more line here. */
const TABLES: Readonly<Record<string, readonly MatrixRow[]>> = {
  'certificates/certificates.matrix.testing.ts': CERTIFICATES,
  'cookies/cookies.matrix.testing.ts': COOKIES,
  'jwt/jwt.matrix.testing.ts': JWTS,
  'keys/keys.matrix.testing.ts': KEYS,
  'opaque/opaque.matrix.testing.ts': OPAQUE,
  'signed/signed.matrix.testing.ts': SIGNED,
};
const rows = Object.values(TABLES).flat();

const REQUIRED: AccessRule = { required: true, schemes: [], scopes: [], roles: [] };
const nameOf = (outcome: number): string =>
  Object.entries(AUTH_OUTCOME).find(([, value]) => value === outcome)?.[0] ?? String(outcome);

async function played(row: MatrixRow, cell: MatrixCell, desk: Awaited<ReturnType<MatrixRow['make']>>['desk']) {
  const earlier: Caller[] = [];
  for (const one of cell.requests.slice(0, -1)) earlier.push(await desk.identify(one));
  cell.before?.(desk, earlier);
  const caller = await desk.identify(cell.requests[cell.requests.length - 1]);
  return { caller, refusal: authorise(caller, REQUIRED), row };
}

it('has the rows of every file there is', () => {
  const files = globSync(['**/*.matrix.testing.ts'], { cwd: import.meta.dirname });
  expect(Object.keys(TABLES).sort()).toEqual(files.sort());
  expect(new Set(rows.map((row) => row.scheme)).size).toBe(rows.length);
});

describe.each(rows.map((row) => [row.scheme, row] as const))('%s', (_, row) => {
  it.each(CASES)('%s', async (name) => {
    const { desk, cells } = await row.make();
    const cell = cells[name];
    if ('value' in cell) {
      expect(cell.reason.length).toBeGreaterThan(20);
      await desk.close();
      return;
    }
    const { caller, refusal } = await played(row, cell, desk);
    await desk.close();
    expect(nameOf(caller.outcome)).toBe(nameOf(cell.outcome));
    expect(caller.flags & (cell.flags ?? 0)).toBe(cell.flags ?? 0);
    expect(refusal === null ? null : { status: refusal.status, code: refusal.code }).toEqual(cell.problem);
    if (caller.outcome !== AUTH_OUTCOME.accepted) expect(caller.principal).toBe('');
    expect(leaks(caller, refusal, cell)).toEqual([]);
  });
});

/** Secrets of a request that its caller or its problem repeats. */
function leaks(caller: Caller, refusal: AccessRefusal | null, cell: MatrixCell): string[] {
  const { headers } = cell.requests[cell.requests.length - 1];
  const secrets = headers.filter(
    (name, i) => i % 2 === 1 && SECRET_HEADERS.includes(headers[i - 1].toLowerCase()) && name,
  );
  const told = JSON.stringify([{ ...caller, added: [] }, refusal]);
  return secrets
    .map((secret) => secret.replace(/^\S+ /, ''))
    .filter((secret) => secret.length > 8 && told.includes(secret));
}
const SECRET_HEADERS = ['authorization', 'x-api-key', 'cookie'];

describe('no oracle', () => {
  it('what a client reads is the same for every credential that is not accepted', async () => {
    const read = new Set<string>();
    for (const row of rows) {
      const { desk, cells } = await row.make();
      for (const name of ['algorithm', 'revoked', 'audience'] as const) {
        const cell = cells[name];
        if ('value' in cell || cell.problem?.code !== 'SP7502') continue;
        const { refusal } = await played(row, cell, desk);
        read.add(JSON.stringify([refusal?.status, refusal?.code, refusal?.title, refusal?.detail, refusal?.headers]));
      }
      await desk.close();
    }
    expect([...read]).toHaveLength(1);
  });
});
