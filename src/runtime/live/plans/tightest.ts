/** Of all rules that a request is under, the one that its client is told of. */
import type { LimitKind, LimitState } from '../verdict.ts';

export class Tightest {
  private state: LimitState | null = null;
  /** A rule that is only watched would have refused. */
  wouldRefuse = false;

  /** A rule that leaves room for `remaining` more. The one that has the smallest share of its limit left is kept. */
  leave(kind: LimitKind, name: string, limit: number, remaining: number, windowSec: number, resetSec: number): void {
    const { state } = this;
    if (state !== null && (state.exceeded || !isTighter(remaining, limit, state))) return;
    this.state = { kind, name, limit, remaining, windowSec, resetSec, exceeded: false };
  }

  /** A rule that refuses. Of several the one that lasts longest is kept: before its end no request gets through. */
  refuse(kind: LimitKind, name: string, limit: number, windowSec: number, resetSec: number, enforced: boolean): void {
    if (!enforced) {
      this.wouldRefuse = true;
      return;
    }
    const { state } = this;
    if (state?.exceeded && state.resetSec >= resetSec) return;
    this.state = { kind, name, limit, remaining: 0, windowSec, resetSec, exceeded: true };
  }

  get exceeded(): boolean {
    return this.state?.exceeded ?? false;
  }

  get result(): LimitState | null {
    return this.state;
  }
}

function isTighter(remaining: number, limit: number, than: LimitState): boolean {
  const share = remaining / limit;
  const other = than.remaining / than.limit;
  return share < other || (share === other && remaining < than.remaining);
}

/** The tighter of two. Of two that refuse, the one that lasts longer: before its end no request gets through. */
export function tighter(a: LimitState | null, b: LimitState | null): LimitState | null {
  if (a === null || b === null) return a ?? b;
  if (a.exceeded && b.exceeded) return b.resetSec > a.resetSec ? b : a;
  if (a.exceeded || b.exceeded) return a.exceeded ? a : b;
  return isTighter(b.remaining, b.limit, a) ? b : a;
}
