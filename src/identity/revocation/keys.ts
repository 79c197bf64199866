/** Private keys that we sign with: each must be of the kind that its algorithm needs. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { SallyportError } from '../../lib/errors.ts';

export type SigningAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA';

const MIN_RSA_BITS = 2048;

const FITS: Readonly<Record<SigningAlgorithm, (key: KeyObject) => boolean>> = {
  RS256: isRsa,
  PS256: isRsa,
  ES256: (key) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
  EdDSA: (key) => key.asymmetricKeyType === 'ed25519',
};

function isRsa(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS;
}

/** A private key in PEM. SallyportError SP7602 where it is none, or not one for the algorithm. */
export function signingKey(pem: string, name: string, algorithm: SigningAlgorithm): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new SallyportError('SP7602', `"${name}" is not a private key in PEM`);
  }
  if (FITS[algorithm](key)) return key;
  throw new SallyportError('SP7602', `the key in "${name}" is not one for ${algorithm}`);
}

/** What others verify with: a JWK Set of the public half. */
export function publicJwks(key: KeyObject, kid: string, algorithm: SigningAlgorithm): { keys: object[] } {
  return { keys: [{ ...createPublicKey(key).export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' }] };
}
