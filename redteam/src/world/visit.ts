/** One visit of a person, in a browser or an app: a walk along the journey, request by request. */
import type { Answer, Client, Label, Request, Visitor } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { asking, revalidating } from '../net/clients.ts';
import type { Place } from './journey.ts';
import { Knowledge } from './knowledge.ts';
import type { Person } from './people.ts';
import type { Setting } from './setting.ts';
import type { Access, Route } from './surface.ts';
import { afterFailure, logIn, onLogin, onReset } from './troubles.ts';

/** A request that is about to be sent. */
export interface Step {
  readonly route: Route;
  readonly target: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** It is asked whether the copy at hand is still good. */
  readonly again?: boolean;
}

/** Where somebody has been, to go back to. */
interface Stop {
  readonly place: Place;
  readonly step: Step;
}

export class Visit implements Visitor {
  readonly label: Label;
  readonly setting: Setting;
  readonly person: Person;
  readonly random: Random;
  readonly knowledge: Knowledge;
  nextAt: number;
  /** Where the journey is. */
  place: Place = 'page';
  /** What is to be done next although the journey would go elsewhere. */
  goal: Place | undefined;
  step!: Step;
  session: string | undefined;
  token: string | undefined;
  /** Times in a row that something went wrong, and logins that failed. */
  failures = 0;
  failedLogins = 0;
  /** What the journey asked for last: the step without the parts that a browser loads by itself. */
  private main: Step | undefined;
  private readonly queue: Step[] = [];
  private queued = 0;
  private readonly trail: Stop[] = [];
  private readonly clients: Partial<Record<Access | 'again', Client>> = {};
  private address: string;
  /** Requests until the connection changes. */
  private handover: number;
  private sent = 0;
  private page = '';
  private leaving = false;

  constructor(setting: Setting, person: Person, label: Label, random: Random, timeMs: number) {
    this.setting = setting;
    this.person = person;
    this.label = label;
    this.random = random;
    this.address = person.address;
    this.nextAt = timeMs;
    this.knowledge = new Knowledge(setting, person, random);
    const kept = setting.people.loginOf(person, timeMs);
    this.session = kept?.session;
    this.token = kept?.token;
    const changes = person.phone ? setting.parameters.handover : person.trait === 'vpn' ? 0.05 : 0;
    this.handover = random.chance(changes) ? 1 + random.geometric(8) : Number.POSITIVE_INFINITY;
    this.page = landing(random);
    if (!this.start(timeMs)) this.nextAt = Number.POSITIVE_INFINITY;
  }

  get loggedIn(): boolean {
    return this.session !== undefined || this.token !== undefined;
  }

  send(): Request {
    const { step, setting } = this;
    const { route, target, body } = step;
    if (++this.sent === this.handover) this.move();
    const client = this.client(step.again ? 'again' : route.access);
    const fresh = route.access === 'document';
    const request = {
      client,
      method: route.method,
      target,
      body,
      referrer: setting.kind === 'web' && this.page !== '' ? this.page : undefined,
      session: this.session,
      token: this.session === undefined ? this.token : undefined,
    };
    if (fresh) this.page = `https://${setting.surface.host}${target}`;
    return request;
  }

  receive(answer: Answer, nowMs: number): undefined {
    const { route } = this.step;
    if (this.queued < this.queue.length || route.role === 'asset') {
      if (route.role !== 'asset' && answer.status < 400) this.knowledge.learn(route.role, answer);
      return this.nextPart(nowMs);
    }
    if (this.leaving) return this.end();
    if (afterFailure(this, answer, nowMs)) return;
    if (route.role === 'login' || route.role === 'signup') {
      if (onLogin(this, answer, nowMs)) return;
    } else if (route.role === 'reset') {
      if (onReset(this, answer, nowMs)) return;
    }
    if (answer.status < 400) {
      this.knowledge.learn(route.role, answer);
      this.loadParts(route, nowMs);
      if (this.queued < this.queue.length) return this.nextPart(nowMs);
    }
    this.advance(nowMs);
  }

  /** Repeats what was sent, at that time. */
  repeat(atMs: number): void {
    this.at(atMs);
  }

  /** Sends this next, at that time. */
  take(step: Step, atMs: number): undefined {
    this.step = step;
    this.main = step;
    this.at(atMs);
  }

  end(): undefined {
    this.nextAt = Number.POSITIVE_INFINITY;
  }

  /** Goes on along the journey, after having stayed a while. */
  advance(nowMs: number): undefined {
    const { goal } = this;
    if (goal !== undefined) {
      this.goal = undefined;
      if (this.enter(goal, nowMs + this.random.logNormal(500, 0.6))) return;
    }
    let atMs = nowMs + this.dwell();
    for (let tries = 0; tries < 8; tries++) {
      const to = this.setting.journey.next(this.place, this.random);
      if (to === 'leave') return this.leave(atMs);
      if (to !== 'back') {
        if (this.enter(to, atMs)) return;
        continue;
      }
      const stop = this.trail.pop();
      if (stop === undefined) continue;
      this.place = stop.place;
      // Half of the time the browser still has the page and asks for nothing.
      if (this.random.chance(0.5)) return this.take(stop.step, atMs);
      atMs += 0.6 * this.dwell();
    }
    this.leave(atMs);
  }

  /** Turns to a place; false if there is no way to it. */
  enter(to: Place, atMs: number): boolean {
    const route = this.knowledge.routeTo(to, this.loggedIn);
    if (route === undefined) return false;
    if (to === 'login') {
      if (this.loggedIn || this.person.account === undefined) return false;
      return this.visitPage(to, route, atMs) || logIn(this, atMs);
    }
    if (route.authenticated && !this.loggedIn) return this.authenticate(to, atMs);
    if (this.visitPage(to, route, atMs)) return true;
    const step = this.knowledge.step(to, route, this.loggedIn);
    if (step === undefined) return false;
    if (this.main !== undefined && this.trail.length < 6 && this.main.route.method === 'GET') {
      this.trail.push({ place: this.place, step: this.main });
    }
    this.place = to;
    this.take(step, atMs);
    return true;
  }

  private start(timeMs: number): boolean {
    for (let tries = 0; tries < 6; tries++) {
      const place = this.setting.journey.start(this.random);
      if (place === 'leave') return false;
      if (!this.enter(place, timeMs)) continue;
      // Whatever delays the first request came before the visit: sources promise visitors in order of their beginning.
      this.at(timeMs);
      return true;
    }
    return false;
  }

  /** First logs in, or signs up, and then does what was wanted. */
  private authenticate(to: Place, atMs: number): boolean {
    const { person, random } = this;
    const way: Place | undefined =
      person.account !== undefined || this.knowledge.ownName !== ''
        ? 'login'
        : random.chance(0.2)
          ? 'signup'
          : undefined;
    if (way === undefined || to === 'login' || to === 'signup') return false;
    if (!this.enter(way, atMs)) return false;
    this.goal = to;
    return true;
  }

  /** Scripts fetch from within a page: a browser that has none yet loads one first. */
  private visitPage(to: Place, route: Route, atMs: number): boolean {
    const { setting, random } = this;
    if (setting.kind !== 'web' || route.access === 'document' || this.page.startsWith(setting.origin)) return false;
    const page = setting.journey.route('page', random);
    if (page === undefined) return false;
    const step = this.knowledge.step('page', page, false);
    if (step === undefined) return false;
    this.goal = to;
    this.place = 'page';
    this.take(step, atMs);
    return true;
  }

  private leave(atMs: number): undefined {
    const { logout } = this.setting;
    this.leaving = true;
    if (!this.loggedIn || logout === undefined || !this.random.chance(0.06)) return this.end();
    this.setting.people.forget(this.person);
    this.take({ route: logout, target: logout.target({}), body: logout.body({}) }, atMs);
  }

  private dwell(): number {
    return this.setting.journey.dwell(this.place, this.random) * this.person.pace;
  }

  private at(timeMs: number): void {
    this.nextAt = timeMs < this.setting.endMs ? timeMs : Number.POSITIVE_INFINITY;
  }

  /** What a browser loads by itself after a page or a list: files, pictures, and data. */
  private loadParts(route: Route, nowMs: number): void {
    this.queue.length = 0;
    this.queued = 0;
    if (this.person.assets || this.setting.kind === 'app') this.knowledge.parts(route, this.queue, nowMs);
    const auto = this.goal === undefined && route.role === 'page' && this.setting.kind === 'web' && this.person.assets;
    if (!auto || this.random.uniform() >= this.setting.parameters.autoload) return;
    const list = this.setting.surface.first('list');
    if (list === undefined || list.access !== 'fetch' || list.authenticated) return;
    const step = this.knowledge.step('list', list, this.loggedIn);
    if (step !== undefined) this.queue.push(step);
  }

  /** The next part of the page, or what comes after the last. */
  private nextPart(nowMs: number): undefined {
    const { queue, random } = this;
    if (this.queued < queue.length) {
      this.step = queue[this.queued++];
      this.at(nowMs + (this.queued === 1 ? 30 + random.exponential(80) : random.exponential(12)));
      return;
    }
    this.advance(nowMs);
  }

  private client(access: Access | 'again'): Client {
    let client = this.clients[access];
    if (client === undefined) {
      const { profile } = this.person;
      const { agent, protocol, headers } = access === 'again' ? revalidating(profile) : asking(profile, access);
      client = { address: this.address, agent, protocol, headers };
      this.clients[access] = client;
    }
    return client;
  }

  /** From wifi to the carrier, or out of the VPN. */
  private move(): void {
    this.address = this.person.otherAddress();
    for (const access of Object.keys(this.clients) as Access[]) this.clients[access] = undefined;
    this.handover = Number.POSITIVE_INFINITY;
  }
}

/** Where people come from: a search engine, another site, a bookmark. */
function landing(random: Random): string {
  const at = random.uniform();
  if (at < 0.42) return '';
  if (at < 0.8) return 'https://www.google.com/';
  if (at < 0.87) return 'https://www.bing.com/';
  return at < 0.94 ? 'https://www.facebook.com/' : 'https://www.instagram.com/';
}
