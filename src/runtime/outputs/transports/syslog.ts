/**
 * Syslog messages (RFC 5424) over TCP with their length before them (RFC 6587, 3.4.1), or over TLS (RFC 5425). Syslog
 * knows no receipts: what was handed to the system counts as sent.
 */
import type { Socket } from 'node:net';
import type { SyslogSettings } from '../../../config/outputs.ts';
import type { Origin, Severity } from '../event.ts';
import type { Item } from '../queue.ts';
import type { Timers } from '../timers.ts';
import { connectTo } from './connect.ts';
import { connectionError, DeliveryError, type Transport } from './contract.ts';
import { type Surroundings, tlsOptions } from './secrets.ts';

/** Registered for syslog over TCP (RFC 6587 names no port; IANA has 601) and over TLS (RFC 5425). */
const PORT = 601;
const TLS_PORT = 6514;

const FACILITY: Readonly<Record<SyslogSettings['facility'], number>> = {
  auth: 4,
  authpriv: 10,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
};
const SEVERITY: Readonly<Record<Severity, number>> = { informational: 6, low: 5, medium: 4, high: 3, critical: 2 };

/** The port of a receiver, where none is named the registered one. */
export function syslogPort({ port, tls }: Pick<SyslogSettings, 'port' | 'tls'>): number {
  return port ?? (tls === undefined ? PORT : TLS_PORT);
}

/** A field of the head: printable, without spaces, bounded; `-` for none. */
const field = (text: string, max: number): string => text.replace(/[^\x21-\x7e]/g, '').slice(0, max) || '-';

/** One message as RFC 5424 has it. `processId` and the names are bounded as it says. */
export function syslogMessage(item: Item, settings: SyslogSettings, origin: Origin, processId: number): string {
  const priority = FACILITY[settings.facility] * 8 + SEVERITY[item.severity];
  const time = new Date(item.timeMs).toISOString();
  const names = `${field(origin.host, 255)} ${field(settings.app_name, 48)} ${processId} ${item.kind}`;
  const software = `[origin software="sallyport" swVersion="${field(origin.version, 32).replace(/["\\\]]/g, '\\$&')}"]`;
  return `<${priority}>1 ${time} ${names} ${software} ${item.text}`;
}

/** A message with its length in bytes before it: octet counting. */
export const counted = (message: string): string => `${Buffer.byteLength(message)} ${message}`;

export interface SyslogOptions {
  readonly settings: SyslogSettings;
  readonly origin: Origin;
  readonly around: Surroundings;
  readonly timers: Timers;
}

export class SyslogTransport implements Transport {
  readonly #options: SyslogOptions;
  readonly #where: string;
  readonly #port: number;
  #socket: Socket | null = null;
  /** Why the connection broke off while nobody was sending. */
  #broken: unknown = null;

  constructor(options: SyslogOptions) {
    this.#options = options;
    this.#port = syslogPort(options.settings);
    this.#where = `${options.settings.host}:${this.#port}`;
  }

  async send(batch: readonly Item[], signal: AbortSignal): Promise<void> {
    const { settings, origin } = this.#options;
    const socket = await this.#connected(signal);
    await this.#write(
      socket,
      batch.map((item) => counted(syslogMessage(item, settings, origin, process.pid))).join(''),
      signal,
    );
  }

  reopen(): void {
    this.#socket?.end();
    this.#socket = null;
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null || socket.destroyed) return;
    // What was written goes out before the end; a receiver that takes nothing is not waited for.
    await new Promise<void>((resolve) => {
      const stop = this.#options.timers.after(this.#options.settings.timeout_s * 1000, () => socket.destroy());
      socket.once('close', () => {
        stop();
        resolve();
      });
      socket.end();
    });
  }

  async #connected(signal: AbortSignal): Promise<Socket> {
    if (this.#socket?.writable) return this.#socket;
    const { settings, around, timers } = this.#options;
    const { host, tls, timeout_s } = settings;
    this.#broken = null;
    const target = {
      host,
      port: this.#port,
      tls: tls === undefined ? null : tlsOptions(tls, around),
      timeoutMs: timeout_s * 1000,
    };
    const socket = await connectTo(target, timers, signal);
    const gone = () => {
      if (this.#socket === socket) this.#socket = null;
      socket.destroy();
    };
    // Receivers say nothing; what they say is read so that their end is seen.
    socket.resume().on('end', gone).on('close', gone);
    socket.on('error', (error) => {
      this.#broken = error;
      gone();
    });
    this.#socket = socket;
    return socket;
  }

  #write(socket: Socket, text: string, signal: AbortSignal): Promise<void> {
    const { timers, settings } = this.#options;
    const timeoutMs = settings.timeout_s * 1000;
    return new Promise((resolve, reject) => {
      const done = (error: unknown) => {
        stop();
        signal.removeEventListener('abort', abort);
        socket.off('close', closed);
        if (error === null) return resolve();
        socket.destroy();
        reject(connectionError(this.#where, error));
      };
      const abort = () => done(new DeliveryError('SP8302', `${this.#where}: called off`));
      const closed = () => done(this.#broken ?? new DeliveryError('SP8302', `${this.#where}: closed by the receiver`));
      const stop = timers.after(timeoutMs, () => {
        done(new DeliveryError('SP8302', `${this.#where}: takes nothing for ${timeoutMs} ms`));
      });
      signal.addEventListener('abort', abort, { once: true });
      socket.once('close', closed);
      socket.write(text, (error) => done(error ?? null));
    });
  }
}
