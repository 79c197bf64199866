/**
 * kill -9 at random moments under load, again and again over one data directory: what the operator's API has acknowledged
 * is in the ledger, holds again after the restart, and the journal can be replayed.
 */
import { Prng } from '../../bench/lib/prng.ts';
import type { Mitigation } from '../../src/runtime/live/operator.ts';
import { type GatewayProcess, isAlive } from './gateway.ts';
import { ask, Load } from './load.ts';
import { LedgerBook, replayJournal, verifyLedger } from './record.ts';
import { holds, pause, type Stage } from './stage.ts';

/** A gateway lives for so long, in ms, from when it listens. */
const SHORTEST_MS = 200;
const LONGEST_MS = 2600;
const CLIENTS = 8;
/** Every so many rounds there are two workers. */
const WORKERS_EVERY = 3;
/** A process that has just started may be late with its first verdicts: here they are waited for. */
/** Verdicts are waited for; the state is saved as often as can be, so that ends fall into it. */
const PATIENT = { saveSec: 0.5, gateway: ["routes: [{ match: { path: '/**' }, scoring_budget_ms: 1000 }]"] };
/** Mitigations of earlier rounds that are tried after each start. */
const TRIED = 6;
/** Answers older than this when it was killed are in the journal: it flushes every 250 ms, and the disk has others, too. */
const FLUSHED_MS = 1000;
/** What is about to run out is not tried. */
const MARGIN_MS = 10_000;
const ORPHAN_MS = 5000;
const STATE_UNREAD = /^SP500[12]/;

export interface KillTally {
  rounds: number;
  requests: number;
  orders: number;
  /** Orders that came more than once; 2xx without exactly one answer of the upstream; answered without having come. */
  twice: number;
  unserved: number;
  mitigations: number;
  undos: number;
  /** Acknowledged, and not in the ledger. */
  lost: number;
  ledgerProblems: string[];
  journalProblems: string[];
  /** Rounds whose journal ends before what had to be in it. */
  journalShort: number;
  torn: number;
  /** Acknowledged mitigations tried after a restart, and those that did not hold; the same for undone ones that did. */
  tried: number;
  notHeld: number;
  undoneTried: number;
  heldAgain: number;
  orphans: number;
  /** Starts that went on from a state that was kept, and such states that could not be read. */
  resumed: number;
  statesUnread: number;
  slowestStartMs: number;
}

interface Known {
  readonly address: string;
  readonly untilMs: number;
}

export class KillRounds {
  readonly tally: KillTally = {
    rounds: 0,
    requests: 0,
    orders: 0,
    twice: 0,
    unserved: 0,
    mitigations: 0,
    undos: 0,
    lost: 0,
    ledgerProblems: [],
    journalProblems: [],
    journalShort: 0,
    torn: 0,
    tried: 0,
    notHeld: 0,
    undoneTried: 0,
    heldAgain: 0,
    orphans: 0,
    resumed: 0,
    statesUnread: 0,
    slowestStartMs: 0,
  };
  private readonly stage: Stage;
  private readonly command: string;
  private readonly prng: Prng;
  private readonly ledger = new LedgerBook();
  /** What the API has acknowledged, by id. */
  private readonly standing = new Map<string, Known>();
  private readonly undone = new Map<string, Known>();
  /** An undo of these was asked for, and the answer did not come: either may be true. */
  private readonly unsure = new Set<string>();
  private villains = 0;

  constructor(stage: Stage, command: string, seed: number) {
    this.stage = stage;
    this.command = command;
    this.prng = new Prng(seed);
  }

  async round(number: number): Promise<void> {
    const { stage, prng, tally } = this;
    stage.write(stage.config({ ...PATIENT, workers: number % WORKERS_EVERY === WORKERS_EVERY - 1 ? 2 : 1 }));
    const before = performance.now();
    const gateway = await stage.start();
    tally.slowestStartMs = Math.max(tally.slowestStartMs, performance.now() - before);
    if (gateway.knownAsOf !== '') tally.resumed++;
    if (gateway.notes.some((note) => STATE_UNREAD.test(note))) tally.statesUnread++;
    await this.tryKnown(gateway);
    const load = new Load({ url: () => stage.url, clients: CLIENTS, seed: number, name: `k${number}` }).start();
    const trouble = this.trouble(gateway);
    await pause(SHORTEST_MS + prng.below(LONGEST_MS - SHORTEST_MS));
    const workers = gateway.workers();
    await gateway.kill();
    const killedAt = performance.now();
    const [degraded] = await Promise.all([trouble, load.stop()]);
    if (!(await holds(ORPHAN_MS, () => !workers.some(isAlive)))) tally.orphans++;
    this.count(load);
    await this.look(
      number,
      degraded > 1 ? 0 : load.answers.filter((a) => a.status > 0 && a.at < killedAt - FLUSHED_MS).length,
    );
    tally.rounds++;
  }

  /** Who was held when the last gateway died is held by this one, and who was let go is not. */
  private async tryKnown({ url }: GatewayProcess): Promise<void> {
    const { tally } = this;
    const soon = Date.now() + MARGIN_MS;
    const some = (from: Map<string, Known>): [string, Known][] => {
      const fit = [...from].filter(([id, known]) => known.untilMs > soon && !this.unsure.has(id));
      return Array.from({ length: Math.min(TRIED, fit.length) }, () => this.prng.pick(fit));
    };
    const statusOf = async ({ address }: Known): Promise<number> =>
      (await ask({ url: `${url}/items/1`, address })).status;
    for (const [, known] of some(this.standing)) {
      tally.tried++;
      if ((await statusOf(known)) !== 403) tally.notHeld++;
    }
    for (const [, known] of some(this.undone)) {
      tally.undoneTried++;
      if ((await statusOf(known)) !== 200) tally.heldAgain++;
    }
  }

  /** Newcomers walk into the trap, and an operator takes one in four back, until there is no gateway. Worst degradation. */
  private async trouble(gateway: GatewayProcess): Promise<number> {
    let degraded = 0;
    try {
      while (gateway.running) {
        await ask({ url: `${gateway.url}/trap`, address: addressOf(this.villains++) });
        const active = (await gateway.mitigations('active=true&limit=1000')).filter((m) => m.status === 'active');
        for (const m of active) this.acknowledged(m);
        const some = active.filter(({ id }) => this.standing.has(id) && !this.unsure.has(id));
        const one = this.prng.below(4) === 0 ? this.prng.pick(some) : undefined;
        if (one !== undefined) await this.undo(gateway, one);
        degraded = Math.max(degraded, (await gateway.status()).degraded);
      }
    } catch {
      // It was killed in the middle of an answer.
    }
    return degraded;
  }

  private acknowledged({ id, actor, action, until }: Mitigation): void {
    // An address of a mobile network is shared: it is slowed down at most.
    if (actor.dimension !== 'ip' || action !== 'block') return;
    if (!this.standing.has(id)) this.tally.mitigations++;
    this.standing.set(id, { address: actor.key, untilMs: Date.parse(until) });
  }

  private async undo(gateway: GatewayProcess, { id, actor, until }: Mitigation): Promise<void> {
    this.unsure.add(id);
    const { status } = await gateway.api(`/api/v1/mitigations/${id}/undo`, 'POST', { reason: 'a test of our own' });
    if (status !== 200) return;
    this.unsure.delete(id);
    this.standing.delete(id);
    this.undone.set(id, { address: actor.key, untilMs: Date.parse(until) });
    this.tally.undos++;
  }

  private count(load: Load): void {
    const { tally } = this;
    const { upstream } = this.stage;
    tally.requests += load.total;
    tally.orders += load.orders.size;
    tally.twice = upstream.twice().length;
    for (const [id, { status }] of load.orders)
      if (status >= 200 && status < 300 && upstream.served.get(id) !== 1) tally.unserved++;
  }

  /** What is on the disk. */
  private async look(number: number, answered: number): Promise<void> {
    const { tally, ledger, stage, command } = this;
    const { dataDir, configPath } = stage;
    const [wrong, replayed] = await Promise.all([
      verifyLedger(command, dataDir),
      replayJournal(command, dataDir, configPath),
    ]);
    if (wrong !== '') tally.ledgerProblems.push(`round ${number}: ${wrong}`);
    if (replayed.problem !== '') tally.journalProblems.push(`round ${number}: ${replayed.problem}`);
    // A request and its answer are two events.
    if (replayed.events < 2 * answered) tally.journalShort++;
    if (replayed.torn) tally.torn++;
    await ledger.read(dataDir);
    const missing = [...this.standing.keys(), ...this.undone.keys()].filter((id) => !ledger.started.has(id));
    const notUndone = [...this.undone.keys()].filter((id) => !ledger.undone.has(id));
    tally.lost = missing.length + notUndone.length;
  }
}

/** Addresses that share no network, each given once: who was taken back must not walk into the trap as somebody else. */
function addressOf(n: number): string {
  return `${23 + (n % 70)}.${Math.floor(n / 70) % 250}.${Math.floor(n / 17_500) % 250}.7`;
}
