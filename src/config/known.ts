/** What a configuration may name, gathered from the parts that define it. */
import type { Detector } from '../engine/detector.ts';
import { PRIOR_BASELINES } from '../enrich/model.ts';
import type { LogFormat } from '../event/format.ts';
import type { Known } from './cross.ts';

/** Ids of the formats, and of the detectors with the names of their thresholds. */
export function knownNames(formats: readonly LogFormat[], detectors: readonly Detector[]): Known {
  return {
    formats: formats.map((format) => format.id),
    detectors: Object.fromEntries(detectors.map((detector) => [detector.id, thresholdNames(detector)])),
  };
}

/** A detector names its thresholds when it is built: build it for each actor and listen. */
function thresholdNames(detector: Detector): string[] {
  const names = new Set<string>();
  const tune = (name: string, value: number): number => {
    names.add(name);
    return value;
  };
  for (const actor of detector.actors) detector.build({ actor, baselines: PRIOR_BASELINES, tune });
  return [...names];
}
