/** Every detector that ships, in the order of the catalogue. A folder that is not here does not exist. */
import type { Detector } from '../engine/detector.ts';
import { accountEnumeration } from './account-enumeration/account-enumeration.ts';
import { codeGuessing } from './code-guessing/code-guessing.ts';
import { cost } from './cost/cost.ts';
import { credentialGuessing } from './credential-guessing/credential-guessing.ts';
import { declaredTool } from './declared-tool/declared-tool.ts';
import { decoy } from './decoy/decoy.ts';
import { decoyLeft } from './decoy-left/decoy-left.ts';
import { deviceStorm } from './device-storm/device-storm.ts';
import { failingFlood } from './failing-flood/failing-flood.ts';
import { failureTest } from './failure-test/failure-test.ts';
import { fanOut } from './fan-out/fan-out.ts';
import { heavyHitters } from './heavy-hitters/heavy-hitters.ts';
import { inconsistentClient } from './inconsistent-client/inconsistent-client.ts';
import { injection } from './injection/injection.ts';
import { leakedKey } from './leaked-key/leaked-key.ts';
import { objectEnumeration } from './object-enumeration/object-enumeration.ts';
import { ownershipBreak } from './ownership-break/ownership-break.ts';
import { partnerDrift } from './partner-drift/partner-drift.ts';
import { populationChange } from './population-change/population-change.ts';
import { probing } from './probing/probing.ts';
import { rateLimit } from './rate-limit/rate-limit.ts';
import { repeatedPassword } from './repeated-password/repeated-password.ts';
import { rotation } from './rotation/rotation.ts';
import { scrapeCoverage } from './scrape-coverage/scrape-coverage.ts';
import { sequenceSurprise } from './sequence-surprise/sequence-surprise.ts';
import { signUpClusters } from './sign-up-clusters/sign-up-clusters.ts';
import { spend } from './spend/spend.ts';
import { takeOver } from './take-over/take-over.ts';
import { timingRegularity } from './timing-regularity/timing-regularity.ts';
import { tokenMisuse } from './token-misuse/token-misuse.ts';
import { userNovelty } from './user-novelty/user-novelty.ts';
import { workflowRules } from './workflow-rules/workflow-rules.ts';

export const DETECTORS: readonly Detector[] = [
  rateLimit,
  failingFlood,
  heavyHitters,
  failureTest,
  credentialGuessing,
  fanOut,
  repeatedPassword,
  populationChange,
  userNovelty,
  takeOver,
  tokenMisuse,
  codeGuessing,
  signUpClusters,
  objectEnumeration,
  ownershipBreak,
  accountEnumeration,
  scrapeCoverage,
  sequenceSurprise,
  workflowRules,
  timingRegularity,
  inconsistentClient,
  declaredTool,
  rotation,
  leakedKey,
  partnerDrift,
  deviceStorm,
  probing,
  injection,
  cost,
  spend,
  decoy,
  decoyLeft,
];
