/** What the reception is put together with once, and keeps through reloads: revocations, what was used once, keys of days. */
import type { Config } from '../../config/schema.ts';
import { ReplayGuard, type ReplayPort, sharedReplay } from '../../identity/replay.ts';
import { advanceDaily, drawDaily } from '../../inspect/fields/index.ts';
import type { Gate } from '../../runtime/live/verdict.ts';
import { Office } from './revoking/office.ts';
import type { Revoking } from './revoking/revoking.ts';
import { IdentityPaths } from './revoking/serve.ts';

export interface ReceivingOptions {
  readonly gate: Gate;
  readonly secrets: { readonly pseudonyms: Buffer; readonly challenge: Buffer; readonly daily?: Buffer };
  /** What counts no more; an office of this process, of which nothing is kept, without it. */
  readonly revoking?: Revoking;
  /** Told what an operator should know. */
  readonly onNote?: (text: string) => void;
}

/** What a reload leaves as it is. */
export interface Lasting {
  readonly revoking: Revoking;
  readonly paths: IdentityPaths;
  readonly replay: ReplayPort;
  /** Key of the day, which goes on in place. */
  readonly daily: Buffer;
  /** Ends what was opened here and by nobody else. */
  close(): Promise<void>;
}

/** How often the key of the day before is looked for, in ms. */
const FORGET_MS = 600_000;

/** Opens it, once. `clock`: Unix ms. */
export function lastingOf(
  clock: () => number,
  options: ReceivingOptions,
  { identity, gateway }: Config,
  baseDir: string,
): Lasting {
  const { gate, secrets, onNote } = options;
  const office =
    options.revoking === undefined
      ? new Office({ settings: identity, baseDir, secret: secrets.pseudonyms, clock, onNote })
      : null;
  const revoking = options.revoking ?? (office as Office);
  const daily = secrets.daily ?? drawDaily(clock());
  // Where nobody logs in for days, the keys of these days are forgotten all the same.
  const forgetting = setInterval(() => advanceDaily(daily, clock()), FORGET_MS);
  forgetting.unref();
  return {
    revoking,
    paths: new IdentityPaths(revoking),
    // Asking the owner costs a turn of the event loop, and alone this process knows everything itself.
    replay:
      gateway.workers > 1
        ? sharedReplay((nonce, untilMs) => gate.spend(nonce, untilMs))
        : new ReplayGuard({ capacity: identity.signatures.replay_entries }),
    daily,
    close: async () => {
      clearInterval(forgetting);
      await office?.close();
    },
  };
}
