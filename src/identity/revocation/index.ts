/**
 * Revocation as one part: what counts no more here, telling issuers (RFC 7009), taking security events and sending them
 * (Shared Signals). The desk gets {@link Revocation.list} and the watch of {@link Revocation.issuers}.
 */
import type { RevocationSettings, SharedSignalsSettings } from '../../config/signing.ts';
import type { Fetcher } from '../http.ts';
import type { LastingReplay } from '../replay.ts';
import type { KeyFiles } from '../signed/index.ts';
import { type IssuerNews, IssuerTeller } from './issuers.ts';
import { type Change, RevocationList, type Target } from './list.ts';
import type { Schedule } from './outbox.ts';
import type { HttpHandler } from './ssf/http.ts';
import type { Naming } from './ssf/interest.ts';
import type { StreamNews } from './ssf/management.ts';
import { EventReceiver, type ReceiverNews } from './ssf/receiver.ts';
import type { StreamStore } from './ssf/stream.ts';
import { EventTransmitter, type Revoked, type TransmitterNews } from './ssf/transmitter.ts';

export interface RevocationOptions {
  readonly revocation: RevocationSettings;
  readonly sharedSignals: SharedSignalsSettings;
  readonly files: KeyFiles;
  readonly fetch: Fetcher;
  readonly replay: LastingReplay;
  readonly now: () => number;
  /** SP7609: a revocation that is not in force for want of room. */
  readonly onFull?: (target: Target) => void;
  /** A change of the list, for the ledger and for other workers: they {@link RevocationList.apply} it. */
  readonly onChange?: (change: Change) => void;
  readonly onIssuer?: (news: IssuerNews) => void;
  readonly onReceived?: (news: ReceiverNews) => void;
  readonly onSent?: (news: TransmitterNews) => void;
  /** What receivers have changed of their streams. */
  readonly onStream?: (news: StreamNews) => void;
  /** Where that is kept, and how subjects are named there. */
  readonly streams?: StreamStore;
  readonly name?: Naming;
  readonly schedule?: Schedule;
  readonly random?: () => number;
}

export interface Revocation {
  readonly list: RevocationList;
  readonly issuers: IssuerTeller;
  /**
   * What to mount, by path: `/ssf/receive/NAME` for every receiver, and what the transmitter publishes under its issuer.
   */
  readonly handlers: ReadonlyMap<string, HttpHandler>;
  /** Tells those who listen what was revoked here by us. What came as an event is never sent on: two would not stop. */
  revoked(what: Revoked): Promise<void>;
  /** Names of the streams that are told of it by {@link revoked}. */
  listeners(what: Revoked): readonly string[];
  /** Begins to ask transmitters for events. */
  start(): void;
  close(): void;
}

/** SallyportError SP7601 or SP7602 for a secret or key of the configuration that cannot be used. */
export function createRevocation(options: RevocationOptions): Revocation {
  const { revocation, sharedSignals, files, fetch, replay, now, schedule, random } = options;
  const shared = { files, fetch, now, ...(schedule && { schedule }), ...(random && { random }) };
  const list = new RevocationList({
    capacity: revocation.entries,
    now,
    ...(options.onFull && { onFull: options.onFull }),
    ...(options.onChange && { onChange: options.onChange }),
  });
  const issuers = new IssuerTeller({
    ...shared,
    settings: revocation,
    ...(options.onIssuer && { settled: options.onIssuer }),
  });
  const lastsMs = revocation.event_s * 1000;
  const news = options.onReceived && { news: options.onReceived };
  const receivers = sharedSignals.receivers.map(
    (settings) => new EventReceiver({ ...shared, settings, replay, list, lastsMs, ...news }),
  );
  const transmitter = sharedSignals.transmitter
    ? new EventTransmitter({
        ...shared,
        settings: sharedSignals.transmitter,
        ...(options.onSent && { news: options.onSent }),
        ...(options.onStream && { changed: options.onStream }),
        ...(options.streams && { store: options.streams }),
        ...(options.name && { name: options.name }),
      })
    : null;
  const handlers = new Map(transmitter?.handlers() ?? []);
  for (const receiver of receivers) handlers.set(`/ssf/receive/${receiver.name}`, receiver.push);
  return {
    list,
    issuers,
    handlers,
    revoked: async (what) => transmitter?.revoked(what),
    listeners: (what) => transmitter?.listeners(what) ?? [],
    start() {
      for (const receiver of receivers) receiver.start();
    },
    close() {
      for (const receiver of receivers) receiver.close();
      transmitter?.close();
      issuers.close();
    },
  };
}
