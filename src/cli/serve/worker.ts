/** A worker of the gateway: a process of its own that listens, enriches and forwards, and asks the owner what to do. */
import { knownNames } from '../../config/known.ts';
import { loadConfig } from '../../config/load.ts';
import { DETECTORS } from '../../detectors/index.ts';
import { openGateway } from '../../doors/gateway/gateway.ts';
import { FORMATS } from '../../event/formats/index.ts';
import type { EnrichmentSetup } from '../../runtime/enrichment.ts';
import { connectOwner } from '../../runtime/owner/client.ts';
import { joinWorkers, workerNumber } from '../../runtime/owner/worker.ts';
import { Telemetry } from '../../runtime/telemetry/telemetry.ts';
import { withOverrides } from './overrides.ts';
import { OWNER_PATH, OWNER_SECRET, WORKER_SETUP, type WorkerReport, type WorkerSetup } from './worker-setup.ts';

/** How often a worker tells the owner its numbers, in ms. */
const REPORT_MS = 1000;

async function main(): Promise<void> {
  const { env } = process;
  const setup = JSON.parse(env[WORKER_SETUP] ?? '{}') as WorkerSetup;
  const load = () =>
    withOverrides(loadConfig(setup.configPath ?? undefined, knownNames(FORMATS, DETECTORS)), setup.overrides);
  const loaded = load();
  const note = (text: string): void => void process.stderr.write(`worker ${workerNumber()}: ${text}\n`);
  const owner = await connectOwner(env[OWNER_PATH] ?? '', {
    secret: env[OWNER_SECRET] ?? '',
    worker: workerNumber(),
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
  const gateway = await openGateway({
    loaded,
    gate: owner,
    enrichment: setup.enrichment,
    secrets: {
      challenge: Buffer.from(setup.secrets.challenge, 'hex'),
      pseudonyms: Buffer.from(setup.secrets.pseudonyms, 'hex'),
    },
    telemetry,
    onDegradation: (level) => {
      degradation = level;
    },
  });
  const report = (): void => {
    telemetry.metrics.registry.collect();
    const numbers: WorkerReport = {
      metrics: telemetry.metrics.registry.snapshot(),
      trust: telemetry.trustReport(),
      servers: gateway.servers(),
      degradation,
    };
    owner.report('numbers', numbers);
  };
  const timer = setInterval(report, REPORT_MS);
  joinWorkers({
    reload: async (payload) => gateway.update(load(), (payload as { enrichment: EnrichmentSetup }).enrichment),
    drain: async (ms) => {
      clearInterval(timer);
      await gateway.drain(ms);
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
