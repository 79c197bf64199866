/** The transports by their names in the configuration. */
import type { OutputSettings } from '../../../config/outputs.ts';
import type { Origin } from '../event.ts';
import type { Timers } from '../timers.ts';
import type { Transport } from './contract.ts';
import { FileTransport } from './file.ts';
import { HttpTransport } from './http.ts';
import { OtlpTransport } from './otlp.ts';
import { authHeader, type Surroundings, tlsOptions } from './secrets.ts';
import { SyslogTransport } from './syslog.ts';

/** The transport that an output asks for, not connected yet. SP8307 where a secret or certificate is missing. */
export function transportOf(
  { to: { file, syslog, http, otlp }, format }: OutputSettings,
  origin: Origin,
  around: Surroundings,
  timers: Timers,
): Transport {
  const isJson = format !== 'cef';
  const network = syslog ?? http ?? otlp;
  // Read once here, so that a mistake is said at the start and not with the first event.
  tlsOptions(network?.tls, around);
  authHeader((http ?? otlp)?.auth, around);
  if (syslog !== undefined) return new SyslogTransport({ settings: syslog, origin, around, timers });
  if (http !== undefined) {
    return new HttpTransport({ settings: http, isJson, version: origin.version, around, timers });
  }
  if (otlp !== undefined) return new OtlpTransport({ settings: otlp, isJson, origin, around });
  return new FileTransport(around.folder, (file as { path: string }).path);
}
