/** Paths that the identity room answers on the gateway's own listeners: shared signals, and the keys of inner tokens. */
import type { IdentityDesk } from '../../../identity/compose.ts';
import { type HttpTold, MAX_BODY, told } from '../../../identity/revocation/ssf/http.ts';
import { answer } from '../act/answer.ts';
import { OWN_PATHS } from '../act/settings.ts';
import type { HeaderList, Inbound } from '../contract.ts';
import type { Revoking } from './revoking.ts';

/** Public keys of inner tokens, for upstreams. */
export const JWKS_PATH = `${OWN_PATHS}jwks.json`;
/** How long upstreams may keep them, in seconds. */
const KEYS_KEPT_SEC = 300;
/** How long a body may take, in ms, and requests of this kind at once. */
const BODY_MS = 10_000;
const MAX_AT_ONCE = 64;

/** Nobody can answer now. */
export const AWAY: HttpTold = told(503, undefined, { 'retry-after': '1' });
const TOO_LARGE = told(413);

export class IdentityPaths {
  private readonly revoking: Revoking;
  private atOnce = 0;
  /** The desk in force; null where there are no inner tokens. */
  desk: Pick<IdentityDesk, 'innerKeys'> | null = null;

  constructor(revoking: Revoking) {
    this.revoking = revoking;
  }

  /** Answers a request of these paths. False where it is none. */
  serve(inbound: Inbound): boolean {
    const { target, method } = inbound;
    const at = target.indexOf('?');
    const path = at < 0 ? target : target.slice(0, at);
    if (this.desk !== null && path === JWKS_PATH && (method === 'GET' || method === 'HEAD')) {
      void this.keys(inbound, this.desk);
      return true;
    }
    if (!this.revoking.owns(path)) return false;
    void this.signals(inbound, path, at < 0 ? '' : target.slice(at + 1));
    return true;
  }

  private async keys(inbound: Inbound, desk: Pick<IdentityDesk, 'innerKeys'>): Promise<void> {
    const keys = await desk.innerKeys().catch(() => null);
    send(inbound, keys === null ? AWAY : told(200, keys, { 'cache-control': `max-age=${KEYS_KEPT_SEC}` }));
  }

  private async signals(inbound: Inbound, path: string, query: string): Promise<void> {
    if (this.atOnce >= MAX_AT_ONCE) {
      send(inbound, AWAY);
      return;
    }
    this.atOnce++;
    try {
      const body = await bodyOf(inbound);
      const { method, req } = inbound;
      if (body === null) send(inbound, TOO_LARGE);
      else send(inbound, await this.revoking.serve(path, { method, query, headers: req.headers, body }));
    } catch {
      // The client went away, or took too long.
      inbound.res.destroy();
    } finally {
      this.atOnce--;
    }
  }
}

function send(inbound: Inbound, { status, headers, body }: HttpTold): void {
  const { 'content-type': type = '', ...rest } = headers;
  const list: HeaderList = Object.entries(rest).flat();
  answer({ inbound, code: '', refused: () => {} }, { status, type, body, headers: list });
}

/** The whole body as text; null where it is too long. Rejects where it does not come. */
function bodyOf({ req, res, bodyLength, expectsContinue }: Inbound): Promise<string | null> {
  if (bodyLength === 0) return Promise.resolve('');
  if (bodyLength > MAX_BODY) return Promise.resolve(null);
  if (expectsContinue) res.writeContinue();
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const end = (run: () => void): void => {
      clearTimeout(timer);
      req.off('data', take);
      run();
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      parts.push(chunk);
      if (bytes <= MAX_BODY) return;
      end(() => resolve(null));
      req.pause();
    };
    const timer = setTimeout(() => end(() => reject(new Error('too slow'))), BODY_MS);
    timer.unref();
    req.on('data', take);
    req.once('end', () => end(() => resolve(Buffer.concat(parts).toString('utf8'))));
    req.once('error', (error) => end(() => reject(error)));
    req.once('close', () => end(() => reject(new Error('the client is gone'))));
  });
}
