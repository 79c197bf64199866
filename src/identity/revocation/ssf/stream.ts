/** One stream of events as its receiver has it: on, held or off, which events, about whom; and what waits to go out. */
import type { TransmitterSettings } from '../../../config/signing.ts';
import type { Outbox } from '../outbox.ts';
import { EVENT } from './events.ts';
import { isFields } from './http.ts';
import { Interest, type Marked, markedFrom } from './interest.ts';
import type { PollQueue } from './queue.ts';

export const STATUS = ['enabled', 'paused', 'disabled'] as const;
export type StreamStatus = (typeof STATUS)[number];

/** What a receiver has asked of its stream, and what outlives a restart. */
export interface StreamState {
  readonly status: StreamStatus;
  readonly reason: string;
  readonly description: string;
  /** Types of events; null for all that there are. */
  readonly events: readonly string[] | null;
}

/** Where states of streams are kept. */
export interface StreamStore {
  /** Streams with the marks of their subjects, as they were kept. */
  streams(): ReadonlyMap<string, { readonly state: unknown; readonly subjects: readonly string[] }>;
  /** Resolves once it would survive a crash. */
  keepState(stream: string, state: StreamState): Promise<void>;
  /** Keeps a subject, or forgets it. */
  keepSubject(stream: string, mark: string, keep: boolean): Promise<void>;
}

/** An event that goes out: signed. */
export interface Pending {
  readonly jti: string;
  readonly set: string;
}

/** Types of events that are sent, by their names here. */
export const SENT = [
  'sessionRevoked',
  'credentialChange',
  'credentialCompromise',
  'accountDisabled',
  'accountEnabled',
  'tokenClaimsChange',
] as const;
export type SentEvent = (typeof SENT)[number];

/** Bounds of what a receiver may ask for: types of events, characters of a type, of a reason or description, subjects. */
export const MAX_TYPES = 50;
export const MAX_TYPE = 256;
export const MAX_WORDS = 256;
export const MAX_SUBJECTS = 10_000;

/** Changes that a receiver may make at once, and how many more each second: each is an entry of the ledger. */
const CHANGES_BURST = 500;
const CHANGES_PER_S = 5;

const INITIAL: StreamState = { status: 'enabled', reason: '', description: '', events: null };

export interface StreamParts {
  readonly settings: TransmitterSettings['streams'][number];
  /** With which its receiver shows who it is; null where it cannot ask for anything. */
  readonly token: Buffer | null;
  /** null where it is polled. */
  readonly outbox: Outbox<Pending> | null;
  readonly queue: PollQueue;
  /** Are events about everybody wanted, but those taken out? Else only about those added. */
  readonly isAll: boolean;
}

export class EventStream {
  readonly settings: StreamParts['settings'];
  readonly token: Buffer | null;
  readonly outbox: Outbox<Pending> | null;
  readonly queue: PollQueue;
  /** Those added, or those taken out where all are wanted. */
  readonly subjects = new Interest();
  /** Types that this stream may have. */
  readonly supported: readonly string[];
  /** Unix ms of the last verification that was asked for. */
  verifiedMs = 0;
  /** Settled when the change under way is kept. */
  turn: Promise<unknown> = Promise.resolve();
  private level = 0;
  private levelMs = 0;
  private readonly isAll: boolean;
  private known: StreamState = INITIAL;

  constructor({ settings, token, outbox, queue, isAll }: StreamParts) {
    this.settings = settings;
    this.token = token;
    this.outbox = outbox;
    this.queue = queue;
    this.isAll = isAll;
    const all: readonly string[] = SENT.map((name) => EVENT[name]);
    this.supported = settings.events.length === 0 ? all : all.filter((type) => settings.events.includes(type));
  }

  get state(): StreamState {
    return this.known;
  }

  get delivered(): readonly string[] {
    const { events } = this.known;
    return events === null ? this.supported : this.supported.filter((type) => events.includes(type));
  }

  /** May its receiver change something now? Counts it, as a leaking bucket. */
  mayChange(nowMs: number): boolean {
    const left = Math.max(0, this.level - (Math.max(0, nowMs - this.levelMs) * CHANGES_PER_S) / 1000);
    this.levelMs = nowMs;
    this.level = left + 1 <= CHANGES_BURST ? left + 1 : left;
    return left + 1 <= CHANGES_BURST;
  }

  /** As it was before a restart. What cannot be read counts as never asked for. */
  restore(state: unknown, subjects: readonly string[]): void {
    for (const mark of subjects.slice(0, MAX_SUBJECTS)) {
      const marked = markedFrom(mark);
      if (marked !== null) this.subjects.add(marked);
    }
    if (isState(state)) this.become(state);
  }

  /** From here on it is as its receiver wants it: what waits is held, goes out, or is dropped. Gives how many were dropped. */
  become(state: StreamState): number {
    const before = this.known.status;
    this.known = state;
    if (state.status === before) return 0;
    if (state.status === 'enabled') this.outbox?.resume();
    else this.outbox?.pause();
    return state.status === 'disabled' ? (this.outbox?.clear() ?? 0) + this.queue.clear() : 0;
  }

  /** Does an event of this type about this subject belong here? */
  wants(type: string, subject: Marked): boolean {
    if (this.known.status === 'disabled' || !this.delivered.includes(type)) return false;
    return this.isAll ? !this.subjects.refuses(subject) : this.subjects.wants(subject);
  }

  /** Does adding a subject need room, or taking it out? */
  changes(marked: Marked, add: boolean): 'nothing' | 'more' | 'less' {
    const listed = this.subjects.has(marked);
    if (listed === (add !== this.isAll)) return 'nothing';
    return listed ? 'less' : 'more';
  }
}

function isState(value: unknown): value is StreamState {
  if (!isFields(value)) return false;
  const { status, reason, description, events } = value;
  const areTypes = events === null || (Array.isArray(events) && events.every((type) => typeof type === 'string'));
  return (
    STATUS.some((one) => one === status) && typeof reason === 'string' && typeof description === 'string' && areTypes
  );
}
