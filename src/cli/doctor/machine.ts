/** This machine: Node, addresses, file descriptors, and whether its clock stands still. */
import { networkInterfaces } from 'node:os';
import { parseListen } from '../../config/listen.ts';
import { isLoopback } from '../../config/warnings.ts';
import { fileDescriptors } from '../../runtime/telemetry/process-metrics.ts';
import { type Examination, type Finding, fail, ok, warn } from './finding.ts';

/** As in package.json, "engines". */
const LEAST_NODE = [20, 15];
/** Files that are open besides connections: journal, ledger, logs, tables. */
const OTHER_FILES = 256;
/** Share of the connections allowed below which ordinary traffic meets the limit, and not only a flood. */
const FAR_TOO_FEW = 0.25;
/** How far the clock may move against the monotonic one while the doctor looks, in ms. */
const JUMP_MS = 250;

/** `version` as in process.versions.node. */
export function nodeFindings(version: string): Finding[] {
  const [major, minor] = version.split('.').map(Number);
  const old = major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1]);
  if (old) return [fail('node', `Node ${version} is too old`, `Install Node ${LEAST_NODE.join('.')} or newer.`)];
  if (major % 2 === 1) {
    return [warn('node', `Node ${version} gets no long-term support`, 'Run a release with an even number.')];
  }
  return [ok('node', `Node ${version}`)];
}

/** The limit of open files against what the configuration allows. `files` as {@link fileDescriptors} tells. */
export function descriptorFindings({ loaded }: Examination, files = fileDescriptors()): Finding[] {
  if (files === null) return [ok('descriptors', 'this system does not tell its limit of open files')];
  const { connections, workers } = loaded.config.gateway;
  const each = workers > 1 ? ' of each worker' : '';
  // A client's connection and, at worst, one upstream.
  const need = 2 * connections + OTHER_FILES;
  const { limit } = files;
  const against = `the limit of ${limit} open files is below what ${connections} connections${each} need`;
  const advice = `Raise it (LimitNOFILE=${need} in the unit, ulimit -n ${need} in a shell), or lower gateway.connections.`;
  if (limit < connections * FAR_TOO_FEW) return [fail('descriptors', against, advice)];
  if (limit < need) return [warn('descriptors', `${against} if each has one to an upstream`, advice)];
  return [
    ok(
      'descriptors',
      `${limit === Number.POSITIVE_INFINITY ? 'any number of' : limit} open files allowed, ${need} needed`,
    ),
  ];
}

/** Whether clients with IPv6 get in. `interfaces` as the system tells. */
export function ipv6Findings({ loaded }: Examination, interfaces = networkInterfaces()): Finding[] {
  const listeners = [loaded.config.listen ?? []].flat().flatMap((entry) => {
    const at = parseListen(typeof entry === 'object' ? entry.address : entry);
    return at === null ? [] : [at];
  });
  const open = listeners.filter(({ address }) => !isLoopback(address));
  const six = open.some(({ address }) => address.includes(':'));
  const machine = Object.values(interfaces).some((list) =>
    list?.some((i) => i.family === 'IPv6' && !i.internal && !/^fe[89ab]|^f[cd]/i.test(i.address)),
  );
  if (six) {
    return [
      ok('ipv6', 'listeners take IPv6; a network of /64 counts as one actor, as its holder may change within it'),
    ];
  }
  if (open.length > 0 && machine) {
    const advice = `listen: '[::]:${open[0].port}' takes both IPv6 and IPv4.`;
    return [warn('ipv6', 'this machine has an IPv6 address, but the gateway listens on IPv4 only', advice)];
  }
  return [ok('ipv6', machine ? 'nothing listens to others' : 'this machine has no IPv6 address of its own')];
}

/** Watches whether the clock is moved. The function given back tells. */
export function watchClock(now: () => number, monotonic: () => number = () => performance.now()): () => Finding[] {
  const wall = now();
  const steady = monotonic();
  return () => {
    const jumpMs = now() - wall - (monotonic() - steady);
    if (Math.abs(jumpMs) <= JUMP_MS) return [];
    const sentence = `the clock was moved by ${Math.round(jumpMs)} ms while it was looked at`;
    return [
      warn('clock', sentence, 'Let NTP slew it (chronyd, systemd-timesyncd); a virtual machine may have been paused.'),
    ];
  };
}
