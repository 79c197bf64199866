/**
 * Visitors that follow a script: programs, devices, crawlers. A script is a generator that yields requests and gets
 * answers.
 */
import type { Answer, Client, Label, Request, Visitor } from '../contract.ts';
import type { Profile } from '../net/clients.ts';
import type { Fill, Route } from './surface.ts';

/** A request and when it is sent, Unix ms; a time that has passed means at once. */
export interface Move {
  readonly atMs: number;
  readonly request: Request;
}

/** What came back, and when. The same object every time. */
export interface Reply {
  answer: Answer;
  nowMs: number;
}

export type Script = Generator<Move, void, Reply>;

export class Scripted implements Visitor {
  readonly label: Label;
  nextAt: number;
  private readonly script: Script;
  private readonly endMs: number;
  private readonly reply = {} as Reply;
  private request!: Request;

  constructor(label: Label, script: Script, endMs: number) {
    this.label = label;
    this.script = script;
    this.endMs = endMs;
    this.nextAt = this.turn(script.next(), Number.NEGATIVE_INFINITY);
  }

  send(): Request {
    return this.request;
  }

  receive(answer: Answer, nowMs: number): void {
    this.reply.answer = answer;
    this.reply.nowMs = nowMs;
    this.nextAt = this.turn(this.script.next(this.reply), nowMs);
  }

  private turn(step: IteratorResult<Move, void>, nowMs: number): number {
    if (step.done) return Number.POSITIVE_INFINITY;
    this.request = step.value.request;
    const atMs = Math.max(nowMs, step.value.atMs);
    return atMs < this.endMs ? atMs : Number.POSITIVE_INFINITY;
  }
}

/** Values for one request of a program; made anew, programs are few. */
export function ask(route: Route, fill: Fill, client: Client, more: Partial<Request> = {}): Request {
  return { client, method: route.method, target: route.target(fill), body: route.body(fill), ...more };
}

export function clientAt(address: string, { agent, protocol, headers }: Profile): Client {
  return { address, agent, protocol, headers };
}

/** Whether a program was told to go away or to slow down. */
export function unwelcome({ status, handling }: Answer): boolean {
  return handling === 'refused' || handling === 'challenged' || status === 429 || status === 503;
}
