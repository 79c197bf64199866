/** The one place that decides about revocations: on record in the ledger, told to branches, issuers and listeners. */
import type { IdentitySettings } from '../../../config/identity.ts';
import { createFetcher } from '../../../identity/http.ts';
import { Namer } from '../../../identity/pseudonym.ts';
import { createRevocation, type Revocation } from '../../../identity/revocation/index.ts';
import type { IssuerTeller } from '../../../identity/revocation/issuers.ts';
import type { Change, RevocationList, Target } from '../../../identity/revocation/list.ts';
import type {
  OthersTold,
  RevocationOrder,
  RevocationsPort,
  StandingRevocation,
} from '../../../identity/revocation/port.ts';
import { type HttpAsked, type HttpTold, told } from '../../../identity/revocation/ssf/http.ts';
import type { StreamNews } from '../../../identity/revocation/ssf/management.ts';
import type { Revoked } from '../../../identity/revocation/ssf/transmitter.ts';
import { keyFiles } from '../../../identity/signed/index.ts';
import { SallyportError } from '../../../lib/errors.ts';
import type { Ledger, NewEntry } from '../../../record/ledger/port.ts';
import type { OperatorPort } from '../../../runtime/live/operator.ts';
import { announced, type Known, NOTHING_KNOWN } from './announcing.ts';
import { SignalMemory } from './kept.ts';
import { type Act, EVENT, entryOf, type Kept, keptOf, NOBODY_TOLD, toldBy, whoOf } from './records.ts';
import { type Condemned, nameOf, type Revoking } from './revoking.ts';

export interface OfficeOptions {
  readonly settings: IdentitySettings;
  /** Folder of the configuration. */
  readonly baseDir: string;
  /** Names what is revoked in the ledger without saying it. */
  readonly secret: Buffer;
  /** Unix ms. */
  readonly clock: () => number;
  /** Where it is on record; nowhere without it. */
  readonly ledger?: Ledger;
  /** File of what outlives a restart of shared signals; nothing does without it. */
  readonly signals?: string;
  /** For branches. */
  readonly onChange?: (change: Change) => void;
  /** What an operator has to know, with its code. */
  readonly onNote?: (text: string) => void;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Revocations that others wanted and that survive a restart: half of what the ledger keeps in its state, so that they never push
 * out our own.
 */
const MAX_RECORDED_OTHERS = 10_000;

/** Opens it; {@link Office.rebuild} and {@link Office.start} come next. SallyportError SP7601 or SP7602 for secrets and keys. */
export class Office implements Revoking, RevocationsPort {
  readonly list: RevocationList;
  readonly issuers: IssuerTeller;
  private readonly options: OfficeOptions;
  private readonly revocation: Revocation;
  private readonly fetcher = createFetcher();
  private readonly namer: Namer;
  private readonly memory: SignalMemory;
  /** When an issuer has last revoked a token, in Unix ms. */
  private readonly issuersTold = new Map<string, number>();
  private readonly kept = new Map<string, Kept>();
  private act: Act = EVENT;
  private unfollow: () => void = () => {};
  /** Entries under way to the ledger. */
  private recording: Promise<unknown> = Promise.resolve();

  constructor(options: OfficeOptions) {
    const { settings, baseDir, clock, env } = options;
    this.options = options;
    this.namer = new Namer(options.secret);
    const name = (text: string): string => this.namer.full('signal', text);
    this.memory = this.openMemory(name);
    const note = (news: { readonly code: string }, text: string): void => {
      if (news.code !== '') options.onNote?.(`${news.code}: ${text}`);
    };
    this.revocation = createRevocation({
      revocation: settings.revocation,
      sharedSignals: settings.shared_signals,
      files: keyFiles(baseDir, env ?? process.env),
      fetch: this.fetcher.fetch,
      replay: {
        firstUse: (key, untilMs, nowMs) => this.memory.firstUse(key, untilMs, nowMs),
        keep: (key, untilMs) => this.keepEvent(key, untilMs),
      },
      streams: this.memory,
      name,
      now: clock,
      onFull: ({ kind }) => options.onNote?.(`SP7609: the revocation of a ${kind} is not in force: the list is full`),
      onChange: (change) => this.changed(change),
      onIssuer: (news) => {
        if (news.code === '') this.issuerTold(news.credential, news.issuer);
        else note(news, `${news.issuer} was not told of a revocation: ${news.outcome}`);
      },
      onStream: (news) => this.streamChanged(news),
      onReceived: (news) => 'code' in news && note(news, `${news.receiver}: ${news.reason}`),
      onSent: (news) => note(news, `event ${news.jti} for ${news.stream}: ${news.outcome}`),
    });
    this.list = this.revocation.list;
    this.issuers = this.revocation.issuers;
  }

  /** A file that cannot be used costs memory over restarts, and not the gateway. */
  private openMemory(name: (text: string) => string): SignalMemory {
    const { signals = '', clock, onNote } = this.options;
    try {
      return new SignalMemory(signals, name, clock());
    } catch (error) {
      onNote?.(error instanceof SallyportError ? `${error.code}: ${error.message}` : `SP7613: ${String(error)}`);
      return new SignalMemory('', name, clock());
    }
  }

  /** What an event has revoked is on record before the event counts as taken: a crash in between lets it come again. */
  private async keepEvent(key: string, untilMs: number): Promise<void> {
    await this.recording.catch(() => {});
    await this.memory.keep(key, untilMs);
  }

  /** What the ledger says is in force from now on. */
  async rebuild(): Promise<void> {
    const { ledger, clock } = this.options;
    if (ledger === undefined) return;
    const state = await ledger.state(clock());
    for (const standing of state.revoked.values()) {
      const kept = keptOf(standing);
      if (kept === null) continue;
      const { target, terms } = kept;
      if (this.list.apply({ do: 'deny', target, terms })) this.kept.set(nameOf(target), kept);
    }
  }

  /** Restores what mitigations have revoked when operators take them back. */
  follow(operator: Pick<OperatorPort, 'subscribe'>): void {
    this.unfollow = operator.subscribe((event) => {
      if (event.type === 'undo') this.undone(event.receipt.lifted, event.receipt.by, event.receipt.reason);
    });
  }

  /** Begins to ask for security events. */
  start(): void {
    this.revocation.start();
  }

  get paths(): string[] {
    return [...this.revocation.handlers.keys()];
  }

  owns(path: string): boolean {
    return this.revocation.handlers.has(path);
  }

  async serve(path: string, asked: HttpAsked): Promise<HttpTold> {
    try {
      return (await this.revocation.handlers.get(path)?.(asked)) ?? told(404);
    } catch (error) {
      this.options.onNote?.(`SP9001: ${String(error)}`);
      return told(500);
    }
  }

  condemned({ credential, issuer, scheme, principal, untilMs, mitigation }: Condemned): void {
    const target: Target = { kind: 'credential', id: credential };
    this.prune();
    const known = this.kept.get(nameOf(target));
    // Several workers may have met it; and what an operator has revoked does not end with a mitigation.
    if (known !== undefined && (known.mitigation === '' || known.untilMs >= untilMs)) return;
    const act: Act = { by: 'engine', reason: `mitigation ${mitigation} takes it out of use`, mitigation };
    this.deny(target, untilMs, act, { issuer, scheme, principal });
  }

  /** The one way of a revocation of ours, whoever wants it: in force, on record, and told. False where there is no room. */
  private deny(target: Target, untilMs: number, act: Act, known: Known): boolean {
    const { settings, baseDir, clock } = this.options;
    const subject = announced(target, known, settings, baseDir);
    const what: Revoked | null = subject && {
      ...subject,
      reason: act.reason,
      atMs: clock(),
      initiatedBy: act.by === 'engine' ? 'policy' : 'admin',
    };
    const streams = what === null ? [] : this.revocation.listeners(what);
    const denied = this.acting({ ...act, streams }, () => this.list.deny(target, { untilMs, by: 'us' }));
    if (denied && what !== null) void this.revocation.revoked(what);
    return denied;
  }

  /** An issuer has revoked a token that was presented: nobody can take that back. */
  issuerTold(credential: string, issuer: string): void {
    this.issuersTold.delete(issuer);
    this.issuersTold.set(issuer, this.options.clock());
    const target: Target = { kind: 'credential', id: credential };
    const kept = this.kept.get(nameOf(target));
    if (kept === undefined) {
      const data = { credential: this.namer.name('credential', nameOf(target)), issuer };
      const reason = 'a token was revoked at its issuer for good';
      this.append({ timeMs: this.options.clock(), by: 'engine', kind: 'issuer.told', reason, data });
      return;
    }
    if (kept.told.issuers.includes(issuer)) return;
    const { by, reason, mitigation } = kept;
    const withIssuer = { ...kept, told: { ...kept.told, issuers: [...kept.told.issuers, issuer] } };
    this.kept.set(nameOf(target), withIssuer);
    const change: Change = { do: 'deny', target, terms: kept.terms };
    this.record(change, { by, reason, mitigation }, kept.sinceMs, withIssuer.told).catch(() => {});
  }

  private streamChanged({ stream, change, to, reason, dropped }: StreamNews): void {
    const data = { stream, change, to, dropped };
    this.append({ timeMs: this.options.clock(), by: `receiver:${stream}`, kind: 'signals.stream', reason, data });
  }

  private append(entry: NewEntry): void {
    this.options.ledger?.append(entry).catch((error: Error) => {
      this.options.onNote?.(`SP7611: ${entry.kind}: ${error.message}`);
    });
  }

  /** Mitigations were taken back: what they have revoked counts again. */
  undone(mitigations: readonly string[], by: string, reason: string): void {
    const lifted = new Set(mitigations);
    const restored = [...this.kept.values()].filter(({ mitigation }) => mitigation !== '' && lifted.has(mitigation));
    for (const { target, mitigation } of restored) {
      const { issuers, streams } = this.othersTold(target);
      this.acting({ by, reason, mitigation }, () => this.list.allow(target));
      if (issuers.length + streams.length > 0)
        this.options.onNote?.(`${mitigation} is undone here; told for good: ${[...issuers, ...streams].join(', ')}`);
    }
  }

  standing(limit: number): StandingRevocation[] {
    this.prune();
    return [...this.kept.values()].reverse().slice(0, limit);
  }

  async revoke({ target, issuer = '', untilMs, by, reason }: RevocationOrder): Promise<StandingRevocation> {
    const denied = this.deny(target, untilMs, { by, reason, mitigation: '' }, { ...NOTHING_KNOWN, issuer });
    const kept = this.kept.get(nameOf(target));
    if (!denied || kept === undefined) throw new SallyportError('SP7609', `the ${target.kind} is not revoked`);
    await this.recording;
    return kept;
  }

  async restore(target: Target, by: string, reason: string): Promise<OthersTold> {
    const stays = this.othersTold(target);
    const lifted = this.acting({ by, reason, mitigation: '' }, () => this.list.allow(target));
    if (!lifted) throw new SallyportError('SP7610', `no ${target.kind} of this name is revoked`);
    await this.recording;
    return stays;
  }

  /** Who was told of it. Of whom tokens were revoked at issuers, where it is no token itself, is known by the time only. */
  private othersTold(target: Target): OthersTold {
    const kept = this.kept.get(nameOf(target));
    if (kept === undefined) return NOBODY_TOLD;
    if (target.kind === 'credential') return kept.told;
    const since = [...this.issuersTold].filter(([, atMs]) => atMs >= kept.sinceMs).map(([issuer]) => issuer);
    return { ...kept.told, issuers: since };
  }

  /** All that is in force, for a branch that begins. */
  snapshot(): Change[] {
    this.prune();
    return [...this.kept.values()].map(({ target, terms }) => ({ do: 'deny', target, terms }));
  }

  async close(): Promise<void> {
    this.unfollow();
    this.revocation.close();
    await this.recording.catch(() => {});
    await this.memory.close();
    await this.fetcher.close();
  }

  /** Has what `run` changes on record as done by somebody. */
  private acting<T>(act: Act, run: () => T): T {
    this.act = act;
    this.recording = Promise.resolve();
    try {
      return run();
    } finally {
      this.act = EVENT;
    }
  }

  private changed(change: Change): void {
    const { act } = this;
    const name = nameOf(change.target);
    const sinceMs = this.options.clock();
    const told = change.do === 'allow' ? this.othersTold(change.target) : toldBy(act, this.kept.get(name));
    if (change.do === 'allow') this.kept.delete(name);
    else {
      const { target, terms } = change;
      // Newest last, also where it stood before.
      this.kept.delete(name);
      this.kept.set(name, { target, terms, untilMs: terms.untilMs, sinceMs, ...whoOf(act), told });
      if (this.kept.size > this.options.settings.revocation.entries) this.prune();
    }
    this.options.onChange?.(change);
    this.recording = this.record(change, act, sinceMs, told);
    this.recording.catch((error: Error) => {
      this.options.onNote?.(`SP7611: in force, but not on record until the next start: ${error.message}`);
    });
  }

  private async record(change: Change, act: Act, timeMs: number, told: OthersTold): Promise<void> {
    const { ledger } = this.options;
    if (ledger === undefined || this.isTooMuch(change)) return;
    const credential = this.namer.name(change.target.kind, nameOf(change.target));
    await ledger.append(entryOf(change, { ...act, timeMs, credential, told }));
  }

  private isTooMuch(change: Change): boolean {
    if (change.do === 'allow' || change.terms.by === 'us') return false;
    let others = 0;
    for (const { terms } of this.kept.values()) if (terms.by === 'others') others++;
    return others > MAX_RECORDED_OTHERS;
  }

  private prune(): void {
    const nowMs = this.options.clock();
    for (const [name, { untilMs }] of this.kept) if (untilMs !== 0 && untilMs <= nowMs) this.kept.delete(name);
  }
}
