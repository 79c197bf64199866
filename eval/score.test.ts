import { describe, expect, it } from 'vitest';
import type { Action, ActorReport, Finding, Report } from '../src/runtime/report.ts';
import { agentsByAddress, agentsReached } from './agents.ts';
import {
  addressOfActor,
  atLeastAction,
  balancedAccuracy,
  isSearchEngine,
  normalAddress,
  scoreHubCase,
  sessionOutcomes,
} from './score.ts';
import { shuffleWithin } from './shuffle.ts';

const finding = (dimension: string, key: string, findingClass: string, more: Partial<Finding> = {}): Finding =>
  ({
    id: 'F-0000000000',
    class: findingClass,
    actor: { dimension, key },
    recommended: 'tag' as Action,
    requests_before_detection: 5,
    ...more,
  }) as unknown as Finding;

const report = (findings: Finding[], more: Partial<Report> = {}): Report =>
  ({ findings, actors: [], bad_lines: {}, exchanges: 10, ...more }) as unknown as Report;

describe('normalAddress', () => {
  it('leaves off what is not the address', () => {
    expect(normalAddress('192.0.2.7:4431')).toBe('192.0.2.7');
    expect(normalAddress('[2001:DB8::1]:443')).toBe('2001:db8::1');
    expect(normalAddress('::ffff:192.0.2.7')).toBe('192.0.2.7');
    expect(normalAddress('192.0.2.7/32')).toBe('192.0.2.7');
    expect(normalAddress('2001:db8::/64')).toBe('2001:db8::');
  });
});

describe('addressOfActor', () => {
  it('finds the address of an actor and of what is under it, but takes no network for an address', () => {
    expect(addressOfActor({ dimension: 'ip', key: '192.0.2.7' })).toBe('192.0.2.7');
    expect(addressOfActor({ dimension: 'session', key: 'ip 192.0.2.7 × agent ab12' })).toBe('192.0.2.7');
    expect(addressOfActor({ dimension: 'network', key: '192.0.2.0/24' })).toBe('');
    expect(addressOfActor({ dimension: 'route', key: '/v1.2.3.4.5/x' })).toBe('');
  });
});

describe('scoreHubCase', () => {
  const hubCase = { name: 'made-up', classes: ['probing'], expected: ['192.0.2.1', '192.0.2.1', '192.0.2.2'] };

  it('counts a source that several alerts name once per alert and once as a source', () => {
    const score = scoreHubCase(hubCase, report([finding('ip', '192.0.2.1', 'probing')]));
    expect(score).toMatchObject({ foundAlerts: 2, alerts: 3, foundSources: 1, sources: 2, missed: ['192.0.2.2'] });
  });

  it('does not take a finding of another class, but says that there is one', () => {
    const score = scoreHubCase(hubCase, report([finding('ip', '192.0.2.2', 'scraping')]));
    expect(score.foundAlerts).toBe(0);
    expect(score.otherClass).toEqual(['192.0.2.2']);
    expect(score.extra).toEqual([]);
  });

  it('lists sources that nobody expected, once each', () => {
    const score = scoreHubCase(
      hubCase,
      report([
        finding('ip', '198.51.100.9', 'probing'),
        finding('ip', '198.51.100.9', 'injection', { recommended: 'block' }),
      ]),
    );
    expect(score.extra).toEqual([{ address: '198.51.100.9', classes: ['probing', 'injection'], recommended: 'block' }]);
  });

  it('sums refused lines, comments left out', () => {
    const score = scoreHubCase(hubCase, report([], { bad_lines: { no_match: 2, comment: 5, bad_time: 1 } }));
    expect(score.badLines).toBe(3);
    expect(score.badReasons).toBe('no_match 2, bad_time 1');
  });
});

describe('sessionOutcomes', () => {
  it('takes the worst action and the earliest finding', () => {
    const outcomes = sessionOutcomes(
      ['a', 'b', 'c'],
      report(
        [
          finding('session', 'a', 'scraping', { requests_before_detection: 9 }),
          finding('session', 'a', 'automation', { requests_before_detection: 4, recommended: 'throttle' }),
          finding('ip', 'b', 'scraping'),
        ],
        { actors: [{ actor: { dimension: 'session', key: 'c' }, recommended: 'tag' } as ActorReport] },
      ),
    );
    expect(outcomes.get('a')).toMatchObject({ flagged: true, worst: 'throttle', requestsUntil: 4 });
    expect(outcomes.get('b')).toMatchObject({ flagged: false, worst: 'allow', requestsUntil: -1 });
    expect(outcomes.get('c')).toMatchObject({ flagged: true, worst: 'tag', requestsUntil: -1 });
  });
});

describe('balancedAccuracy', () => {
  const made = (flagged: boolean) => ({
    session: '',
    flagged,
    worst: 'allow' as Action,
    requestsUntil: -1,
    classes: [],
  });
  it('is a half for a judge that flags everybody or nobody', () => {
    expect(balancedAccuracy([made(true)], [made(true), made(true)])).toBe(0.5);
    expect(balancedAccuracy([made(false)], [made(false), made(false)])).toBe(0.5);
  });
  it('weighs both sides alike, whatever their sizes', () => {
    expect(balancedAccuracy([made(true), made(false)], [made(false), made(false), made(false), made(true)])).toBe(
      0.625,
    );
  });
  it('says nothing about an empty side', () => {
    expect(balancedAccuracy([], [made(false)])).toBeNaN();
  });
});

describe('isSearchEngine', () => {
  const actor = (agent: string, asn: number, status: 'declared' | 'verified' | 'impostor' | null) => ({
    agent,
    network: { asn, name: '', country: '', class: '' },
    bot: status && { name: 'x', status },
  });
  it('needs a name and a network', () => {
    expect(isSearchEngine(actor('Googlebot/2.1', 15169, null), [])).toBe(true);
    expect(isSearchEngine(actor('Googlebot/2.1', 15169, 'impostor'), [])).toBe(true);
    expect(isSearchEngine(actor('Googlebot/2.1', 64500, 'impostor'), [])).toBe(false);
    expect(isSearchEngine(actor('MojeekBot/0.11', 64500, 'verified'), [])).toBe(true);
    expect(isSearchEngine(actor('curl/8.0', 15169, null), [])).toBe(false);
    expect(isSearchEngine(actor('', 8075, null), ['Mozilla/5.0 (compatible; bingbot/2.0)'])).toBe(true);
  });
});

describe('atLeastAction', () => {
  it('orders by severity and takes an unknown action for the most severe', () => {
    expect(atLeastAction('tag', 'tag')).toBe(true);
    expect(atLeastAction('allow', 'tag')).toBe(false);
    expect(atLeastAction('block', 'throttle')).toBe(true);
    expect(atLeastAction('tarpit' as Action, 'block')).toBe(true);
  });
});

describe('agents', () => {
  const log = [
    '192.0.2.1 - - [x] "GET / HTTP/1.1" 200 1 "-" "one"',
    '192.0.2.1 - - [x] "GET / HTTP/1.1" 200 1 "-" "two"',
    '192.0.2.9 - - [x] "GET / HTTP/1.1" 200 1 "-" "three"',
    '198.51.100.1 - - [x] "GET / HTTP/1.1" 200 1 "-" "four"',
  ].join('\n');
  const agents = agentsByAddress(log);
  it('collects every agent of an address', () => {
    expect(agents.get('192.0.2.1')).toEqual(['one', 'two']);
    expect(agents.size).toBe(3);
  });
  it('knows whom acting on a network would meet', () => {
    expect(agentsReached({ actor: { dimension: 'network', key: '192.0.2.0/24' } }, agents)).toEqual([
      'one',
      'two',
      'three',
    ]);
    expect(agentsReached({ actor: { dimension: 'ip', key: '198.51.100.1' } }, agents)).toEqual(['four']);
    expect(agentsReached({ actor: { dimension: 'route', key: '/' } }, agents)).toEqual([]);
  });
});

describe('shuffleWithin', () => {
  const stamp = (second: number): string =>
    `03/Mar/2026:06:0${Math.floor(second / 60)}:${String(second % 60).padStart(2, '0')} +0000`;
  const lines = Array.from({ length: 300 }, (_, i) => `192.0.2.1 - - [${stamp(i)}] "GET /${i} HTTP/1.1" 200 1`);
  it('changes the order, keeps the lines, and puts none further behind than the bound', () => {
    const shuffled = shuffleWithin(`${lines.join('\n')}\n`, 30_000)
      .trimEnd()
      .split('\n');
    expect(shuffled).not.toEqual(lines);
    expect([...shuffled].sort()).toEqual([...lines].sort());
    let latest = 0;
    for (const line of shuffled) {
      const second = lines.indexOf(line);
      expect(latest - second).toBeLessThanOrEqual(30);
      latest = Math.max(latest, second);
    }
  });
});
