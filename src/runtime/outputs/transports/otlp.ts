/**
 * OTLP logs over HTTP with JSON, by the exporter of OpenTelemetry. Its packages are loaded with the first batch: who names
 * no collector never pays for them.
 */
import type { OtlpSettings } from '../../../config/outputs.ts';
import type { Origin, Severity } from '../event.ts';
import type { Item } from '../queue.ts';
import { answerError, shownUrl } from './answers.ts';
import { connectionError, DeliveryError, type Transport } from './contract.ts';
import { authHeader, type Surroundings, tlsOptions } from './secrets.ts';

type ReadableLogRecord = import('@opentelemetry/sdk-logs').ReadableLogRecord;
type LogBody = ReadableLogRecord['body'];

/** INFO, INFO2, WARN, ERROR, FATAL of OpenTelemetry's log data model. */
const SEVERITY: Readonly<Record<Severity, number>> = {
  informational: 9,
  low: 10,
  medium: 13,
  high: 17,
  critical: 21,
};

export interface OtlpOptions {
  readonly settings: OtlpSettings;
  /** Bodies that are JSON become structured ones; others stay text. */
  readonly isJson: boolean;
  readonly origin: Origin;
  readonly around: Surroundings;
}

interface Exporter {
  /** Resolves with null, or with what went wrong. */
  send(batch: readonly Item[]): Promise<unknown>;
  close(): Promise<void>;
}

export class OtlpTransport implements Transport {
  readonly #options: OtlpOptions;
  #exporter: Promise<Exporter> | null = null;

  constructor(options: OtlpOptions) {
    this.#options = options;
  }

  async send(batch: readonly Item[], signal: AbortSignal): Promise<void> {
    const where = shownUrl(this.#options.settings.endpoint);
    // The exporter asks for headers later and may not be let down there: what is missing is said here.
    authHeader(this.#options.settings.auth, this.#options.around);
    this.#exporter ??= otlpExporter(this.#options);
    let abort = () => {};
    const aborted = new Promise<unknown>((resolve) => {
      abort = () => resolve(new DeliveryError('SP8302', `${where}: called off`));
    });
    signal.addEventListener('abort', abort);
    const error = await Promise.race([(await this.#exporter).send(batch), aborted]);
    signal.removeEventListener('abort', abort);
    if (error === null) return;
    const status = (error as { code?: unknown }).code;
    if (typeof status === 'number') throw answerError(where, status, 0) ?? connectionError(where, error);
    if (/retryable status/.test((error as Error).message)) {
      throw new DeliveryError('SP8305', `${where} takes no more for now`);
    }
    throw connectionError(where, error);
  }

  reopen(): void {
    void this.close();
  }

  async close(): Promise<void> {
    const exporter = this.#exporter;
    this.#exporter = null;
    await (await exporter?.catch(() => null))?.close().catch(() => {});
  }
}

async function otlpExporter({ settings, isJson, origin, around }: OtlpOptions): Promise<Exporter> {
  const [{ OTLPLogExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/exporter-logs-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  type Config = NonNullable<ConstructorParameters<typeof OTLPLogExporter>[0]>;
  const exporter = new OTLPLogExporter({
    url: settings.endpoint,
    headers: async () => ({ ...settings.headers, ...authHeader(settings.auth, around) }),
    timeoutMillis: settings.timeout_s * 1000,
    concurrencyLimit: 1,
    // The enumeration of a package of a package: its values are these words.
    compression: (settings.gzip ? 'gzip' : 'none') as Config['compression'],
    httpAgentOptions: { ...tlsOptions(settings.tls, around), keepAlive: true },
  });
  const resource = resourceFromAttributes({
    'service.name': settings.service_name,
    'service.version': origin.version,
    'host.name': origin.host,
  });
  const scope = { name: 'sallyport', version: origin.version };
  const record = (item: Item): ReadableLogRecord => ({
    hrTime: hrTime(item.timeMs),
    hrTimeObserved: hrTime(item.timeMs),
    severityNumber: SEVERITY[item.severity] as ReadableLogRecord['severityNumber'],
    severityText: item.severity,
    eventName: `sallyport.${item.kind}`,
    body: isJson ? (JSON.parse(item.text) as LogBody) : item.text,
    attributes: { 'log.record.uid': item.id },
    droppedAttributesCount: 0,
    resource,
    instrumentationScope: scope,
  });
  return {
    send: (batch) =>
      new Promise((resolve) => {
        // 0 is success (ExportResultCode).
        exporter.export(batch.map(record), ({ code, error }) => {
          resolve(code === 0 ? null : (error ?? new Error('no reason was given')));
        });
      }),
    close: () => exporter.shutdown(),
  };
}

/** Unix ms as seconds and nanoseconds. */
function hrTime(ms: number): [number, number] {
  const sec = Math.floor(ms / 1000);
  return [sec, Math.round((ms - sec * 1000) * 1e6)];
}
