/** Mitigations for nftables: sets whose elements carry a timeout, so that the kernel itself lets go of them. */
import { BlockList } from 'node:net';
import type { Report } from '../../../../runtime/report.ts';
import {
  commented,
  type EmitOptions,
  leftLines,
  type Mitigation,
  planMitigations,
  type Target,
  THROTTLE_BURST,
  THROTTLE_PER_MINUTE,
} from './plan.ts';

type Address = Extract<Target, { kind: 'address' }>;
interface Element {
  readonly mitigation: Mitigation;
  readonly address: Address;
}

/** A file for `nft -f`. It holds addresses only: a packet filter sees neither sessions nor agents. */
export function emitNftables(report: Report, options: EmitOptions): string {
  const plan = planMitigations(report, options);
  const elements: Element[] = [];
  const other: Mitigation[] = [];
  for (const mitigation of plan.mitigations) {
    if (mitigation.target.kind === 'address') elements.push({ mitigation, address: mitigation.target });
    else other.push(mitigation);
  }
  const left = leftLines(plan);
  if (other.length > 0) {
    left.push('A packet filter does not see sessions, users or agents. Left to a web server:');
    for (const m of other) left.push(...m.comments.map((text) => `  ${text}`));
  }
  const lines = [
    '#!/usr/sbin/nft -f',
    ...commented([...plan.head, '', ...HOW_TO]),
    '',
    ...(left.length > 0 ? [...commented(left), ''] : []),
  ];
  lines.push('table inet sallyport {}', 'delete table inet sallyport', 'table inet sallyport {');
  for (const family of [4, 6] as const) {
    for (const effect of ['block', 'throttle'] as const) lines.push(...setLines(effect, family, elements));
  }
  lines.push(...chainLines(elements), '}');
  return `${lines.join('\n')}\n`;
}

const HOW_TO = [
  'Use: nft -c -f sallyport.nft to check, nft -f sallyport.nft to load. It replaces what an earlier load left.',
  'Undo: nft delete element inet sallyport block4 { ADDRESS }, or nft delete table inet sallyport for everything.',
  'Each element leaves its set when its timeout ends. A throttle counts new connections, not requests: with keep-alive',
  'a web server throttles better. For containers, change "hook input" to "hook forward".',
];

const setName = (effect: string, family: 4 | 6): string => `${effect}${family}`;
const effectOf = (mitigation: Mitigation): 'block' | 'throttle' =>
  mitigation.action === 'block' ? 'block' : 'throttle';

function pick(elements: readonly Element[], effect: string, family: 4 | 6): Element[] {
  const mine = elements.filter((e) => effectOf(e.mitigation) === effect && e.address.family === family);
  // Widest first: an interval set refuses elements that overlap.
  mine.sort((a, b) => prefixOf(a.address) - prefixOf(b.address));
  const taken = new BlockList();
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  return mine.filter(({ address }) => {
    const start = address.cidr.split('/')[0];
    if (taken.check(start, kind)) return false;
    taken.addSubnet(start, prefixOf(address), kind);
    return true;
  });
}

function prefixOf(address: Address): number {
  const slash = address.cidr.indexOf('/');
  return slash < 0 ? (address.family === 4 ? 32 : 128) : Number(address.cidr.slice(slash + 1));
}

function setLines(effect: 'block' | 'throttle', family: 4 | 6, elements: readonly Element[]): string[] {
  const mine = pick(elements, effect, family);
  if (mine.length === 0) return [];
  const type = family === 4 ? 'ipv4_addr' : 'ipv6_addr';
  const lines = [
    `  set ${setName(effect, family)} {`,
    `    type ${type}`,
    '    flags interval, timeout',
    '    elements = {',
  ];
  for (const { mitigation, address } of mine) {
    lines.push(
      ...commented(mitigation.comments, '# ', '      '),
      `      ${address.cidr} timeout ${mitigation.ttlS}s comment "${mitigation.id}",`,
    );
  }
  lines.push('    }', '  }');
  if (effect === 'throttle') {
    lines.push(
      `  set seen${family} {`,
      `    type ${type}`,
      '    size 65535',
      '    flags dynamic, timeout',
      '    timeout 10m',
      '  }',
    );
  }
  return lines;
}

function chainLines(elements: readonly Element[]): string[] {
  const lines = ['  chain input {', '    type filter hook input priority -10; policy accept;'];
  for (const family of [4, 6] as const) {
    const source = family === 4 ? 'ip saddr' : 'ip6 saddr';
    if (pick(elements, 'block', family).length > 0) {
      lines.push(`    tcp dport { 80, 443 } ${source} @${setName('block', family)} counter drop`);
    }
    if (pick(elements, 'throttle', family).length > 0) {
      const limit = `limit rate over ${THROTTLE_PER_MINUTE}/minute burst ${THROTTLE_BURST} packets`;
      lines.push(
        `    tcp dport { 80, 443 } ct state new ${source} @${setName('throttle', family)} \\`,
        `      update @seen${family} { ${source} ${limit} } counter drop`,
      );
    }
  }
  lines.push('  }');
  return lines;
}
