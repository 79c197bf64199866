/** Whether an output would work: what the doctor asks. Nothing is sent unless that is asked for. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { OutputSettings } from '../../config/outputs.ts';
import type { Origin, SiemEvent } from './event.ts';
import { formatOf } from './formats/index.ts';
import type { Timers } from './timers.ts';
import { connectTo, type Target } from './transports/connect.ts';
import { DeliveryError } from './transports/contract.ts';
import { transportOf } from './transports/index.ts';
import { type Surroundings, tlsOptions } from './transports/secrets.ts';
import { syslogPort } from './transports/syslog.ts';

/** Longest wait for a receiver, in ms. */
const TIMEOUT_MS = 5000;

export interface ProbeOptions {
  readonly origin: Origin;
  readonly around: Surroundings;
  readonly timers: Timers;
  readonly signal: AbortSignal;
  /** Send one event that says that it is a test. */
  readonly send: boolean;
}

/** Resolves where the output would work; rejects with a {@link DeliveryError} that says why not. */
export async function probeOutput(settings: OutputSettings, options: ProbeOptions): Promise<void> {
  const { origin, around, timers, signal, send } = options;
  // Reads secrets and certificates.
  const transport = transportOf(settings, origin, around, timers);
  if (send) {
    const event = testEvent(timers.now());
    const text = formatOf(settings)(event, origin);
    const { timeMs, severity, kind, id } = event;
    try {
      await transport.send([{ text, bytes: Buffer.byteLength(text), timeMs, severity, kind, id }], signal);
    } finally {
      await transport.close();
    }
    return;
  }
  if (settings.to.file !== undefined) return probeFile(resolve(around.folder, settings.to.file.path));
  (await connectTo(targetFor(settings, around), timers, signal)).destroy();
}

/** The file if it is there, else the folder it would be made in. */
async function probeFile(path: string): Promise<void> {
  for (const [at, mode] of [
    [path, constants.W_OK],
    [dirname(path), constants.W_OK | constants.X_OK],
  ] as const) {
    try {
      await access(at, mode);
      return;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && at === path) continue;
      throw new DeliveryError('SP8301', `"${at}": ${code}`, { cause: error });
    }
  }
}

function targetFor({ to: { syslog, http, otlp } }: OutputSettings, around: Surroundings): Target {
  if (syslog !== undefined) {
    const tls = syslog.tls === undefined ? null : tlsOptions(syslog.tls, around);
    return { host: syslog.host, port: syslogPort(syslog), tls, timeoutMs: TIMEOUT_MS };
  }
  const { protocol, hostname, port } = new URL(http?.url ?? otlp?.endpoint ?? '');
  const isSecure = protocol === 'https:';
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    tls: isSecure ? tlsOptions((http ?? otlp)?.tls, around) : null,
    timeoutMs: TIMEOUT_MS,
  };
}

function testEvent(timeMs: number): SiemEvent {
  return {
    kind: 'test',
    uid: `T-${timeMs.toString(36)}`,
    id: `T-${timeMs.toString(36)}`,
    phase: 'create',
    timeMs,
    startMs: timeMs,
    title: 'Test of an output',
    message: 'sallyport doctor sent this event to see whether it arrives. Nothing has happened.',
    class: '',
    severity: 'informational',
    risk: -1,
    actor: null,
    reasons: [],
    action: null,
    status: '',
    by: 'doctor',
    method: '',
    route: '',
    host: '',
    related: '',
    labels: {},
  };
}
