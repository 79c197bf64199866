/** A worker of the gateway: a process of its own that listens, enriches and forwards, and asks the owner what to do. */
import { DETECTORS } from '../../detectors/index.ts';
import { type Gateway, openGateway } from '../../doors/gateway/gateway.ts';
import { EMPTY_MODEL, type LearnedModel } from '../../enrich/model.ts';
import { SallyportError } from '../../lib/errors.ts';
import { Captures } from '../../runtime/live/captures.ts';
import { connectOwner } from '../../runtime/owner/client.ts';
import { joinWorkers, workerNumber } from '../../runtime/owner/worker.ts';
import { Telemetry } from '../../runtime/telemetry/telemetry.ts';
import { surviveDefects } from './defects.ts';
import {
  type InForce,
  OWNER_PATH,
  OWNER_SECRET,
  type OwnerPush,
  WORKER_SETUP,
  type WorkerReport,
  type WorkerSetup,
} from './worker-setup.ts';

/** How often a worker tells the owner its numbers, in ms. */
const REPORT_MS = 1000;

/** What the owner has told: all of it with its welcome, another model now and then. */
class Told {
  model: LearnedModel = EMPTY_MODEL;
  inForce: InForce | undefined;
  private gateway: Gateway | null = null;
  private readonly note: (text: string) => void;

  constructor(note: (text: string) => void) {
    this.note = note;
  }

  take(pushed: OwnerPush): void {
    this.inForce ??= pushed.inForce;
    // The same again after a connection that was lost.
    if (pushed.model.version === this.model.version) return;
    this.model = pushed.model;
    this.gateway?.learned(this.model).catch((error: Error) => this.note(`SP5005: ${error.message}`));
  }

  /** The gateway is open, with a model that may be the one before by now. */
  async open(gateway: Gateway, model: LearnedModel): Promise<void> {
    this.gateway = gateway;
    if (model !== this.model) await gateway.learned(this.model);
  }
}

const secretsOf = ({ secrets }: WorkerSetup) => ({
  challenge: Buffer.from(secrets.challenge, 'hex'),
  pseudonyms: Buffer.from(secrets.pseudonyms, 'hex'),
});

async function main(): Promise<void> {
  const { env } = process;
  const setup = JSON.parse(env[WORKER_SETUP] ?? '{}') as WorkerSetup;
  const note = (text: string): void => void process.stderr.write(`worker ${workerNumber()}: ${text}\n`);
  surviveDefects(note);
  const told = new Told(note);
  const owner = await connectOwner(env[OWNER_PATH] ?? '', {
    secret: env[OWNER_SECRET] ?? '',
    worker: workerNumber(),
    onPush: (message) => told.take(message as OwnerPush),
    onState: (state, why) => {
      if (state === 'lost') note(`the owner of state is lost: ${why}`);
    },
  });
  // The owner's welcome is the first thing that it says.
  if (told.inForce === undefined) throw new SallyportError('SP7313', 'The owner of state did not say what is in force');
  const { loaded, enrichment, policy } = told.inForce;
  const telemetry = new Telemetry({
    config: loaded.config,
    version: setup.version,
    detectors: DETECTORS.map((d) => d.id),
    clock: Date.now,
    onDefect: (error) => note(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  telemetry.policy = policy;
  const level = { degradation: 0 };
  const { workers: writers } = loaded.config.gateway;
  const captures = new Captures({ dataDir: setup.captures, clock: Date.now, writers, onNote: note });
  const { model } = told;
  const gateway = await openGateway({
    loaded,
    gate: owner,
    enrichment: { ...enrichment, model },
    secrets: secretsOf(setup),
    telemetry,
    captures,
    onDegradation: (degradation) => Object.assign(level, { degradation }),
  });
  await told.open(gateway, model);
  const report = (): void => {
    telemetry.metrics.registry.collect();
    const numbers: WorkerReport = {
      metrics: telemetry.metrics.registry.snapshot(),
      trust: telemetry.trustReport(),
      servers: gateway.servers(),
      ...level,
    };
    owner.report('numbers', numbers);
  };
  const timer = setInterval(report, REPORT_MS);
  joinWorkers({
    reload: async (payload) => {
      const next = payload as InForce;
      await gateway.update(next.loaded, { ...next.enrichment, model: told.model });
      telemetry.policy = next.policy;
    },
    drain: async (ms) => {
      clearInterval(timer);
      await gateway.drain(ms);
      report();
      await owner.close();
      await captures.close();
      await telemetry.close();
    },
  });
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exitCode = 1;
  process.disconnect?.();
});
