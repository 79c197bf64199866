/**
 * Where a request is received: who is calling, and what it says. Both may need its body, which then is collected first. What
 * comes of it are facts and, where the route asks for more than the request has, a refusal; what to do stays the gate's.
 */
import type { Extras } from '../../enrich/extras.ts';
import { FLAG } from '../../enrich/facts.ts';
import { AUTH_OUTCOME, HANDSHAKE_CLASS } from '../../enrich/kinds.ts';
import { authorise, outcomeUnder } from '../../identity/access.ts';
import type { AccessRefusal, AccessRule, Answered, Caller, Desk, Presented } from '../../identity/contract.ts';
import { headersUnlike } from '../../identity/fingerprint/headers.ts';
import { http2Unlike } from '../../identity/fingerprint/http2.ts';
import { readJa4 } from '../../identity/fingerprint/ja4.ts';
import type { Asked } from '../../inspect/contract.ts';
import type { InspectedRequest, Inspection } from '../../inspect/inspection.ts';
import type { Gathered, NotGathered } from './body/collect.ts';
import type { Collector } from './body/index.ts';
import type { Admitted } from './http/admit.ts';
import { equalsFolded } from './http/names.ts';
import type { Connection } from './listen/connection.ts';

/** A request with all that is known of it before anybody has judged it. */
export interface Received {
  readonly caller: Caller;
  readonly presented: Presented;
  /** What the route asks for and the caller does not have; null where it may go on. */
  readonly refusal: AccessRefusal | null;
  /** Its body, or the beginning; null where nobody wanted it. */
  readonly body: Gathered | null;
}

export interface ReceptionSettings {
  /** Header in which a trusted peer passes on the client's JA4, in small letters; '' for none. */
  readonly ja4Header: string;
  /** Place of a usage plan in the configuration + 1; 0 for none of that name. */
  readonly planOf: (name: string) => number;
  /** Longest time for a body where its route has none of its own, in ms. */
  readonly bodyTimeoutMs: number;
}

export class Reception {
  readonly desk: Desk;
  readonly inspection: Inspection;
  readonly collector: Collector;
  private readonly settings: ReceptionSettings;

  constructor(desk: Desk, inspection: Inspection, collector: Collector, settings: ReceptionSettings) {
    this.desk = desk;
    this.inspection = inspection;
    this.collector = collector;
    this.settings = settings;
  }

  /**
   * Who is calling: at once where everything needed is in memory. What is no Received is why the body did not come. Never
   * rejects.
   */
  receive(inbound: Admitted): Received | Promise<Received | NotGathered> {
    const presented = presentedOf(inbound);
    if (this.wantsBody(inbound, presented)) return this.withBody(inbound, presented);
    return this.identified(inbound, presented, null);
  }

  private wantsBody(inbound: Admitted, presented: Presented): boolean {
    if (inbound.bodyLength === 0 || inbound.upgrade !== '') return false;
    return inbound.route.body.inspect || this.desk.needsBody(presented);
  }

  private async withBody(inbound: Admitted, presented: Presented): Promise<Received | NotGathered> {
    const { bytes, beyond, spoolBytes } = inbound.route.body;
    const timeoutMs = inbound.route.timeoutMs || this.settings.bodyTimeoutMs;
    const body = await this.collector.collect(inbound, { bytes, beyond, spoolBytes, timeoutMs });
    if (!body.ok) return body;
    inbound.body = body.source;
    return this.identified(inbound, isWhole(body) ? { ...presented, body: body.head } : presented, body);
  }

  private identified(inbound: Admitted, presented: Presented, body: Gathered | null): Received | Promise<Received> {
    const caller = this.desk.identify(presented);
    if (caller instanceof Promise) return caller.then((known) => received(inbound, presented, known, body));
    return received(inbound, presented, caller, body);
  }

  /** What the request says: compared with what is declared, weighed, searched. `teaches`: it is taken down what it looks like. */
  inspect(inbound: Admitted, routeClass: number, received: Received, teaches = false): Inspected {
    const { caller } = received;
    return this.inspection.request(askedOf(inbound, routeClass, received, teaches), inbound.route.place, {
      principal: caller.outcome === AUTH_OUTCOME.accepted ? caller.principal : '',
      role: caller.role,
    });
  }

  /** The same where there is too little time: only what is refused by the configuration; null where nothing is. */
  refusing(inbound: Admitted, routeClass: number, received: Received): Inspected | null {
    return this.inspection.refuses ? this.inspection.refusing(askedOf(inbound, routeClass, received, false)) : null;
  }

  /** What of a request only this door sees, for its row. */
  extras(inbound: Admitted, { caller, refusal }: Received): Extras {
    const { partner, device, plan } = caller;
    const { connection, trusted } = inbound;
    const agent = agentOf(inbound.headers);
    // A proxy's own connection tells of the proxy: who is behind it, only what the proxy passes on.
    const software = trusted ? this.passedOn(inbound) : connection.software;
    let { flags } = caller;
    if (headersUnlike(agent, inbound.headers, inbound.scheme === 'https')) flags |= FLAG.UNLIKE_AGENT;
    return {
      authScheme: caller.scheme,
      authOutcome: outcomeUnder(caller, refusal),
      role: caller.role,
      sensitivity: inbound.route.sensitivity,
      flags,
      handshakeClass: trusted ? HANDSHAKE_CLASS.unknown : classOf(connection, agent),
      plan: plan === '' ? 0 : this.settings.planOf(plan),
      partner: partner === '' ? undefined : partner,
      device: device === '' ? undefined : device,
      handshake: software === '' ? undefined : software,
    };
  }

  /** Bits of FLAG that only the answer shows. */
  answered({ caller, presented }: Received, answer: Answered): number {
    return this.desk.answered(presented, caller, answer);
  }

  private passedOn(inbound: Admitted): string {
    const { ja4Header } = this.settings;
    return ja4Header === '' ? '' : readJa4(headerOf(inbound.headers, ja4Header));
  }
}

function askedOf(inbound: Admitted, routeClass: number, { body }: Received, teaches: boolean): Asked {
  const looked = body !== null && !body.skipped && inbound.route.body.inspect ? body : null;
  const { method, target, host, headers } = inbound;
  return {
    method,
    target,
    host,
    headers,
    mediaType: looked === null ? '' : headerOf(headers, 'content-type'),
    encoding: looked === null ? '' : headerOf(headers, 'content-encoding'),
    body: looked?.head ?? null,
    cut: looked !== null && !isWhole(looked),
    routeClass,
    teaches,
  };
}

type Inspected = InspectedRequest | Promise<InspectedRequest>;

/** Is all of it in memory? */
const isWhole = ({ whole, source }: Gathered): boolean => whole && source.diskBytes === 0;

const NO_BYTES = new Uint8Array(0);

/** Did the body come? */
export const isReceived = (what: Received | NotGathered): what is Received => 'caller' in what;

function received(inbound: Admitted, presented: Presented, caller: Caller, body: Gathered | null): Received {
  const { access } = inbound.route;
  return { caller, presented, refusal: refusalOf(caller, access), body };
}

/** What was revoked here is refused on every route: without a rule of its own a route takes everything else. */
function refusalOf(caller: Caller, access: AccessRule | null): AccessRefusal | null {
  if (caller.outcome === AUTH_OUTCOME.revoked) return authorise(caller, ANY_CREDENTIAL);
  return access === null ? null : authorise(caller, access);
}

const ANY_CREDENTIAL: AccessRule = { required: true, schemes: [], scopes: [], roles: [] };

function presentedOf(inbound: Admitted): Presented {
  return {
    method: inbound.method,
    target: inbound.target,
    scheme: inbound.scheme,
    host: inbound.host,
    headers: inbound.headers,
    certificate: inbound.connection.certificate,
    trustedPeer: inbound.trusted,
    body: inbound.bodyLength === 0 ? NO_BYTES : null,
    address: inbound.peer,
    nowMs: inbound.startedMs,
  };
}

/** HANDSHAKE_CLASS of a connection: what begins HTTP/2 as the browser of its name never does is a library, whatever its TLS. */
function classOf({ handshake, http2 }: Connection, agent: string): number {
  if (http2 !== null && http2Unlike(agent, http2)) return HANDSHAKE_CLASS.library;
  return handshake?.kind ?? HANDSHAKE_CLASS.unknown;
}

const agentOf = (headers: readonly string[]): string => headerOf(headers, 'user-agent');

/** Value of the first header of a name in small letters; '' for none. */
export function headerOf(headers: readonly string[], name: string): string {
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i].length === name.length && equalsFolded(headers[i], name)) return headers[i + 1];
  return '';
}
