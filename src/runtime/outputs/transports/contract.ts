/** What an output sends through, and how it is told that it did not arrive. */
import { SallyportError } from '../../../lib/errors.ts';
import type { Item } from '../queue.ts';

export interface Transport {
  /**
   * Sends events in order and resolves when the other side has them, as far as its protocol can tell. Rejects with a
   * {@link DeliveryError}. Never called again before it has settled.
   */
  send(batch: readonly Item[], signal: AbortSignal): Promise<void>;
  /** Log rotation, and files that may have changed: opens anew before the next batch. */
  reopen(): void;
  close(): Promise<void>;
}

export type OutputCode = 'SP8301' | 'SP8302' | 'SP8303' | 'SP8304' | 'SP8305' | 'SP8306' | 'SP8307';

export interface DeliveryOptions {
  readonly cause?: unknown;
  /** The other side will never take this batch. */
  readonly permanent?: boolean;
  /** Fewer events at once may do. */
  readonly tooLarge?: boolean;
  /** Not before so many ms. */
  readonly retryAfterMs?: number;
}

/** Why a batch did not arrive. */
export class DeliveryError extends SallyportError {
  readonly permanent: boolean;
  readonly tooLarge: boolean;
  readonly retryAfterMs: number;

  constructor(code: OutputCode, message: string, options: DeliveryOptions = {}) {
    super(code, message, { cause: options.cause });
    this.permanent = options.permanent ?? false;
    this.tooLarge = options.tooLarge ?? false;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

/** Codes of Node and OpenSSL that say that a connection came about, and that nobody can be trusted on it. */
const TLS_CODE =
  /^(?:ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|EPROTO)/;

/** What went wrong with a connection, as an error with a code: SP8303 where it was TLS, SP8302 else. */
export function connectionError(where: string, error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const { code = '', message } = (rootOf(error) ?? {}) as NodeJS.ErrnoException;
  const reason = code === '' ? message : code;
  return TLS_CODE.test(code)
    ? new DeliveryError('SP8303', `${where}: ${reason}`, { cause: error })
    : new DeliveryError('SP8302', `${where}: ${reason}`, { cause: error });
}

/** The error at the bottom: libraries wrap those of the system, and several addresses make an aggregate. */
function rootOf(error: unknown): unknown {
  let at = error as { cause?: unknown; errors?: readonly unknown[]; code?: string };
  for (let depth = 0; depth < 5; depth++) {
    const below = at?.errors?.[0] ?? (at?.code?.startsWith('UND_') === false ? undefined : at?.cause);
    if (below === undefined || below === null) break;
    at = below as typeof at;
  }
  return at;
}
