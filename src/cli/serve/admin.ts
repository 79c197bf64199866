/** The admin listener of a running server: what operators are shown, and who may see it. */
import { randomBytes } from 'node:crypto';
import type { AdminOptions } from '../../admin/options.ts';
import { type Admin, startAdmin } from '../../admin/server.ts';
import { ensureToken, loginLink, tokenPath } from '../../admin/token.ts';
import { parseListen } from '../../config/listen.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Office } from '../../doors/gateway/revoking/office.ts';
import type { Live } from '../../runtime/live/service.ts';

export interface AdminParts extends Pick<AdminOptions, 'metrics' | 'trust' | 'reload' | 'listening'> {
  readonly live: Live;
  readonly loaded: LoadedConfig;
  readonly office: Office;
  readonly cwd: string;
  readonly ephemeral: boolean;
  readonly onNote: (text: string) => void;
  readonly ready: () => boolean;
}

/** Opens it. `link` logs an operator in. Coded errors where the address cannot be had. */
export async function openAdmin(parts: AdminParts): Promise<{ readonly admin: Admin; readonly link: string }> {
  const { live, loaded, office, cwd, ephemeral, onNote, ready, ...shown } = parts;
  const { admin } = loaded.config;
  const token = ephemeral ? randomBytes(24).toString('base64url') : ensureToken(tokenPath(loaded, cwd));
  const server = await startAdmin({
    ...shown,
    listen: parseListen(admin.listen) as { address: string; port: number },
    token,
    operator: live.operator,
    revocations: office,
    captures: {
      list: (limit) => live.captures.list(limit),
      read: (id, by, reason) => live.captures.read(id, by, reason, live.ledger),
    },
    inventory: live.inventory,
    plans: live.plans,
    health: () => ({ live: true, ready: ready() }),
    clock: Date.now,
    hosts: admin.hosts,
    metricsWithoutToken: admin.metrics_without_token,
    onDefect: (error) => onNote(`SP9001: ${String(error)}`),
  });
  return { admin: server, link: loginLink(server.url, token) };
}
