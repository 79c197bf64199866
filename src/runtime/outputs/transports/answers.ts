/** What the status of an HTTP answer means for a batch of events. */
import { DeliveryError } from './contract.ts';

/** Longest pause that a receiver may ask for, in ms. */
const MAX_RETRY_AFTER_MS = 300_000;
const CREDENTIALS: ReadonlySet<number> = new Set([401, 403, 407]);
/** Asking again with the same events makes no sense; 413 is told apart. */
const NEVER: ReadonlySet<number> = new Set([400, 406, 409, 411, 415, 422, 431]);

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), as ms from now; 0 for none that makes sense. */
export function retryAfterMs(value: string | undefined, nowMs: number): number {
  if (value === undefined) return 0;
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : 0;
}

/** Why a batch did not arrive, by the status; null where it did. */
export function answerError(where: string, status: number, pauseMs: number): DeliveryError | null {
  if (status >= 200 && status < 300) return null;
  const message = `${where} answers ${status}`;
  if (CREDENTIALS.has(status)) return new DeliveryError('SP8306', message);
  if (status === 413) return new DeliveryError('SP8304', message, { permanent: true, tooLarge: true });
  if (NEVER.has(status)) return new DeliveryError('SP8304', message, { permanent: true });
  return new DeliveryError('SP8305', message, { retryAfterMs: pauseMs });
}

/** A URL as messages show it: without user, password and query, in which there may be a secret. */
export function shownUrl(text: string): string {
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`;
}
