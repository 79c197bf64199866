/** Files with keys: YAML or JSON, a list of entries or `keys:` with one. Read whole; a file that is wrong changes nothing. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { keyFile } from '../../config/identity.ts';
import { SallyportError } from '../../lib/errors.ts';
import type { KeyEntry } from './table.ts';

/** Largest file in bytes. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Entries of one file. SallyportError SP7510 where it cannot be read or is not a file of keys; it names no value. */
export function readKeyFile(path: string): readonly KeyEntry[] {
  let value: unknown;
  try {
    const bytes = readFileSync(path);
    if (bytes.length > MAX_FILE_BYTES) throw new Error(`it is larger than ${MAX_FILE_BYTES} bytes`);
    value = parse(bytes.toString('utf8'), { maxAliasCount: 0 });
  } catch (error) {
    // What a YAML reader says quotes lines, and those may hold hashes: only where it stopped is told.
    const { code, linePos, message } = error as { code?: string; linePos?: { line: number }[]; message: string };
    const where = linePos ? `line ${linePos[0].line} is not YAML` : (code ?? message);
    throw new SallyportError('SP7510', `${path}: ${where}`);
  }
  const checked = keyFile.safeParse(Array.isArray(value) ? { keys: value } : value);
  if (checked.success) return checked.data.keys;
  const [issue] = checked.error.issues;
  throw new SallyportError('SP7510', `${path}: ${issue.path.join('.')}: ${issue.message}`);
}
