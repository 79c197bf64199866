/**
 * From an exchange to a row of facts. Pure: the row is a function of the exchange, the options and the loaded tables.
 * Nothing is allocated per row; what it remembers (routes of paths, software of agents) is bounded and a function of its
 * key, so it can be forgotten without changing a fact.
 */
import { ASSUMED_DURATION_MS, BUSINESS_NAMES, REPEATING } from '../event/events.ts';
import { BUSINESS, F, type RawExchange } from '../event/exchange.ts';
import { CidrSet } from '../lib/cidr.ts';
import { combine, hashBytes, lanes } from '../lib/hash.ts';
import { clientAddress, createClientAddress } from './address.ts';
import { clearExtras } from './extras.ts';
import { type FactBatch, FLAG, METHODS, ROUTE_CLASS } from './facts.ts';
import { HostSet, hashHost, host, sameSite, trimHost } from './host.ts';
import { kindFlag } from './object-kind.ts';
import { orderOf } from './order.ts';
import type { EnricherOptions } from './ports.ts';
import { isMalformed, methodOf } from './request-line.ts';
import { numberAt } from './routes/matcher.ts';
import { QueryReader } from './routes/query.ts';
import { PATH, RouteResolver } from './routes/resolver.ts';
import { afterScheme, readTarget, TARGET_FORM, Target } from './target.ts';

/** Durations longer than this are taken for a mistake of the log: 24 days, what a signed 32-bit count of ms can hold. */
const MAX_DURATION_MS = 2_147_483_647;
const MAX_TEXT = 65_535;

const CONNECT = METHODS.indexOf('CONNECT');
/** "1.0" as {@link Enricher} packs it: last and third last byte of the protocol. */
const HTTP_1_0 = 0x3031;

/** Business events that name a principal without its having proven who it is. */
const UNPROVEN: ReadonlySet<string> = new Set(['login.failed', 'reset.requested', 'lookup.found', 'lookup.missed']);
const BUSINESS_INDEX = new Map<string, number>(BUSINESS_NAMES.map((name, i) => [name, i + 1]));

export class Enricher {
  readonly resolver: RouteResolver;

  private readonly seed: number;
  private readonly options: EnricherOptions;
  private readonly trusted: CidrSet;
  private readonly hosts: HostSet;
  private readonly target = new Target();
  private readonly query: QueryReader;
  private readonly client = createClientAddress();
  /** FLAG.REPEATED by business event. */
  private readonly repeated = new Int32Array(BUSINESS_NAMES.length + 1);

  constructor(options: EnricherOptions) {
    const { seed, model, content } = options;
    this.options = options;
    this.seed = seed;
    this.trusted = options.trusted ?? new CidrSet([]);
    const tells = new Set(model.tells ?? []);
    BUSINESS_NAMES.forEach((name, i) => {
      const kind = REPEATING[name];
      if (kind !== undefined && tells.has(kind)) this.repeated[i + 1] = FLAG.REPEATED;
    });
    this.hosts = new HostSet(options.hosts ?? model.hosts ?? [], seed);
    this.query = new QueryReader(options.query);
    this.resolver = new RouteResolver({
      routes: model.routes,
      overrides: options.routeClasses ?? [],
      seed,
      probe: content?.probeRule,
      decoy: content?.decoyOf,
    });
  }

  /**
   * Writes every column of `row` in `batch`; of the flags all but ALLOWLISTED, which the runtime sets. The texts point into `raw.buf`, which must be `batch.text`. `source` numbers
   * the input; `resolutionMs` is what its log format can tell times apart by.
   */
  row(raw: RawExchange, batch: FactBatch, row: number, source: number, resolutionMs: number): void {
    batch.kind[row] = raw.kind;
    batch.source[row] = source;
    batch.status[row] = raw.status;
    batch.bytes[row] = raw.bytes;
    batch.business[row] = raw.kind === BUSINESS ? (BUSINESS_INDEX.get(raw.business) ?? 0) : 0;
    batch.flags[row] = this.repeated[batch.business[row]] | (raw.kind === BUSINESS ? kindFlag(raw) : 0);
    clearExtras(batch, row, raw.amountMinor);
    this.readTime(raw, batch, row, resolutionMs);
    this.readAddress(raw, batch, row);
    this.readAgent(raw, batch, row);
    this.readRequest(raw, batch, row);
    this.readIdentities(raw, batch, row);
    this.readHosts(raw, batch, row);
    this.readContent(raw, batch, row);
    batch.order[row] = orderOf(raw, batch, row);
  }

  private readTime(raw: RawExchange, batch: FactBatch, row: number, resolutionMs: number): void {
    let flags = resolutionMs >= 1000 ? FLAG.COARSE_TIME : 0;
    let duration = 0;
    // A business event is a moment: it has no duration to assume.
    if (raw.durationMs >= 0) duration = Math.min(MAX_DURATION_MS, Math.round(raw.durationMs));
    else if (raw.kind !== BUSINESS) {
      duration = ASSUMED_DURATION_MS;
      flags |= FLAG.ASSUMED_DURATION;
    }
    let time = raw.timeMs;
    if (Number.isNaN(time)) time = 0;
    else if (raw.timeMeaning === 'end' && raw.kind !== BUSINESS) {
      time -= duration;
      flags |= FLAG.END_TIME;
    }
    batch.timeMs[row] = time;
    batch.durationMs[row] = duration;
    batch.flags[row] |= flags;
  }

  private readAddress(raw: RawExchange, batch: FactBatch, row: number): void {
    const { spans } = raw;
    const client = this.client;
    clientAddress(
      raw.buf,
      spans[F.address],
      spans[F.address + 1],
      spans[F.forwarded],
      spans[F.forwarded + 1],
      this.trusted,
      client,
    );
    batch.ipHi[row] = client.ipHi;
    batch.ipLo[row] = client.ipLo;
    batch.networkHi[row] = client.networkHi;
    batch.networkLo[row] = client.networkLo;
    const { networks } = this.options;
    networks.lookup(client.ipHi, client.ipLo);
    batch.asn[row] = networks.result.asn;
    batch.country[row] = networks.result.country;
    batch.networkClass[row] = networks.result.networkClass;
  }

  private readAgent(raw: RawExchange, batch: FactBatch, row: number): void {
    const { buf, spans } = raw;
    const { software } = this.options;
    const start = spans[F.agent];
    const end = spans[F.agent + 1];
    const protocolEnd = spans[F.protocol + 1];
    const protocol = protocolEnd - spans[F.protocol] >= 3 ? (buf[protocolEnd - 1] << 8) | buf[protocolEnd - 3] : 0;
    batch.agentAt[row] = start;
    batch.agentLength[row] = cut(end - start);
    hashBytes(buf, start, end, this.seed);
    const { hi, lo } = lanes;
    batch.agentHi[row] = hi;
    batch.agentLo[row] = lo;
    if (lo === 0 && hi === 0 && protocol === 0) {
      batch.fingerprintHi[row] = 0;
      batch.fingerprintLo[row] = 0;
    } else {
      combine(hi, lo, this.seed, protocol);
      batch.fingerprintHi[row] = lanes.hi;
      batch.fingerprintLo[row] = lanes.lo;
    }
    software.classify(buf, start, end, hi, lo);
    batch.software[row] = software.software;
    batch.softwareClass[row] = software.softwareClass;
    batch.bot[row] = software.bot;
    batch.botStatus[row] =
      software.bot === 0 ? 0 : software.botStatus(software.bot, batch.asn[row], batch.ipHi[row], batch.ipLo[row]);
    let flags = end > start ? 0 : FLAG.NO_AGENT;
    if (protocol === HTTP_1_0) flags |= FLAG.OLD_PROTOCOL;
    if (software.staleAt !== 0 && batch.timeMs[row] >= software.staleAt) flags |= FLAG.STALE_AGENT;
    if (software.odd) flags |= FLAG.ODD_AGENT;
    batch.flags[row] |= flags;
  }

  private readRequest(raw: RawExchange, batch: FactBatch, row: number): void {
    const { buf, spans } = raw;
    const { resolver } = this;
    const { cells } = resolver;
    const target = this.target;
    const query = this.query;
    const method = methodOf(buf, spans[F.method], spans[F.method + 1]);
    readTarget(buf, spans[F.target], spans[F.target + 1], this.seed, target);
    const at = resolver.resolve(target.path, target.pathStart, target.pathEnd, target.pathHi, target.pathLo, method);
    const route = cells[at + PATH.route];
    let routeClass = cells[at + PATH.routeClass];
    query.clear();
    let flags = 0;
    if (target.queryEnd > target.queryStart) {
      flags |= FLAG.QUERY;
      query.read(buf, target.queryStart, target.queryEnd);
      if (query.search && (routeClass === ROUTE_CLASS.page || routeClass === ROUTE_CLASS.api)) {
        routeClass = ROUTE_CLASS.search;
      }
    }
    if (resolver.isKnown(route)) flags |= FLAG.KNOWN_ROUTE;
    if (isMalformed(raw, method, target)) flags |= FLAG.MALFORMED;
    batch.flags[row] |= flags;
    batch.method[row] = method;
    batch.targetAt[row] = spans[F.target];
    batch.targetLength[row] = cut(spans[F.target + 1] - spans[F.target]);
    batch.pathHi[row] = target.pathHi;
    batch.pathLo[row] = target.pathLo;
    batch.route[row] = route;
    batch.routeClass[row] = routeClass;
    batch.page[row] = query.page >= 0 ? query.page : cells[at + PATH.page];
    batch.probeRule[row] = cells[at + PATH.probe];
    batch.decoy[row] = cells[at + PATH.decoy];
    batch.objectHi[row] = cells[at + PATH.objectHi];
    batch.objectLo[row] = cells[at + PATH.objectLo];
    batch.objectNumber[row] = resolver.doubles[at / 2 + PATH.number];
    this.readQueryObject(buf, batch, row, routeClass);
  }

  /** An object named in the query, where the path names none: "/account?id=7", or the token of a password reset. */
  private readQueryObject(buf: Uint8Array, batch: FactBatch, row: number, routeClass: number): void {
    const query = this.query;
    if (routeClass === ROUTE_CLASS.reset || routeClass === ROUTE_CLASS.code) {
      if (query.objectEnd === 0) {
        query.objectStart = query.credentialStart;
        query.objectEnd = query.credentialEnd;
      }
      query.credentialEnd = query.credentialStart;
    }
    if (query.objectEnd <= query.objectStart || batch.objectLo[row] !== 0 || routeClass === ROUTE_CLASS.asset) return;
    hashBytes(buf, query.objectStart, query.objectEnd, this.seed);
    batch.objectHi[row] = lanes.hi;
    batch.objectLo[row] = lanes.lo;
    batch.objectNumber[row] = numberAt(buf, query.objectStart, query.objectEnd);
  }

  private readIdentities(raw: RawExchange, batch: FactBatch, row: number): void {
    const { buf, spans } = raw;
    const query = this.query;
    const seed = this.seed;
    let start = spans[F.principal];
    let end = spans[F.principal + 1];
    const logged = end > start;
    if (!logged) {
      start = query.principalStart;
      end = query.principalEnd;
    }
    hashBytes(buf, start, end, seed);
    batch.principalHi[row] = lanes.hi;
    batch.principalLo[row] = lanes.lo;
    batch.principalAt[row] = start;
    batch.principalLength[row] = cut(end - start);

    start = spans[F.session];
    end = spans[F.session + 1];
    if (end <= start) {
      start = query.sessionStart;
      end = query.sessionEnd;
    }
    hashBytes(buf, start, end, seed);
    batch.sessionHi[row] = lanes.hi;
    batch.sessionLo[row] = lanes.lo;
    batch.sessionAt[row] = start;
    batch.sessionLength[row] = cut(end - start);

    start = spans[F.credential];
    end = spans[F.credential + 1];
    const presented = end > start;
    if (!presented) {
      start = query.credentialStart;
      end = query.credentialEnd;
    }
    hashBytes(buf, start, end, seed);
    batch.credentialHi[row] = lanes.hi;
    batch.credentialLo[row] = lanes.lo;
    batch.credentialAt[row] = start;
    batch.credentialLength[row] = cut(end - start);
    // What stands in a query is a claim that a page may ignore: only what the server logged counts as accepted.
    const { status } = raw;
    const refused = status === 401 || status === 403 || status === 407 || (status === 0 && raw.kind !== BUSINESS);
    // Naming somebody proves nothing where the login was turned down, or where only a question about them was asked.
    const unproven =
      raw.kind === BUSINESS ? UNPROVEN.has(raw.business) : batch.routeClass[row] === ROUTE_CLASS.login && status >= 400;
    if ((logged || presented) && (raw.proven || !refused) && !unproven) batch.flags[row] |= FLAG.AUTHENTICATED;
  }

  private readHosts(raw: RawExchange, batch: FactBatch, row: number): void {
    const { buf, spans } = raw;
    const seed = this.seed;
    const target = this.target;
    const start = spans[F.host];
    const end = spans[F.host + 1];
    hashHost(buf, start, end, seed);
    const hostStart = host.start;
    const hostEnd = host.end;
    batch.tenantHi[row] = lanes.hi;
    batch.tenantLo[row] = lanes.lo;
    batch.hostAt[row] = start;
    batch.hostLength[row] = cut(end - start);
    let flags = 0;
    if (batch.method[row] === CONNECT) flags |= FLAG.PROXY_ATTEMPT;
    else if (target.form === TARGET_FORM.absolute && !this.isOurs(buf, target, hostStart, hostEnd)) {
      flags |= FLAG.PROXY_ATTEMPT;
    }
    const referrer = spans[F.referrer];
    const referrerEnd = spans[F.referrer + 1];
    batch.referrerAt[row] = referrer;
    batch.referrerLength[row] = cut(referrerEnd - referrer);
    if (referrerEnd <= referrer) flags |= FLAG.NO_REFERRER;
    else {
      const from = afterScheme(buf, referrer, referrerEnd);
      if (from >= 0) {
        let to = from;
        while (to < referrerEnd && buf[to] !== 0x2f && buf[to] !== 0x3f) to++;
        if (hostEnd > hostStart) {
          trimHost(buf, from, to);
          if (sameSite(buf, host.start, host.end, buf, hostStart, hostEnd)) flags |= FLAG.SAME_SITE_REFERRER;
        } else if (this.hosts.has(buf, from, to, seed)) flags |= FLAG.SAME_SITE_REFERRER;
      }
    }
    batch.flags[row] |= flags;
  }

  /**
   * Is the host of an absolute target ours? Servers log the host of such a target as the host that was asked for, so
   * a configured or learned list counts more than the log's own field.
   */
  private isOurs(buf: Uint8Array, target: Target, hostStart: number, hostEnd: number): boolean {
    if (this.hosts.size > 0) return this.hosts.has(buf, target.hostStart, target.hostEnd, this.seed);
    if (hostEnd <= hostStart) return false;
    trimHost(buf, target.hostStart, target.hostEnd);
    return sameSite(buf, host.start, host.end, buf, hostStart, hostEnd);
  }

  private readContent(raw: RawExchange, batch: FactBatch, row: number): void {
    const { content } = this.options;
    batch.contentMillinats[row] = 0;
    batch.contentRule[row] = 0;
    batch.contentField[row] = 0;
    batch.contentAt[row] = 0;
    batch.contentLength[row] = 0;
    if (content === undefined) return;
    content.inspect(raw, batch.agentHi[row], batch.agentLo[row]);
    const { hit } = content;
    if (hit.rule === 0) return;
    batch.contentMillinats[row] = hit.millinats;
    batch.contentRule[row] = hit.rule;
    batch.contentField[row] = hit.field;
    batch.contentAt[row] = hit.at;
    batch.contentLength[row] = cut(hit.length);
  }
}

function cut(length: number): number {
  return Math.min(length, MAX_TEXT);
}
