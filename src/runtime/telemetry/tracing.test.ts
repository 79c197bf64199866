import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ALLOW, type Verdict } from '../live/verdict.ts';
import { anyText } from './testing.ts';
import { traceparentFlags } from './trace-context.ts';
import { TraceExport } from './trace-export.ts';
import { CONTEXT_INVALID, CONTEXT_KEPT, RequestSpan, type SpanRecord, Tracer } from './tracing.ts';

fc.configureGlobal({ seed: 20240304 });

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const sampled = `00-${TRACE}-${PARENT}-01`;

function collect(sample: number, more: { sampledByCallerPerSec?: number; random?: (bytes: Uint8Array) => void } = {}) {
  const spans: SpanRecord[] = [];
  const tracer = new Tracer({ sample, sink: { add: (span) => spans.push(span) }, ...more });
  return { spans, tracer };
}

const BLOCK: Verdict = {
  ...ALLOW,
  action: 'block',
  planned: 'block',
  mode: 'enforce',
  class: 'credential-attack',
  risk: 0.97,
  mitigation: 'M-0123456789',
  actor: 'c0ffee',
  dimension: 'ip',
  credential: 'beef',
};

const facts = {
  method: 'POST',
  scheme: 'https',
  route: '/login',
  host: 'shop.example',
  protocol: 'HTTP/2.0',
  status: 200,
  error: '',
};

describe('the sampling decision', () => {
  it('is the caller’s where it has taken one', () => {
    const { tracer } = collect(0);
    expect(tracer.begin(sampled, '', 0)).toBeInstanceOf(RequestSpan);
    expect(collect(1).tracer.begin(`00-${TRACE}-${PARENT}-00`, 'a=1', 0)).toBe(CONTEXT_KEPT);
  });

  it('is not the caller’s beyond a number a second: a stranger can set the flag, too', () => {
    const { tracer } = collect(0, { sampledByCallerPerSec: 3 });
    const traced = (nowMs: number) =>
      Array.from({ length: 10 }, () => tracer.begin(sampled, '', nowMs)).filter((t) => t instanceof RequestSpan).length;
    expect([traced(1000), traced(1999), traced(2000)]).toEqual([3, 0, 3]);
  });

  it('follows the share, from the id of the trace', () => {
    for (const sample of [0, 0.01, 0.25, 1]) {
      const { tracer } = collect(sample);
      const ids: string[] = [];
      const others = new Set<number>();
      for (let i = 0; i < 20_000; i++) {
        const span = tracer.begin('', '', 0);
        if (span instanceof RequestSpan) ids.push(span.traceId);
        else others.add(span);
      }
      expect([...others]).toEqual(sample === 1 ? [] : [CONTEXT_KEPT]);
      const deviation = Math.sqrt(sample * (1 - sample) * 20_000);
      expect(Math.abs(ids.length - sample * 20_000)).toBeLessThanOrEqual(6 * deviation);
      const least = BigInt(Math.round((1 - sample) * 2 ** 53)) << 3n;
      expect(ids.every((id) => BigInt(`0x${id.slice(18)}`) >= least)).toBe(true);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it('does not pass on a context that is none', () => {
    const { tracer } = collect(0);
    expect(tracer.begin('00-nonsense', 'a=1', 0)).toBe(CONTEXT_INVALID);
    expect(tracer.begin('', 'a=1', 0)).toBe(CONTEXT_INVALID);
    expect(tracer.begin('', '', 0)).toBe(CONTEXT_KEPT);
  });

  it('never throws, and what it sends on is always valid', () => {
    const { tracer } = collect(0.5);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constant(sampled)), anyText(30), (parent, state) => {
        const span = tracer.begin(parent, state, 0);
        if (span instanceof RequestSpan) {
          expect(traceparentFlags(span.upstream(0).traceparent) & 1).toBe(1);
          expect(span.tracestate).toMatch(/^[\x20-\x7e]*$/);
        }
      }),
    );
  });

  it('gives no id of zeros, even where randomness fails', () => {
    const { tracer } = collect(1, { random: (bytes) => bytes.fill(0) });
    const { tracer: ones } = collect(1, { random: (bytes) => bytes.fill(255) });
    expect(tracer.begin('', '', 0)).toBeInstanceOf(RequestSpan);
    const span = ones.begin('', '', 0) as RequestSpan;
    expect(traceparentFlags(span.upstream(0).traceparent)).toBe(3);
  });
});

describe('spans', () => {
  it('hang together: request, decision, tries', () => {
    const { spans, tracer } = collect(1);
    const span = tracer.begin(sampled, 'a=1', 1000) as RequestSpan;
    span.decision(1001, 1002, { ...ALLOW, planned: 'tag' }, 'default@1');
    const first = span.upstream(1002);
    first.end(1003, {
      method: 'GET',
      route: '/x',
      server: 'http://127.0.0.1:3000',
      status: 0,
      error: 'SP7201',
      resend: 0,
    });
    const second = span.upstream(1003);
    second.end(1050, { method: 'GET', route: '/x', server: 'https://[::1]', status: 404, error: '', resend: 1 });
    span.end(1060, { ...facts, status: 404 });
    span.end(1070, facts);
    expect(spans.map((s) => [s.name, s.kind, s.parentId === PARENT ? 'caller' : s.parentId === span.spanId])).toEqual([
      ['sallyport.decision', 'internal', true],
      ['GET', 'client', true],
      ['GET', 'client', true],
      ['sallyport.request', 'server', 'caller'],
    ]);
    expect(new Set(spans.map((s) => s.traceId))).toEqual(new Set([TRACE]));
    expect(new Set(spans.map((s) => s.spanId)).size).toBe(4);
    expect(first.traceparent).toBe(`00-${TRACE}-${spans[1].spanId}-01`);
    expect(spans.map((s) => s.failed)).toEqual([false, true, false, false]);
    expect(spans[1].attributes).toMatchObject({
      'server.address': '127.0.0.1',
      'server.port': 3000,
      'error.type': 'SP7201',
    });
    expect(spans[2].attributes).toMatchObject({
      'server.address': '::1',
      'server.port': 443,
      'http.response.status_code': 404,
      'error.type': '404',
      'http.request.resend_count': 1,
      'url.full': 'https://[::1]/x',
    });
    expect(spans[3].attributes).toEqual({
      'http.request.method': 'POST',
      'url.scheme': 'https',
      'url.path': '/login',
      'http.route': '/login',
      'server.address': 'shop.example',
      'network.protocol.version': '2',
      'http.response.status_code': 404,
    });
    expect(spans.every((s) => s.endMs >= s.startMs)).toBe(true);
  });

  it('name methods of the standard only, and fail from 500 on', () => {
    const { spans, tracer } = collect(1);
    (tracer.begin('', '', 0) as RequestSpan).end(1, { ...facts, method: 'BREW', status: 502, error: 'SP7202' });
    expect(spans[0]).toMatchObject({ parentId: '', parentRemote: false, failed: true });
    expect(spans[0].attributes).toMatchObject({ 'http.request.method': '_OTHER', 'error.type': 'SP7202' });
  });

  it('say what was decided, and nothing about whom', () => {
    const { spans, tracer } = collect(1);
    (tracer.begin('', '', 0) as RequestSpan).decision(0, 1, BLOCK, 'default@1');
    expect(spans[0].attributes).toEqual({
      'sallyport.action': 'block',
      'sallyport.planned': 'block',
      'sallyport.mode': 'enforce',
      'sallyport.policy': 'default@1',
      'sallyport.class': 'credential-attack',
      'sallyport.risk': 0.97,
      'sallyport.mitigation': 'M-0123456789',
    });
  });
});

interface OtlpSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number };
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

describe('export', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** A collector that keeps what it is sent, and answers with `status`. */
  async function collector(status = 200) {
    const bodies: { resourceSpans: { resource: unknown; scopeSpans: { spans: OtlpSpan[] }[] }[] }[] = [];
    const server = createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk) => chunks.push(chunk));
      req.on('end', () => {
        expect(req.headers['content-type']).toBe('application/json');
        bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
        res.writeHead(status, { 'Content-Type': 'application/json' }).end('{}');
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
    const spans = () => bodies.flatMap((b) => b.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans)));
    return { endpoint, bodies, spans };
  }
  const options = { serviceName: 'shop-gateway', version: '1.2.3' };

  it('reaches a collector as OTLP', async () => {
    const { endpoint, bodies, spans } = await collector();
    const sink = new TraceExport({ endpoint, ...options });
    const tracer = new Tracer({ sample: 1, sink });
    const span = tracer.begin(sampled, 'a=1', 1_700_000_000_000.25) as RequestSpan;
    span.decision(1_700_000_000_001, 1_700_000_000_002.5, BLOCK, 'default@1');
    span.end(1_700_000_000_999.75, { ...facts, status: 500 });
    await sink.close();
    expect([sink.exported, sink.dropped]).toEqual([2, 0]);
    expect(JSON.stringify(bodies[0].resourceSpans[0].resource)).toContain(
      '"service.name","value":{"stringValue":"shop-gateway"}',
    );
    const [decision, request] = spans();
    expect(request).toMatchObject({
      name: 'sallyport.request',
      kind: 2,
      traceId: TRACE,
      spanId: span.spanId,
      parentSpanId: PARENT,
      traceState: 'a=1',
      startTimeUnixNano: '1700000000000250000',
      status: { code: 2 },
    });
    expect(decision).toMatchObject({
      name: 'sallyport.decision',
      kind: 1,
      parentSpanId: span.spanId,
      status: { code: 0 },
    });
    expect(decision.attributes).toContainEqual({ key: 'sallyport.action', value: { stringValue: 'block' } });
    expect(decision.attributes).toContainEqual({ key: 'sallyport.risk', value: { doubleValue: 0.97 } });
    expect(request.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: 500 } });
    const sent = JSON.stringify(bodies);
    for (const secret of ['c0ffee', 'beef', 'credential":']) expect(sent).not.toContain(secret);
  });

  it('is bounded: what has no room is dropped and counted, a full batch goes at once', async () => {
    const { endpoint, bodies, spans } = await collector();
    const sink = new TraceExport({ endpoint, ...options, maxQueued: 600, delayMs: 3_600_000 });
    const tracer = new Tracer({ sample: 1, sink });
    for (let i = 0; i < 1300; i++) (tracer.begin('', '', i) as RequestSpan).end(i, facts);
    await sink.flush();
    expect([sink.exported, sink.dropped]).toEqual([1112, 188]);
    expect(bodies).toHaveLength(3);
    expect(spans()).toHaveLength(1112);
    await sink.close();
    (tracer.begin('', '', 0) as RequestSpan).end(0, facts);
    expect(sink.dropped).toBe(189);
  });

  it('drops and counts what a collector refuses, and what reaches none', async () => {
    const { endpoint } = await collector(400);
    for (const url of [endpoint, 'http://127.0.0.1:1/v1/traces']) {
      const sink = new TraceExport({ endpoint: url, ...options, timeoutMs: 300 });
      (new Tracer({ sample: 1, sink }).begin('', '', 0) as RequestSpan).end(0, facts);
      await sink.close();
      expect([sink.exported, sink.dropped]).toEqual([0, 1]);
    }
  });

  it('loads nothing of OpenTelemetry before there is a span to send', { timeout: 60_000 }, async () => {
    const program = `
      const { Tracer } = await import(${JSON.stringify(new URL('tracing.ts', import.meta.url).href)});
      const { TraceExport } = await import(${JSON.stringify(new URL('trace-export.ts', import.meta.url).href)});
      const sink = new TraceExport({ endpoint: 'http://127.0.0.1:1/', serviceName: 'a', version: '1', timeoutMs: 50 });
      const { createRequire } = await import('node:module');
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((f) => f.includes('@opentelemetry'));
      const tracer = new Tracer({ sample: 0, sink });
      tracer.begin('', '', 0);
      const before = loaded();
      new Tracer({ sample: 1, sink }).begin('', '', 0).end(1, ${JSON.stringify(facts)});
      await sink.close();
      console.log(before, loaded());`;
    const tsx = fileURLToPath(new URL('../../../node_modules/tsx/dist/cli.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [tsx, '--input-type=module', '--eval', program]);
    expect(stdout.trim()).toBe('false true');
  });
});
