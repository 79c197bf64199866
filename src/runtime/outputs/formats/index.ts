/** The formats by their names in the configuration. */
import type { OutputSettings } from '../../../config/outputs.ts';
import type { Format } from '../event.ts';
import { cef } from './cef.ts';
import { ecs } from './ecs.ts';
import { json } from './json.ts';
import { ocsf } from './ocsf.ts';

/** The format that an output asks for. */
export function formatOf({ format, cef_version }: Pick<OutputSettings, 'format' | 'cef_version'>): Format {
  return format === 'cef' ? cef(cef_version) : { ocsf, ecs, json }[format];
}
