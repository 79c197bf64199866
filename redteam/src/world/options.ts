/** Reading a population's options, so that a misspelt one is told and not passed over. */
import type { PopulationPlan, Source, World } from '../contract.ts';

/** What a population or disturbance is, for those who write scenarios. */
export interface Recipe {
  /** Cohort of its visitors, where the plan names none. */
  readonly cohort: string;
  readonly summary: string;
  /** Options by name: what they mean, their unit and what stands if they are left out. */
  readonly options: Readonly<Record<string, string>>;
  create(plan: PopulationPlan, world: World): Source;
}

export class Options {
  private readonly plan: PopulationPlan;

  /** @throws RangeError naming an option that the recipe does not know */
  constructor(plan: PopulationPlan, known: Readonly<Record<string, string>>) {
    for (const name of Object.keys(plan.options)) {
      if (!Object.hasOwn(known, name)) {
        const names = Object.keys(known).join(', ') || 'none';
        throw new RangeError(`population "${plan.name}" has no option "${name}"; there are: ${names}`);
      }
    }
    this.plan = plan;
  }

  /** @throws RangeError for what is no number, or not in the range */
  number(name: string, otherwise: number, low = 0, high = Number.POSITIVE_INFINITY): number {
    const value = this.plan.options[name];
    if (value === undefined) return otherwise;
    if (typeof value !== 'number' || !(value >= low && value <= high)) {
      throw new RangeError(`option "${name}" of population "${this.plan.name}" is a number from ${low} to ${high}`);
    }
    return value;
  }

  share(name: string, otherwise: number): number {
    return this.number(name, otherwise, 0, 1);
  }

  text(name: string, otherwise: string): string {
    const value = this.plan.options[name];
    return value === undefined ? otherwise : String(value);
  }
}

/** The cohort that a plan asks for, or the recipe's own. */
export function cohortOf(plan: PopulationPlan, recipe: Pick<Recipe, 'cohort'>): string {
  return plan.cohort === '' ? recipe.cohort : plan.cohort;
}
