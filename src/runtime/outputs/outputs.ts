/** All outputs of a process: each event goes to those that want it, and none of them can hold up another. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type OUTPUT_EVENTS, type OutputSettings, outputFiles } from '../../config/outputs.ts';
import { SallyportError } from '../../lib/errors.ts';
import { natsOf, type Origin, type SiemEvent } from './event.ts';
import { Output, type OutputStatus, type Totals } from './output.ts';
import { pseudonymous } from './pseudonyms.ts';
import type { Timers } from './timers.ts';
import type { Transport } from './transports/contract.ts';
import { transportOf } from './transports/index.ts';
import type { Surroundings } from './transports/secrets.ts';

export type OutputEvents = (typeof OUTPUT_EVENTS)[number];

/** How long outputs may take for what still waits when Sallyport ends, in ms. */
const CLOSE_MS = 5000;

const GROUP: Readonly<Record<SiemEvent['kind'], OutputEvents | null>> = {
  finding: 'findings',
  mitigation: 'mitigations',
  decision: 'decisions',
  ledger: 'ledger',
  inventory: 'inventory',
  test: null,
};

export interface OutputsOptions {
  readonly origin: Origin;
  readonly around: Surroundings;
  readonly timers: Timers;
  readonly onNote: (text: string) => void;
  /** Other transports than the configured ones: for tests. */
  readonly connect?: (settings: OutputSettings) => Transport;
}

interface Running {
  readonly output: Output;
  /** Settings, and what the files and variables in them held. */
  readonly print: string;
  /** Share of a decision that is due: at 1 the next one is told. */
  due: number;
  second: number;
  inSecond: number;
}

export class Outputs {
  readonly #options: OutputsOptions;
  #running: Running[] = [];
  readonly #totals = new Map<string, Totals>();
  #changing: Promise<void> = Promise.resolve();

  /** SallyportError SP8307 where a secret or certificate is missing. */
  constructor(list: readonly OutputSettings[], options: OutputsOptions) {
    this.#options = options;
    this.#running = list.map((settings) => this.#start(settings));
  }

  /** Whether anybody wants events of this kind. */
  wants(events: OutputEvents): boolean {
    return this.#running.some(({ output }) => output.settings.events.includes(events));
  }

  /** Tells everybody who wants it. */
  emit(event: SiemEvent): void {
    let hidden: SiemEvent | null = null;
    for (const running of this.#running) {
      const { output } = running;
      if (!isWanted(running, event)) continue;
      if (output.settings.actors === 'clear') output.add(event);
      else {
        hidden ??= pseudonymous(event);
        output.add(hidden);
      }
    }
  }

  /** Events that nobody could be told of: there were too many in one second. */
  lost(events: OutputEvents, count: number): void {
    if (count === 0) return;
    for (const { output } of this.#running) if (output.settings.events.includes(events)) output.lost(count);
  }

  /**
   * Goes over to another list. Unchanged outputs go on as they are; changed ones keep what waits in them where their
   * format is the same. One that cannot be opened (SP8307) stays as it was, and that is noted. Never rejects.
   */
  update(list: readonly OutputSettings[]): Promise<void> {
    this.#changing = this.#changing.then(() => this.#change(list));
    return this.#changing;
  }

  reopen(): void {
    for (const { output } of this.#running) output.reopen();
  }

  status(): OutputStatus[] {
    return this.#running.map(({ output }) => output.status());
  }

  /** Sends what waits, for a limited time. Never rejects. */
  async close(limitMs: number = CLOSE_MS): Promise<void> {
    await this.#changing;
    const all = this.#running;
    this.#running = [];
    await Promise.all(all.map(({ output }) => output.close(limitMs)));
  }

  async #change(list: readonly OutputSettings[]): Promise<void> {
    const before = new Map(this.#running.map((running) => [running.output.settings.name, running]));
    const next = list.flatMap((settings) => {
      const old = before.get(settings.name);
      if (old !== undefined && old.print === this.#printOf(settings)) return [old];
      try {
        return [this.#start(settings)];
      } catch (error) {
        this.#note(error, settings.name);
        return old === undefined ? [] : [old];
      }
    });
    const ended = this.#running.filter((running) => !next.includes(running));
    const heirOf = ({ output: { settings } }: Running) =>
      next.find(({ output }) => output.settings.name === settings.name && isSameText(output.settings, settings));
    const inherited = ended.filter((running) => heirOf(running) !== undefined);
    // Until the new ones take over, events go on waiting in the old ones: so they stay in order.
    await Promise.all(inherited.map(({ output }) => output.handOver()));
    this.#running = next;
    for (const running of inherited) heirOf(running)?.output.adopt(running.output.rest());
    await Promise.all(
      ended.filter((running) => !inherited.includes(running)).map(({ output }) => output.close(CLOSE_MS)),
    );
  }

  #start(settings: OutputSettings): Running {
    const { origin, around, timers, onNote, connect } = this.#options;
    const print = this.#printOf(settings);
    const transport = connect?.(settings) ?? transportOf(settings, origin, around, timers);
    let totals = this.#totals.get(settings.name);
    if (totals === undefined) {
      totals = { sent: 0, dropped: 0, failed: 0 };
      this.#totals.set(settings.name, totals);
    }
    const output = new Output({ settings, transport, origin, timers, totals, onNote });
    return { output, print, due: 0, second: 0, inSecond: 0 };
  }

  /** Settings with what stands in their files: a renewed certificate is a change. */
  #printOf(settings: OutputSettings): string {
    const { folder, env } = this.#options.around;
    const print = createHash('sha256').update(JSON.stringify(settings));
    for (const { name } of outputFiles([settings])) {
      try {
        print.update('\0').update(readFileSync(resolve(folder, name)));
      } catch {
        // Said where it is opened.
      }
    }
    const secret = (settings.to.http ?? settings.to.otlp)?.auth?.secret;
    if (secret !== undefined && 'env' in secret) print.update(`\0${env[secret.env] ?? ''}`);
    return print.digest('hex');
  }

  #note(error: unknown, name: string): void {
    const code = error instanceof SallyportError ? error.code : 'SP8307';
    this.#options.onNote(`${code}: output ${name}: ${(error as Error).message}`);
  }
}

function isSameText(a: OutputSettings, b: OutputSettings): boolean {
  return a.format === b.format && a.cef_version === b.cef_version && a.actors === b.actors;
}

function isWanted(running: Running, event: SiemEvent): boolean {
  const { settings } = running.output;
  const group = GROUP[event.kind];
  if (group === null) return true;
  if (!settings.events.includes(group)) return false;
  if (event.kind === 'finding') return natsOf(event) >= settings.min_nats;
  return event.kind !== 'decision' || isSampled(running, event.timeMs);
}

/** Every so many decisions one is told, and no more than so many a second. */
function isSampled(running: Running, timeMs: number): boolean {
  const { decision_sample, decisions_per_s } = running.output.settings;
  running.due += decision_sample;
  if (running.due < 1) return false;
  running.due -= 1;
  const second = Math.floor(timeMs / 1000);
  if (second !== running.second) {
    running.second = second;
    running.inSecond = 0;
  }
  return running.inSecond++ < decisions_per_s;
}
