/** Content-Digest (RFC 9530): does the body fit what the header says of it? */
import { hash, timingSafeEqual } from 'node:crypto';
import { parseDictionary } from './structured.ts';

const HASHES: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' };

/**
 * `fits`: every digest of a strong algorithm that is there fits the body, and there is one. `differs`: one does not.
 * `weak`: there is none of sha-256 and sha-512 (MD5, SHA-1 and checksums do not count). `broken`: it cannot be read.
 */
export function contentDigest(header: string, body: Uint8Array): 'fits' | 'differs' | 'weak' | 'broken' {
  const members = parseDictionary(header);
  if (members === null) return 'broken';
  let strong = false;
  for (const [name, member] of members) {
    if (!Object.hasOwn(HASHES, name)) continue;
    if (!('bare' in member) || member.bare.kind !== 'bytes') return 'broken';
    const digest = hash(HASHES[name], body, 'buffer');
    const given = member.bare.value;
    if (given.length !== digest.length || !timingSafeEqual(given, digest)) return 'differs';
    strong = true;
  }
  return strong ? 'fits' : 'weak';
}
