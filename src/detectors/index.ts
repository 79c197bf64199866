/** Every detector that ships, in the order of the catalogue. A folder that is not here does not exist. */
import type { Detector } from '../engine/detector.ts';
import { probing } from './probing/probing.ts';

export const DETECTORS: readonly Detector[] = [probing];
