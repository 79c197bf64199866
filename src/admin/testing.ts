/** An engine for tests of the admin listener and of the live page: it says and does what a test tells it. */
import { type IncomingHttpHeaders, request } from 'node:http';
import type { Target } from '../identity/revocation/list.ts';
import type { OthersTold, RevocationOrder, RevocationsPort, StandingRevocation } from '../identity/revocation/port.ts';
import { SallyportError } from '../lib/errors.ts';
import type { Capture, ListedCapture } from '../record/journal/capture.ts';
import type { CapturesPort } from '../runtime/live/captures.ts';
import type { EndpointReport, InventoryPort } from '../runtime/live/inventory-report.ts';
import type { LiveEvent, LiveStatus, Mitigation, OperatorPort, Tick, UndoReceipt } from '../runtime/live/operator.ts';
import type { AdminOptions } from './options.ts';
import { fakePlans } from './testing-plans.ts';

export const TOKEN = 'test-token-0123456789-0123456789-0123456789';
export const NOW_MS = Date.parse('2025-03-05T18:30:00Z');

export class FakeOperator implements OperatorPort {
  nowMs = NOW_MS;
  mode: 'observe' | 'enforce' = 'enforce';
  requests = 0;
  upstreams: LiveStatus['upstreams'] = [{ name: 'default', url: 'http://127.0.0.1:3000', state: 'healthy' }];
  /** What was done, in words. */
  readonly acts: string[] = [];
  private readonly seconds: Tick[] = [];
  private readonly byId = new Map<string, Mitigation>();
  private readonly listeners = new Set<(event: LiveEvent) => void>();

  get listening(): number {
    return this.listeners.size;
  }

  status(): LiveStatus {
    return {
      version: '9.8.7',
      mode: this.mode,
      started_at: new Date(NOW_MS - 60_000).toISOString(),
      now: new Date(this.nowMs).toISOString(),
      requests: this.requests,
      events: this.requests * 2,
      decision_hash: 'a1b2c3d4e5f60718',
      mitigations_active: [...this.byId.values()].filter((m) => m.status === 'active').length,
      actors: { ip: 41, session: 12 },
      degraded: 0,
      policy: 'shipped-1',
      model: 'none',
      model_learned_at: '',
      routes_known: 0,
      learning: { enabled: true, seen: 212, wanted: 500 },
      workers: 1,
      upstreams: this.upstreams,
    };
  }

  ticks(): readonly Tick[] {
    return this.seconds.slice(-900);
  }

  mitigations(filter: { active?: boolean; limit?: number } = {}): readonly Mitigation[] {
    const standing = (m: Mitigation) => m.status === 'active' || m.status === 'pending';
    return [...this.byId.values()]
      .filter((m) => filter.active === undefined || standing(m) === filter.active)
      .reverse()
      .slice(0, filter.limit ?? 100);
  }

  mitigation(id: string): Mitigation {
    const found = this.byId.get(id);
    if (found === undefined) throw new SallyportError('SP7004', `there is no mitigation ${id}`);
    return found;
  }

  async undo(id: string, by: string, reason: string): Promise<UndoReceipt> {
    const found = this.mitigation(id);
    if (found.status !== 'active') throw new SallyportError('SP7005', `${id} is ${found.status}`);
    this.acts.push(`undo ${id} by ${by}: ${reason}`);
    const receipt = receiptOf(found, this.nowMs, by, reason);
    for (const lifted of receipt.lifted) {
      this.mitigate({ ...this.mitigation(lifted), status: 'undone', undone_by: by });
    }
    this.tell({ type: 'undo', receipt });
    return receipt;
  }

  async setMode(mode: 'observe' | 'enforce', by: string, reason: string): Promise<void> {
    this.acts.push(`${mode} by ${by}: ${reason}`);
    this.mode = mode;
    this.tell({ type: 'status', status: this.status() });
  }

  subscribe(listener: (event: LiveEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** One second goes by with so many requests. */
  tick(figures: Partial<Tick> = {}): Tick {
    this.nowMs += 1000;
    const tick = { ...NO_TRAFFIC, sec: this.nowMs / 1000, ...figures };
    this.requests += tick.requests;
    this.seconds.push(tick);
    this.tell({ type: 'tick', tick });
    return tick;
  }

  /** A mitigation is made, or changes. */
  mitigate(given: Partial<Mitigation> = {}): Mitigation {
    const mitigation: Mitigation = {
      ...SAMPLE_MITIGATION,
      started_at: new Date(this.nowMs).toISOString(),
      until: new Date(this.nowMs + 300_000).toISOString(),
      ...given,
    };
    this.byId.set(mitigation.id, mitigation);
    this.tell({ type: 'mitigation', mitigation });
    return mitigation;
  }

  tell(event: LiveEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

const NO_TRAFFIC: Tick = {
  sec: 0,
  requests: 0,
  abusive_served: 0,
  abusive_held: 0,
  established_held: 0,
  status_4xx: 0,
  status_5xx: 0,
};

export const SAMPLE_MITIGATION: Mitigation = {
  id: 'M-0123456789',
  actor: { dimension: 'ip', key: '198.51.100.7' },
  class: 'credential-attack',
  action: 'block',
  mode: 'enforce',
  policy: 'shipped-1',
  risk: 0.994,
  sentence:
    '198.51.100.7 tried 212 passwords on 190 accounts in 40 s → blocked for 5 min; nobody else shares this address.',
  reasons: [
    {
      detector: 'failure-test',
      nats: 9.2,
      why: '204 of 212 logins failed (96 %); people here fail in 9 % of their logins.',
    },
    { detector: 'fan-out', nats: 4, why: '190 different accounts in 40 s; an address here has one or two.' },
  ],
  started_at: '',
  until: '',
  status: 'active',
  requests_before: 212,
  requests_met: 0,
  derived_from: '',
  undone_by: '',
};

function receiptOf(mitigation: Mitigation, nowMs: number, by: string, reason: string): UndoReceipt {
  return {
    mitigation: mitigation.id,
    undone_at: new Date(nowMs).toISOString(),
    by,
    reason,
    lifted: [mitigation.id],
    cleared: [`ip ${mitigation.actor.key}`, `ip ${mitigation.actor.key} × route POST /api/login`],
    restarted: ['failed logins of network AS64500'],
    cannot_be_removed: [{ what: 'distinct accounts of POST /api/login', share_percent: 3.2 }],
    grace: { detectors: ['failure-test', 'fan-out'], until: new Date(nowMs + 900_000).toISOString(), requests: 500 },
    enforcers: [
      { name: 'gateway', acknowledged: true },
      { name: 'worker 2', acknowledged: false },
    ],
    ledger: 42,
  };
}

/** One captured request, and what was read of it by whom. */
export class FakeCaptures implements CapturesPort {
  readonly reads: string[][] = [];
  private readonly capture = {
    route: 'POST /login',
    reason: 'case 17',
    timeMs: NOW_MS - 5000,
    method: 'POST',
    status: 401,
    peer: '198.51.100.7',
    target: '/login?next=%2Fcart',
    protocol: 'HTTP/1.1',
    headers: ['Host', 'shop.example', 'Cookie', 'sid=***', 'X-Evil', '\u001b[2J'],
    body: Buffer.from('{"user": "ann"}').toString('base64'),
    bodyBytes: 4000,
  };

  async list(): Promise<readonly ListedCapture[]> {
    const { route, reason, timeMs, method, status } = this.capture;
    return [{ id: CAPTURE, route, reason, timeMs, method, status, expiresMs: NOW_MS + 86_400_000, bytes: 812 }];
  }

  async read(id: string, by: string, reason: string): Promise<Capture> {
    if (id !== CAPTURE) throw new SallyportError('SP4007', `there is no capture ${id}`);
    this.reads.push([id, by, reason]);
    return this.capture;
  }
}

export const SAMPLE_ENDPOINT: EndpointReport = {
  method: 'GET',
  template: '/v1/users/{id}',
  operation: '',
  kind: 'shadow',
  reason: '',
  first_seen: new Date(NOW_MS - 86_400_000).toISOString(),
  last_seen: new Date(NOW_MS).toISOString(),
  requests: 4200,
  requests_per_day: 4100.5,
  callers: 37,
  callers_day: 30,
  authentication: { accepted_percent: 12.5, schemes: ['key'], declared: false },
  sensitivity: { level: 'personal', because: 'answers hold email' },
  exposure: 'internet',
  undeclared_parameters: ['debug\u001b[2J'],
  departures: ['undeclaredRoute'],
  statuses: { 200: 4000, 404: 200 },
  versions: ['/v2/users/{id}'],
};

/** An inventory with these endpoints. */
export const fakeInventory = (endpoints: readonly EndpointReport[] = [SAMPLE_ENDPOINT]): InventoryPort => ({
  report: ({ kind, limit = 1000 } = {}) => ({
    enabled: true,
    now: new Date(NOW_MS).toISOString(),
    counts: { documented: 30, shadow: endpoints.length, zombie: 0 },
    endpoints: endpoints.filter((one) => kind === undefined || one.kind === kind).slice(0, limit),
  }),
});

export const CAPTURE = 'C-0195d0e6a80012345678';

/** Revocations that are kept in memory. */
export class FakeRevocations implements RevocationsPort {
  readonly kept: StandingRevocation[] = [];

  standing(limit: number): readonly StandingRevocation[] {
    return this.kept.slice(-limit).reverse();
  }

  async revoke({ target, untilMs, by, reason }: RevocationOrder): Promise<StandingRevocation> {
    if (target.id === 'one too many') throw new SallyportError('SP7609', 'the list is full');
    const told = { issuers: [], streams: ['siem'] };
    const revoked = { target, untilMs, sinceMs: NOW_MS, by, reason, mitigation: '', told };
    this.kept.push(revoked);
    return revoked;
  }

  async restore(target: Target): Promise<OthersTold> {
    const at = this.kept.findIndex((one) => one.target.kind === target.kind && one.target.id === target.id);
    if (at < 0) throw new SallyportError('SP7610', `no ${target.kind} of this name is revoked`);
    return this.kept.splice(at, 1)[0].told;
  }
}

/** Options for a listener on a free port of this machine over the given engine. */
export function adminOptions(operator: FakeOperator, more: Partial<AdminOptions> = {}): AdminOptions {
  return {
    listen: { address: '127.0.0.1', port: 0 },
    token: TOKEN,
    operator,
    metrics: () => ({ type: 'text/plain; version=0.0.4', body: '# TYPE sallyport_requests_total counter\n' }),
    captures: new FakeCaptures(),
    revocations: new FakeRevocations(),
    inventory: fakeInventory(),
    plans: fakePlans(),
    trust: () => ({ verdict: 'unproven', trusted: [] }),
    health: () => ({ live: true, ready: true }),
    reload: async () => ({
      reloaded_at: new Date(operator.nowMs).toISOString(),
      changed: ['limits'],
      needs_restart: ['listen'],
    }),
    listening: () => ['http://127.0.0.1:8080'],
    clock: () => operator.nowMs,
    ...more,
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: Record<string, unknown> | undefined;
}

/** One request with exactly these headers: Host and Origin included, which fetch would set itself. */
export function call(
  url: string,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: unknown; token?: string } = {},
): Promise<Answer> {
  const { method = 'GET', token } = options;
  const text = typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
  const headers = {
    ...(text !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(text)),
    }),
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    // The path as it is: a URL would be put straight first.
    const { hostname, port } = new URL(url);
    const req = request({ hostname, port, path, method, headers, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        const json = /json/.test(res.headers['content-type'] ?? '') ? JSON.parse(body || 'null') : undefined;
        resolve({ status: res.statusCode ?? 0, headers: res.headers, text: body, json: json ?? undefined });
      });
    });
    req.on('error', reject);
    req.end(text);
  });
}
