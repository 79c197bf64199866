/** The command line as a client of the admin listener of a running Sallyport (docs/admin.md). */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ReloadReceipt } from '../admin/options.ts';
import { readToken, tokenPath } from '../admin/token.ts';
import { reachableUrl } from '../config/listen.ts';
import { ERRORS, type ErrorCode, SallyportError } from '../lib/errors.ts';
import type { InventoryFilter, InventoryReport } from '../runtime/live/inventory-report.ts';
import type { LiveStatus, Mitigation, UndoReceipt } from '../runtime/live/operator.ts';
import type { PlansReport } from '../runtime/live/plans/report.ts';
import { USUAL_CONFIG } from './files.ts';
import type { Cli } from './ports.ts';

/** An answer that takes longer is none, in ms. A reload reads files and tables. */
const TIMEOUT_MS = 30_000;

/** Options that say which Sallyport is meant. */
export interface AdminFlags {
  readonly admin?: string;
  readonly tokenFile?: string;
  readonly config?: string;
}

/** A capture as a list shows it. */
export interface ListedCapture {
  readonly id: string;
  /** RFC 3339. */
  readonly captured_at: string;
  readonly expires_at: string;
  readonly route: string;
  readonly reason: string;
  readonly method: string;
  readonly status: number;
  readonly bytes: number;
}

/** What is revoked, or counts again. */
interface RevokeOrder {
  readonly kind: string;
  readonly id: string;
  readonly issuer?: string;
  readonly by: string;
  readonly reason: string;
}

/** Who was told of a revocation, which cannot be taken back: issuers and streams of shared signals. */
export interface ToldOthers {
  readonly told_issuers: readonly string[];
  readonly told_streams: readonly string[];
}

/** A revocation as a list shows it. */
export interface ListedRevocation extends Required<RevokeOrder>, ToldOthers {
  /** RFC 3339; '' for never. */
  readonly until: string;
  readonly since: string;
  readonly mitigation: string;
}

/** A captured request. */
export interface ReadCapture extends Omit<ListedCapture, 'expires_at' | 'bytes'> {
  readonly peer: string;
  readonly target: string;
  readonly protocol: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body_bytes: number;
  readonly body_base64: string;
}

export class AdminClient {
  readonly url: string;
  private readonly token: string;
  private readonly signal: AbortSignal;

  constructor(url: string, token: string, signal: AbortSignal) {
    this.url = url.replace(/\/+$/, '');
    this.token = token;
    this.signal = signal;
  }

  status(): Promise<LiveStatus & { readonly listening: readonly string[] }> {
    return this.ask('GET', '/api/v1/status');
  }

  async mitigations(filter: { active?: boolean; limit?: number }): Promise<readonly Mitigation[]> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(filter)) query.set(name, String(value));
    return (await this.ask<{ mitigations: Mitigation[] }>('GET', `/api/v1/mitigations?${query}`)).mitigations;
  }

  undo(id: string, by: string, reason: string): Promise<UndoReceipt> {
    return this.ask('POST', `/api/v1/mitigations/${encodeURIComponent(id)}/undo`, { by, reason });
  }

  setMode(mode: string, by: string, reason: string): Promise<{ readonly mode: string }> {
    return this.ask('POST', '/api/v1/mode', { mode, by, reason });
  }

  async captures(limit: number): Promise<readonly ListedCapture[]> {
    return (await this.ask<{ captures: ListedCapture[] }>('GET', `/api/v1/captures?limit=${limit}`)).captures;
  }

  readCapture(id: string, by: string, reason: string): Promise<ReadCapture> {
    return this.ask('POST', `/api/v1/captures/${encodeURIComponent(id)}/read`, { by, reason });
  }

  async revocations(limit: number): Promise<readonly ListedRevocation[]> {
    const path = `/api/v1/revocations?limit=${limit}`;
    return (await this.ask<{ revocations: ListedRevocation[] }>('GET', path)).revocations;
  }

  revoke(order: RevokeOrder & { readonly until?: string }): Promise<ListedRevocation> {
    return this.ask('POST', '/api/v1/revocations', order);
  }

  restore(order: RevokeOrder): Promise<{ readonly id: string } & ToldOthers> {
    return this.ask('POST', '/api/v1/revocations/restore', order);
  }

  inventory(filter: InventoryFilter): Promise<InventoryReport> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(filter)) query.set(name, String(value));
    return this.ask('GET', `/api/v1/inventory?${query}`);
  }

  plans(limit: number): Promise<PlansReport> {
    return this.ask('GET', `/api/v1/plans?limit=${limit}`);
  }

  reload(): Promise<ReloadReceipt> {
    return this.ask('POST', '/api/v1/reload');
  }

  /** The answer as JSON. SallyportError with the code that the listener gave, SP7001 where none answers. */
  private async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    let response: Response;
    let value: unknown;
    try {
      response = await fetch(`${this.url}${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${this.token}`,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        // The token is for this address and no other.
        redirect: 'error',
        signal: AbortSignal.any([this.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      value = await response.json().catch(() => null);
    } catch (error) {
      if (this.signal.aborted) throw error;
      throw new SallyportError('SP7001', `${this.url}: ${reasonOf(error)}`, { cause: error });
    }
    if (response.ok && typeof value === 'object' && value !== null) return value as T;
    throw refusal(this.url, response.status, value);
  }
}

/** The error that a problem document stands for. */
function refusal(url: string, status: number, value: unknown): SallyportError {
  const { code, detail } = (value ?? {}) as { code?: unknown; detail?: unknown };
  if (typeof code === 'string' && code in ERRORS && typeof detail === 'string') {
    return new SallyportError(code as ErrorCode, detail);
  }
  return new SallyportError('SP7001', `${url} answered ${status}, but not as Sallyport does`);
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  return cause?.code ?? cause?.message ?? message;
}

/**
 * A client for the Sallyport that the options, or the configuration, mean. ConfigError, SallyportError SP7024 where the
 * token cannot be read, SP9002 for an address that is none.
 */
export async function adminClient(flags: AdminFlags, cli: Cli): Promise<AdminClient> {
  const loaded = await cli.ports.loadConfig(flags.config ?? usualConfig(cli.cwd));
  const url = flags.admin === undefined ? reachableUrl(loaded.config.admin.listen) : checkedUrl(flags.admin);
  const path = flags.tokenFile === undefined ? tokenPath(loaded, cli.cwd) : resolve(cli.cwd, flags.tokenFile);
  return new AdminClient(url, readToken(path), cli.signal);
}

function usualConfig(cwd: string): string | undefined {
  const path = resolve(cwd, USUAL_CONFIG);
  return existsSync(path) ? path : undefined;
}

function checkedUrl(text: string): string {
  let url: URL | null = null;
  try {
    url = new URL(text);
  } catch {
    // Said below.
  }
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new SallyportError('SP9002', `--admin ${text} is not a URL`, {
      advice: 'Give the address that serve printed, such as http://127.0.0.1:9464.',
    });
  }
  // The link that serve prints may be pasted as it is; its token stays out of what is sent.
  return `${url.origin}${url.pathname}`;
}
