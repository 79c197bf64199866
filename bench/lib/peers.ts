/** Other people's programs on the same file, where they are installed. */

import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Cost, installed, run } from './child.ts';

/** Either what a run cost, or why there is none. */
export type PeerResult = { readonly cost: Cost; readonly detail: string } | { readonly absent: string };

/** GoAccess counts and draws; it judges nothing. */
export async function goaccess(log: string, cores: string): Promise<PeerResult> {
  if (!installed('goaccess')) return { absent: 'not installed' };
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-goaccess-'));
  const args = [log, '--log-format=COMBINED', '--no-global-config', '--no-progress', '-o', join(folder, 'report.json')];
  const cost = await run('goaccess', args, cores);
  rmSync(folder, { recursive: true, force: true });
  return cost.ok ? { cost, detail: 'report as JSON' } : { absent: `failed: ${lastLine(cost.stderr)}` };
}

/** The first `lines` lines of a file, in a file of their own. */
export async function excerpt(log: string, lines: number): Promise<string> {
  const path = `${log}.first-${lines}`;
  if (existsSync(path)) return path;
  const file = await open(log);
  const kept: string[] = [];
  for await (const line of file.readLines({ encoding: 'latin1' })) {
    kept.push(line);
    if (kept.length === lines) break;
  }
  await file.close().catch(() => {});
  writeFileSync(path, `${kept.join('\n')}\n`, 'latin1');
  return path;
}

/** Where Debian's package puts the parsers and scenarios it ships. */
const HUB = '/usr/share/crowdsec';
const PARSERS = [
  's00-raw/crowdsecurity/syslog-logs.yaml',
  's01-parse/crowdsecurity/nginx-logs.yaml',
  's02-enrich/crowdsecurity/dateparse-enrich.yaml',
  's02-enrich/crowdsecurity/http-logs.yaml',
];
/** The scenarios of its collections for nginx and for HTTP in general. */
const SCENARIOS = [
  'crowdsecurity/http-crawl-non_statics',
  'crowdsecurity/http-probing',
  'crowdsecurity/http-bad-user-agent',
  'crowdsecurity/http-path-traversal-probing',
  'crowdsecurity/http-sensitive-files',
  'crowdsecurity/http-sqli-probing',
  'crowdsecurity/http-xss-probing',
  'crowdsecurity/http-backdoors-attempts',
  'ltsich/http-w00tw00t',
  'crowdsecurity/http-generic-bf',
  'crowdsecurity/http-open-proxy',
  'crowdsecurity/nginx-req-limit-exceeded',
];
const PORT = 18_079;

/**
 * CrowdSec over a file, in a folder of its own: no service, no network beyond its own local API on the loopback
 * interface, nothing of the machine's configuration touched.
 */
export async function crowdsec(log: string, cores: string): Promise<PeerResult> {
  if (!installed('crowdsec') || !installed('cscli')) return { absent: 'not installed' };
  if (!existsSync(join(HUB, 'hub', '.index.json'))) return { absent: 'installed, but without parsers and scenarios' };
  const home = mkdtempSync(join(tmpdir(), 'sallyport-crowdsec-'));
  try {
    const scenarios = layOut(home);
    const config = join(home, 'conf', 'config.yaml');
    const machine = [
      'machines',
      'add',
      'bench',
      '--password',
      'bench',
      '--force',
      '-f',
      join(home, 'conf', 'credentials.yaml'),
    ];
    const added = spawnSync('cscli', ['-c', config, ...machine, '-u', `http://127.0.0.1:${PORT}`]);
    if (added.status !== 0)
      return { absent: `installed, but its local API refused: ${lastLine(String(added.stderr))}` };
    const cost = await run('crowdsec', ['-c', config, '-dsn', `file://${log}`, '-type', 'nginx'], cores);
    if (!cost.ok) return { absent: `installed, but failed: ${lastLine(cost.stderr)}` };
    return { cost, detail: `${scenarios} scenarios` };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Configuration, parsers, scenarios and data files; returns how many scenarios there are. */
function layOut(home: string): number {
  const conf = join(home, 'conf');
  for (const stage of ['s00-raw', 's01-parse', 's02-enrich'])
    mkdirSync(join(conf, 'parsers', stage), { recursive: true });
  mkdirSync(join(conf, 'scenarios'));
  cpSync(join(HUB, 'data'), join(home, 'data'), { recursive: true });
  // The package ships this list under another name than its scenario asks for.
  const traversal = join(home, 'data', 'path_traversal.txt');
  if (existsSync(traversal)) copyFileSync(traversal, join(home, 'data', 'http_path_traversal.txt'));
  symlinkSync('/etc/crowdsec/patterns', join(conf, 'patterns'));
  for (const parser of PARSERS) {
    symlinkSync(join(HUB, 'hub', 'parsers', parser), join(conf, 'parsers', parser.split('/')[0], basename(parser)));
  }
  let scenarios = 0;
  for (const scenario of SCENARIOS) {
    const path = join(HUB, 'hub', 'scenarios', `${scenario}.yaml`);
    if (!existsSync(path)) continue;
    symlinkSync(path, join(conf, 'scenarios', basename(path)));
    scenarios++;
  }
  writeFileSync(join(conf, 'simulation.yaml'), 'simulation: false\n');
  writeFileSync(join(conf, 'profiles.yaml'), 'name: none\nfilters: ["false"]\n');
  writeFileSync(join(conf, 'credentials.yaml'), `url: http://127.0.0.1:${PORT}\nlogin: bench\npassword: bench\n`);
  const configuration = {
    common: { daemonize: false, log_media: 'stdout', log_level: 'error', working_dir: home },
    config_paths: {
      config_dir: `${conf}/`,
      data_dir: `${join(home, 'data')}/`,
      simulation_path: join(conf, 'simulation.yaml'),
      hub_dir: `${join(HUB, 'hub')}/`,
      index_path: join(HUB, 'hub', '.index.json'),
    },
    crowdsec_service: { parser_routines: 1 },
    db_config: { log_level: 'error', type: 'sqlite', db_path: join(home, 'data', 'crowdsec.db') },
    api: {
      client: { credentials_path: join(conf, 'credentials.yaml') },
      server: { log_level: 'error', listen_uri: `127.0.0.1:${PORT}`, profiles_path: join(conf, 'profiles.yaml') },
    },
    prometheus: { enabled: false },
  };
  // JSON is YAML.
  writeFileSync(join(conf, 'config.yaml'), JSON.stringify(configuration, null, 1));
  return scenarios;
}

function lastLine(text: string): string {
  return (text.trimEnd().split('\n').at(-1) ?? '').slice(0, 160);
}
