/** What a family is given to make its plan with. */
import type { CampaignPlan, World } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { parametersOf } from '../world/parameters.ts';
import { AppReleases } from '../world/releases.ts';
import { Accounts } from './accounts.ts';
import { NameStyle } from './names.ts';
import { Options } from './options.ts';
import type { Purse } from './purse.ts';
import { Surface } from './surface.ts';

export class Kit {
  readonly plan: CampaignPlan;
  readonly world: World;
  readonly options: Options;
  readonly random: Random;
  readonly purse: Purse;
  readonly surface: Surface;
  readonly style: NameStyle;
  readonly accounts: Accounts;
  /** 0 to 4. */
  readonly level: number;
  /** Release of the site's app that was current when it was taken apart, or option `release`. */
  readonly appRelease: string;
  /** World time of the last answer that any worker got, Unix ms. */
  nowMs: number;

  constructor(plan: CampaignPlan, world: World, purse: Purse) {
    this.plan = plan;
    this.world = world;
    this.purse = purse;
    this.options = new Options(plan);
    this.random = world.random(`attack/${plan.name}`);
    this.surface = new Surface(world, plan.family);
    this.style = new NameStyle(world.site.inventory);
    this.level = Number(plan.level[1]);
    this.nowMs = plan.startMs;
    this.accounts = new Accounts(this);
    const { startMs, endMs } = world;
    const releases = new AppReleases(world.random('world/releases'), startMs, endMs, parametersOf(world).releaseDays);
    this.appRelease = this.options.text('release', releases.of(0.5, plan.startMs));
  }
}
