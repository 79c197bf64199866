/** What `serve` is told, and what runs then. */
import type { ReloadReceipt } from '../../admin/options.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Overrides } from './overrides.ts';

export interface ServeOptions {
  /** Loads the configuration: at the start and with each reload. */
  readonly load: () => Promise<LoadedConfig>;
  readonly overrides: Overrides;
  readonly version: string;
  readonly ephemeral: boolean;
  readonly cwd: string;
  readonly onNote: (text: string) => void;
}

export interface Serving {
  /** URLs of the gateway. */
  readonly urls: readonly string[];
  readonly admin: string;
  readonly adminLink: string;
  readonly mode: 'observe' | 'enforce';
  readonly upstreams: readonly string[];
  readonly dataDir: string;
  /** ISO time up to which callers were known at the start; '' where nothing was known. */
  readonly knownAsOf: string;
  readonly workers: number;
  reload(by: string): Promise<ReloadReceipt>;
  /** Log rotation. */
  reopen(): void;
  stop(): Promise<void>;
}
