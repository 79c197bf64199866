/** The algorithms of HTTP message signatures (RFC 9421, 3.3), each for the one kind of key that it is made for. */
import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { MessageAlgorithm } from '../../../config/signing.ts';
import { SallyportError } from '../../../lib/errors.ts';
import { equalsAny, mac } from '../parts.ts';

/** Least length of an RSA key in bits. */
const MIN_RSA_BITS = 2048;
/** Length of the salt of rsa-pss-sha512 in bytes (RFC 9421, 3.3.1). */
const PSS_SALT = 64;

/** Is `signature` one over `text`? */
export type Verifier = (text: Buffer, signature: Buffer) => boolean;

/** A verifier with a shared secret, for hmac-sha256. */
export function secretVerifier(secret: Buffer): Verifier {
  return (text, signature) => equalsAny(signature, [mac('sha256', secret, text)]);
}

/** A verifier with a public key in PEM. SallyportError SP7602 where the key is not of the algorithm's kind. */
export function keyVerifier(algorithm: Exclude<MessageAlgorithm, 'hmac-sha256'>, pem: string, id: string): Verifier {
  const key = publicKey(pem, id);
  if (!FITS[algorithm](key)) {
    throw new SallyportError('SP7602', `the key "${id}" is not one for ${algorithm}`);
  }
  return (text, signature) => {
    switch (algorithm) {
      case 'rsa-pss-sha512':
        return verify(
          'sha512',
          text,
          { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: PSS_SALT },
          signature,
        );
      case 'rsa-v1_5-sha256':
        return verify('sha256', text, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
      case 'ecdsa-p256-sha256':
        return verify('sha256', text, { key, dsaEncoding: 'ieee-p1363' }, signature);
      case 'ecdsa-p384-sha384':
        return verify('sha384', text, { key, dsaEncoding: 'ieee-p1363' }, signature);
      case 'ed25519':
        return verify(null, text, key, signature);
    }
  };
}

function publicKey(pem: string, id: string): KeyObject {
  if (/PRIVATE KEY/.test(pem)) {
    throw new SallyportError('SP7602', `the key "${id}" is a private one: only its public half belongs here`);
  }
  try {
    return createPublicKey(pem);
  } catch {
    throw new SallyportError('SP7602', `the key "${id}" is not a public key in PEM`);
  }
}

const isRsa = (key: KeyObject, types: readonly string[]) =>
  types.includes(key.asymmetricKeyType ?? '') && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS;
const isCurve = (key: KeyObject, curve: string) =>
  key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === curve;

const FITS: Readonly<Record<Exclude<MessageAlgorithm, 'hmac-sha256'>, (key: KeyObject) => boolean>> = {
  'rsa-pss-sha512': (key) => isRsa(key, ['rsa', 'rsa-pss']),
  'rsa-v1_5-sha256': (key) => isRsa(key, ['rsa']),
  'ecdsa-p256-sha256': (key) => isCurve(key, 'prime256v1'),
  'ecdsa-p384-sha384': (key) => isCurve(key, 'secp384r1'),
  ed25519: (key) => key.asymmetricKeyType === 'ed25519',
};
