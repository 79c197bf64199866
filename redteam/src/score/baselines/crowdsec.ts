/**
 * CrowdSec over a log file with the parsers and scenarios that its package ships: nginx lines, the HTTP base collection and
 * the one for known holes. It runs in a folder of its own, without the central service and with nothing of the machine's
 * configuration; its own local interface listens on the loopback for as long as it reads. Its default profile bans an
 * address for four hours.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { BLOCK, type Decision } from '../actions.ts';
import { installed, runProgram } from './program.ts';

/** What a program did with a log: whom it acted on from when, or why there is nothing. */
export type PeerDecisions =
  | { readonly decisions: readonly Decision[]; readonly seconds: number; readonly detail: string }
  | { readonly absent: string };

/** Where Debian's package puts what it ships. */
const PACKAGE = '/usr/share/crowdsec';
const HUB = join(PACKAGE, 'hub');
const PARSERS = [
  's00-raw/crowdsecurity/syslog-logs.yaml',
  's01-parse/crowdsecurity/nginx-logs.yaml',
  's02-enrich/crowdsecurity/dateparse-enrich.yaml',
  's02-enrich/crowdsecurity/http-logs.yaml',
];
const COLLECTIONS = ['crowdsecurity/nginx', 'crowdsecurity/base-http-scenarios', 'crowdsecurity/http-cve'];
const BAN_MS = 4 * 3_600_000;
/** "Ip 192.0.2.1 performed 'crowdsecurity/http-probing' (11 events over 9s) at 2025-03-04 12:00:00 +0000 UTC" */
const ALERT = /Ip (\S+) performed '([^']+)' \(.*?\) at (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) \+0000/g;

/** Runs it over a combined log for at most `limitMs`. */
export async function crowdsec(log: string, limitMs: number): Promise<PeerDecisions> {
  if (!installed('crowdsec') || !installed('cscli')) return { absent: 'not installed' };
  if (!existsSync(HUB)) return { absent: 'installed, but without the parsers and scenarios of its package' };
  const home = mkdtempSync(join(tmpdir(), 'redteam-crowdsec-'));
  try {
    const port = await freePort();
    const scenarios = layOut(home, port);
    const config = join(home, 'conf', 'config.yaml');
    const credentials = join(home, 'conf', 'credentials.yaml');
    const machine = ['machines', 'add', 'redteam', '--password', 'redteam', '--force', '-f', credentials];
    const added = spawnSync('cscli', ['-c', config, ...machine, '-u', `http://127.0.0.1:${port}`], { timeout: 30_000 });
    if (added.status !== 0) return { absent: 'installed, but its local interface refused' };
    const ran = await runProgram('crowdsec', ['-c', config, '-dsn', `file://${log}`, '-type', 'nginx'], limitMs, {
      cwd: home,
    });
    if (!ran.ok) return { absent: `installed, but ${ran.trouble}` };
    return { decisions: readAlerts(ran.output), seconds: ran.seconds, detail: `${scenarios} scenarios` };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Bans out of its log, in order of time. */
export function readAlerts(output: string): Decision[] {
  const decisions = Array.from(output.matchAll(ALERT), ([, address, scenario, day, time]) => ({
    timeMs: Date.parse(`${day}T${time.slice(0, 12)}Z`),
    actor: { dimension: 'ip', key: address },
    rank: BLOCK,
    ttlMs: BAN_MS,
    class: scenario,
    risk: 1,
  }));
  return decisions.sort((a, b) => a.timeMs - b.timeMs);
}

/** Configuration, parsers, scenarios and lists in a folder; returns how many scenarios there are. */
function layOut(home: string, port: number): number {
  const conf = join(home, 'conf');
  mkdirSync(join(conf, 'scenarios'), { recursive: true });
  cpSync(join(PACKAGE, 'data'), join(home, 'data'), { recursive: true });
  symlinkSync('/etc/crowdsec/patterns', join(conf, 'patterns'));
  for (const parser of PARSERS) {
    const stage = join(conf, 'parsers', parser.split('/')[0]);
    mkdirSync(stage, { recursive: true });
    symlinkSync(join(HUB, 'parsers', parser), join(stage, basename(parser)));
  }
  let scenarios = 0;
  for (const name of scenarioNames()) {
    const path = join(HUB, 'scenarios', `${name}.yaml`);
    if (!existsSync(path) || !listsPresent(path, join(home, 'data'))) continue;
    symlinkSync(path, join(conf, 'scenarios', basename(path)));
    scenarios++;
  }
  writeFileSync(join(conf, 'simulation.yaml'), 'simulation: false\n');
  writeFileSync(join(conf, 'profiles.yaml'), 'name: none\nfilters: ["false"]\n');
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(join(conf, 'credentials.yaml'), `url: ${url}\nlogin: redteam\npassword: redteam\n`);
  // JSON is YAML.
  writeFileSync(join(conf, 'config.yaml'), JSON.stringify(configuration(home, port)));
  return scenarios;
}

/** Scenarios of the collections, each once. */
function scenarioNames(): string[] {
  const names = COLLECTIONS.flatMap((collection) => {
    const path = join(HUB, 'collections', `${collection}.yaml`);
    if (!existsSync(path)) return [];
    const { scenarios } = parse(readFileSync(path, 'utf8')) as { scenarios?: string[] };
    return scenarios ?? [];
  });
  return [...new Set(names)];
}

/** Whether the lists that a scenario reads are there. The package ships some under another name than is asked for. */
function listsPresent(path: string, data: string): boolean {
  const { data: lists } = parse(readFileSync(path, 'utf8').split('\n---')[0]) as { data?: { dest_file?: string }[] };
  for (const { dest_file: name } of lists ?? []) {
    if (!name || existsSync(join(data, name))) continue;
    const other = join(data, name.replace(/^http_/, ''));
    if (!existsSync(other)) return false;
    copyFileSync(other, join(data, name));
  }
  return true;
}

function configuration(home: string, port: number): unknown {
  const conf = join(home, 'conf');
  return {
    common: { daemonize: false, log_media: 'stdout', log_level: 'info', working_dir: home },
    config_paths: {
      config_dir: `${conf}/`,
      data_dir: `${join(home, 'data')}/`,
      simulation_path: join(conf, 'simulation.yaml'),
      hub_dir: `${HUB}/`,
      index_path: join(HUB, '.index.json'),
    },
    crowdsec_service: { parser_routines: 2 },
    db_config: { log_level: 'error', type: 'sqlite', db_path: join(home, 'data', 'crowdsec.db') },
    api: {
      client: { credentials_path: join(conf, 'credentials.yaml') },
      server: { log_level: 'error', listen_uri: `127.0.0.1:${port}`, profiles_path: join(conf, 'profiles.yaml') },
    },
    prometheus: { enabled: false },
  };
}

/** A port on the loopback interface that is free now. */
function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => done(port));
    });
  });
}
