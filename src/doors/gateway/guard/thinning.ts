/** Lets a share of what comes through go, evenly and without chance: the same requests give the same answers. */

export class Thinning {
  private debt = 0;

  /** True for one request that has to go. `share` is 0 to 1: of n requests with share p, n·p go, to within one. */
  sheds(share: number): boolean {
    if (share <= 0) return false;
    this.debt += share;
    if (this.debt < 1) return false;
    this.debt -= 1;
    return true;
  }
}
