import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../contract.ts';
import { attack, benign, truthOf } from '../testing.ts';
import { readAlerts } from './crowdsec.ts';
import { combinedLine, cutOf, densestWindow, ExcerptWriter } from './excerpt.ts';
import { bans, readFailures } from './fail2ban.ts';
import { pick, scorePeer } from './peers.ts';

const exchange = (timeMs: number, target = '/a', agent = 'A'): Exchange => ({
  timeMs,
  request: { client: { address: '192.0.2.1', agent, protocol: 'HTTP/1.1', headers: {} }, method: 'GET', target },
  answer: {
    status: 200,
    bytes: 12,
    durationMs: 5,
    handling: 'served',
    body: {},
    principal: 'anna b',
    session: '',
    credential: '',
    events: [],
    gain: 0,
  },
  label: benign('people'),
});

describe('excerpts', () => {
  it('begin where most campaigns begin, a tenth before the first of them', () => {
    expect(densestWindow([0, 5000, 5100, 5200, 9000], 1000)).toBe(4900);
    expect(densestWindow([], 1000)).toBe(0);
  });

  it('are lines that every reader of the format knows', () => {
    expect(combinedLine(exchange(Date.UTC(2025, 2, 4, 12), '/a"b', 'A\n\\'))).toBe(
      '192.0.2.1 - anna_b [04/Mar/2025:12:00:00 +0000] "GET /a\\x22b HTTP/1.1" 200 12 "-" "A\\x0A\\x5C"',
    );
  });

  it('are half of them abusive, as long as that lasts', () => {
    // 400 of 10,000 are abusive: 200 of them in half of the time, and 4,800 benign, of which one in 24 makes 200.
    const cut = cutOf({ startMs: 0, endMs: 1000 }, [600, 610, 700], { exchanges: 10_000, abusive: 400, lines: 400 });
    expect(cut).toEqual({ fromMs: 500, lines: 400, everyNth: 24 });
    const all = cutOf({ startMs: 0, endMs: 1000 }, [600], { exchanges: 100, abusive: 10, lines: 400 });
    expect(all).toEqual({ fromMs: 0, lines: 400, everyNth: 1 });
  });

  it('remember which rows they are', () => {
    const path = join(tmpdir(), `redteam-excerpt-${process.pid}.log`);
    const writer = new ExcerptWriter(path, { fromMs: 3000, lines: 2, everyNth: 1 });
    for (let i = 0; i < 8; i++) writer.add(exchange(i * 1000));
    writer.close();
    expect(writer.rows).toEqual([3, 4]);
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(2);
    rmSync(path);
  });
});

describe('what other programs say', () => {
  it('is read from CrowdSec’s log', () => {
    const output =
      'time="04-03-2025 12:20:54" level=info msg="Ip 198.51.100.7 performed \'crowdsecurity/http-probing\' (11 events over 9.5s) at 2025-03-04 12:20:54 +0000 UTC"\n' +
      'time="x" level=info msg="Ip 2001:db8::8 performed \'ltsich/http-w00tw00t\' (1 events over 0s) at 2025-03-04 12:00:00.5 +0000 UTC"\n' +
      'time="x" level=warning msg="Acquisition is finished, shutting down"';
    expect(readAlerts(output)).toMatchObject([
      { timeMs: Date.UTC(2025, 2, 4, 12, 0, 0, 500), actor: { key: '2001:db8::8' }, class: 'ltsich/http-w00tw00t' },
      { timeMs: Date.UTC(2025, 2, 4, 12, 20, 54), actor: { key: '198.51.100.7' }, ttlMs: 14_400_000 },
    ]);
  });

  it('is read from fail2ban’s rows, and bans follow from its defaults', () => {
    const row = (address: string, s: number) => `['${address}',\t${s},\t{'ip4': '${address}', 'ip6': None}],`;
    const times = [0, 100, 200, 300, 400, 500, 1000, 1100, 1200, 1300, 1400];
    const output = [...times.map((s) => row('192.0.2.1', s)), row('192.0.2.2', 3), 'Running tests'].join('\n');
    const found = bans(readFailures(output));
    // Five by 400 s; banned until 1,000 s, so 500 counts for nothing; five again from 1,000 to 1,400 s.
    expect(found.map((d) => [d.timeMs / 1000, d.actor.key])).toEqual([
      [400, '192.0.2.1'],
      [1400, '192.0.2.1'],
    ]);
  });

  it('is scored on the rows of the excerpt alone', () => {
    const probing = attack('c', 'probing', 'E0');
    const whole = truthOf([
      ...Array.from({ length: 30 }, (_, i) => ({ timeMs: i * 1000, label: probing, address: '192.0.2.1' })),
      { timeMs: 20_500, label: benign('people'), address: '192.0.2.1', agent: 'A' },
      { timeMs: 20_600, label: benign('people'), address: '192.0.2.9', agent: 'A' },
    ]);
    const part = pick(
      whole,
      Array.from({ length: 20 }, (_, i) => 10 + i),
    ); // 10 … 20 s and 21 … 27 s of the campaign, and both people
    const decision = { timeMs: 15_000, actor: { dimension: 'ip', key: '192.0.2.1' }, rank: 5, ttlMs: 60_000 };
    const score = scorePeer(part, 'x', { decisions: [{ ...decision, class: '', risk: 1 }], seconds: 3, detail: '' });
    expect(score).toMatchObject({
      campaigns: 1,
      acted: 1,
      identitiesHurt: 0.5,
      requestsHurt: 0.5,
      seconds: 3,
      lines: 20,
    });
    expect(score.held).toBeCloseTo(12 / 18, 12);
    expect(score.leakShare).toBeCloseTo(6 / 18, 12);
    expect(scorePeer(part, 'x', { absent: 'not installed' })).toMatchObject({ absent: 'not installed', acted: 0 });
  });
});
