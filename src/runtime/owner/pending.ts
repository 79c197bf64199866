/** Calls that wait for their answer: a ring of fixed size, addressed by the id that an answer carries. */

/** Ids tried for a free place before there is said to be none: one slow call must not stop the others. */
const TRIES = 8;

export class Pending<T> {
  count = 0;
  private readonly resolvers: (((value: T) => void) | null)[];
  private readonly rejecters: (((error: Error) => void) | null)[];
  private readonly ids: Uint32Array;
  private readonly mask: number;
  private nextId = 1;

  /** Room for `size` calls, rounded up to a power of two. */
  constructor(size: number) {
    let places = 1;
    while (places < size) places *= 2;
    this.mask = places - 1;
    this.resolvers = new Array(places).fill(null);
    this.rejecters = new Array(places).fill(null);
    this.ids = new Uint32Array(places);
  }

  /** An id for a call that is about to be made, which `wait` then takes; 0 where there is no room. */
  id(): number {
    for (let i = 0; i < TRIES; i++) {
      const id = this.nextId;
      this.nextId = id === 0xffffffff ? 1 : id + 1;
      if (this.resolvers[id & this.mask] === null) return id;
    }
    return 0;
  }

  wait(id: number, resolve: (value: T) => void, reject: (error: Error) => void): void {
    const place = id & this.mask;
    this.ids[place] = id;
    this.resolvers[place] = resolve;
    this.rejecters[place] = reject;
    this.count++;
  }

  /** Settles a call. False where nobody waits for this id. */
  settle(id: number, value: T): boolean {
    const place = id & this.mask;
    const resolve = this.resolvers[place];
    if (resolve === null || this.ids[place] !== id >>> 0) return false;
    this.free(place);
    resolve(value);
    return true;
  }

  fail(id: number, error: Error): boolean {
    const place = id & this.mask;
    const reject = this.rejecters[place];
    if (reject === null || this.ids[place] !== id >>> 0) return false;
    this.free(place);
    reject(error);
    return true;
  }

  /** Fails every call at once. */
  failAll(error: Error): number {
    const failed = this.count;
    for (let place = 0; place <= this.mask && this.count > 0; place++) {
      const reject = this.rejecters[place];
      if (reject === null) continue;
      this.free(place);
      reject(error);
    }
    return failed;
  }

  private free(place: number): void {
    this.resolvers[place] = null;
    this.rejecters[place] = null;
    this.count--;
  }
}
