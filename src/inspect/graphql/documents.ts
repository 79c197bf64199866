/** Documents that requests name by a hash: trusted ones of a list, and those learned as automatic persisted queries are. */
import { createHash } from 'node:crypto';
import { SallyportError } from '../../lib/errors.ts';

/** Characters of all documents learned from requests. */
const MAX_LEARNED_CHARS = 16 * 1024 * 1024;

/** SHA-256 of a document's text in hexadecimal. */
export function documentHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Reads a list of trusted documents: an object from hash or id to text, or a manifest whose `operations` have `id` and `body`
 * (as the tools of Apollo write it). Gives id → text, with the SHA-256 of each text as a further id. Throws SP8004.
 */
export function readTrusted(json: string): ReadonlyMap<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new SallyportError('SP8004', (error as Error).message);
  }
  const trusted = new Map<string, string>();
  for (const [id, text] of entriesOf(value)) {
    if (typeof id !== 'string' || typeof text !== 'string')
      throw new SallyportError('SP8004', 'an operation has no text, or no id');
    trusted.set(id, text);
    trusted.set(documentHash(text), text);
  }
  return trusted;
}

function entriesOf(value: unknown): [unknown, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SallyportError('SP8004', 'the list is not an object');
  const { operations } = value as { operations?: unknown };
  if (!Array.isArray(operations)) return Object.entries(value);
  return operations.map((each) => {
    const { id, body } = (each ?? {}) as { id?: unknown; body?: unknown };
    return [id, body];
  });
}

/** Documents learned from requests. The one that was not asked for the longest goes first. */
export class Learned {
  private readonly byHash = new Map<string, string>();
  private readonly max: number;
  private chars = 0;

  constructor(max: number) {
    this.max = max;
  }

  get(hash: string): string | undefined {
    const text = this.byHash.get(hash);
    if (text !== undefined) {
      this.byHash.delete(hash);
      this.byHash.set(hash, text);
    }
    return text;
  }

  add(hash: string, text: string): void {
    if (this.get(hash) !== undefined) return;
    this.byHash.set(hash, text);
    this.chars += text.length;
    for (const [oldest, its] of this.byHash) {
      if (this.byHash.size <= this.max && this.chars <= MAX_LEARNED_CHARS) return;
      this.byHash.delete(oldest);
      this.chars -= its.length;
    }
  }

  get size(): number {
    return this.byHash.size;
  }
}
