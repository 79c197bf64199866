import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FLAG } from '../../../enrich/facts.ts';
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../../enrich/kinds.ts';
import type { Presented } from '../../contract.ts';
import { ReplayGuard } from '../../replay.ts';
import { asked, filesOf, messageSettings, NOW, presentedOf } from '../testing.ts';
import { keyVerifier } from './algorithms.ts';
import { signatureBase } from './components.ts';
import { messageSignatureScheme } from './scheme.ts';
import { type InnerList, parseList } from './structured.ts';
import { RFC_CREATED, RFC_KEYS, RFC_SECRET, RFC_VECTORS, rfcRequest } from './testing.ts';

describe('the signatures of RFC 9421, appendix B', () => {
  const desk = (key: string, algorithm: string) =>
    messageSignatureScheme(
      messageSettings({
        name: 'rfc',
        // B.2.1 covers nothing, which no sensible policy allows: what is required is tested below.
        components: ['@method'],
        content_digest: 'ignored',
        keys: [
          { id: key, algorithm, ...(algorithm === 'hmac-sha256' ? { secret: { env: 'S' } } : { public_key: key }) },
        ],
      }),
      filesOf({ S: RFC_SECRET }, RFC_KEYS),
      new ReplayGuard({ capacity: 10 }),
    );

  it.each(
    RFC_VECTORS.filter(({ input }) => input.includes('"@method"')).map((v) => [v.section, v] as const),
  )('%s is accepted', async (_, vector) => {
    const caller = await asked(desk(vector.key, vector.algorithm), rfcRequest(vector));
    expect(caller).toMatchObject({ outcome: AUTH_OUTCOME.accepted, credential: vector.key });
  });

  it.each(RFC_VECTORS.map((v) => [v.section, v] as const))('%s fits the text it was made over', (_, vector) => {
    const label = vector.input.indexOf('=');
    const covered = (parseList(vector.input.slice(label + 1)) as InnerList[])[0];
    const base = signatureBase(rfcRequest(vector), covered) as { text: string };
    const signature = Buffer.from(vector.signature.slice(label + 2, -1), 'base64');
    if (vector.key === 'test-shared-secret') {
      expect(createHmac('sha256', RFC_SECRET).update(base.text).digest()).toEqual(signature);
      return;
    }
    const verify = keyVerifier(vector.algorithm as 'ed25519', RFC_KEYS[vector.key], vector.key);
    expect(verify(Buffer.from(base.text), signature)).toBe(true);
    expect(verify(Buffer.from(`${base.text} `), signature)).toBe(false);
  });

  it('B.4 is refused after the changes that the RFC names as breaking', async () => {
    const vector = RFC_VECTORS[6];
    const good = rfcRequest(vector);
    for (const [headers, method, host] of [
      [['Accept', '*/*', 'Accept', 'application/json'], 'GET', 'example.org'],
      [['Accept', 'application/json', 'Accept', '*/*'], 'POST', 'example.com'],
    ] as const) {
      const request = { ...good, method, host, headers: [...headers, ...good.headers.slice(4)] };
      expect(await asked(desk(vector.key, vector.algorithm), request)).toMatchObject({
        outcome: AUTH_OUTCOME.signature,
      });
    }
    expect(await asked(desk(vector.key, vector.algorithm), { ...good, nowMs: RFC_CREATED + 331_000 })).toMatchObject({
      outcome: AUTH_OUTCOME.expired,
    });
  });
});

const ed = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();
const FILES = filesOf({}, { ed: pemOf(ed.publicKey), rsa: pemOf(rsa.publicKey), p384: pemOf(p384.publicKey) });
const digestOf = (body: string) => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
const BODY = '{"amount":5}';

interface Signing {
  readonly covered?: string;
  readonly parameters?: string;
  readonly request?: Partial<Presented>;
  readonly label?: string;
}

/** A request that is signed with the Ed25519 key, over what `covered` names. */
function signed({
  covered = '"@method" "@target-uri" "content-digest"',
  parameters,
  request = {},
  label = 'sig',
}: Signing = {}) {
  const headers = [
    'Content-Digest',
    digestOf(BODY),
    'X-A',
    ' one ',
    'x-a',
    'two',
    'Cache-Control',
    'max-age=60,   must-revalidate',
  ];
  const plain = presentedOf({ headers, body: Buffer.from(BODY), ...request });
  const input = `(${covered})${parameters ?? `;created=${NOW / 1000};keyid="ed"`}`;
  const base = signatureBase(plain, (parseList(input) as InnerList[])[0]);
  const text = 'text' in base ? base.text : '';
  const signature = sign(null, Buffer.from(text, 'latin1'), ed.privateKey).toString('base64');
  return {
    ...plain,
    headers: [...plain.headers, 'Signature-Input', `${label}=${input}`, 'Signature', `${label}=:${signature}:`],
  };
}

const scheme = (more: object = {}, key: object = {}) =>
  messageSignatureScheme(
    messageSettings({
      name: 'partners',
      keys: [{ id: 'ed', algorithm: 'ed25519', public_key: 'ed', principal: 'bot', partner: 'acme', ...key }],
      ...more,
    }),
    FILES,
    new ReplayGuard({ capacity: 100 }),
  );

describe('HTTP message signatures', () => {
  it('prove the owner of the key', async () => {
    expect(await asked(scheme(), signed())).toMatchObject({
      scheme: AUTH_SCHEME.signature,
      outcome: AUTH_OUTCOME.accepted,
      principal: 'bot',
      partner: 'acme',
      credential: 'ed',
    });
  });

  it.each([
    '"@method" "@authority" "@request-target" "content-digest"',
    '"@method" "@scheme" "@authority" "@path" "@query" "content-digest"',
    '"@method" "@target-uri" "content-digest" "x-a" "cache-control";sf "x-a";bs "cache-control";key="max-age"',
    '"@method" "@target-uri" "content-digest";sf "@query-param";name="dry" "host"',
  ])('can cover %s', async (covered) => {
    expect(await asked(scheme(), signed({ covered }))).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
  });

  it.each([
    ['"@status" "@method" "@target-uri" "content-digest"'],
    ['"@method";req "@target-uri" "content-digest"'],
    ['"@method" "@target-uri" "content-digest" "x-a";tr'],
    ['"@method" "@target-uri" "content-digest" "x-a";sf'],
    ['"@method" "@target-uri" "content-digest" "x-none"'],
    ['"@method" "@target-uri" "content-digest" "@method"'],
    ['"@method" "@target-uri" "content-digest" "X-A"'],
    ['"@method" "@target-uri" "content-digest" "@query-param";name="none"'],
  ])('must not cover %s', async (covered) => {
    expect(await asked(scheme(), signed({ covered }))).toMatchObject({ outcome: AUTH_OUTCOME.malformed });
  });

  it('refuse a parameter of the query that stands twice', async () => {
    const request = { target: '/partner/orders?dry=1&dry=2' };
    const covered = '"@method" "@target-uri" "content-digest" "@query-param";name="dry"';
    expect(await asked(scheme(), signed({ covered, request }))).toMatchObject({ outcome: AUTH_OUTCOME.malformed });
  });

  it('encode parameters of the query as RFC 9421, 2.2.8 shows', () => {
    const target =
      '/parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something';
    const value = (name: string) => {
      const [covered] = parseList(`("@query-param";name="${name}")`) as InnerList[];
      return (signatureBase(presentedOf({ target }), covered) as { text: string }).text.split('\n')[0];
    };
    expect(value('var')).toBe('"@query-param";name="var": this%20is%20a%20big%0Amultiline%20value');
    expect(value('bar')).toBe('"@query-param";name="bar": with%20plus%20whitespace');
    expect(value('fa%C3%A7ade%22%3A%20')).toBe('"@query-param";name="fa%C3%A7ade%22%3A%20": something');
  });

  const key = 'keyid="ed"';
  const created = `;created=${NOW / 1000}`;
  it.each([
    ['an unknown key', { parameters: `${created};keyid="nobody"` }, AUTH_OUTCOME.unknown],
    ['no key', { parameters: created }, AUTH_OUTCOME.unknown],
    ['another algorithm', { parameters: `${created};${key};alg="hmac-sha256"` }, AUTH_OUTCOME.algorithm],
    ['no time', { parameters: `;${key}` }, AUTH_OUTCOME.malformed],
    ['a time that is a text', { parameters: `;created="1";${key}` }, AUTH_OUTCOME.malformed],
    ['an old time', { parameters: `;created=${NOW / 1000 - 331};${key}` }, AUTH_OUTCOME.expired],
    ['a time ahead', { parameters: `;created=${NOW / 1000 + 31};${key}` }, AUTH_OUTCOME.early],
    ['an end that has come', { parameters: `${created};expires=${NOW / 1000 - 31};${key}` }, AUTH_OUTCOME.expired],
    ['a huge nonce', { parameters: `${created};${key};nonce="${'n'.repeat(257)}"` }, AUTH_OUTCOME.oversized],
    ['too little covered', { covered: '"@method" "content-digest"' }, AUTH_OUTCOME.signature],
    ['its body not covered', { covered: '"@method" "@target-uri"' }, AUTH_OUTCOME.signature],
  ])('with %s are refused', async (_, signing, outcome) => {
    expect(await asked(scheme(), signed(signing))).toMatchObject({ outcome, principal: '' });
  });

  it('tell the same of a forged old one, whether there is such a key or not', async () => {
    for (const id of ['ed', 'nobody']) {
      const old = signed({ parameters: `;created=1;keyid="${id}"` });
      const forged = { ...old, headers: old.headers.with(-1, 'sig=:AAAA:') };
      const caller = await asked(scheme(), forged);
      expect([AUTH_OUTCOME.signature, AUTH_OUTCOME.unknown]).toContain(caller?.outcome);
    }
  });

  it('are refused when anything covered was changed', async () => {
    const good = signed();
    for (const change of [
      { method: 'PUT' },
      { target: '/partner/orders?dry=0' },
      { host: 'other.example' },
      { scheme: 'http' as const },
      { body: Buffer.from('{"amount":6}') },
      { headers: good.headers.with(1, digestOf('other')) },
    ]) {
      expect(await asked(scheme(), { ...good, ...change })).toMatchObject({ outcome: AUTH_OUTCOME.signature });
    }
  });

  it('need a strong digest, and none where there is no body', async () => {
    const weak = signed({ request: { headers: ['Content-Digest', 'md5=:AAAA:'] } });
    expect(await asked(scheme(), weak)).toMatchObject({ outcome: AUTH_OUTCOME.signature });
    const bare = { method: 'GET', body: null, headers: [] };
    const get = signed({ covered: '"@method" "@target-uri"', request: bare });
    expect(await asked(scheme(), get)).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
    expect(await asked(scheme({ content_digest: 'required' }), get)).toMatchObject({ outcome: AUTH_OUTCOME.signature });
    const unseen = signed({ covered: '"@method" "@target-uri"', request: { ...bare, method: 'POST' } });
    expect(await asked(scheme(), unseen)).toMatchObject({ outcome: AUTH_OUTCOME.signature });
    const empty = signed({ covered: '"@method" "@target-uri"', request: { body: Buffer.alloc(0) } });
    expect(await asked(scheme(), empty)).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
  });

  it('count once: by their nonce, or by what they sign', async () => {
    const desk = scheme();
    expect(await asked(desk, signed())).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
    expect(await asked(desk, signed({ label: 'again' }))).toMatchObject({
      outcome: AUTH_OUTCOME.replayed,
      flags: FLAG.REPLAYED,
    });
    const withNonce = signed({ parameters: `${created};${key};nonce="n-1"` });
    expect(await asked(desk, withNonce)).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
    expect(await asked(desk, { ...withNonce, nowMs: NOW + 330_000 })).toMatchObject({ outcome: AUTH_OUTCOME.replayed });
    expect(await asked(scheme({ nonce: 'required' }), signed())).toMatchObject({ outcome: AUTH_OUTCOME.malformed });
  });

  it('are chosen by their tag, beside others that were added on the way', async () => {
    const own = signed({ parameters: `${created};${key};tag="app"`, label: 'own' });
    const [, input, , value] = own.headers.slice(-4);
    const headers = [
      ...own.headers.slice(0, -4),
      'Signature-Input',
      `proxy=("@method");created=1;keyid="p", ${input}`,
      'Signature',
      `proxy=:AAAA:, ${value}`,
    ];
    expect(await asked(scheme({ tag: 'app' }), { ...own, headers })).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
    expect(await asked(scheme(), { ...own, headers })).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
    expect(await asked(scheme({ tag: 'other' }), own)).toBeNull();
  });

  it.each([
    ['no signature', ['Signature-Input', 'sig=("@method");created=1;keyid="ed"'], AUTH_OUTCOME.malformed],
    ['garbage', ['Signature-Input', '\u0001;;((', 'Signature', '"'], AUTH_OUTCOME.malformed],
    ['an item for a list', ['Signature-Input', 'sig=1', 'Signature', 'sig=:AAAA:'], AUTH_OUTCOME.malformed],
    [
      'far too much',
      ['Signature-Input', `sig=("${'x'.repeat(17_000)}")`, 'Signature', 'sig=:AAAA:'],
      AUTH_OUTCOME.oversized,
    ],
  ])('with %s are refused', async (_, headers, outcome) => {
    expect(await asked(scheme(), presentedOf({ headers }))).toMatchObject({ outcome });
  });

  it('work with RSA and P-384, too', async () => {
    for (const [name, algorithm, make] of [
      ['rsa', 'rsa-v1_5-sha256', (text: Buffer) => sign('sha256', text, rsa.privateKey)],
      [
        'p384',
        'ecdsa-p384-sha384',
        (text: Buffer) => sign('sha384', text, { key: p384.privateKey, dsaEncoding: 'ieee-p1363' }),
      ],
    ] as const) {
      const verify = keyVerifier(algorithm, FILES.pem(name), name);
      const text = Buffer.from('text');
      expect([verify(text, make(text)), verify(Buffer.from('other'), make(text))]).toEqual([true, false]);
    }
  });

  it('take only keys that fit their algorithm', () => {
    const small = pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey);
    const secret = ed.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const [algorithm, pem] of [
      ['ed25519', FILES.pem('rsa')],
      ['ecdsa-p256-sha256', FILES.pem('p384')],
      ['rsa-pss-sha512', small],
      ['ed25519', secret],
      ['ed25519', 'nothing'],
    ] as const) {
      expect(() => keyVerifier(algorithm, pem, 'k')).toThrow(expect.objectContaining({ code: 'SP7602' }));
    }
  });
});
