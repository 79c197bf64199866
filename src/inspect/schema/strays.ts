/**
 * Requests that no document has, where a document lets nothing else in: 404 for a path, 405 for a method of a path that is
 * known with others (RFC 9110, 15.5.5 and 15.5.6). A closed document speaks for everything below its base path; where several
 * documents reach over a path, those with the longest base path do.
 */
import { MAX_PATH_BYTES, readTarget, Target } from '../../enrich/target.ts';
import type { Asked, InspectRefusal, Violation } from '../contract.ts';
import type { Modes, SchemaMode } from './modes.ts';
import { isBelow, type SchemaSet, UNKNOWN_METHOD, UNKNOWN_ROUTE } from './set.ts';

/** A document as far as it says what is let in. */
export interface Fence {
  readonly set: SchemaSet;
  readonly modes: Modes;
  /** It lets in nothing that is not declared. */
  readonly closed: boolean;
}

/** What a closed document says of a request that no document has. */
export interface Stray {
  readonly violation: Violation;
  /** Strictest of those who speak for it. */
  readonly mode: SchemaMode;
  /** In mode `enforce`. */
  readonly refusal: InspectRefusal | null;
}

const NO_PATH: InspectRefusal = {
  status: 404,
  code: 'SP7908',
  title: 'There is nothing at this path',
  detail: '',
  violations: [],
};

/** Forms in which servers disagree about where a path leads: encoded slashes and percent signs, backslashes, dot segments. */
const AMBIGUOUS = /%2f|%5c|%25|\\|\/(?:\.|%2e){1,2}(?=[/;]|$)/i;

export class Strays {
  private readonly fences: readonly Fence[];
  private readonly target = new Target();
  private readonly scratch = Buffer.alloc(MAX_PATH_BYTES);

  constructor(fences: readonly Fence[]) {
    this.fences = fences;
  }

  /** What is to be made of a request that has no operation; null where no closed document speaks for it. */
  of(asked: Asked, path: string): Stray | null {
    // `OPTIONS *` is about the server.
    if (path.charCodeAt(0) !== SLASH) return null;
    const method = asked.method === 'HEAD' ? 'GET' : asked.method;
    const knowing = this.fences.filter(({ set }) => set.methods(path).size > 0);
    if (knowing.length > 0) return this.otherMethod(method, path, knowing);
    const mode = strictest(
      this.nearest(path).flatMap((fence) => (fence.closed ? this.modeOf(fence, method, path) : [])),
    );
    return mode === null ? null : { violation: UNKNOWN_ROUTE, mode, refusal: mode === 'enforce' ? NO_PATH : null };
  }

  private otherMethod(method: string, path: string, knowing: readonly Fence[]): Stray | null {
    // Browsers ask this before anything else, and documents hardly ever name it.
    if (method === 'OPTIONS') return null;
    const mode = strictest(knowing.flatMap((fence) => (fence.closed ? this.modeOf(fence, method, path) : [])));
    if (mode === null) return null;
    const allowed = new Set(['OPTIONS', ...knowing.flatMap(({ set }) => [...set.methods(path)])]);
    if (allowed.has('GET')) allowed.add('HEAD');
    // No request with it comes this far.
    allowed.delete('TRACE');
    return { violation: UNKNOWN_METHOD, mode, refusal: mode === 'enforce' ? notAllowed([...allowed].sort()) : null };
  }

  /** Documents with the longest base path above a path. */
  private nearest(path: string): readonly Fence[] {
    let longest = -1;
    let found: Fence[] = [];
    // As it was written, and as servers may read it: neither form is a way around.
    const forms = [path.toLowerCase(), this.readAs(path).toLowerCase()];
    for (const fence of this.fences) {
      const above = fence.set.bases.filter((base) => forms.some((form) => isBelow(form, base.toLowerCase())));
      const length = Math.max(-1, ...above.map((base) => base.length));
      if (length > longest) found = [];
      longest = Math.max(longest, length);
      if (length >= 0 && length === longest) found.push(fence);
    }
    return found;
  }

  private modeOf({ modes }: Fence, method: string, path: string): SchemaMode {
    // A route of the document may let more in; what leads elsewhere on another server must not come in by it.
    if (AMBIGUOUS.test(path)) return modes.own;
    this.read(path);
    const { target } = this;
    return modes.at(method, target.path, target.pathStart, target.pathEnd);
  }

  private readAs(path: string): string {
    this.read(path);
    const { path: bytes, pathStart, pathEnd } = this.target;
    return Buffer.from(bytes.buffer, bytes.byteOffset + pathStart, pathEnd - pathStart).toString('utf8');
  }

  private read(path: string): void {
    readTarget(this.scratch, 0, this.scratch.write(path, 0, 'latin1'), 0, this.target);
  }
}

const SLASH = 0x2f;

const notAllowed = (methods: readonly string[]): InspectRefusal => ({
  status: 405,
  code: 'SP7909',
  title: 'The method is not allowed here',
  detail: '"Allow" names those that are.',
  violations: [],
  headers: ['allow', methods.join(', ')],
});

const STRICTNESS: readonly SchemaMode[] = ['enforce', 'report', 'learn'];

const strictest = (modes: readonly SchemaMode[]): SchemaMode | null =>
  STRICTNESS.find((mode) => modes.includes(mode)) ?? null;
