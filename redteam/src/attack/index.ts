/** Attacks: sixteen families at five levels of evasion. README.md says what each does. */
import type { Campaign, CampaignPlan, Family, World } from '../contract.ts';
import { AttackCampaign } from './campaign.ts';
import { accountEnumeration } from './families/account-enumeration.ts';
import { billingSpike } from './families/billing-spike.ts';
import { codeGuessing } from './families/code-guessing.ts';
import { deviceStorm } from './families/device-storm.ts';
import { injection } from './families/injection.ts';
import { keyLeak } from './families/key-leak.ts';
import { objectEnumeration } from './families/object-enumeration.ts';
import { partnerMisuse } from './families/partner-misuse.ts';
import { probing } from './families/probing.ts';
import { resourceCost } from './families/resource-cost.ts';
import { scraping } from './families/scraping.ts';
import { signupAbuse } from './families/signup-abuse.ts';
import { spraying } from './families/spraying.ts';
import { stuffing } from './families/stuffing.ts';
import { takeover } from './families/takeover.ts';
import { workflowManipulation } from './families/workflow-manipulation.ts';
import type { Rules } from './types.ts';

export { costCents } from './prices.ts';

export const RULES: Readonly<Record<Family, Rules>> = {
  stuffing,
  spraying,
  takeover,
  'code-guessing': codeGuessing,
  'signup-abuse': signupAbuse,
  'object-enumeration': objectEnumeration,
  'account-enumeration': accountEnumeration,
  scraping,
  'key-leak': keyLeak,
  'partner-misuse': partnerMisuse,
  'device-storm': deviceStorm,
  probing,
  injection,
  'resource-cost': resourceCost,
  'workflow-manipulation': workflowManipulation,
  'billing-spike': billingSpike,
};

/**
 * The campaign that a plan describes, against the site of a world.
 * @throws Error naming family and role if the site has nothing to attack, and naming the budget if it lacks what the family needs
 */
export function createCampaign(plan: CampaignPlan, world: World): Campaign {
  return new AttackCampaign(plan, world, RULES[plan.family]);
}
