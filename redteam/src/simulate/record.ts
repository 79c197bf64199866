/** A run into a directory: logs, the truth beside them, and what the run was. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Exchange } from '../contract.ts';
import { Random } from '../core/random.ts';
import { compose } from './compose.ts';
import { LineFile } from './files.ts';
import { COMBINED_PATTERN, Combined, Events, type Format } from './formats.ts';
import { type RunOptions, type RunResult, runComposed } from './run.ts';
import type { Scenario } from './scenario.ts';
import { Shipping } from './shipping.ts';
import { TruthLog } from './truth.ts';

export type LogFormat = 'combined' | 'events' | 'both';

export interface Recorded {
  readonly result: RunResult;
  /** Lines that the log lost. */
  readonly lost: number;
  /** Names of the files with logs and their bytes. */
  readonly logs: Readonly<Record<string, number>>;
}

/**
 * Runs a world and writes `access.log`, `events.jsonl` or both, the truth in `truth/`, and `run.json` into a directory,
 * which is made. Files that are there already are written over.
 * @throws ScenarioError, and errors of the file system
 */
export function record(
  scenario: Scenario,
  seed: string | number,
  directory: string,
  format: LogFormat,
  options: RunOptions,
): Recorded {
  const composed = compose(scenario, seed, options.registry, options);
  const { model, plan } = composed;
  mkdirSync(directory, { recursive: true });
  const formats: Format[] = [];
  if (format !== 'events') formats.push(new Combined());
  if (format !== 'combined') formats.push(new Events(model.host));
  const files = formats.map((it) => ({ format: it, file: new LineFile(join(directory, it.file), it.encoding) }));
  const shipping = new Shipping(scenario.log, plan.disturbances, new Random(seed).fork('log'), (exchange, skewMs) => {
    for (const { format: it, file } of files) file.write(it.lines(exchange, skewMs));
  });
  const truth = new TruthLog();
  let lost = 0;
  const sink = (exchange: Exchange) => {
    const loggedMs = shipping.offer(exchange);
    if (Number.isNaN(loggedMs)) lost++;
    truth.add(exchange, loggedMs);
  };
  const result = runComposed(scenario, seed, composed, sink, options);
  shipping.close();
  for (const { file } of files) file.close();
  const about = { ...result, share: options.share ?? scenario.share, scale: options.scale ?? 1, lost };
  truth.write(join(directory, 'truth'), about);
  const logs = Object.fromEntries(files.map(({ format: it, file }) => [it.file, file.bytes]));
  writeFileSync(
    join(directory, 'run.json'),
    `${JSON.stringify({ ...about, logs, pattern: COMBINED_PATTERN }, null, 2)}\n`,
  );
  return { result, lost, logs };
}
