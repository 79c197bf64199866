/** What the admin listener answers: one row a route, as `openapi.yaml` beside this file describes them. */
import { SallyportError } from '../lib/errors.ts';
import { ENDPOINT_KINDS, NO_INVENTORY } from '../runtime/live/inventory-report.ts';
import { NO_PLANS } from '../runtime/live/plans/report.ts';
import { claimedName } from './access.ts';
import { asset } from './assets.ts';
import { readFields, reasonOf } from './body.ts';
import type { Context } from './context.ts';
import type { AdminOptions } from './options.ts';
import { limitOf, MOST_LIMIT } from './query.ts';
import { AdminError, json, type Reply } from './reply.ts';
import { listRevocations, restore, revoke } from './revocations.ts';

const ID = /^M-[0-9a-f]{10}$/;

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** As OpenAPI writes paths: {name} stands for one segment. */
  readonly path: string;
  /** `open`: no token; `metrics`: none where the configuration says so. */
  readonly access: 'open' | 'token' | 'metrics';
  /** Null where the answer has been taken over. */
  handle(context: Context): Reply | null | Promise<Reply | null>;
}

export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/', access: 'open', handle: () => asset('index.html') },
  { method: 'GET', path: '/page/{file}', access: 'open', handle: ({ params }) => asset(params.file) },
  { method: 'GET', path: '/healthz', access: 'open', handle: ({ options }) => healthy(options, 'live') },
  { method: 'GET', path: '/readyz', access: 'open', handle: ({ options }) => healthy(options, 'ready') },
  { method: 'GET', path: '/metrics', access: 'metrics', handle: metrics },
  { method: 'GET', path: '/api/v1/session', access: 'open', handle: sessionState },
  { method: 'POST', path: '/api/v1/session', access: 'open', handle: signIn },
  { method: 'DELETE', path: '/api/v1/session', access: 'open', handle: signOut },
  { method: 'GET', path: '/api/v1/status', access: 'token', handle: status },
  {
    method: 'GET',
    path: '/api/v1/ticks',
    access: 'token',
    handle: ({ options }) => json({ ticks: options.operator.ticks() }),
  },
  { method: 'GET', path: '/api/v1/mitigations', access: 'token', handle: mitigations },
  { method: 'GET', path: '/api/v1/mitigations/{id}', access: 'token', handle: mitigation },
  { method: 'POST', path: '/api/v1/mitigations/{id}/undo', access: 'token', handle: undo },
  { method: 'POST', path: '/api/v1/mode', access: 'token', handle: mode },
  { method: 'GET', path: '/api/v1/stream', access: 'token', handle: stream },
  { method: 'GET', path: '/api/v1/trust', access: 'token', handle: async ({ options }) => json(await options.trust()) },
  { method: 'GET', path: '/api/v1/inventory', access: 'token', handle: inventory },
  { method: 'GET', path: '/api/v1/plans', access: 'token', handle: plans },
  { method: 'GET', path: '/api/v1/revocations', access: 'token', handle: listRevocations },
  { method: 'POST', path: '/api/v1/revocations', access: 'token', handle: revoke },
  { method: 'POST', path: '/api/v1/revocations/restore', access: 'token', handle: restore },
  { method: 'GET', path: '/api/v1/captures', access: 'token', handle: captures },
  { method: 'POST', path: '/api/v1/captures/{id}/read', access: 'token', handle: readCapture },
  {
    method: 'POST',
    path: '/api/v1/reload',
    access: 'token',
    handle: async ({ options }) => json(await options.reload()),
  },
];

async function healthy(options: AdminOptions, what: 'live' | 'ready'): Promise<Reply> {
  const fine = (await options.health())[what];
  return { status: fine ? 200 : 503, type: 'text/plain', body: fine ? 'ok\n' : `not ${what}\n` };
}

async function metrics({ options, req }: Context): Promise<Reply> {
  return { status: 200, ...(await options.metrics(req.headers.accept ?? '')) };
}

function sessionState({ access, req }: Context): Reply {
  const endMs = access.sessionEnd(req);
  return json({ signed_in: endMs > 0, ...(endMs > 0 && { until: new Date(endMs).toISOString() }) });
}

async function signIn({ access, req }: Context): Promise<Reply> {
  access.checkOrigin(req);
  const { token } = await readFields(req);
  if (typeof token !== 'string') throw new AdminError(400, 'SP7003', '"token" is missing');
  return json({ signed_in: true }, 200, { 'Set-Cookie': access.signIn(req, token.trim()) });
}

function signOut({ access, req }: Context): Reply {
  access.checkOrigin(req);
  return json({ signed_in: false }, 200, { 'Set-Cookie': access.signOut(req) });
}

function status({ options }: Context): Reply {
  return json({ ...options.operator.status(), listening: options.listening?.() ?? [] });
}

function mitigations({ options, query }: Context): Reply {
  const active = query.get('active');
  if (active !== null && active !== 'true' && active !== 'false') {
    throw new AdminError(400, 'SP7003', '"active" is true or false');
  }
  const filter = { limit: limitOf(query), ...(active !== null && { active: active === 'true' }) };
  return json({ mitigations: options.operator.mitigations(filter) });
}

function mitigation({ options, params }: Context): Reply {
  return json(options.operator.mitigation(idOf(params)));
}

async function undo({ options, params, req }: Context): Promise<Reply> {
  const fields = await readFields(req);
  const reason = reasonOf(fields);
  return json(await options.operator.undo(idOf(params), claimedName(fields.by, 'operator'), reason));
}

async function mode({ options, req }: Context): Promise<Reply> {
  const fields = await readFields(req);
  const wanted = fields.mode;
  if (wanted !== 'observe' && wanted !== 'enforce') {
    throw new AdminError(400, 'SP7003', '"mode" is observe or enforce');
  }
  await options.operator.setMode(wanted, claimedName(fields.by, 'operator'), reasonOf(fields));
  return json({ mode: options.operator.status().mode });
}

function stream({ streams, req, res, caller }: Context): null {
  streams.add(req, res, caller?.untilMs ?? 0);
  return null;
}

async function captures({ options, query }: Context): Promise<Reply> {
  const listed = await (options.captures?.list(limitOf(query)) ?? []);
  return json({
    captures: listed.map(({ id, timeMs, expiresMs, route, reason, method, status, bytes }) => ({
      id,
      captured_at: new Date(timeMs).toISOString(),
      expires_at: new Date(expiresMs).toISOString(),
      route,
      reason,
      method,
      status,
      bytes,
    })),
  });
}

function inventory({ options, query }: Context): Reply {
  const kind = query.get('kind');
  const known = ENDPOINT_KINDS.find((one) => one === kind);
  if (kind !== null && known === undefined) {
    throw new AdminError(400, 'SP7003', `"kind" is one of ${ENDPOINT_KINDS.join(', ')}`);
  }
  const filter = { limit: limitOf(query, MOST_LIMIT), ...(known !== undefined && { kind: known }) };
  return json(options.inventory?.report(filter) ?? NO_INVENTORY);
}

/** Keys of each plan in one answer. */
const USUAL_KEYS = 10;

function plans({ options, query }: Context): Reply {
  const limit = limitOf(query, USUAL_KEYS);
  return json(options.plans?.report(limit) ?? NO_PLANS);
}

/** Shows one request, once the ledger says who wanted to see it and why. */
async function readCapture({ options, params, req }: Context): Promise<Reply> {
  const fields = await readFields(req);
  const why = reasonOf(fields);
  const by = claimedName(fields.by, 'operator');
  if (options.captures === undefined) throw new SallyportError('SP4007', 'nothing is captured here');
  const { timeMs, bodyBytes, body, ...capture } = await options.captures.read(params.id, by, why);
  return json({
    id: params.id,
    captured_at: new Date(timeMs).toISOString(),
    ...capture,
    body_bytes: bodyBytes,
    body_base64: body,
  });
}

function idOf(params: Context['params']): string {
  if (!ID.test(params.id)) throw new SallyportError('SP7004', `"${params.id.slice(0, 40)}" is no id of a mitigation`);
  return params.id;
}

/** A route and what its path holds; a path that only other methods know gives them back; null for an unknown path. */
export function find(
  method: string,
  path: string,
): { route: Route; params: Record<string, string> } | readonly string[] | null {
  const asked = method === 'HEAD' ? 'GET' : method;
  const fitting = ROUTES.flatMap((route) => {
    const params = match(route.path, path);
    return params === null ? [] : [{ route, params }];
  });
  return (
    fitting.find(({ route }) => route.method === asked) ??
    (fitting.length === 0 ? null : fitting.map(({ route }) => route.method))
  );
}

function match(template: string, path: string): Record<string, string> | null {
  const wanted = template.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (let i = 0; i < wanted.length; i++) {
    const name = /^\{(\w+)\}$/.exec(wanted[i])?.[1];
    if (name !== undefined) params[name] = given[i];
    else if (wanted[i] !== given[i]) return null;
  }
  return params;
}
