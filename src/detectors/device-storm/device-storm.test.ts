import { describe, expect, it } from 'vitest';
import { type Exchange, type FixtureOptions, runFixture } from '../testing.ts';
import { deviceStorm } from './device-storm.ts';

const detectors = [deviceStorm];
const run = (exchanges: Exchange[], options: FixtureOptions = {}) =>
  runFixture(exchanges, { detectors, ...options }).findings;
const beat = (t: number, n: number, every_s: number): Exchange => ({
  t,
  host: 'iot.example',
  target: '/telemetry',
  agent: 'meter/2.1',
  extras: { device: 'meter-{i}' },
  repeat: { n, every_s, ip: '203.0.113.{i}' },
});

describe('device storm', () => {
  const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
  const why = (dimension: string) => findings.filter((f) => f.actor.dimension === dimension).map((f) => f.why);

  it('finds a device that is too fast, and one that connects again and again', () => {
    expect(why('device')).toEqual([
      expect.stringMatching(/^\d+ requests of one device within a minute, limit 120$/),
      expect.stringMatching(/^it connected \d+ times in 10 min, \d+ requests were turned away: a reconnect loop$/),
    ]);
  });

  it('tells a fault of one firmware, and what helps', () => {
    expect(why('fingerprint')).toEqual([
      expect.stringMatching(
        /^about \d+ devices of one software \(meter\/2\.1\), 100 % of their requests in the 4 s from :(?:08|10) on, some \d+ requests each in 10 min: a fault of the software rather than an attack; slow it down by device, with jitter/,
      ),
    ]);
  });

  it('tells a botnet by many kinds of software that are turned away', () => {
    expect(findings.find((f) => f.actor.dimension === 'tenant')).toMatchObject({ actor: { key: 'home.example' } });
    expect(why('tenant')).toEqual([
      expect.stringMatching(
        /^about \d+ devices with about \d+ kinds of software from about \d+ networks, 100 % of the devices' requests turned away in 10 min: no fault of one software but one hand behind many devices$/,
      ),
    ]);
  });

  it('blocks no fleet', () => {
    for (const [actor, action] of Object.entries(actions))
      if (!actor.startsWith('device')) expect(['allow', 'tag', 'throttle']).toContain(action);
  });

  it('finds no fleet whose devices come when they like, no timers of single devices, no service that is down', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('needs several minutes in step, and a fleet', () => {
    expect(run([beat(0, 200, 0.01)])).toEqual([]);
    const minutes = (n: number) => [0, 60, 120, 180].map((t) => beat(t, n, 0.02));
    expect(run(minutes(18))).toEqual([]);
    expect(run(minutes(60))).not.toEqual([]);
  });

  it('follows the pace that was learned', () => {
    const fast: Exchange = { ...beat(0, 300, 0.4), extras: { device: 'one' } };
    const of = (p999: number) => run([fast], { baselines: { requestsPerMinuteP999: p999 } }).map((f) => f.why);
    expect(of(500)).toEqual([]);
    expect(of(20)[0]).toMatch(/limit 60$/);
  });
});
