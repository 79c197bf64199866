/**
 * The two secrets of a ledger, each in a file that only its owner can read: the key that signs heads and the master key
 * under which the keys of subjects are wrapped.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SallyportError } from '../../lib/errors.ts';

export const SIGNING_KEY_FILE = 'ledger-key.pem';
export const PUBLIC_KEY_FILE = 'ledger-key.pub.pem';
export const MASTER_KEY_FILE = 'ledger-master.key';

const MASTER_BYTES = 32;

export interface SigningKey {
  /** First 16 hex digits of the SHA-256 of the public key's SPKI DER. */
  readonly id: string;
  readonly privateKey: KeyObject;
  /** SPKI DER. */
  readonly publicKey: Buffer;
}

/** The id of a public key in SPKI DER. */
export const keyIdOf = (spki: Uint8Array): string => createHash('sha256').update(spki).digest('hex').slice(0, 16);

const signingKeyOf = (privateKey: KeyObject): SigningKey => {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return { id: keyIdOf(publicKey), privateKey, publicKey };
};

/** A new Ed25519 key (RFC 8032). */
export const newSigningKey = (): SigningKey => signingKeyOf(generateKeyPairSync('ed25519').privateKey);

/** Reads the signing key, or makes one where there is none. SallyportError SP4111. */
export function signingKeyIn(dir: string): SigningKey {
  const path = join(dir, SIGNING_KEY_FILE);
  const text = readSecret(path, 'SP4111');
  if (text === null) {
    const made = newSigningKey();
    writeNew(path, made.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, 0o600);
    writePublic(dir, made);
    return made;
  }
  try {
    const privateKey = createPrivateKey(text);
    if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error(`it is ${privateKey.asymmetricKeyType}`);
    return signingKeyOf(privateKey);
  } catch (error) {
    throw new SallyportError('SP4111', `${path} holds no Ed25519 private key`, { cause: error });
  }
}

function writePublic(dir: string, key: SigningKey): void {
  const pem = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' }) as string;
  try {
    writeNew(join(dir, PUBLIC_KEY_FILE), pem, 0o644);
  } catch {
    // One of an older key lies there. The entry that opens the ledger carries the key, so nothing depends on this file.
  }
}

/** The public key in a PEM file, SPKI DER. SallyportError SP4111. */
export function publicKeyIn(path: string): Buffer {
  try {
    const key = createPublicKey(readFileSync(path));
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is ${key.asymmetricKeyType}`);
    return key.export({ type: 'spki', format: 'der' });
  } catch (error) {
    throw new SallyportError('SP4111', `${path} holds no Ed25519 public key`, { cause: error });
  }
}

/** The master key, split into one key for each use (HKDF, RFC 5869). */
export interface MasterKey {
  /** Tells master keys apart without telling them. */
  readonly id: string;
  readonly index: Buffer;
  readonly wrap: Buffer;
}

/** The keys that follow from the secret of a master key. */
export function masterKeyOf(secret: Uint8Array): MasterKey {
  const derive = (use: string) =>
    Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), `sallyport ledger ${use}`, 32));
  return { id: derive('id').subarray(0, 8).toString('hex'), index: derive('index'), wrap: derive('wrap') };
}

export const newMasterKey = (): MasterKey => masterKeyOf(randomBytes(MASTER_BYTES));

/**
 * Reads the master key. Where there is none it is made, unless `mustExist`: then subjects were sealed with one that is
 * missing, and a new one would make all of them unreadable without a word. SallyportError SP4107.
 */
export function masterKeyIn(dir: string, mustExist: boolean): MasterKey {
  const path = join(dir, MASTER_KEY_FILE);
  const text = readSecret(path, 'SP4107');
  if (text !== null) return masterKeyOf(parseMaster(text, path));
  if (mustExist) throw new SallyportError('SP4107', `${path} is missing, and this ledger has personal fields`);
  const secret = randomBytes(MASTER_BYTES);
  writeNew(path, `${secret.toString('base64')}\n`, 0o600);
  return masterKeyOf(secret);
}

/** The master key for reading; null where it is missing or may not be read: personal fields then stay locked. */
export function masterKeyForReading(dir: string): MasterKey | null {
  try {
    const path = join(dir, MASTER_KEY_FILE);
    const text = readSecret(path, 'SP4107');
    return text === null ? null : masterKeyOf(parseMaster(text, path));
  } catch {
    return null;
  }
}

function parseMaster(text: string, path: string): Buffer {
  const secret = Buffer.from(text.trim(), 'base64');
  if (secret.length !== MASTER_BYTES) {
    throw new SallyportError('SP4107', `${path} must hold ${MASTER_BYTES} bytes in base64`);
  }
  return secret;
}

/** The text of a secret; null where the file is missing. What others can read is closed to them. */
function readSecret(path: string, code: 'SP4107' | 'SP4111'): string | null {
  try {
    const text = readFileSync(path, 'utf8');
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) closeToOthers(path);
    return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new SallyportError(code, `${path}: ${(error as NodeJS.ErrnoException).code ?? error}`, { cause: error });
  }
}

function closeToOthers(path: string): void {
  try {
    chmodSync(path, 0o600);
  } catch {
    // It belongs to somebody else, such as a mounted secret: then its mode is their decision.
  }
}

/** A file that was not there before, on the disk when this returns: a key that is lost in a crash seals nothing twice. */
function writeNew(path: string, text: string, mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
