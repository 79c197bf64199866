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
import { injection } from './injection/injection.ts';
import { populationChange } from './population-change/population-change.ts';
import { probing } from './probing/probing.ts';
import { rateLimit } from './rate-limit/rate-limit.ts';
import { rotation } from './rotation/rotation.ts';

export const DETECTORS: readonly Detector[] = [
  rateLimit,
  failingFlood,
  heavyHitters,
  failureTest,
  fanOut,
  populationChange,
  codeGuessing,
  accountEnumeration,
  declaredTool,
  rotation,
  probing,
  injection,
  decoy,
];
