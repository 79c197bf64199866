/**
 * What the rooms of the gateway agree on. One request goes through them like this:
 *
 *     listen → http (is it sound?) → guard (is there room?) → observe (facts) → gate (verdict) → act | upstream → observe
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { AccessRule } from '../../identity/contract.ts';
import type { Verdict } from '../../runtime/live/verdict.ts';

/** HTTP/1.1 and HTTP/2 (through Node's compatibility layer) look alike from here on. */
export type Req = IncomingMessage | Http2ServerRequest;
export type Res = ServerResponse | Http2ServerResponse;

/** Names and values in turn, as Node's rawHeaders: order and case as they came. */
export type HeaderList = string[];

export type Priority = 'critical' | 'normal' | 'bulk';

/** What a route asks of the gateway, with every default filled in. */
export interface RouteSettings {
  /** For metrics and messages: the pattern of the configuration, or "default". */
  readonly name: string;
  /** Name of the group of servers. */
  readonly upstream: string;
  /** From the request to the last byte of the answer, in ms; 0 for none. Event streams and upgrades have none. */
  readonly timeoutMs: number;
  readonly bodyLimitBytes: number;
  /** 0: none. */
  readonly responseLimitBytes: number;
  readonly fail: 'open' | 'closed';
  readonly scoringBudgetMs: number;
  readonly priority: Priority;
  /** Fixed limit of requests at once; 0 for the adaptive one. */
  readonly concurrency: number;
  readonly capture: { readonly untilMs: number; readonly reason: string; readonly bodyBytes: number } | null;
  /** Its place in `gateway.routes`; −1 for requests that none matches. */
  readonly place: number;
  /** Who may use it; null: whoever the application serves. */
  readonly access: AccessRule | null;
  /** SENSITIVITY. */
  readonly sensitivity: number;
  readonly body: BodySettings;
  readonly answer: AnswerSettings;
}

/** What happens to the bodies of a route's requests. */
export interface BodySettings {
  readonly inspect: boolean;
  /** Bytes held back to be looked at. */
  readonly bytes: number;
  readonly beyond: 'prefix' | 'refuse' | 'spool';
  readonly spoolBytes: number;
}

/** What is looked at in a route's answers. */
export interface AnswerSettings {
  readonly inspect: boolean;
  readonly bytes: number;
  /** Bit set LEAK: answers with these are not sent. */
  readonly withhold: number;
}

/** A request that has passed the checks of the http room. */
export interface Inbound {
  readonly req: Req;
  readonly res: Res;
  readonly method: string;
  /** Origin form: /path?query; `*` for OPTIONS. */
  readonly target: string;
  /** Authority that was asked for: Host or :authority, without user information. */
  readonly host: string;
  /** `HTTP/1.0`, `HTTP/1.1`, `HTTP/2.0`. */
  readonly protocol: string;
  readonly scheme: 'http' | 'https';
  /** Address of the other end: the peer of the socket, or what its PROXY protocol header said. */
  readonly peer: string;
  readonly peerPort: number;
  /** End-to-end headers: hop-by-hop ones and those that only Sallyport may set are gone. */
  readonly headers: HeaderList;
  /** Length of the body in bytes, −1 where it is not known before, 0 where there is none. */
  readonly bodyLength: number;
  /** What `Upgrade` asked for in small letters ("websocket"), '' for nothing. */
  readonly upgrade: string;
  /** The client waits for 100 Continue before it sends the body. */
  readonly expectsContinue: boolean;
  readonly route: RouteSettings;
  /** Unix ms at which the request had come, and the same on the monotonic clock, in ms. */
  readonly startedMs: number;
  readonly startedAt: number;
  /** Set while somebody looks at the body. */
  tap?: BodyTap | null;
  /** The body, or its beginning, where it was collected before the request goes on: sent from there. */
  body?: BodySource | null;
  /** Set, in `ForwardHooks.head` at the latest, while somebody looks at the answer. */
  answerTap?: AnswerTap | null;
}

/** A request's body of which the beginning, or all, has been taken from the client. */
export interface BodySource {
  /** What is in memory, in order; one piece where `whole` is true and nothing is on disk. */
  readonly pieces: readonly Buffer[];
  /** Nothing more comes from the client. */
  readonly whole: boolean;
  /** Bytes on disk, which follow after those in memory; 0 for none. */
  readonly diskBytes: number;
  /** A client that waits for 100 Continue was sent it. */
  readonly continued: boolean;
  /** Reads what is on disk, from `position` on. `done` is called once, with a piece that is not empty or an error. */
  read(position: number, done: (error: Error | null, piece: Buffer) => void): void;
  /** Gives memory and disk back. It happens by itself when the exchange is over; a second time does nothing. */
  release(): void;
}

/** Looks at the body of a request as its pieces go upstream. It changes nothing, keeps no piece, and must be quick. */
export interface BodyTap {
  take(chunk: Buffer): void;
}

/** What becomes of an answer that is held back. */
export type AnswerWord = 'hold' | 'send' | 'withhold';

/** Looks at an answer on its way back. It may have the beginning held back until it knows whether the answer may leave. */
export interface AnswerTap {
  /**
   * The head has come, and {@link ForwardHooks.head} has changed it; `streams`: a body follows that may be looked at (there is one,
   * and it is no stream of events). True holds the answer back until `take` or `end` says otherwise, or `settle` is called.
   */
  begin(status: number, headers: HeaderList, streams: boolean, settle: (word: AnswerWord) => void): boolean;
  /** The next piece of the body, as the upstream sent it. The word counts while the answer is held back. */
  take(chunk: Buffer): AnswerWord;
  /** The body is whole. The word counts while the answer is held back. */
  end(): Exclude<AnswerWord, 'hold'>;
}

/** How an exchange ended. */
export interface Outcome {
  /** Status that the client was sent, 0 where it got none. */
  readonly status: number;
  /** Bytes of the answer's body that were handed to the client's connection. */
  readonly bytes: number;
  /** Bytes of the request's body that went upstream. */
  readonly bodyBytes: number;
  /** '' for a whole answer; else who ended it: the client went away, the upstream failed, a limit or deadline of ours. */
  readonly ended: '' | 'client' | 'upstream' | 'limit' | 'deadline';
  /** Code of the registry where something went wrong; '' else. */
  readonly code: string;
  /** Server that answered, '' for none, and how often it was tried again. */
  readonly server: string;
  readonly retries: number;
  /** Unix ms of the first byte of the answer from the upstream; 0 for none. */
  readonly firstByteMs: number;
}

/** What was seen while a head was read, so that nobody has to look for it once more. */
export interface HeadNotes {
  /** A stream of events: without an end, and to be passed on at once. */
  readonly eventStream: boolean;
  /** There are headers that speak to the gateway: `Sallyport-…`. */
  readonly signals: boolean;
}

/** What the gateway wants of an answer of the upstream before it is passed on. */
export interface ForwardHooks {
  /**
   * Head of the answer: its status and its end-to-end headers, which the hook may change in place. Called once, before
   * anything is sent to the client; not for 1xx.
   */
  head(status: number, headers: HeaderList, notes?: HeadNotes): void;
  /** The exchange is over. Called exactly once, whatever happened. */
  done(outcome: Outcome): void;
}

/** The upstream room: groups of servers behind one call. */
export interface Forwarder {
  /**
   * Sends the request on and streams the answer back. `headers` are what the upstream is to see (Host and forwarding
   * headers included). Errors before the answer's head become a problem document with their code; after it the
   * client's connection is cut, so that nobody takes half an answer for a whole one.
   */
  forward(inbound: Inbound, headers: HeaderList, hooks: ForwardHooks): void;
  /** The same for `Upgrade`: joins both sockets once the upstream has said 101. */
  upgrade(
    inbound: Inbound,
    socket: import('node:stream').Duplex,
    head: Buffer,
    headers: HeaderList,
    hooks: ForwardHooks,
  ): void;
  /** For status, metrics and doctor. */
  servers(): readonly { readonly name: string; readonly url: string; readonly state: string }[];
  /** Ends health checks and closes connections once what is under way has ended. */
  close(): Promise<void>;
}

/** Room for a request was granted; `leave` gives it back, exactly once. */
export interface Ticket {
  /**
   * `latencyMs`: what the upstream took to its first byte, without time that the gateway itself held the request. `failed`:
   * the upstream failed or was too slow. `dropped`: says nothing of the upstream (the client left, or we answered).
   */
  leave(outcome: 'ok' | 'failed' | 'dropped', latencyMs: number): void;
}

/** No room: what to answer. */
export interface Refusal {
  readonly status: 503 | 429;
  readonly code: string;
  readonly retryAfterSec: number;
}

/** The guard room: overload, not abuse. */
export interface Guard {
  enter(route: RouteSettings, priority: Priority, nowMs: number): Ticket | Refusal;
  /** 0 to 3: what scoring leaves out now, in the declared order (bodies, statistics, counters). */
  degradation(): number;
  close(): void;
}

/**
 * The act room: carries a verdict out. Answers itself where it must; where the request may go on it calls `proceed`
 * (at once, after a delay, or after a challenge was found solved), with headers for the upstream to be added.
 */
export interface Responder {
  carryOut(
    inbound: Inbound,
    verdict: Verdict,
    proceed: (added: HeaderList) => void,
    refused: (outcome: Outcome) => void,
  ): void;
  /** True for paths under /.well-known/sallyport/, which the gateway answers itself. */
  owns(target: string): boolean;
  /** Answers such a path. */
  serve(inbound: Inbound, refused: (outcome: Outcome) => void): void;
  /** Headers about limits for an answer that is passed on. */
  limitHeaders(verdict: Verdict): HeaderList;
  close(): void;
}
