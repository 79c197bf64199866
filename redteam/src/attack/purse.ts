/** What a campaign may spend, and has spent. */
import type { Budget, Spend } from '../contract.ts';

const KEYS = ['requests', 'addresses', 'accounts', 'solves'] as const;

/**
 * Counts means against a budget. A request is reserved when it is planned and counted when it is sent, so that many workers
 * do not overshoot together, and what was planned and never sent is not on the bill.
 */
export class Purse {
  readonly spend: Spend = { requests: 0, addresses: 0, accounts: 0, solves: 0 };
  readonly budget: Budget;
  private readonly parent: Purse | undefined;
  private planned = 0;

  constructor(budget: Budget, parent?: Purse) {
    for (const key of KEYS) {
      if (!(budget[key] >= 0)) throw new RangeError(`budget: ${key} must be 0 or more, not ${budget[key]}`);
    }
    this.budget = budget;
    this.parent = parent;
  }

  /** Plans one request; false if none is left. */
  reserve(): boolean {
    if (this.spend.requests + this.planned >= this.budget.requests) return false;
    if (this.parent !== undefined && !this.parent.reserve()) return false;
    this.planned++;
    return true;
  }

  /** A planned request is sent. */
  sent(): void {
    this.planned--;
    this.spend.requests++;
    this.parent?.sent();
  }

  /** A planned request is given up. */
  release(): void {
    this.planned--;
    this.parent?.release();
  }

  /** Buys one; false if it cannot be had. */
  buy(what: 'addresses' | 'accounts' | 'solves'): boolean {
    if (this.spend[what] >= this.budget[what]) return false;
    if (this.parent !== undefined && !this.parent.buy(what)) return false;
    this.spend[what]++;
    return true;
  }

  /** A purse that spends this one's money, at most `requests` and `addresses` of each as parts of the whole. */
  share(requests: number, addresses: number): Purse {
    const { budget } = this;
    return new Purse(
      {
        requests: Math.floor(budget.requests * requests),
        addresses: Math.ceil(budget.addresses * addresses),
        accounts: budget.accounts,
        solves: 0,
      },
      this,
    );
  }
}
