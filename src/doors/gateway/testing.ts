/** A gateway with its owner of state in one process, on a clock that a test or an evaluation moves on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultConfig, type LoadedConfig } from '../../config/load.ts';
import { type Config, configSchema } from '../../config/schema.ts';
import { DETECTORS } from '../../detectors/index.ts';
import type { FactBatch } from '../../enrich/facts.ts';
import { declaredOperations } from '../../inspect/inspection.ts';
import type { MakeModel } from '../../runtime/live/learning.ts';
import { type Live, startLive } from '../../runtime/live/service.ts';
import { shapesFile } from '../../runtime/live/shapes-file.ts';
import { Telemetry } from '../../runtime/telemetry/telemetry.ts';
import { type Gateway, openGateway } from './gateway.ts';
import type { LoadSource } from './guard/load.ts';
import { Office } from './revoking/office.ts';

export interface HouseOptions {
  /** URL of the application behind; tests have one of `httpUpstream` (upstream/testing.ts). */
  readonly upstream: string;
  /** Keys of the configuration, as in a file; put over what a house has by itself. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The OpenAPI document that `routes.openapi` would name, read. */
  readonly openapi?: object;
  /** The documents that `inspection.schemas` would name, read. */
  readonly schemas?: readonly object[];
  /** Unix ms. */
  readonly clock?: () => number;
  /** Where data is kept; a new folder, removed at the end, without it. */
  readonly dir?: string;
  /** Nothing goes to the disk but secrets. */
  readonly ephemeral?: boolean;
  readonly version?: string;
  /** Makes models elsewhere than on a thread of its own. */
  readonly makeModel?: MakeModel;
  /** How loaded the process seems to be; calm without it. */
  readonly load?: LoadSource;
  /** A mistake of ours while a request was in work; thrown without it. */
  readonly onDefect?: (error: unknown) => void;
  /** Told what an operator would be told. */
  readonly onNote?: (text: string) => void;
}

export interface House {
  readonly live: Live;
  readonly gateway: Gateway;
  readonly office: Office;
  readonly telemetry: Telemetry;
  readonly config: Config;
  readonly loaded: LoadedConfig;
  /** Of the gateway. */
  readonly url: string;
  readonly dir: string;
  /** Ends everything, once; the journal is then whole. */
  close(): Promise<void>;
}

/** Tells of every row, before the engine judges it. */
export function onRows(house: House, told: (rows: FactBatch, row: number, response: boolean) => void): void {
  const { engine } = house.live.runtime.parts;
  const step = engine.step.bind(engine);
  engine.step = (rows, row, response, nowMs) => {
    told(rows, row, response);
    return step(rows, row, response, nowMs);
  };
}

/** A load that a test makes by hand. */
export class HandLoad implements LoadSource {
  private tell: Parameters<LoadSource['start']>[0] = () => {};

  start(listener: Parameters<LoadSource['start']>[0]): void {
    this.tell = listener;
  }

  stop(): void {}

  /** Runs late until less is done for each request. */
  degrade(house: House): void {
    for (let i = 0; house.live.runtime.degraded === 0; i++) this.tell({ atMs: i * 100, lagMs: 1000, rssBytes: 0 });
  }
}

/** What is decided must not depend on how busy the machine is: nothing degrades. */
const CALM: LoadSource = { start: () => {}, stop: () => {} };

/** Opens the gateway in front of an application, enforcing unless the settings say otherwise. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'sallyport-'));
  const clock = options.clock ?? Date.now;
  const config = configSchema.parse({
    mode: 'enforce',
    listen: '127.0.0.1:0',
    upstream: options.upstream,
    clients: { trusted_proxies: ['127.0.0.0/8'] },
    records: { data_dir: dir },
    seed: 1,
    ...options.settings,
  });
  const loaded = { ...defaultConfig(), config, openapi: options.openapi ?? null, schemas: options.schemas ?? [] };
  const version = options.version ?? 'test';
  const facts = () => ({ workers: 1, upstreams: [] });
  const { ephemeral } = options;
  const { makeModel } = options;
  const live = await startLive({
    loaded,
    mode: config.mode,
    version,
    ephemeral,
    clock,
    facts,
    makeModel,
    declared: declaredOperations,
    onNote: options.onNote,
  });
  const telemetry = new Telemetry({
    config,
    version,
    detectors: DETECTORS.map((d) => d.id),
    clock,
    onDefect:
      options.onDefect ??
      ((error) => {
        throw error;
      }),
  });
  const { enrichment, secrets, captures } = live;
  const { runtime: gate } = live;
  const office = new Office({
    settings: config.identity,
    baseDir: process.cwd(),
    secret: secrets.pseudonyms,
    clock,
    ledger: live.ledger,
    ...(options.ephemeral !== true && { signals: join(dir, 'signals.jsonl') }),
  });
  await office.rebuild();
  office.follow(live.operator);
  office.start();
  const gateway = await openGateway({
    loaded,
    gate,
    enrichment,
    secrets,
    telemetry,
    clock,
    captures,
    revoking: office,
    shapes: ephemeral === true ? undefined : shapesFile(dir, 0),
    onNote: options.onNote,
    load: options.load ?? CALM,
    onDegradation: (level, reason) => live.runtime.setDegradation(level, reason, clock()),
  });
  live.models.onChange((model) => void gateway.learned(model));
  let closed: Promise<void> | null = null;
  const end = async () => {
    await gateway.drain(1000);
    await telemetry.close();
    await office.close();
    await live.close();
    if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
  };
  const close = () => {
    closed ??= end();
    return closed;
  };
  return { live, gateway, office, telemetry, config, loaded, url: gateway.listeners.addresses[0].url, dir, close };
}
