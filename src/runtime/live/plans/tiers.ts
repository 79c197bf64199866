/** Room that is kept for the requests of higher tiers. */
import { TIERS } from '../../../config/plans.ts';
import type { Config } from '../../../config/schema.ts';

export class Tiers {
  /** Requests under way by tier, the most important first. */
  readonly inFlight: number[] = TIERS.map(() => 0);
  /** Requests that found no room. */
  readonly refused: number[] = TIERS.map(() => 0);
  capacity = 0;
  /** Requests for which each tier has room that lower ones do not get. */
  kept: readonly number[] = [];
  isOn = false;

  constructor(config: Config) {
    this.update(config);
  }

  update({ gateway, reserve }: Config): void {
    this.capacity = gateway.overload.max_in_flight * gateway.workers;
    const of = (percent: number): number => Math.ceil((this.capacity * percent) / 100);
    this.kept = [of(reserve.critical_percent), of(reserve.normal_percent), 0];
    this.isOn = this.kept.some((kept) => kept > 0);
  }

  /**
   * Is there room for one more of a tier? What higher tiers have not used of their own is not for it. The highest always has
   * room: beyond the capacity the overload guard of the doors decides.
   */
  hasRoom(tier: number): boolean {
    if (!this.isOn || tier === 0) return true;
    let free = this.capacity;
    for (const count of this.inFlight) free -= count;
    for (let higher = 0; higher < tier; higher++) free -= Math.max(0, this.kept[higher] - this.inFlight[higher]);
    if (free >= 1) return true;
    this.refused[tier]++;
    return false;
  }
}
