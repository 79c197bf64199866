/** What the configurations in testdata/ are checked against besides the schema. For tests only. */
import type { Known } from './cross.ts';

export const KNOWN: Known = {
  formats: ['combined', 'common', 'nginx-json', 'caddy-json'],
  detectors: { probing: ['limit'], timing: [] },
};
