/**
 * The act room: carries a verdict out. Nearly every request is allowed and passes through one comparison; whatever is not,
 * is tagged, held back, asked for work, refused or told a story, and nothing here waits without bound.
 */
import type { Verdict } from '../../../runtime/live/verdict.ts';
import type { HeaderList, Inbound, Outcome, Responder } from '../contract.ts';
import { answer, type Exchange, isNavigation, readBody, settle } from './answer.ts';
import { Challenges } from './challenge.ts';
import { Clearances } from './clearance.ts';
import { Decoys } from './decoy/decoy.ts';
import { WaitingRoom } from './hold.ts';
import { limitHeaders } from './limits.ts';
import { Notices, type Refusal } from './notice.ts';
import { sendNothingHere, serveReceipt } from './receipt.ts';
import { blocked, overLimit, revoked, throttled } from './refusals.ts';
import {
  type ActConfig,
  type ActContext,
  type ActOptions,
  OWN_PATHS,
  RECEIPT_PATH,
  REDEEM_PATH,
  SYSTEM_TIMERS,
  WAIT_PATH,
} from './settings.ts';
import { stepUpHeaders, tagHeaders } from './tag.ts';
import { TokenBox } from './tokens.ts';

type Proceed = (added: HeaderList) => void;
type Refused = (outcome: Outcome) => void;

/** A responder that takes over another configuration without losing a request. */
export type ActResponder = Responder & { update(config: ActConfig): void };

/** Makes the act room of one worker. Nothing is opened, nothing runs until a request comes. */
export function createResponder(options: ActOptions): ActResponder {
  return new Act({ ...options, timers: options.timers ?? SYSTEM_TIMERS });
}

class Act implements ActResponder {
  private readonly context: ActContext;
  private readonly box: TokenBox;
  private readonly clearances: Clearances;
  private readonly notices: Notices;
  private readonly challenges: Challenges;
  private readonly decoys: Decoys;
  private readonly throttled: WaitingRoom;
  private readonly tarpit: WaitingRoom;

  constructor(context: ActContext) {
    this.context = context;
    this.box = new TokenBox(context.secret);
    this.clearances = new Clearances(context, this.box);
    this.notices = new Notices(context, this.box);
    this.challenges = new Challenges(context, this.box, this.clearances, this.notices);
    this.decoys = new Decoys(context.secret);
    this.throttled = new WaitingRoom(context.timers);
    this.tarpit = new WaitingRoom(context.timers);
  }

  update(config: ActConfig): void {
    this.context.config = config;
  }

  carryOut(inbound: Inbound, verdict: Verdict, proceed: Proceed, refused: Refused): void {
    if (verdict.action === 'allow' && (verdict.limit === null || !verdict.limit.exceeded)) proceed([]);
    else this.act(inbound, verdict, proceed, refused);
  }

  private act(inbound: Inbound, verdict: Verdict, proceed: Proceed, refused: Refused): void {
    const exchange: Exchange = { inbound, code: '', refused };
    const { action } = verdict;
    if (action === 'block') this.block(exchange, verdict);
    else if (action === 'revoke') this.send(exchange, revoked(verdict));
    else if (action === 'tarpit') this.hold(exchange, verdict);
    else if (action === 'decoy') this.deceive(exchange, verdict);
    // Those that may let through do so within the limits of everybody.
    else if (verdict.limit?.exceeded) this.send(exchange, overLimit(verdict, this.context.clock()));
    else if (action === 'throttle') this.throttle(exchange, verdict, proceed);
    else if (action === 'challenge') this.challenge(exchange, verdict, proceed);
    else proceed(action === 'step-up' ? stepUpHeaders(verdict) : tagHeaders(verdict));
  }

  /** Refuses, and sees to it that the end is told. */
  private send(exchange: Exchange, refusal: Refusal): void {
    settle(exchange);
    this.notices.send(exchange, refusal);
  }

  private block(exchange: Exchange, verdict: Verdict): void {
    this.send(exchange, blocked(verdict, this.context.clock()));
  }

  private throttle(exchange: Exchange, verdict: Verdict, proceed: Proceed): void {
    const { inbound, refused } = exchange;
    const { delayMs } = verdict;
    const go = (): void => proceed(tagHeaders(verdict));
    const gone = (): void => refused(nobodyLeft());
    const { max_waiting, max_delay_ms } = this.context.config.throttle;
    const refuse = delayMs < 0 || delayMs > max_delay_ms;
    if (delayMs === 0) go();
    else if (refuse || !this.throttled.hold(inbound.res, delayMs, max_waiting, go, gone))
      this.send(exchange, throttled(verdict));
  }

  private challenge(exchange: Exchange, verdict: Verdict, proceed: Proceed): void {
    if (this.clearances.admits(exchange.inbound, verdict)) {
      proceed(tagHeaders(verdict));
      return;
    }
    settle(exchange);
    this.challenges.ask(exchange, verdict);
  }

  /** Holds the request, then blocks it; blocks it at once where there is no place. */
  private hold(exchange: Exchange, verdict: Verdict): void {
    settle(exchange);
    const refuse = (): void => this.notices.send(exchange, blocked(verdict, this.context.clock()));
    const { delay_s, max_connections } = this.context.config.tarpit;
    if (!this.tarpit.hold(exchange.inbound.res, delay_s * 1000, max_connections, refuse)) refuse();
  }

  private deceive(exchange: Exchange, verdict: Verdict): void {
    const { inbound } = exchange;
    const { method, target } = inbound;
    const tell = (): void => {
      const page = isNavigation(inbound);
      const made = this.decoys.answer({ method, target, page, actor: verdict.actor }, this.context.clock());
      answer(exchange, { ...made, headers: [...(made.headers ?? []), ...limitHeaders(verdict.limit)] });
    };
    settle(exchange);
    // An application would have read the body: a connection that is closed instead gives the decoy away.
    if (inbound.bodyLength === 0) tell();
    else readBody(inbound, this.context.timers, tell);
  }

  owns(target: string): boolean {
    return target.startsWith(OWN_PATHS);
  }

  serve(inbound: Inbound, refused: Refused): void {
    const exchange: Exchange = { inbound, code: '', refused };
    settle(exchange);
    const at = inbound.target.indexOf('?');
    const path = at < 0 ? inbound.target : inbound.target.slice(0, at);
    const query = new URLSearchParams(at < 0 ? '' : inbound.target.slice(at + 1));
    if (path === REDEEM_PATH) this.challenges.redeem(exchange);
    else if (path === WAIT_PATH) this.challenges.wait(exchange, query);
    else if (path.startsWith(RECEIPT_PATH) && (inbound.method === 'GET' || inbound.method === 'HEAD')) {
      const id = path.slice(RECEIPT_PATH.length);
      const { context, box, notices } = this;
      serveReceipt(exchange, id, query.get('seal') ?? '', { context, box, notices });
    } else sendNothingHere(exchange, this.notices);
  }

  limitHeaders(verdict: Verdict): HeaderList {
    return limitHeaders(verdict.limit);
  }

  close(): void {
    this.throttled.close();
    this.tarpit.close();
  }
}

/** The end of a request whose client went away while it was held back. */
function nobodyLeft(): Outcome {
  const ended = 'client';
  return { status: 0, bytes: 0, bodyBytes: 0, ended, code: '', server: '', retries: 0, firstByteMs: 0 };
}
