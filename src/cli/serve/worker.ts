/** A worker of the gateway: a process of its own that listens, enriches and forwards, and asks the owner what to do. */
import { knownNames } from '../../config/known.ts';
import { loadConfig } from '../../config/load.ts';
import { DETECTORS } from '../../detectors/index.ts';
import { type Gateway, openGateway } from '../../doors/gateway/gateway.ts';
import { EMPTY_MODEL } from '../../enrich/model.ts';
import { FORMATS } from '../../event/formats/index.ts';
import { connectOwner } from '../../runtime/owner/client.ts';
import { joinWorkers, workerNumber } from '../../runtime/owner/worker.ts';
import { Telemetry } from '../../runtime/telemetry/telemetry.ts';
import { withOverrides } from './overrides.ts';
import {
  OWNER_PATH,
  OWNER_SECRET,
  type OwnerPush,
  WORKER_SETUP,
  type WorkerReport,
  type WorkerSetup,
} from './worker-setup.ts';

/** How often a worker tells the owner its numbers, in ms. */
const REPORT_MS = 1000;

async function main(): Promise<void> {
  const { env } = process;
  const setup = JSON.parse(env[WORKER_SETUP] ?? '{}') as WorkerSetup;
  const load = () =>
    withOverrides(loadConfig(setup.configPath ?? undefined, knownNames(FORMATS, DETECTORS)), setup.overrides);
  const loaded = load();
  const note = (text: string): void => void process.stderr.write(`worker ${workerNumber()}: ${text}\n`);
  let model = EMPTY_MODEL;
  let gateway: Gateway | null = null;
  const owner = await connectOwner(env[OWNER_PATH] ?? '', {
    secret: env[OWNER_SECRET] ?? '',
    worker: workerNumber(),
    onPush: (message) => {
      const pushed = message as OwnerPush;
      // The same again after a connection that was lost.
      if (pushed.model.version === model.version) return;
      model = pushed.model;
      gateway?.learned(model).catch((error: Error) => note(`SP5005: ${error.message}`));
    },
    onState: (state, why) => {
      if (state === 'lost') note(`the owner of state is lost: ${why}`);
    },
  });
  const telemetry = new Telemetry({
    config: loaded.config,
    version: setup.version,
    detectors: DETECTORS.map((d) => d.id),
    clock: Date.now,
    onDefect: (error) => note(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  telemetry.policy = setup.policy;
  let degradation = 0;
  const begun = model;
  const opened = await openGateway({
    loaded,
    gate: owner,
    enrichment: { ...setup.enrichment, model },
    secrets: {
      challenge: Buffer.from(setup.secrets.challenge, 'hex'),
      pseudonyms: Buffer.from(setup.secrets.pseudonyms, 'hex'),
    },
    telemetry,
    onDegradation: (level) => {
      degradation = level;
    },
  });
  gateway = opened;
  if (begun !== model) await opened.learned(model);
  const report = (): void => {
    telemetry.metrics.registry.collect();
    const numbers: WorkerReport = {
      metrics: telemetry.metrics.registry.snapshot(),
      trust: telemetry.trustReport(),
      servers: opened.servers(),
      degradation,
    };
    owner.report('numbers', numbers);
  };
  const timer = setInterval(report, REPORT_MS);
  joinWorkers({
    reload: async (payload) => {
      const { enrichment } = payload as Pick<WorkerSetup, 'enrichment'>;
      await opened.update(load(), { ...enrichment, model });
    },
    drain: async (ms) => {
      clearInterval(timer);
      await opened.drain(ms);
      report();
      await owner.close();
      await telemetry.close();
    },
  });
}

main().catch((error: Error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exitCode = 1;
  process.disconnect?.();
});
