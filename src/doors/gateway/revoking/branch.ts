/** A worker's part of revocation: a list that the office keeps up to date, and its questions to the office. */
import type { IdentitySettings } from '../../../config/identity.ts';
import { sharedSignals } from '../../../config/signing.ts';
import { createFetcher } from '../../../identity/http.ts';
import { ReplayGuard } from '../../../identity/replay.ts';
import { createRevocation, type Revocation } from '../../../identity/revocation/index.ts';
import type { IssuerTeller } from '../../../identity/revocation/issuers.ts';
import type { RevocationList } from '../../../identity/revocation/list.ts';
import { type HttpAsked, type HttpTold, told } from '../../../identity/revocation/ssf/http.ts';
import { keyFiles } from '../../../identity/signed/index.ts';
import type { BranchAsk, Condemned, OfficeNews, Revoking } from './revoking.ts';
import { AWAY } from './serve.ts';

export interface BranchOptions {
  readonly settings: IdentitySettings;
  readonly baseDir: string;
  /** Number of this worker. */
  readonly worker: number;
  readonly clock: () => number;
  /** Sends a question; false where it cannot be sent now. */
  readonly ask: (ask: BranchAsk) => boolean;
  readonly onNote?: (text: string) => void;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Questions under way at once, and how long one may take in ms. */
const MAX_ASKED = 32;
const ANSWER_MS = 15_000;

export class Branch implements Revoking {
  readonly list: RevocationList;
  readonly issuers: IssuerTeller;
  private readonly options: BranchOptions;
  private readonly revocation: Revocation;
  private readonly fetcher = createFetcher();
  private paths: ReadonlySet<string> = new Set();
  private readonly waiting = new Map<number, (told: HttpTold) => void>();
  private nextId = 1;

  constructor(options: BranchOptions) {
    const { settings, baseDir, clock, env } = options;
    this.options = options;
    this.revocation = createRevocation({
      revocation: settings.revocation,
      // Others talk to the office only: there is one queue of events, and nobody is asked twice.
      sharedSignals: sharedSignals.parse({}),
      files: keyFiles(baseDir, env ?? process.env),
      fetch: this.fetcher.fetch,
      replay: new ReplayGuard({ capacity: 1 }),
      now: clock,
      onFull: ({ kind }) => options.onNote?.(`SP7609: the revocation of a ${kind} is not in force: the list is full`),
      onIssuer: ({ code, issuer, outcome, credential }) => {
        if (code !== '') options.onNote?.(`${code}: ${issuer} was not told of a revocation: ${outcome}`);
        else options.ask({ do: 'issuer-told', credential, issuer });
      },
    });
    this.list = this.revocation.list;
    this.issuers = this.revocation.issuers;
  }

  /** The office has said something. */
  take({ standing, paths, change, told: answer }: OfficeNews): void {
    if (paths !== undefined) this.paths = new Set(paths);
    if (standing !== undefined) this.list.replace(standing);
    if (change !== undefined) this.list.apply(change);
    if (answer === undefined || answer.worker !== this.options.worker) return;
    this.waiting.get(answer.id)?.(answer.told);
  }

  owns(path: string): boolean {
    return this.paths.has(path);
  }

  serve(path: string, asked: HttpAsked): Promise<HttpTold> {
    if (this.waiting.size >= MAX_ASKED) return Promise.resolve(AWAY);
    const id = this.nextId++;
    return new Promise((resolve) => {
      const done = (answer: HttpTold): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(() => done(AWAY), ANSWER_MS);
      timer.unref();
      this.waiting.set(id, done);
      if (!this.options.ask({ do: 'serve', id, path, asked })) done(AWAY);
    });
  }

  condemned(what: Condemned): void {
    const { credential: id, untilMs } = what;
    this.list.apply({ do: 'deny', target: { kind: 'credential', id }, terms: { untilMs, by: 'us' } });
    this.options.ask({ do: 'condemn', what });
  }

  async close(): Promise<void> {
    for (const done of [...this.waiting.values()]) done(told(503));
    this.revocation.close();
    await this.fetcher.close();
  }
}
