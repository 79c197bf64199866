/** Puts what ends in any order back into the order in which it began. */
export class InOrder<T> {
  private readonly ended = new Map<number, T | undefined>();
  private readonly tell: (item: T) => void;
  private begun = 0;
  private told = 0;

  constructor(tell: (item: T) => void) {
    this.tell = tell;
  }

  /** Something begins; the number is for {@link end}. */
  begin(): number {
    return this.begun++;
  }

  /** It ended, with something to tell or with nothing. Each number once. */
  end(number: number, item: T | undefined): void {
    this.ended.set(number, item);
    while (this.ended.has(this.told)) {
      const next = this.ended.get(this.told);
      this.ended.delete(this.told++);
      if (next !== undefined) this.tell(next);
    }
  }
}
