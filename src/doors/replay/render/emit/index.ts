/** Everything that `--emit` can speak. */
import type { Report } from '../../../../runtime/report.ts';
import { emitCloudflare } from './cloudflare.ts';
import { emitNftables } from './nftables.ts';
import { emitNginx } from './nginx.ts';
import type { EmitOptions } from './plan.ts';
import { emitSallyport } from './sallyport.ts';

export const EMITTERS = {
  nginx: emitNginx,
  nftables: emitNftables,
  cloudflare: emitCloudflare,
  sallyport: emitSallyport,
} as const satisfies Record<string, (report: Report, options: EmitOptions) => string>;

export type EmitTarget = keyof typeof EMITTERS;
export const EMIT_TARGETS = Object.keys(EMITTERS) as readonly EmitTarget[];
