/** Support for tests of shared signals: both ends of a stream, over real connections to the loopback address. */
import { SignJWT } from 'jose';
import { createFetcher } from '../../http.ts';
import { ReplayGuard } from '../../replay.ts';
import { filesOf } from '../../signed/testing.ts';
import { createRevocation, type Revocation, type RevocationOptions } from '../index.ts';
import { publicJwks } from '../keys.ts';
import {
  ecKey,
  type Got,
  Heard,
  hurried,
  type LoopbackServer,
  loopback,
  NOW,
  revocationSettings,
  signalSettings,
} from '../testing.ts';
import { EVENT } from './events.ts';
import type { HttpHandler, HttpTold } from './http.ts';
import type { ReceiverNews } from './receiver.ts';
import type { TransmitterNews } from './transmitter.ts';

export const IDP = 'https://idp.example';
export const US = 'https://sallyport.example';
export const SECONDS = NOW / 1000;
export const key = ecKey();
export const stranger = ecKey();
const FILES = filesOf(
  { PUSH: 'push-token-of-idp', POLL: 'poll-token-of-idp', OTHER: 'token-of-another-one' },
  { 'ssf.pem': key.pem },
);

/** What a test has opened: closed by {@link closeAll}. */
export const closing: (() => unknown)[] = [];
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0)) await close();
}

/** Serves handlers by path, as the door that mounts them would. */
export async function serve(handlers: () => ReadonlyMap<string, HttpHandler>): Promise<LoopbackServer> {
  const server = await loopback(async ({ method, path, headers, body }: Got) => {
    const handler = handlers().get(path);
    return handler ? handler({ method, headers, body }) : { status: 404 };
  });
  closing.push(() => server.close());
  return server;
}

export interface Room {
  readonly revocation: Revocation;
  readonly received: Heard<ReceiverNews>;
  readonly sent: Heard<TransmitterNews>;
  readonly pauses: number[];
}

export function room(settings: object, capacity = 100, more: Partial<RevocationOptions> = {}): Room {
  const fetcher = createFetcher();
  const received = new Heard<ReceiverNews>();
  const sent = new Heard<TransmitterNews>();
  const { pauses, schedule } = hurried();
  const revocation = createRevocation({
    revocation: revocationSettings({ entries: capacity }),
    sharedSignals: signalSettings(settings),
    files: FILES,
    fetch: fetcher.fetch,
    replay: new ReplayGuard({ capacity: 100 }),
    now: () => NOW,
    onReceived: received.take,
    onSent: sent.take,
    schedule,
    random: () => 0,
    ...more,
  });
  closing.push(
    () => revocation.close(),
    () => fetcher.close(),
  );
  return { revocation, received, sent, pauses };
}

/** Receives from an identity provider whose keys are served on the loopback address. */
export async function receiving(more: object = {}) {
  const idp = await loopback(() => ({ status: 200, body: JSON.stringify(publicJwks(key.privateKey, 'k1', 'ES256')) }));
  closing.push(() => idp.close());
  const receiver = {
    name: 'idp',
    issuer: IDP,
    audience: US,
    jwks: `${idp.url}/jwks`,
    push_token: { env: 'PUSH' },
    ...more,
  };
  const made = room({ receivers: [receiver] });
  const handler = made.revocation.handlers.get('/ssf/receive/idp') as HttpHandler;
  const push = (body: string, token = 'push-token-of-idp', type = 'application/secevent+jwt'): Promise<HttpTold> =>
    handler({ method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': type }, body });
  return { ...made, idp, push, handler };
}

interface Making {
  readonly type?: string;
  readonly subject?: object;
  readonly payload?: object;
  readonly claims?: Record<string, unknown>;
  readonly header?: object;
  readonly by?: typeof key;
}
let serial = 0;

export function setOf({
  type = EVENT.sessionRevoked,
  subject,
  payload = {},
  claims = {},
  header = {},
  by = key,
}: Making = {}) {
  serial++;
  return new SignJWT({
    iss: IDP,
    aud: US,
    iat: SECONDS,
    jti: `set-${serial}`,
    sub_id: subject ?? { format: 'iss_sub', iss: IDP, sub: 'ann' },
    events: { [type]: { event_timestamp: SECONDS - 10, ...payload } },
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'secevent+jwt', ...header })
    .sign(by.privateKey);
}
