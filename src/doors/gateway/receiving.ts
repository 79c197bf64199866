/** Puts the reception together: the identity room's desk, inspection, and where bodies are collected. */
import { readFileSync } from 'node:fs';
import type { LoadedConfig } from '../../config/load.ts';
import { planNumber } from '../../config/plans.ts';
import type { Config } from '../../config/schema.ts';
import { identityFrom } from '../../identity/compose.ts';
import { DailySecret } from '../../inspect/fields/index.ts';
import { Inspection } from '../../inspect/inspection.ts';
import type { SchemaDesk } from '../../inspect/schema/index.ts';
import { decoyTest } from './act/decoy/honeytoken.ts';
import { type Collector, createCollector } from './body/index.ts';
import { lastingOf, type ReceivingOptions } from './lasting.ts';
import { Reception } from './reception.ts';
import { shared } from './revoking/revoking.ts';
import type { Rooms } from './rooms.ts';

/** Opens the reception of a configuration. The one before goes once the new one stands: nothing is left unasked. */
export async function openReception(
  rooms: Rooms,
  options: ReceivingOptions,
  loaded: LoadedConfig,
  baseDir: string,
): Promise<void> {
  const before = rooms.reception as Reception | undefined;
  const { config } = loaded;
  rooms.lasting ??= lastingOf(rooms.clock, options, config, baseDir);
  const { revoking, replay, paths, daily } = rooms.lasting;
  const desk = identityFrom(config.identity, {
    baseDir,
    secret: options.secrets.pseudonyms,
    replay,
    revocations: shared(revoking.list),
    watches: [revoking.issuers.watch()],
    onDefect: (_, error) => rooms.defect(error),
  });
  rooms.lessons.configure(config.inspection.shapes);
  const inspection = new Inspection({
    ...rooms.lessons.shaping,
    loaded,
    baseDir,
    secret: new DailySecret(rooms.clock, daily),
    readFile: (path) => readFileSync(path, 'utf8'),
    isDecoy: decoyTest(config, options.secrets.challenge) ?? undefined,
  });
  rooms.reception = new Reception(desk, inspection, before?.collector ?? collectorOf(config), {
    ja4Header: config.clients.ja4_header?.toLowerCase() ?? '',
    planOf: (name) => planNumber(config, name),
    bodyTimeoutMs: config.gateway.body_idle_timeout_s * 1000,
  });
  paths.desk = config.identity.inner_token === undefined ? null : desk;
  rooms.lessons.teach(inspection.schemas);
  warm(rooms, inspection.schemas, options.onNote);
  await before?.desk.close();
}

/** Compiles documents bit by bit, so that no request has to wait for it, and says then what of them is not checked. */
function warm(rooms: Rooms, desk: SchemaDesk, onNote: ReceivingOptions['onNote']): void {
  const step = (): void => {
    // Another configuration has come meanwhile.
    if (rooms.reception.inspection.schemas !== desk) return;
    try {
      if (desk.warm()) setImmediate(step).unref();
      else for (const note of desk.notes) onNote?.(`SP7904: ${note}`);
    } catch (error) {
      rooms.defect(error);
    }
  };
  setImmediate(step).unref();
}

const collectorOf = ({ inspection: { bodies } }: Config): Collector =>
  createCollector({
    memoryBytes: bodies.memory_bytes,
    spoolTotalBytes: bodies.spool_total_bytes,
    spoolDir: bodies.spool_dir,
  });
