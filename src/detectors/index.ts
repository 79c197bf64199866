/** Every detector that ships, in the order of the catalogue. A folder that is not here does not exist. */
import type { Detector } from '../engine/detector.ts';
import { accountEnumeration } from './account-enumeration/account-enumeration.ts';
import { codeGuessing } from './code-guessing/code-guessing.ts';
import { declaredTool } from './declared-tool/declared-tool.ts';
import { decoy } from './decoy/decoy.ts';
import { failingFlood } from './failing-flood/failing-flood.ts';
import { failureTest } from './failure-test/failure-test.ts';
import { fanOut } from './fan-out/fan-out.ts';
import { heavyHitters } from './heavy-hitters/heavy-hitters.ts';
import { inconsistentClient } from './inconsistent-client/inconsistent-client.ts';
import { injection } from './injection/injection.ts';
import { objectEnumeration } from './object-enumeration/object-enumeration.ts';
import { populationChange } from './population-change/population-change.ts';
import { probing } from './probing/probing.ts';
import { rateLimit } from './rate-limit/rate-limit.ts';
import { rotation } from './rotation/rotation.ts';
import { scrapeCoverage } from './scrape-coverage/scrape-coverage.ts';
import { timingRegularity } from './timing-regularity/timing-regularity.ts';

export const DETECTORS: readonly Detector[] = [
  rateLimit,
  failingFlood,
  heavyHitters,
  failureTest,
  fanOut,
  populationChange,
  codeGuessing,
  objectEnumeration,
  accountEnumeration,
  scrapeCoverage,
  timingRegularity,
  inconsistentClient,
  declaredTool,
  rotation,
  probing,
  injection,
  decoy,
];
