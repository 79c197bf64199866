/** The one place that decides about revocations: on record in the ledger, told to branches, issuers and listeners. */
import type { IdentitySettings } from '../../../config/identity.ts';
import { createFetcher } from '../../../identity/http.ts';
import { Namer } from '../../../identity/pseudonym.ts';
import { ReplayGuard } from '../../../identity/replay.ts';
import { createRevocation, type Revocation } from '../../../identity/revocation/index.ts';
import type { IssuerTeller } from '../../../identity/revocation/issuers.ts';
import type { Change, RevocationList, Target, Terms } from '../../../identity/revocation/list.ts';
import type { RevocationOrder, RevocationsPort, StandingRevocation } from '../../../identity/revocation/port.ts';
import { type HttpAsked, type HttpTold, told } from '../../../identity/revocation/ssf/http.ts';
import { keyFiles } from '../../../identity/signed/index.ts';
import { SallyportError } from '../../../lib/errors.ts';
import type { JsonObject } from '../../../record/ledger/canonical.ts';
import type { Ledger, NewEntry, Standing } from '../../../record/ledger/port.ts';
import type { OperatorPort } from '../../../runtime/live/operator.ts';
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
  /** For branches. */
  readonly onChange?: (change: Change) => void;
  /** What an operator has to know, with its code. */
  readonly onNote?: (text: string) => void;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Security events remembered at once, so that none of them counts twice. */
const MAX_EVENTS_SEEN = 50_000;
/**
 * Revocations that others wanted and that survive a restart: half of what the ledger keeps in its state, so that they never push
 * out our own.
 */
const MAX_RECORDED_OTHERS = 10_000;

/** Who does something, and why. */
interface Act {
  readonly by: string;
  readonly reason: string;
  readonly mitigation: string;
}

const EVENT: Act = { by: 'signals', reason: 'a security event', mitigation: '' };

interface Kept extends StandingRevocation {
  readonly terms: Terms;
}

/** Opens it; {@link Office.rebuild} and {@link Office.start} come next. SallyportError SP7601 or SP7602 for secrets and keys. */
export class Office implements Revoking, RevocationsPort {
  readonly list: RevocationList;
  readonly issuers: IssuerTeller;
  private readonly options: OfficeOptions;
  private readonly revocation: Revocation;
  private readonly fetcher = createFetcher();
  private readonly namer: Namer;
  private readonly kept = new Map<string, Kept>();
  private act: Act = EVENT;
  private unfollow: () => void = () => {};
  /** Entries under way to the ledger. */
  private recording: Promise<unknown> = Promise.resolve();

  constructor(options: OfficeOptions) {
    const { settings, baseDir, clock, env } = options;
    this.options = options;
    this.namer = new Namer(options.secret);
    const note = (news: { readonly code: string }, text: string): void => {
      if (news.code !== '') options.onNote?.(`${news.code}: ${text}`);
    };
    this.revocation = createRevocation({
      revocation: settings.revocation,
      sharedSignals: settings.shared_signals,
      files: keyFiles(baseDir, env ?? process.env),
      fetch: this.fetcher.fetch,
      replay: new ReplayGuard({ capacity: MAX_EVENTS_SEEN }),
      now: clock,
      onFull: ({ kind }) => options.onNote?.(`SP7609: the revocation of a ${kind} is not in force: the list is full`),
      onChange: (change) => this.changed(change),
      onIssuer: (news) => note(news, `${news.issuer} was not told of a revocation: ${news.outcome}`),
      onReceived: (news) => 'code' in news && note(news, `${news.receiver}: ${news.reason}`),
      onSent: (news) => note(news, `event ${news.jti} for ${news.stream}: ${news.outcome}`),
    });
    this.list = this.revocation.list;
    this.issuers = this.revocation.issuers;
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

  condemned({ credential, issuer, untilMs, mitigation }: Condemned): void {
    const target: Target = { kind: 'credential', id: credential };
    this.prune();
    const known = this.kept.get(nameOf(target));
    // Several workers may have met it; and what an operator has revoked does not end with a mitigation.
    if (known !== undefined && (known.mitigation === '' || known.untilMs >= untilMs)) return;
    const reason = `mitigation ${mitigation} takes it out of use`;
    this.acting({ by: 'engine', reason, mitigation }, () => this.list.deny(target, { untilMs, by: 'us' }));
    if (issuer !== '') this.tell({ credential, issuer }, reason);
  }

  /** Mitigations were taken back: what they have revoked counts again. */
  undone(mitigations: readonly string[], by: string, reason: string): void {
    const lifted = new Set(mitigations);
    const restored = [...this.kept.values()].filter(({ mitigation }) => mitigation !== '' && lifted.has(mitigation));
    for (const { target, mitigation } of restored)
      this.acting({ by, reason, mitigation }, () => this.list.allow(target));
  }

  standing(limit: number): StandingRevocation[] {
    this.prune();
    return [...this.kept.values()].reverse().slice(0, limit);
  }

  async revoke({ target, untilMs, by, reason }: RevocationOrder): Promise<StandingRevocation> {
    const denied = this.acting({ by, reason, mitigation: '' }, () => this.list.deny(target, { untilMs, by: 'us' }));
    const kept = this.kept.get(nameOf(target));
    if (!denied || kept === undefined) throw new SallyportError('SP7609', `the ${target.kind} is not revoked`);
    const { kind, id } = target;
    if (kind === 'principal') this.tell({ principal: id, issuer: target.issuer }, reason);
    else if (kind !== 'credential') this.tell({ [kind]: id }, reason);
    await this.recording;
    return kept;
  }

  async restore(target: Target, by: string, reason: string): Promise<void> {
    const lifted = this.acting({ by, reason, mitigation: '' }, () => this.list.allow(target));
    if (!lifted) throw new SallyportError('SP7610', `no ${target.kind} of this name is revoked`);
    await this.recording;
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
    await this.fetcher.close();
  }

  private tell(what: Parameters<Revocation['revoked']>[0] extends infer R ? Partial<R> : never, reason: string): void {
    void this.revocation.revoked({ ...what, reason, atMs: this.options.clock() });
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
    if (change.do === 'allow') this.kept.delete(name);
    else {
      const { target, terms } = change;
      // Newest last, also where it stood before.
      this.kept.delete(name);
      this.kept.set(name, { target, terms, untilMs: terms.untilMs, sinceMs, ...act });
      if (this.kept.size > this.options.settings.revocation.entries) this.prune();
    }
    this.options.onChange?.(change);
    this.recording = this.record(change, act, sinceMs);
    this.recording.catch((error: Error) => {
      this.options.onNote?.(`SP7611: in force, but not on record until the next start: ${error.message}`);
    });
  }

  private async record(change: Change, { by, reason, mitigation }: Act, timeMs: number): Promise<void> {
    const { ledger } = this.options;
    if (ledger === undefined || this.isTooMuch(change)) return;
    const { target } = change;
    const credential = this.namer.name(target.kind, nameOf(target));
    const about = { timeMs, by, reason, ...(mitigation !== '' && { refs: [mitigation] }) };
    if (change.do === 'allow') {
      await ledger.append({ ...about, kind: 'key.restored', data: { credential } });
      return;
    }
    const { untilMs, by: side, issuedUntilMs = 0 } = change.terms;
    const personal: JsonObject = { target: { ...target }, issued_until_ms: issuedUntilMs };
    const end = untilMs === 0 ? {} : { until_ms: untilMs };
    const entry: NewEntry<'key.revoked'> = {
      ...about,
      kind: 'key.revoked',
      subject: { dimension: target.kind, key: target.id },
      data: { credential, ...end, side, mitigation, personal },
    };
    await ledger.append(entry);
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

/** What an entry of the ledger has in force; null where its subject was erased, or it is none of ours. */
function keptOf({ data, untilMs, timeMs, by, reason }: Standing): Kept | null {
  const { target, issued_until_ms: issued } = (data.personal ?? {}) as { target?: Target; issued_until_ms?: number };
  if (typeof target !== 'object' || typeof target?.id !== 'string') return null;
  const end = Number.isFinite(untilMs) ? untilMs : 0;
  const side = data.side === 'others' ? 'others' : 'us';
  return {
    target,
    terms: { untilMs: end, by: side, ...(issued ? { issuedUntilMs: issued } : {}) },
    untilMs: end,
    sinceMs: timeMs,
    by,
    reason,
    mitigation: typeof data.mitigation === 'string' ? data.mitigation : '',
  };
}
