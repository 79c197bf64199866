/** A visitor of a campaign: sends what its family wants, as its level sends it, while the budget lasts. */
import type { Answer, Client, Label, Request, Visitor } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { asking, type Destination } from '../net/clients.ts';
import { Journey, type Roads } from './journey.ts';
import type { Pace } from './pace.ts';
import type { Purse } from './purse.ts';
import type { Sender } from './senders.ts';
import type { Identity, Move, Moves } from './types.ts';

/** What a worker is made of. */
export interface Staff {
  readonly label: Label;
  readonly purse: Purse;
  readonly sender: Sender;
  readonly pace: Pace;
  readonly moves: Moves;
  readonly roads: Roads;
  readonly random: Random;
  /** 0 to 4. */
  readonly level: number;
  readonly endMs: number;
  /** Where what all workers see of the time is kept. */
  readonly clock: { nowMs: number };
}

export class Worker implements Visitor {
  readonly label: Label;
  nextAt = Number.POSITIVE_INFINITY;
  private readonly staff: Staff;
  private readonly journey: Journey;
  /** The attack's next step; what is sent may be cover for it. */
  private move: Move | undefined;
  private current: Move | undefined;
  private identity: Identity | undefined;
  private visits = 0;
  private covers = 0;
  private tries = 0;
  private solved = false;
  /** The attack has just gone on to its next step. */
  private advanced = false;
  private sentMs = 0;

  /** Starts at `startMs`; its `nextAt` is Infinity if there is nothing to do or nothing to do it with. */
  constructor(staff: Staff, startMs: number) {
    this.label = staff.label;
    this.staff = staff;
    this.journey = new Journey(staff.roads, staff.random);
    const first = staff.moves.next();
    this.move = first.done === true ? undefined : first.value;
    if (this.move === undefined || startMs >= staff.endMs || !this.outfit()) return;
    this.nextAt = startMs;
  }

  send(): Request {
    const { staff, current, identity } = this;
    if (current === undefined || identity === undefined) throw new Error('this visitor has left');
    staff.purse.sent();
    if (current === this.move) {
      identity.left--;
      this.tries++;
    }
    this.sentMs = this.nextAt;
    const client = clientOf(identity, current.asks ?? 'fetch');
    const { method, target, body, session, token } = current;
    let { referrer } = current;
    // Scripts call from a page; an address that is typed in comes from nowhere.
    if (referrer === undefined && staff.level >= 2 && current.asks === undefined) referrer = this.journey.page;
    const request: { -readonly [K in keyof Request]: Request[K] } = { client, method, target };
    if (body !== undefined) request.body = body;
    if (referrer !== undefined) request.referrer = referrer;
    if (session !== undefined) request.session = session;
    if (token !== undefined) request.token = token;
    if (this.solved) request.solved = true;
    return request;
  }

  receive(answer: Answer, nowMs: number): void {
    const { staff, identity } = this;
    if (identity === undefined) throw new Error('this visitor has left');
    staff.clock.nowMs = nowMs;
    const cover = this.current !== this.move;
    if (this.solves(answer)) {
      this.solved = true;
      if (!cover) this.tries--;
      // A person somewhere looks at a picture.
      this.schedule(nowMs, staff.random.logNormal(18_000, 0.4));
      return;
    }
    this.solved = false;
    if (cover) {
      if (!this.loadsPart) this.covers--;
      this.journey.saw(answer);
    }
    const reaction = staff.sender.react(answer, identity, this.tries);
    let waitMs = reaction.waitMs;
    if (!cover && !reaction.retry) {
      this.tries = 0;
      this.advanced = true;
      const next = staff.moves.next(answer);
      this.move = next.done === true ? undefined : next.value;
      waitMs += this.move?.waitMs ?? 0;
    }
    this.schedule(nowMs, waitMs);
  }

  private solves(answer: Answer): boolean {
    const { staff } = this;
    return answer.handling === 'challenged' && !this.solved && staff.level >= 1 && staff.purse.buy('solves');
  }

  private schedule(nowMs: number, waitMs: number): void {
    const { staff, identity, visits } = this;
    if (this.move === undefined || !this.outfit()) {
      this.leave();
      return;
    }
    const chosen = this.identity as Identity;
    const another = chosen !== identity || chosen.visits !== visits;
    const stretch = staff.sender.stretch(chosen);
    const at = this.loadsPart ? staff.pace.soon(nowMs) : staff.pace.next(this.sentMs, nowMs, another, stretch);
    this.nextAt = waitMs > 0 ? Math.max(at, nowMs + waitMs) : at;
    if (this.nextAt < staff.endMs) return;
    staff.purse.release();
    this.leave();
  }

  /** A browser asks for the parts of a page at once. */
  private get loadsPart(): boolean {
    const asks = this.current?.asks;
    return asks === 'style' || asks === 'script' || asks === 'image';
  }

  /** Pays for the next request and decides who sends it, and whether it is the attack's or cover. */
  private outfit(): boolean {
    const { staff } = this;
    const move = this.move as Move;
    if (!staff.purse.reserve()) return false;
    const identity = this.solved ? this.identity : staff.sender.identity(this.identity, move.as);
    if (identity === undefined) {
      staff.purse.release();
      return false;
    }
    if (identity !== this.identity || identity.visits !== this.visits) {
      this.identity = identity;
      this.visits = identity.visits;
      this.journey.begin(identity.client.agent.startsWith('Mozilla/'));
      this.covers = staff.roads.any ? staff.sender.cover(identity) : 0;
    } else if (this.advanced && staff.roads.any && staff.random.chance(staff.sender.between(identity))) {
      this.covers = 1;
    }
    this.advanced = false;
    if (!this.solved) this.current = this.covers > 0 || this.journey.loads ? this.journey.step(move.as) : move;
    return true;
  }

  private leave(): void {
    this.nextAt = Number.POSITIVE_INFINITY;
    this.move = undefined;
    this.current = undefined;
  }
}

function clientOf(identity: Identity, asks: Destination): Client {
  const { client } = identity;
  if (asks === 'document' || client.headers['sec-fetch-mode'] === undefined) return client;
  if (asks !== 'fetch') return { ...asking(identity.machine, asks), address: client.address };
  identity.fetching ??= { ...asking(identity.machine, 'fetch'), address: client.address };
  return identity.fetching;
}
