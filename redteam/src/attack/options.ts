/** Settings of a campaign, read with their type. */
import type { CampaignPlan } from '../contract.ts';

export class Options {
  private readonly plan: CampaignPlan;

  constructor(plan: CampaignPlan) {
    this.plan = plan;
  }

  /** @throws TypeError if it is given and no number of 0 or more. */
  number(name: string, otherwise: number): number {
    const value = this.plan.options[name];
    if (value === undefined) return otherwise;
    if (typeof value === 'number' && value >= 0) return value;
    throw new TypeError(`${this.plan.name}: option ${name} must be a number of 0 or more`);
  }

  /** @throws TypeError if it is given and none of the words. */
  word<T extends string>(name: string, words: readonly T[], otherwise: T): T {
    const value = this.plan.options[name];
    if (value === undefined) return otherwise;
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    throw new TypeError(`${this.plan.name}: option ${name} must be one of ${words.join(', ')}`);
  }

  /** @throws TypeError if it is given and no text. */
  text(name: string, otherwise: string): string {
    const value = this.plan.options[name];
    if (value === undefined) return otherwise;
    if (typeof value === 'string') return value;
    throw new TypeError(`${this.plan.name}: option ${name} must be a text`);
  }

  /** Words in one text, separated by commas; undefined if it is not given. */
  list(name: string): string[] | undefined {
    if (this.plan.options[name] === undefined) return undefined;
    return this.text(name, '')
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  }
}
