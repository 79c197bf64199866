/** Credentials that count no more, in this process: what the desk holds where nothing else was given to it. */
import type { Revocations } from './scheme.ts';

/** Credentials at once. When all places are taken those that end first go. */
const MAX_REVOKED = 100_000;

/** `most`: see {@link MAX_REVOKED}. */
export function createDenylist(most = MAX_REVOKED): Revocations {
  const until = new Map<string, number>();
  const makeRoom = (): void => {
    const byEnd = [...until].sort((a, b) => a[1] - b[1]);
    for (const [credential] of byEnd.slice(0, Math.max(1, most >> 3))) until.delete(credential);
  };
  return {
    isRevoked({ credential }, nowMs) {
      if (until.size === 0 || credential === '') return false;
      const end = until.get(credential);
      if (end === undefined) return false;
      if (end > nowMs) return true;
      until.delete(credential);
      return false;
    },
    revoke(credential, untilMs) {
      if (credential === '') return;
      // 0 stands for "for good" in callers; an end in the past would revoke nothing.
      until.set(credential, untilMs === 0 ? Number.MAX_SAFE_INTEGER : untilMs);
      if (until.size > most) makeRoom();
    },
    restore(credential) {
      until.delete(credential);
    },
    close() {
      until.clear();
    },
  };
}
