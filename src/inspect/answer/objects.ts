/** How many objects an answer gives away: by the path of its route, or by the containers that are usual. */
import { compilePath } from '../fields/path.ts';
import { type Pattern, Patterns } from './patterns.ts';
import { JsonWalk } from './walk.ts';

/** Containers whose elements are what the answer is about, whatever else stands beside them. */
const NAMED = [
  ...['$[*]', '$.data[*]', '$.items[*]', '$.results[*]', '$.records[*]', '$.content[*]', '$.rows[*]', '$.entries[*]'],
  ...['$.list[*]', '$.value[*]', '$.docs[*]', '$.elements[*]', '$.edges[*]', '$.nodes[*]', '$.hits.hits[*]'],
  ...['$._embedded.*[*]', '$.response.docs[*]', '$.data.*.edges[*]', '$.data.*.nodes[*]', '$.data.*.*.edges[*]'],
  '$.data.*.*.nodes[*]',
] as const;
/** Lists of objects under any name count where the answer is not itself one object with an id. */
const LISTS = [
  { list: '$.*[*]', id: '$.id' },
  { list: '$.data.*[*]', id: '$.data.id' },
] as const;

const pattern = (expression: string, what: Pattern['what']): Pattern => ({
  steps: compilePath(expression).steps ?? [],
  what,
  elements: expression.endsWith('[*]'),
});

const USUAL: readonly Pattern[] = [
  ...NAMED.map((each) => pattern(each, 'count')),
  ...LISTS.flatMap(({ list, id }) => [pattern(list, 'objects'), pattern(id, 'count')]),
  pattern('$.*', 'count'),
];

/** Counts what a body of one kind holds, piece by piece. */
export interface ObjectCounter {
  take(bytes: Uint8Array): void;
  /** Objects so far; −1 where the body is of no kind that can be counted. */
  count(): number;
  /** Text at the further paths, in their order. */
  picked(): readonly (string | undefined)[];
  /** Gives it back, once; it may then count for another answer. */
  release(): void;
}

/** Counters kept for the next answers. */
const MAX_FREE = 64;

/** What a route wants to know of JSON bodies: made once. */
export class CounterPlan {
  private readonly patterns: Patterns;
  private readonly explicit: boolean;
  private readonly picks: number;
  private readonly free: JsonCounter[] = [];

  /** `objects`: path of what counts, null for the usual ones. `picks`: paths whose first value is wanted as text. */
  constructor(objects: Pattern['steps'] | null, picks: readonly Pattern['steps'][]) {
    this.explicit = objects !== null;
    this.picks = picks.length;
    const counted: readonly Pattern[] = objects === null ? USUAL : [{ steps: objects, what: 'count' }];
    this.patterns = new Patterns([...counted, ...picks.map((steps) => ({ steps, what: 'pick' }) as const)]);
  }

  begin(): ObjectCounter {
    const counter = this.free.pop();
    if (counter === undefined)
      return new JsonCounter(new JsonWalk(this.patterns), this.explicit, this.picks, this.free);
    counter.isFree = false;
    return counter;
  }
}

class JsonCounter implements ObjectCounter {
  private readonly walk: JsonWalk;
  private readonly explicit: boolean;
  private readonly picks: number;
  private readonly free: JsonCounter[];
  isFree = false;

  constructor(walk: JsonWalk, explicit: boolean, picks: number, free: JsonCounter[]) {
    this.free = free;
    this.walk = walk;
    this.explicit = explicit;
    this.picks = picks;
  }

  take(bytes: Uint8Array): void {
    this.walk.take(bytes);
  }

  count(): number {
    const { counts, broken } = this.walk;
    if (this.explicit) return broken && counts[0] === 0 ? -1 : counts[0];
    let named = 0;
    for (let i = 0; i < NAMED.length; i++) if (counts[i] > named) named = counts[i];
    if (named > 0) return named;
    for (let i = 0; i < LISTS.length; i++) {
      const list = counts[NAMED.length + 2 * i];
      if (list > 0 && counts[NAMED.length + 2 * i + 1] === 0) return list;
    }
    if (broken) return -1;
    // One object that is not empty, or an empty list.
    return counts[NAMED.length + 2 * LISTS.length] > 0 ? 1 : 0;
  }

  picked(): readonly (string | undefined)[] {
    this.walk.finish();
    return this.picks === 0 ? [] : this.walk.picked.slice(-this.picks);
  }

  release(): void {
    if (this.isFree || this.free.length >= MAX_FREE) return;
    this.walk.reset();
    this.isFree = true;
    this.free.push(this);
  }
}

/** Lines of text, for formats with a record a line. */
export class LineCounter implements ObjectCounter {
  private readonly header: number;
  private lines = 0;
  private open = false;

  /** `header`: lines at the top that are no record. */
  constructor(header: number) {
    this.header = header;
  }

  take(bytes: Uint8Array): void {
    for (let i = bytes.indexOf(0x0a); i >= 0; i = bytes.indexOf(0x0a, i + 1)) this.lines++;
    if (bytes.length > 0) this.open = bytes[bytes.length - 1] !== 0x0a;
  }

  count(): number {
    return Math.max(0, this.lines + (this.open ? 1 : 0) - this.header);
  }

  release(): void {}

  picked(): readonly undefined[] {
    return [];
  }
}
