/** What queries of several routes say alike. */
import { AdminError } from './reply.ts';

/** Things in one answer: by default, and at most. */
const USUAL_LIMIT = 100;
export const MOST_LIMIT = 1000;

/** `limit` of a query. @throws AdminError SP7003 */
export function limitOf(query: URLSearchParams, usual = USUAL_LIMIT): number {
  const limit = query.get('limit') ?? String(usual);
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST_LIMIT) {
    throw new AdminError(400, 'SP7003', `"limit" is a number from 1 to ${MOST_LIMIT}`);
  }
  return Number(limit);
}
