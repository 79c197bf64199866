/** What the command line says over the configuration file. Plain data: workers are told it, too. */
import type { LoadedConfig } from '../../config/load.ts';

export interface Overrides {
  readonly upstream?: string;
  readonly listen?: string;
  readonly admin?: string;
  readonly enforce?: boolean;
  readonly dataDir?: string;
  readonly workers?: number;
}

/** The configuration with what the command line says put over it. */
export function withOverrides(loaded: LoadedConfig, overrides: Overrides): LoadedConfig {
  const { config } = loaded;
  const { upstream, listen, admin, enforce, dataDir, workers } = overrides;
  return {
    ...loaded,
    config: {
      ...config,
      mode: enforce === true ? 'enforce' : config.mode,
      upstream: upstream ?? config.upstream,
      listen: listen ?? config.listen,
      gateway: workers === undefined ? config.gateway : { ...config.gateway, workers },
      admin: admin === undefined ? config.admin : { ...config.admin, listen: admin },
      records: dataDir === undefined ? config.records : { ...config.records, data_dir: dataDir },
    },
  };
}
