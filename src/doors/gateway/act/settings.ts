/** What the act room is made with. */
import type { z } from 'zod';
import type { answers, challenge, gateway } from '../../../config/serve.ts';
import type { Gate } from '../../../runtime/live/verdict.ts';

/** The sections of the configuration that decide how actions look; replaced as a whole by a reload. */
export interface ActConfig {
  readonly challenge: z.output<typeof challenge>;
  readonly answers: z.output<typeof answers>;
  readonly tarpit: z.output<typeof gateway>['tarpit'];
  readonly throttle: z.output<typeof gateway>['throttle'];
}

/** What timers do here; tests bring their own. */
export interface Timers {
  set(run: () => void, ms: number): unknown;
  clear(timer: unknown): void;
}

export interface ActOptions {
  readonly config: ActConfig;
  /** 32 bytes that all workers share: what one of them signs, the others accept. */
  readonly secret: Buffer;
  readonly gate: Pick<Gate, 'spend' | 'solved'>;
  /** Unix ms. */
  readonly clock: () => number;
  /** Unpredictable bytes. */
  readonly random: (n: number) => Buffer;
  readonly timers?: Timers;
}

/** Everything the parts of this room share. `config` is the one in force now. */
export interface ActContext extends Omit<ActOptions, 'timers' | 'config'> {
  config: ActConfig;
  readonly timers: Timers;
}

export const SYSTEM_TIMERS: Timers = {
  set: (run, ms) => setTimeout(run, ms),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Below this path the gateway answers itself (RFC 8615). */
export const OWN_PATHS = '/.well-known/sallyport/';
export const REDEEM_PATH = `${OWN_PATHS}challenge`;
export const WAIT_PATH = `${OWN_PATHS}wait`;
export const RECEIPT_PATH = `${OWN_PATHS}receipt/`;
