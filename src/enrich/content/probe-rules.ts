/**
 * Paths that only probing asks for: the table of what they are. One such request says little on a site that has the
 * thing; many that miss say all. So each rule has a weight and says how specific it is, and the detector that uses them
 * looks at the status as well.
 */

export interface ProbeRule {
  /** Stable number, as stored in facts.probeRule; 0 means none. */
  readonly id: number;
  readonly name: string;
  readonly millinats: number;
  /** `high`: no site hands this out on purpose. `low`: some sites have it, and their people use it. */
  readonly specificity: 'low' | 'high';
  /** Completes "asked for …". */
  readonly says: string;
}

const rule = (id: number, name: string, specificity: 'low' | 'high', millinats: number, says: string): ProbeRule => ({
  id,
  name,
  millinats,
  specificity,
  says,
});

export const PROBE = {
  secretFile: rule(1, 'secret-file', 'high', 6000, 'a file of keys or passwords'),
  versionControl: rule(2, 'version-control', 'high', 5500, 'the inside of a version control directory'),
  hiddenFile: rule(3, 'hidden-file', 'high', 3800, 'a hidden file or directory'),
  backup: rule(4, 'backup', 'high', 3800, 'a backup or leftover of a file'),
  dump: rule(5, 'database-dump', 'high', 4500, 'a dump or file of a database'),
  archive: rule(6, 'archive', 'high', 3500, 'an archive of the whole site'),
  configuration: rule(7, 'configuration', 'high', 4500, 'a configuration file'),
  publicConfiguration: rule(
    8,
    'public-configuration',
    'low',
    1000,
    'a configuration file that some applications publish',
  ),
  cmsAdmin: rule(9, 'cms-admin', 'low', 1800, 'the administration of a content system'),
  cmsInternal: rule(10, 'cms-internal', 'low', 2500, 'an inner file of a content system'),
  databaseConsole: rule(11, 'database-console', 'high', 4000, 'a web console of a database'),
  serverConsole: rule(12, 'server-console', 'high', 3800, 'a management page of a server'),
  diagnostics: rule(13, 'diagnostics', 'high', 4500, 'diagnostics that show secrets of an application'),
  health: rule(14, 'health', 'low', 300, 'a health page'),
  device: rule(15, 'device', 'high', 5000, 'the web interface of a router or camera'),
  cgi: rule(16, 'cgi', 'low', 2500, 'a program in cgi-bin'),
  dependency: rule(17, 'dependency', 'high', 4800, 'the code of a dependency'),
  webShell: rule(18, 'web-shell', 'high', 4500, 'a web shell that somebody else left behind'),
  systemFile: rule(19, 'system-file', 'high', 7000, 'a file of the operating system'),
  project: rule(20, 'project-file', 'low', 2500, 'a file of a software project'),
  logFile: rule(21, 'log-file', 'low', 2500, 'a log file'),
  phpInfo: rule(22, 'php-info', 'high', 4500, 'a page that prints the settings of PHP'),
  installer: rule(23, 'installer', 'low', 2500, 'the installer of an application'),
  remoteAccess: rule(24, 'remote-access', 'high', 3800, 'the portal of a VPN or mail server'),
  product: rule(25, 'product', 'low', 1800, 'the root of a tool that runs sites or builds'),
  apiSchema: rule(26, 'api-schema', 'low', 1500, 'the description of an API'),
  settings: rule(27, 'settings', 'low', 1500, 'a file with the ending of settings'),
} as const satisfies Record<string, ProbeRule>;

/** Every probe rule in order of id. */
export const PROBE_RULES: readonly ProbeRule[] = Object.values(PROBE);

const BY_ID = new Map(PROBE_RULES.map((r) => [r.id, r]));

/** The rule of an id, undefined for 0 and unknown ids. */
export function probeRuleOf(id: number): ProbeRule | undefined {
  return BY_ID.get(id);
}

/** Millinats by id: what the hot path reads. */
export const PROBE_MILLINATS = new Int32Array(64);
for (const r of PROBE_RULES) PROBE_MILLINATS[r.id] = r.millinats;
