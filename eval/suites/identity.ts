/**
 * Who is calling: what it costs to find out, and whether time tells a stranger anything. Pairs of credentials that are equally
 * bad are sent in turn, in random order, each one once; the times of both kinds are compared with Welch's t after the slowest
 * tenth of all is left out (as dudect does: Reparaz, Balasch, Verbauwhede 2017). Beyond 4.5 a difference is no accident.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { atMost, type Figure, table } from '../../bench/lib/figures.ts';
import type { IdentityDesk } from '../../src/identity/compose.ts';
import type { Presented } from '../../src/identity/contract.ts';
import { checksumOf, newKey } from '../../src/identity/keys/format.ts';
import {
  AUDIENCE,
  bearer,
  deskFrom,
  fakeIssuer,
  goodClaims,
  ISSUER,
  issuerOf,
  NOW,
  proofFor,
  request,
  SECRET,
  signed,
  type TestKey,
  testKey,
} from '../../src/identity/testing.ts';

const SUITE = 'identity';
/** Above this |t| two kinds of requests take different times. */
const MAX_T = 4.5;
const COOKIE_SECRET = 'the-secret-of-the-application';
const env = { COOKIE: COOKIE_SECRET, CLIENT: 'the-secret-of-the-gateway', SIGNING: 'the-secret-of-acme' };
const INTROSPECTION = `${ISSUER}/introspect`;

interface World {
  readonly desk: IdentityDesk;
  readonly issuer: TestKey;
  readonly rsa: TestKey;
  /** Ids of keys, whose secrets nobody knows. */
  readonly ids: readonly string[];
  readonly key: string;
}

async function world(): Promise<World> {
  const issuer = await testKey();
  const rsa = await testKey('RS256');
  const keys = Array.from({ length: 1000 }, () => newKey({ secret: SECRET }));
  const settings = {
    keys: { entries: keys.map(({ id, hash }, i) => ({ id, hash, principal: `svc-${i}`, revoked: i % 10 === 9 })) },
    jwt: [issuerOf(issuer, rsa)],
    introspection: { url: INTROSPECTION, client_id: 'gateway', client_secret: { env: 'CLIENT' } },
    cookies: [{ name: 'connect.sid', secrets: [{ env: 'COOKIE' }], proves: 'login' }],
    dpop: {},
    signatures: { hmac: [{ name: 'partners', keys: [{ id: 'acme', secrets: [{ env: 'SIGNING' }] }] }] },
  };
  const text = JSON.stringify({ active: true, ...goodClaims() });
  const told = fakeIssuer({ [INTROSPECTION]: () => ({ text }) });
  const desk = deskFrom(settings, { env, ...told });
  return { desk, issuer, rsa, ids: keys.map(({ id }) => id), key: keys[0].key };
}

/** A text in one piece: one that is put together takes longer the first time it is read. */
const flat = (text: string): string => Buffer.from(text).toString();
const withKey = (key: string): Presented => request(['X-Api-Key', flat(key)]);
const withCookie = (value: string): Presented => request(['Cookie', flat(`theme=dark; connect.sid=${value}`)]);
const letters = (count: number): string => randomBytes(count).toString('hex').slice(0, count);

/** A request with an HMAC signature that is wrong. */
const signedBy = (id: string): Presented =>
  request(
    ['X-Key-Id', id, 'X-Timestamp', String(NOW / 1000), 'X-Nonce', letters(16), 'X-Signature', letters(64)].map(flat),
    { body: new Uint8Array(0) },
  );

function keyWith(id: string, secret: string): string {
  const body = `sp_live_${id}_${secret}`;
  return body + checksumOf(body);
}

interface Pair {
  readonly name: string;
  readonly samples: number;
  readonly a: (i: number) => Presented | Promise<Presented>;
  readonly b: (i: number) => Presented | Promise<Presented>;
}

/** Kinds of bad credentials that must take the same time. */
function pairs({ ids, issuer, key }: World, forger: TestKey): Pair[] {
  const known = key.slice(0, 'sp_live_12345678_'.length);
  const start = key.slice(known.length, known.length + 20);
  const mac = (id: string): Buffer => createHmac('sha256', COOKIE_SECRET).update(id).digest();
  const cookie = (id: string, signature: Buffer): Presented =>
    withCookie(`s:${id}.${signature.toString('base64').slice(0, 43)}`);
  const nearly = (id: string, good: number): Buffer =>
    Buffer.concat([mac(id).subarray(0, good), randomBytes(32 - good)]);
  return [
    {
      name: 'key: unknown id / known id, wrong secret',
      samples: 20_000,
      a: () => withKey(keyWith(letters(8), letters(30))),
      b: (i) => withKey(keyWith(ids[i % ids.length], letters(30))),
    },
    {
      name: 'key: wrong secret / right beginning of it',
      samples: 20_000,
      a: () => withKey(keyWith(ids[0], letters(30))),
      b: () => withKey(keyWith(ids[0], start + letters(10))),
    },
    {
      name: 'cookie: forged / half of the signature right',
      samples: 20_000,
      a: () => cookie(letters(32), randomBytes(32)),
      b: () => {
        const id = letters(32);
        return cookie(id, nearly(id, 16));
      },
    },
    {
      name: 'signed request: unknown key / known key, wrong signature',
      samples: 20_000,
      a: () => signedBy(letters(4)),
      b: () => signedBy('acme'),
    },
    ...tokenPairs(issuer, forger),
  ];
}

function tokenPairs(issuer: World['issuer'], forger: TestKey): Pair[] {
  const token = async (over: Record<string, unknown>): Promise<Presented> =>
    bearer(flat(await signed(forger, goodClaims(over))));
  return [
    {
      name: 'JWT forged: of nobody / of a known user',
      samples: 1500,
      a: () => token({ sub: letters(6) }),
      b: () => token({ sub: 'user-1' }),
    },
    {
      name: 'JWT forged: valid / expired, for somebody else',
      samples: 1500,
      a: () => token({}),
      b: () => token({ exp: issuer.kid.length, aud: AUDIENCE.replace('api', 'bpi') }),
    },
  ];
}

/** Times of both kinds in ns, in random order. */
async function timed(desk: IdentityDesk, pair: Pair): Promise<[number[], number[]]> {
  const coin = randomBytes(pair.samples);
  const requests: Presented[] = [];
  for (let i = 0; i < pair.samples; i++) requests.push(await (coin[i] & 1 ? pair.a(i) : pair.b(i)));
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < requests.length; i++) {
    const from = process.hrtime.bigint();
    const answer = desk.identify(requests[i]);
    if (answer instanceof Promise) await answer;
    const ns = Number(process.hrtime.bigint() - from);
    // The first tenth warms up.
    if (i * 10 >= requests.length) times[coin[i] & 1 ? 0 : 1].push(ns);
  }
  return times;
}

/** Welch's t, and the difference of means in ns, without what is slower than nine tenths of all. */
function compared([a, b]: [number[], number[]]): { t: number; ns: number } {
  const all = [...a, ...b].sort((x, y) => x - y);
  const most = all[Math.floor(all.length * 0.9)];
  const [left, right] = [a, b].map((times) => moments(times.filter((ns) => ns <= most)));
  const ns = left.mean - right.mean;
  return { ns, t: ns / Math.sqrt(left.variance / left.count + right.variance / right.count) };
}

function moments(values: readonly number[]): { mean: number; variance: number; count: number } {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1), count };
}

interface Cost {
  readonly name: string;
  readonly metric: string;
  readonly count: number;
  readonly make: (i: number) => Presented | Promise<Presented>;
}

/** Requests by what has to be done for them. Cached ones repeat one credential; the others never do. */
async function costs({ issuer, rsa, key }: World): Promise<Cost[]> {
  const known = await signed(issuer);
  const client = await testKey('ES256', 'client');
  const { calculateJwkThumbprint } = await import('jose');
  const bound = await signed(issuer, goodClaims({ cnf: { jkt: await calculateJwkThumbprint(client.jwk) } }));
  const cookieOf = (id: string): Presented =>
    withCookie(`s:${id}.${createHmac('sha256', COOKIE_SECRET).update(id).digest('base64').slice(0, 43)}`);
  const again = (presented: Presented) => () => presented;
  return [
    { name: 'nothing presented', metric: 'nothing', count: 50_000, make: again(request()) },
    { name: 'API key, known', metric: 'key_cached', count: 50_000, make: again(withKey(key)) },
    {
      name: 'API key, unknown',
      metric: 'key_unknown',
      count: 20_000,
      make: () => withKey(keyWith(letters(8), letters(30))),
    },
    { name: 'cookie, cached', metric: 'cookie_cached', count: 50_000, make: again(cookieOf('session-1')) },
    { name: 'cookie, new', metric: 'cookie', count: 20_000, make: () => cookieOf(letters(32)) },
    { name: 'JWT, cached', metric: 'jwt_cached', count: 50_000, make: again(bearer(flat(known))) },
    { name: 'JWT, ES256', metric: 'jwt_es256', count: 1000, make: async () => bearer(await signed(issuer)) },
    { name: 'JWT, RS256', metric: 'jwt_rs256', count: 1000, make: async () => bearer(await signed(rsa)) },
    { name: 'opaque token, cached', metric: 'opaque_cached', count: 50_000, make: again(bearer('opaque')) },
    {
      name: 'DPoP proof (token cached)',
      metric: 'dpop',
      count: 1000,
      make: async () => request(['Authorization', `DPoP ${bound}`, 'DPoP', await proofFor(client, bound, request())]),
    },
  ];
}

/** Median over runs of 50 requests, in µs a request. */
async function cost(desk: IdentityDesk, { count, make }: Cost): Promise<number> {
  const requests: Presented[] = [];
  for (let i = 0; i < count; i++) requests.push(await make(i));
  const runs: number[] = [];
  for (let i = 0; i + 50 <= count; i += 50) {
    const from = performance.now();
    for (let k = i; k < i + 50; k++) {
      const answer = desk.identify(requests[k]);
      if (answer instanceof Promise) await answer;
    }
    runs.push((performance.now() - from) * 20);
  }
  runs.sort((a, b) => a - b);
  return runs[runs.length >> 1];
}

export async function identity(print: (text: string) => void): Promise<readonly Figure[]> {
  const place = await world();
  const forger = await testKey('ES256', place.issuer.kid);
  const figures: Figure[] = [];
  const spent: string[][] = [];
  for (const one of await costs(place)) {
    const us = await cost(place.desk, one);
    spent.push([one.name, us.toFixed(2)]);
    figures.push({ suite: SUITE, metric: `${one.metric}_us`, value: us });
  }
  print(table(['who is calling', 'µs'], spent));
  const rows: string[][] = [];
  let most = 0;
  for (const pair of pairs(place, forger)) {
    const { t, ns } = compared(await timed(place.desk, pair));
    most = Math.max(most, Math.abs(t));
    rows.push([pair.name, ns.toFixed(0), t.toFixed(2)]);
  }
  // The measure has to see a difference that is there: a key that is known answers sooner than one that is not.
  const { t: seen } = compared(
    await timed(place.desk, {
      name: 'check of the measure',
      samples: 4000,
      a: () => withKey(place.key),
      b: () => withKey(keyWith(letters(8), letters(30))),
    }),
  );
  rows.push(['(known key / unknown key)', '', seen.toFixed(2)]);
  print(`\n${table(['equally bad credentials', 'difference in ns', 't'], rows)}`);
  figures.push({ suite: SUITE, metric: 'timing_oracle_max_z', value: most, target: atMost(MAX_T) });
  figures.push({ suite: SUITE, metric: 'timing_control_z', value: Math.abs(seen), target: { is: '>=', than: 20 } });
  await place.desk.close();
  return figures;
}
