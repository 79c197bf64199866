/** What the handlers of the admin API are given with a request. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access, Caller } from './access.ts';
import type { AdminOptions } from './options.ts';
import type { LiveStreams } from './streams.ts';

export interface Context {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly options: AdminOptions;
  readonly access: Access;
  readonly streams: LiveStreams;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Null on routes that are open to everybody. */
  readonly caller: Caller | null;
}
