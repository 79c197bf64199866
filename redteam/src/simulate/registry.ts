/** Populations, disturbances and campaigns of this red team. */
import { createCampaign } from '../attack/index.ts';
import { disturbances, populations } from '../world/index.ts';
import type { Registry } from './compose.ts';

export const registry: Registry = { populations, disturbances, createCampaign };
