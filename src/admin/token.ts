/** The one secret of the admin listener: where it lies, how it is made, how it is compared. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { SallyportError } from '../lib/errors.ts';

/** Random bytes of a token: nobody guesses 256 bits, whatever the limits on tries. */
const TOKEN_BYTES = 32;
/** Shorter ones are somebody's own password, and weak. In characters. */
const LEAST_CHARACTERS = 32;
const MOST_CHARACTERS = 512;

/** The token in a file. SallyportError SP7024 where it is none, or cannot be read. */
export function readToken(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new SallyportError('SP7024', `${path}: ${(error as NodeJS.ErrnoException).code ?? error}`, { cause: error });
  }
  // Only what can stand in a header: RFC 9110 field values are visible characters.
  if (!/^[\x21-\x7e]+$/.test(text) || text.length < LEAST_CHARACTERS || text.length > MOST_CHARACTERS) {
    throw new SallyportError('SP7024', `${path} does not hold a token`);
  }
  return text;
}

/** The token in a file, which is made with mode 0600 where there is none. SallyportError SP7024. */
export function ensureToken(path: string): string {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Exclusive: of two processes that start at once one makes it, the other reads it.
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, `${token}\n`);
    fsyncSync(file);
    closeSync(file);
    return token;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return readToken(path);
    throw new SallyportError('SP7024', `${path}: ${code ?? error}`, { cause: error });
  }
}

/** The link that signs a browser in. The token stands in the fragment: no request and no log carries it. */
export const loginLink = (url: string, token: string): string =>
  `${url.replace(/\/$/, '')}/#token=${encodeURIComponent(token)}`;

/** Whether two texts are equal, in a time that depends on neither. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Where the token lies: named, or in the data directory; both are relative to the configuration file, or to `cwd`. */
export function tokenPath(loaded: Pick<LoadedConfig, 'config' | 'file'>, cwd: string): string {
  const base = loaded.file === null ? cwd : dirname(loaded.file);
  const { admin, records } = loaded.config;
  return admin.token_file === undefined
    ? resolve(base, records.data_dir, 'admin.token')
    : resolve(base, admin.token_file);
}
