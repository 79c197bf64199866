/**
 * The gateway of one process: its rooms, put together. With one worker the gate is the owner of state itself; with several
 * it is a socket to it.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import type { LearnedModel } from '../../enrich/model.ts';
import { createAnswerReader } from '../../inspect/answer/index.ts';
import { SallyportError } from '../../lib/errors.ts';
import { Allowlist } from '../../runtime/allowlist.ts';
import { buildEnricher, type EnrichmentSetup } from '../../runtime/enrichment.ts';
import type { CaptureSink } from '../../runtime/live/captures.ts';
import { NO_SHAPES, type ShapeStore } from '../../runtime/live/shapes-file.ts';
import type { Gate } from '../../runtime/live/verdict.ts';
import type { Telemetry } from '../../runtime/telemetry/telemetry.ts';
import { decoyTest } from './act/decoy/honeytoken.ts';
import { createResponder } from './act/responder.ts';
import type { ActConfig } from './act/settings.ts';
import { AnswerRoom } from './answer/index.ts';
import { CaptureRules, Capturing } from './capture.ts';
import type { Req, Res } from './contract.ts';
import { Exchange, type Upgraded } from './exchange.ts';
import { createGuard, isRefusal } from './guard/guard.ts';
import type { LoadSource } from './guard/load.ts';
import { admit } from './http/admit.ts';
import { sendProblem, setProblemBase } from './http/problem.ts';
import { isRejection } from './http/rejections.ts';
import { compileRoutes } from './http/routes.ts';
import { Pseudonyms } from './identity.ts';
import { Lessons } from './lessons.ts';
import type { Connection } from './listen/connection.ts';
import { type Listeners, openListeners } from './listen/listeners.ts';
import { Observer } from './observe.ts';
import { openReception } from './receiving.ts';
import type { Revoking } from './revoking/revoking.ts';
import { Rooms } from './rooms.ts';
import { createForwarder, type UpdatableForwarder } from './upstream/index.ts';

/** A long exchange tells how it stands after this, in ms (design, invariant 2); looked at so often. */
const PARTIAL_MS = 30_000;
const SWEEP_MS = 5_000;
/** How long the connections to the upstream may take to close at the end, in ms. */
const CLOSE_MS = 2_000;

export interface GatewayOptions {
  readonly loaded: LoadedConfig;
  readonly gate: Gate;
  readonly enrichment: EnrichmentSetup;
  /** `daily`: root of keys that count for a day, alike in all workers; one of this process without it. */
  readonly secrets: { readonly challenge: Buffer; readonly pseudonyms: Buffer; readonly daily?: Buffer };
  /** What counts no more; kept by this process alone, and not on record, without it. */
  readonly revoking?: Revoking;
  readonly telemetry: Telemetry;
  /** Where raw requests of captured routes go; nowhere without it. */
  readonly captures?: CaptureSink;
  /** Where learned shapes of parameters are kept; nowhere without it. */
  readonly shapes?: ShapeStore;
  /** Told what an operator should know, with a code. */
  readonly onNote?: (text: string) => void;
  /** How far scoring is degraded, whenever that changes. */
  readonly onDegradation?: (level: number, reason: string) => void;
  /** How loaded this process is; measured without it. */
  readonly load?: LoadSource;
  readonly clock?: () => number;
  readonly now?: () => number;
}

export interface Gateway {
  readonly listeners: Listeners;
  servers(): ReturnType<UpdatableForwarder['servers']>;
  /** Requests under way. */
  inFlight(): number;
  /** Rows of facts on loan: none where nothing is under way. */
  rowsOnLoan(): number;
  /** Takes another configuration into force without losing a request. Throws where it cannot be used; then nothing changed. */
  update(loaded: LoadedConfig, enrichment: EnrichmentSetup): Promise<void>;
  /** Goes over to another model, from some request on. Ids of routes mean the same in both: nothing has to wait for it. */
  learned(model: LearnedModel): Promise<void>;
  /** Takes nothing new, lets what is under way end, closes. */
  drain(ms: number): Promise<void>;
}

/** Opens the gateway: when this resolves it takes requests. Coded errors where a part cannot be opened. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { loaded } = options;
  const { config } = loaded;
  const baseDir = loaded.file === null ? process.cwd() : dirname(loaded.file);
  const pseudonyms = new Pseudonyms(options.secrets.pseudonyms);
  const rooms = await furnish(options, baseDir, pseudonyms);
  const listeners = await openListeners({
    config,
    baseDir,
    now: rooms.now,
    handlers: {
      onRequest: (req, res, connection) => take(rooms, req, res, connection, null),
      onUpgrade: (req, socket, head, connection, res) => upgrade(rooms, req, socket, head, connection, res),
      onRefused: (code) => options.telemetry.refused(code),
    },
  });
  const timer = setInterval(() => sweep(rooms), SWEEP_MS);
  timer.unref();
  let setup = options.enrichment;
  let turn = 0;
  const learned = async (model: LearnedModel): Promise<void> => {
    const mine = ++turn;
    setup = { ...setup, model };
    const parts = await enrichment(setup, pseudonyms);
    if (mine !== turn) return;
    rooms.observer.use(parts.enricher, parts.allowlist);
    rooms.lessons.routes = model;
  };
  return {
    listeners,
    learned,
    servers: () => rooms.forwarder.servers(),
    inFlight: () => rooms.active.size,
    rowsOnLoan: () => rooms.pool.inUse,
    async update(next, given) {
      const before = turn;
      openCaptures(options, next);
      const parts = await enrichment(given, pseudonyms);
      rooms.forwarder.update(next.config);
      rooms.responder.update(actConfig(next.config));
      rooms.guard.update(next.config.gateway.overload);
      listeners.update(next.config);
      rooms.observer.use(parts.enricher, parts.allowlist);
      rooms.lessons.routes = given.model;
      settle(rooms, next);
      rooms.answers = answersOf(rooms, options, next.config);
      await openReception(rooms, options, next, baseDir);
      const { model } = setup;
      setup = given;
      if (turn !== before) await learned(model);
    },
    async drain(ms) {
      await listeners.drain(ms);
      clearInterval(timer);
      rooms.responder.close();
      rooms.guard.close();
      await Promise.all([rooms.reception.desk.close(), rooms.lasting?.close(), rooms.lessons.close(rooms.clock())]);
      // Every client is gone by now: what the upstream still holds open must not keep a process that is to end.
      await within(CLOSE_MS, rooms.forwarder.close());
    },
  };
}

/** The rooms of a configuration. */
async function furnish(options: GatewayOptions, baseDir: string, pseudonyms: Pseudonyms): Promise<Rooms> {
  const { loaded } = options;
  const { config } = loaded;
  const rooms = new Rooms(options.gate, options.telemetry, options.clock, options.now);
  openCaptures(options, loaded);
  rooms.capturing = new Capturing(options.captures ?? NOWHERE, new CaptureRules(config));
  rooms.observer = new Observer({
    identity: config.identity,
    seed: options.enrichment.seed,
    ...(await enrichment(options.enrichment, pseudonyms)),
    pool: rooms.pool,
    pseudonyms,
    isHoneytoken: decoyTest(config, options.secrets.challenge) ?? undefined,
  });
  rooms.forwarder = createForwarder({ config, baseDir, now: rooms.now, wallNow: rooms.clock });
  rooms.responder = createResponder({
    config: actConfig(config),
    secret: options.secrets.challenge,
    gate: options.gate,
    clock: rooms.clock,
    random: randomBytes,
  });
  rooms.guard = createGuard({
    overload: config.gateway.overload,
    source: options.load,
    onStep: (level, reason) => options.onDegradation?.(level, reason),
  });
  settle(rooms, loaded);
  rooms.answers = answersOf(rooms, options, config);
  rooms.lessons = lessonsOf(rooms, options);
  await openReception(rooms, options, loaded, baseDir);
  return rooms;
}

/** Looks at answers. Values of decoys are only looked for where some are given. */
function answersOf(rooms: Rooms, { secrets }: GatewayOptions, config: Config): AnswerRoom {
  const reader = createAnswerReader(config.gateway.routes, decoyTest(config, secrets.challenge));
  return new AnswerRoom({ reader, defect: (error) => rooms.defect(error) });
}

/** What is learned of parameters in this process. */
function lessonsOf(
  rooms: Rooms,
  { loaded, gate, enrichment: setup, shapes = NO_SHAPES, onNote }: GatewayOptions,
): Lessons {
  const onFailure = (error: Error): void =>
    onNote?.(error instanceof SallyportError ? `${error.code}: ${error.message}` : String(error));
  const own = { gate, store: shapes, seed: setup.seed, nowMs: rooms.clock(), onFailure };
  return new Lessons(own, loaded.config.inspection.shapes, setup.model);
}

const actConfig = ({ challenge, answers, gateway }: Config): ActConfig => ({
  challenge,
  answers,
  tarpit: gateway.tarpit,
  throttle: gateway.throttle,
});

/** Captures nothing. */
const NOWHERE: CaptureSink = { open: () => {}, write: () => null, leftOut: () => {} };

/** Captures have to be possible before a configuration that wants some is in force. */
function openCaptures({ captures }: GatewayOptions, { config }: LoadedConfig): void {
  if (config.gateway.routes.some((route) => route.capture !== undefined)) captures?.open();
}

/** What is read from a configuration in one go, at the start and with each new one. */
function settle(rooms: Rooms, { config }: LoadedConfig): void {
  const { gateway, identity, answers } = config;
  rooms.admission = {
    headerBytes: gateway.header_bytes,
    headerCount: gateway.header_count,
    targetBytes: gateway.target_bytes,
    routeOf: compileRoutes(config),
  };
  rooms.readsSignals = identity.signals || identity.principal_header !== undefined;
  rooms.principalHeader = identity.principal_header?.toLowerCase() ?? '';
  rooms.capturing.rules = new CaptureRules(config);
  setProblemBase(answers.problem_base);
}

async function enrichment(setup: EnrichmentSetup, pseudonyms: Pseudonyms) {
  // Keys appear under their pseudonyms, on the allowlist as everywhere.
  const entries = setup.allowlist.map((entry) =>
    entry.credential === undefined ? entry : { ...entry, credential: pseudonyms.of('key', entry.credential) },
  );
  return { enricher: await buildEnricher(setup), allowlist: new Allowlist(entries, setup.seed) };
}

/** The way of every request. */
function take(rooms: Rooms, req: Req, res: Res, connection: Connection, upgraded: Upgraded | null): void {
  const nowMs = rooms.clock();
  const nowAt = rooms.now();
  const inbound = admit(req, res, connection, rooms.admission, nowMs, nowAt);
  if (isRejection(inbound)) {
    rooms.telemetry.refused(inbound.code);
    sendProblem(res, inbound);
    return;
  }
  rooms.telemetry.seen(inbound.peer, inbound.headers, inbound.trusted, nowMs);
  if (rooms.lasting?.paths.serve(inbound) === true) return;
  if (rooms.responder.owns(inbound.target)) {
    rooms.responder.serve(inbound, () => {});
    return;
  }
  const room = rooms.guard.enter(inbound.route, inbound.route.priority, nowAt);
  if (isRefusal(room)) {
    rooms.turnAway(inbound, room);
    return;
  }
  const exchange = new Exchange(rooms, inbound, room, upgraded);
  rooms.active.add(exchange);
  rooms.telemetry.began();
  exchange.begin();
}

function upgrade(
  rooms: Rooms,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  connection: Connection,
  res: ServerResponse,
): void {
  take(rooms, req, res, connection, { socket, head, res });
}

/** Waits for something, and no longer than so many ms. */
function within(ms: number, what: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    what.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function sweep(rooms: Rooms): void {
  const nowMs = rooms.clock();
  rooms.lessons.tick(nowMs);
  rooms.active.each((exchange) => {
    if (nowMs - exchange.inbound.startedMs >= PARTIAL_MS) exchange.partial(nowMs);
  });
}
