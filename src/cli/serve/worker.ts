/** A worker of the gateway: a process of its own that listens, enriches and forwards, and asks the owner what to do. */

import type { LoadedConfig } from '../../config/load.ts';
import { DETECTORS } from '../../detectors/index.ts';
import { type Gateway, openGateway } from '../../doors/gateway/gateway.ts';
import { Branch } from '../../doors/gateway/revoking/branch.ts';
import type { OfficeNews } from '../../doors/gateway/revoking/revoking.ts';
import { EMPTY_MODEL, type LearnedModel } from '../../enrich/model.ts';
import { SallyportError } from '../../lib/errors.ts';
import { Captures } from '../../runtime/live/captures.ts';
import { shapesFile } from '../../runtime/live/shapes-file.ts';
import { connectOwner, type OwnerClient } from '../../runtime/owner/client.ts';
import { joinWorkers, workerNumber } from '../../runtime/owner/worker.ts';
import { Telemetry } from '../../runtime/telemetry/telemetry.ts';
import { surviveDefects } from './defects.ts';
import { baseDirOf } from './offices.ts';
import {
  type InForce,
  OFFICE,
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
  private daily: string | undefined;
  private gateway: Gateway | null = null;
  private branch: Branch | null = null;
  private readonly news: OfficeNews[] = [];
  private readonly note: (text: string) => void;

  constructor(note: (text: string) => void) {
    this.note = note;
  }

  take(pushed: OwnerPush): void {
    if (this.inForce === undefined) this.daily = pushed.daily;
    this.inForce ??= pushed.inForce;
    if (pushed.office !== undefined) this.tell(pushed.office);
    // The same again after a connection that was lost.
    if (pushed.model === undefined || pushed.model.version === this.model.version) return;
    this.model = pushed.model;
    this.gateway?.learned(this.model).catch((error: Error) => this.note(`SP5005: ${error.message}`));
  }

  /** Key of the day on which this worker began; null where the owner did not say. It is handed on once, and not kept here. */
  takeDaily(): Buffer | null {
    const { daily } = this;
    this.daily = undefined;
    return daily === undefined ? null : Buffer.from(daily, 'hex');
  }

  /** What the office says before there is a branch waits for it. */
  private tell(news: OfficeNews): void {
    if (this.branch !== null) this.branch.take(news);
    else this.news.push(news);
  }

  attend(branch: Branch): void {
    this.branch = branch;
    for (const news of this.news.splice(0)) branch.take(news);
  }

  /** The gateway is open, with a model that may be the one before by now. */
  async open(gateway: Gateway, model: LearnedModel): Promise<void> {
    this.gateway = gateway;
    if (model !== this.model) await gateway.learned(this.model);
  }
}

const secretsOf = ({ secrets }: WorkerSetup, daily: Buffer | null) => ({
  challenge: Buffer.from(secrets.challenge, 'hex'),
  pseudonyms: Buffer.from(secrets.pseudonyms, 'hex'),
  ...(daily !== null && { daily }),
});

/** Tells the owner this worker's numbers, again and again; `now` once more, `stop` ends it. */
function reporting(
  owner: OwnerClient,
  telemetry: Telemetry,
  gateway: Gateway,
  level: { readonly degradation: number },
) {
  const now = (): void => {
    telemetry.metrics.registry.collect();
    const numbers: WorkerReport = {
      metrics: telemetry.metrics.registry.snapshot(),
      trust: telemetry.trustReport(),
      servers: gateway.servers(),
      ...level,
    };
    owner.report('numbers', numbers);
  };
  const timer = setInterval(now, REPORT_MS);
  return { now, stop: () => clearInterval(timer) };
}

function telemetryOf({ config }: LoadedConfig, version: string, note: (text: string) => void): Telemetry {
  const detectors = DETECTORS.map((d) => d.id);
  const onDefect = (error: unknown): void =>
    note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return new Telemetry({ config, version, detectors, clock: Date.now, onDefect });
}

/** This worker's part of what counts no more. */
function branchOf(loaded: LoadedConfig, owner: OwnerClient, note: (text: string) => void): Branch {
  return new Branch({
    settings: loaded.config.identity,
    baseDir: baseDirOf(loaded),
    worker: workerNumber(),
    clock: Date.now,
    ask: (ask) => owner.report(OFFICE, ask),
    onNote: note,
  });
}

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
  const telemetry = telemetryOf(loaded, setup.version, note);
  telemetry.policy = policy;
  const level = { degradation: 0 };
  const { workers: writers } = loaded.config.gateway;
  const captures = new Captures({ dataDir: setup.captures, clock: Date.now, writers, onNote: note });
  const branch = branchOf(loaded, owner, note);
  told.attend(branch);
  const { model } = told;
  const gateway = await openGateway({
    loaded,
    gate: owner,
    enrichment: { ...enrichment, model },
    secrets: secretsOf(setup, told.takeDaily()),
    telemetry,
    captures,
    revoking: branch,
    shapes: setup.captures === null ? undefined : shapesFile(setup.captures, workerNumber()),
    // All of them would say the same.
    onNote: workerNumber() === 1 ? note : undefined,
    onDegradation: (degradation) => Object.assign(level, { degradation }),
  });
  await told.open(gateway, model);
  const reports = reporting(owner, telemetry, gateway, level);
  joinWorkers({
    reload: async (payload) => {
      const next = payload as InForce;
      await gateway.update(next.loaded, { ...next.enrichment, model: told.model });
      telemetry.policy = next.policy;
    },
    drain: async (ms) => {
      reports.stop();
      await gateway.drain(ms);
      reports.now();
      await branch.close();
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
