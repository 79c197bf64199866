/**
 * Signed heads. A hash chain alone does not stop its owner: whoever holds the file can write all of it anew. A head that
 * was signed and carried elsewhere pins everything before it.
 */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { canonical } from './canonical.ts';
import type { SigningKey } from './keys.ts';
import type { Head, SignedHead } from './port.ts';

export const HEADS_FILE = 'ledger-heads.jsonl';

/** Names what is signed, so that no signature made for something else counts here. */
const FORMAT = 'sallyport-ledger-head-1';
/** How far back a torn last line can reach. */
const MAX_LINE_BYTES = 4096;

const signedText = ({ ledger, seq, hash, time_ms, key }: Omit<SignedHead, 'signature'>): Buffer =>
  Buffer.from(canonical({ format: FORMAT, ledger, seq, hash, time_ms, key }), 'utf8');

/** Signs a head (Ed25519, RFC 8032). */
export function signHead(signer: SigningKey, ledger: string, head: Head, timeMs: number): SignedHead {
  const unsigned = { ledger, seq: head.seq, hash: head.hash, time_ms: timeMs, key: signer.id };
  return { ...unsigned, signature: sign(null, signedText(unsigned), signer.privateKey).toString('base64') };
}

/** Public keys by id, made once: making one costs more than a verification. */
export class HeadVerifier {
  private readonly keys = new Map<string, KeyObject | null>();

  /** `spki` is the DER of a public key; what is no Ed25519 key verifies nothing. */
  add(id: string, spki: Uint8Array): void {
    let key: KeyObject | null = null;
    try {
      key = createPublicKey({ key: Buffer.from(spki), type: 'spki', format: 'der' });
    } catch {
      // Stays null: its signatures are forged as far as anybody can tell.
    }
    this.keys.set(id, key?.asymmetricKeyType === 'ed25519' ? key : null);
  }

  check(head: SignedHead): 'good' | 'forged' | 'unknown-key' {
    const key = this.keys.get(head.key);
    if (key === undefined) return 'unknown-key';
    return key !== null && verify(null, signedText(head), key, Buffer.from(head.signature, 'base64'))
      ? 'good'
      : 'forged';
  }
}

/** A head as one line of an export file. */
export const headLine = (head: SignedHead): string => `${canonical({ ...head })}\n`;

/** The heads of an export file, and the numbers of the lines that are none. */
export function parseHeads(text: string): { heads: SignedHead[]; badLines: number[] } {
  const heads: SignedHead[] = [];
  const badLines: number[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const head = parseHead(line);
    if (head) heads.push(head);
    else badLines.push(i + 1);
  }
  return { heads, badLines };
}

function parseHead(line: string): SignedHead | null {
  try {
    const head = JSON.parse(line) as SignedHead;
    const sound =
      Number.isSafeInteger(head.seq) &&
      head.seq > 0 &&
      Number.isSafeInteger(head.time_ms) &&
      [head.ledger, head.hash, head.key, head.signature].every((text) => typeof text === 'string');
    return sound ? head : null;
  } catch {
    return null;
  }
}

/**
 * Appends to the export file. It is opened by name each time, so that it may be moved away at any moment. A last line that
 * a crash tore is cut off first. Rejects with what the file system says.
 */
export async function appendHead(path: string, head: SignedHead): Promise<void> {
  const file = await open(path, 'a+', 0o644);
  try {
    await cutTornLine(file);
    await file.appendFile(headLine(head));
    await file.sync();
  } finally {
    await file.close();
  }
}

async function cutTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  const tail = Buffer.alloc(Math.min(size, MAX_LINE_BYTES));
  await file.read(tail, 0, tail.length, size - tail.length);
  if (tail.length === 0 || tail[tail.length - 1] === 0x0a) return;
  await file.truncate(size - tail.length + tail.lastIndexOf(0x0a) + 1);
}
