/** Signed requests and webhooks in the identity matrix. */
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FLAG } from '../../enrich/facts.ts';
import type { Desk, Presented } from '../contract.ts';
import { COMES_TO, deskFrom, type MatrixRow, NOW, NOW_SEC, noCell, request, revokedUntil } from '../testing.ts';

const env = { SIGNING: 'shared-secret-of-acme' };
const BODY = Buffer.from('{"amount":5}');
const HOME = { networks: ['192.0.2.0/24'] };
const AWAY = '198.51.100.9';
const secrets = [{ env: 'SIGNING' }];
const hmac = (text: string | Buffer, hash = 'sha256') => createHmac(hash, env.SIGNING).update(text);

const deskOf = (identity: object, baseDir = '.'): Desk => deskFrom(identity, { baseDir, env });
const post = (headers: readonly string[], over: Partial<Presented> = {}) =>
  request(headers, { method: 'POST', body: BODY, ...over });

const { valid, expired, audience, algorithm, forged, replayed, bound, oversized, garbage } = COMES_TO;
const revoked = revokedUntil(0);

/** A request of the default HMAC style. */
function hmacSigned(nonce: string, atSec = NOW_SEC, over: Partial<Presented> = {}, hash = 'sha256'): Presented {
  const plain = post([]);
  const digest = createHash('sha256').update(BODY).digest('hex');
  const text = [plain.method, plain.host, plain.target, String(atSec), nonce, digest].join('\n');
  const signature = hmac(text, hash).digest('hex');
  const names = ['X-Key-Id', 'acme-1', 'X-Timestamp', String(atSec), 'X-Nonce', nonce, 'X-Signature', signature];
  return post(names, over);
}

const HMAC: MatrixRow = {
  scheme: 'HMAC-signed request',
  async make() {
    const keys = [{ id: 'acme-1', secrets, principal: 'acme', ...HOME }];
    return {
      desk: deskOf({ signatures: { hmac: [{ name: 'partners', keys }] } }),
      cells: {
        valid: { requests: [hmacSigned('n1')], ...valid },
        expired: { requests: [hmacSigned('n1', NOW_SEC - 301)], ...expired },
        audience: { requests: [hmacSigned('n1', NOW_SEC, { host: 'other.example' })], ...forged },
        algorithm: { requests: [hmacSigned('n1', NOW_SEC, {}, 'sha1')], ...forged },
        replayed: { requests: [hmacSigned('n1'), hmacSigned('n1')], ...replayed },
        revoked: { requests: [hmacSigned('n1'), hmacSigned('n2')], ...revoked },
        'bound elsewhere': { requests: [hmacSigned('n1', NOW_SEC, { address: AWAY })], ...bound },
        oversized: { requests: [hmacSigned('n'.repeat(300))], ...oversized },
        garbage: { requests: [post(['X-Key-Id', '\u00e9', 'X-Signature', '??'])], ...garbage },
      },
    };
  },
};

interface Times {
  readonly created?: number;
  readonly nonce: string;
  readonly more?: string;
}

const MESSAGE: MatrixRow = {
  scheme: 'HTTP message signature',
  async make() {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-matrix-'));
    writeFileSync(join(folder, 'acme.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
    const signed = ({ created = NOW_SEC, nonce, more = '' }: Times, over: Partial<Presented> = {}): Presented => {
      const plain = post([]);
      const digest = `sha-256=:${createHash('sha256').update(BODY).digest('base64')}:`;
      const parameters = `("@method" "@target-uri" "content-digest");created=${created};keyid="acme-1";nonce="${nonce}"${more}`;
      const base = [
        '"@method": POST',
        `"@target-uri": https://${plain.host}${plain.target}`,
        `"content-digest": ${digest}`,
        `"@signature-params": ${parameters}`,
      ].join('\n');
      const signature = sign(null, Buffer.from(base), privateKey).toString('base64');
      const headers = ['Content-Digest', digest, 'Signature-Input', `s=${parameters}`, 'Signature', `s=:${signature}:`];
      return post(headers, over);
    };
    const keys = [{ id: 'acme-1', algorithm: 'ed25519', public_key: 'acme.pem', principal: 'acme', ...HOME }];
    return {
      desk: deskOf({ signatures: { messages: [{ name: 'partners', keys }] } }, folder),
      cells: {
        valid: { requests: [signed({ nonce: 'a' })], ...valid },
        expired: { requests: [signed({ nonce: 'a', created: NOW_SEC - 331 })], ...expired },
        audience: { requests: [signed({ nonce: 'a' }, { host: 'other.example' })], ...forged },
        algorithm: { requests: [signed({ nonce: 'a', more: ';alg="hmac-sha256"' })], ...algorithm },
        replayed: { requests: [signed({ nonce: 'a' }), signed({ nonce: 'a' })], ...replayed },
        revoked: { requests: [signed({ nonce: 'a' }), signed({ nonce: 'b' })], ...revoked },
        'bound elsewhere': { requests: [signed({ nonce: 'a' }, { address: AWAY })], ...bound },
        oversized: { requests: [signed({ nonce: 'a'.repeat(300) })], ...oversized },
        garbage: { requests: [post(['Signature-Input', '((', 'Signature', '::'])], ...garbage },
      },
    };
  },
};

const hookOf = (provider: string) => ({ webhooks: [{ name: 'shop', path: '/orders', provider, secrets }] });

const STRIPE: MatrixRow = {
  scheme: 'webhook with a time',
  async make() {
    const sent = (atSec = NOW_SEC, hash = 'sha256', body = BODY) => {
      const signature = hmac(Buffer.concat([Buffer.from(`${atSec}.`), body]), hash).digest('hex');
      return post(['Stripe-Signature', `t=${atSec},v1=${signature}`], { body });
    };
    return {
      desk: deskOf(hookOf('stripe')),
      cells: {
        valid: { requests: [sent()], ...valid },
        expired: { requests: [sent(NOW_SEC - 301)], ...expired },
        audience: noCell('providers sign no receiver: each receiver has a secret of its own instead'),
        algorithm: { requests: [sent(NOW_SEC, 'sha1')], ...forged },
        replayed: { requests: [sent(), sent()], ...replayed },
        revoked: { requests: [sent(), sent(NOW_SEC + 1)], ...revoked },
        'bound elsewhere': noCell('providers send from many addresses, and with no certificate of theirs'),
        oversized: { requests: [post(['Stripe-Signature', `t=${NOW_SEC},v1=${'a'.repeat(5000)}`])], ...oversized },
        garbage: { requests: [post(['Stripe-Signature', 't=,v1'])], ...garbage },
      },
    };
  },
};

const GITHUB: MatrixRow = {
  scheme: 'webhook without a time',
  async make() {
    const sent = (hash = 'sha256') => post(['X-Hub-Signature-256', `sha256=${hmac(BODY, hash).digest('hex')}`]);
    return {
      desk: deskOf(hookOf('github')),
      cells: {
        valid: { requests: [sent()], ...valid },
        expired: noCell('the provider signs no time, so that a signature does not grow old'),
        audience: noCell('providers sign no receiver: each receiver has a secret of its own instead'),
        algorithm: { requests: [sent('sha1')], ...forged },
        // The provider's own retries look the same, so it passes and says so; repeats: refuse is stricter.
        replayed: { requests: [sent(), sent()], ...valid, flags: FLAG.REPLAYED },
        revoked: { requests: [sent(), sent()], ...revoked },
        'bound elsewhere': noCell('providers send from many addresses, and with no certificate of theirs'),
        oversized: { requests: [post(['X-Hub-Signature-256', 'a'.repeat(5000)])], ...oversized },
        garbage: { requests: [post(['X-Hub-Signature-256', 'sha256=zz'])], ...garbage },
      },
    };
  },
};

/** AWS Signature Version 4 over the default request. */
function awsSigned(over: Partial<Presented> = {}, atMs = NOW, scope = 'eu-1/orders'): Presented {
  const time = new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const date = time.slice(0, 8);
  const digest = createHash('sha256').update(BODY).digest('hex');
  const canonical = `POST\n/orders\npage=1\nhost:api.example\nx-amz-date:${time}\n\nhost;x-amz-date\n${digest}`;
  const hashed = createHash('sha256').update(canonical).digest('hex');
  const chain = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const [region, service] = scope.split('/');
  const key = chain(chain(chain(chain(`AWS4${env.SIGNING}`, date), region), service), 'aws4_request');
  const text = `AWS4-HMAC-SHA256\n${time}\n${date}/${scope}/aws4_request\n${hashed}`;
  const signature = chain(key, text).toString('hex');
  const credential = `Credential=acme-1/${date}/${scope}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host;x-amz-date, Signature=${signature}`;
  return post(['X-Amz-Date', time, 'Authorization', authorization], over);
}

const AWS: MatrixRow = {
  scheme: 'AWS Signature Version 4',
  async make() {
    const keys = [{ id: 'acme-1', secrets, principal: 'acme', ...HOME }];
    const style = { name: 'aws', style: 'aws_sigv4', region: 'eu-1', service: 'orders' };
    const authorization = (text: string) => post(['X-Amz-Date', '20260115T120000Z', 'Authorization', text]);
    return {
      desk: deskOf({ signatures: { hmac: [{ ...style, keys }] } }),
      cells: {
        valid: { requests: [awsSigned()], ...valid },
        expired: { requests: [awsSigned({}, NOW - 301_000)], ...expired },
        audience: { requests: [awsSigned({}, NOW, 'eu-1/other')], ...audience },
        algorithm: noCell('the algorithm is part of the name of the scheme: another name is another scheme'),
        replayed: { requests: [awsSigned(), awsSigned()], ...replayed },
        revoked: { requests: [awsSigned(), awsSigned({}, NOW + 1000)], ...revoked },
        'bound elsewhere': { requests: [awsSigned({ address: AWAY })], ...bound },
        oversized: { requests: [authorization(`AWS4-HMAC-SHA256 Credential=${'a'.repeat(5000)}`)], ...oversized },
        garbage: { requests: [authorization('AWS4-HMAC-SHA256 nothing')], ...garbage },
      },
    };
  },
};

export const ROWS: readonly MatrixRow[] = [HMAC, AWS, MESSAGE, STRIPE, GITHUB];
