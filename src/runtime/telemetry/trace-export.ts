/**
 * Spans on their way to a collector: a bounded queue, batches, OTLP over HTTP with JSON. The OpenTelemetry packages take a
 * tenth of a second to load and are loaded with the first batch: who names no endpoint never pays for them.
 */
import type { SpanRecord, SpanSink } from './tracing.ts';

/** Spans that wait at most; further ones are dropped and counted. */
const MAX_QUEUED = 4096;
/** Spans in one request to the collector. */
const MAX_BATCH = 512;
/** Longest wait of a span for others, in ms. */
const DELAY_MS = 1000;
/** Longest time that one request to the collector may take, its repetitions included, in ms. */
const TIMEOUT_MS = 10_000;

export interface TraceExportOptions {
  /** `http://127.0.0.1:4318/v1/traces`. */
  readonly endpoint: string;
  readonly serviceName: string;
  readonly version: string;
  readonly maxQueued?: number;
  readonly delayMs?: number;
  readonly timeoutMs?: number;
}

/** Sends one batch; resolves with whether the collector has it. Never rejects. */
type Send = (spans: readonly SpanRecord[]) => Promise<boolean>;
interface Exporter {
  readonly send: Send;
  readonly close: () => Promise<void>;
}

/** The sink of a tracer. */
export class TraceExport implements SpanSink {
  readonly #options: TraceExportOptions;
  readonly #maxQueued: number;
  readonly #delayMs: number;
  #queue: SpanRecord[] = [];
  #timer: NodeJS.Timeout | null = null;
  #exporter: Promise<Exporter> | null = null;
  #sending: Promise<void> | null = null;
  #closed = false;
  /** Spans that the collector has, and those that never got there: no room, or refused, or unreachable. */
  exported = 0;
  dropped = 0;

  constructor(options: TraceExportOptions) {
    this.#options = options;
    this.#maxQueued = options.maxQueued ?? MAX_QUEUED;
    this.#delayMs = options.delayMs ?? DELAY_MS;
  }

  add(span: SpanRecord): void {
    if (this.#closed || this.#queue.length >= this.#maxQueued) {
      this.dropped++;
      return;
    }
    this.#queue.push(span);
    if (this.#queue.length >= MAX_BATCH) void this.flush();
    else if (this.#timer === null) {
      this.#timer = setTimeout(() => void this.flush(), this.#delayMs);
      this.#timer.unref();
    }
  }

  /** Sends what waits, one batch after the other, and resolves when it is sent or dropped. Never rejects. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#queue.length === 0) return this.#sending ?? Promise.resolve();
    this.#sending ??= this.#drain();
    return this.#sending;
  }

  /** Sends what waits and ends. Spans that come later are dropped. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    await (await this.#exporter?.catch(() => null))?.close();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.slice(0, MAX_BATCH);
      this.#queue = this.#queue.slice(MAX_BATCH);
      this.#exporter ??= otlpExporter(this.#options);
      let sent = false;
      try {
        sent = await (await this.#exporter).send(batch);
      } catch {
        // Loading or serialising has failed: the batch is lost, requests go on.
      }
      if (sent) this.exported += batch.length;
      else this.dropped += batch.length;
    }
    // Here and not in a later turn, in which a span could be added and nobody would send it.
    this.#sending = null;
  }
}

/** The OpenTelemetry exporter behind {@link Send}. Headers come from OTEL_EXPORTER_OTLP_HEADERS, as its users expect. */
async function otlpExporter(options: TraceExportOptions): Promise<Exporter> {
  const [{ OTLPTraceExporter }, { resourceFromAttributes }, { SpanKind, SpanStatusCode }] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/api'),
  ]);
  const exporter = new OTLPTraceExporter({
    url: options.endpoint,
    timeoutMillis: options.timeoutMs ?? TIMEOUT_MS,
    concurrencyLimit: 1,
  });
  const resource = resourceFromAttributes({
    'service.name': options.serviceName,
    'service.version': options.version,
  });
  const scope = { name: 'sallyport', version: options.version };
  const kinds = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT };
  const readable = (span: SpanRecord): ReadableSpan => ({
    name: span.name,
    kind: kinds[span.kind],
    spanContext: () => contextOf(span, span.spanId, false),
    ...(span.parentId !== '' && { parentSpanContext: contextOf(span, span.parentId, span.parentRemote) }),
    startTime: hrTime(span.startMs),
    endTime: hrTime(span.endMs),
    duration: hrTime(span.endMs - span.startMs),
    status: { code: span.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: span.attributes,
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  });
  return {
    send: (spans) =>
      new Promise((resolve) => {
        // 0 is success (ExportResultCode).
        exporter.export(spans.map(readable), (result) => resolve(result.code === 0));
      }),
    close: () => exporter.shutdown(),
  };
}

type ReadableSpan = import('@opentelemetry/sdk-trace-base').ReadableSpan;
type SpanContext = import('@opentelemetry/api').SpanContext;

function contextOf(span: SpanRecord, spanId: string, isRemote: boolean): SpanContext {
  const { traceId, flags, tracestate } = span;
  if (tracestate === '') return { traceId, spanId, traceFlags: flags, isRemote };
  const state = { get: () => undefined, set: () => state, unset: () => state, serialize: () => tracestate };
  return { traceId, spanId, traceFlags: flags, isRemote, traceState: state };
}

/** Unix ms as seconds and nanoseconds. */
function hrTime(ms: number): [number, number] {
  const sec = Math.floor(ms / 1000);
  return [sec, Math.min(999_999_999, Math.round((ms - sec * 1000) * 1e6))];
}
