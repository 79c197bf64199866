import { describe, expect, it } from 'vitest';
import { expand, readFixture, runFixture } from '../testing.ts';
import { heavyHitters } from './heavy-hitters.ts';

const detectors = [heavyHitters];
const positive = new URL('positive.jsonl', import.meta.url);

describe('heavy hitters', () => {
  it('finds software whose share has jumped, over many addresses', () => {
    const { findings } = runFixture(positive, { detectors });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ class: 'resource-exhaustion', actor: { dimension: 'fingerprint' } });
    expect(findings[0].why).toMatch(
      /^[\d.]+ % of all requests \(\d+ of \d+ sampled\) from about \d+ addresses, usually 0.1 %$/,
    );
  });

  it('finds no growth, and no single address', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('needs a window in which nothing happened, and enough events', () => {
    const { exchanges } = readFixture(positive);
    expect(
      runFixture(
        exchanges.filter((e) => e.t >= 3600),
        { detectors },
      ).findings,
    ).toEqual([]);
    expect(
      runFixture(
        exchanges.filter((_, i) => i % 2 === 0),
        { detectors },
      ).findings,
    ).toEqual([]);
  });

  it('counts logins apart from all requests', () => {
    // What browses all the time begins to log in: its share of all requests stays what it was.
    const login = { method: 'POST', target: '/login', status: 401 };
    const early = expand({ ...login, t: 0, agent: 'B/1', repeat: { n: 230, every_s: 90, ip: '192.0.2.{i}' } });
    const crowd = expand({ ...login, t: 21_600, agent: 'B/1', repeat: { n: 450, every_s: 30, ip: '192.0.2.{i}' } });
    const pages = expand({ t: 0, target: '/', agent: 'S/1', repeat: { n: 400, every_s: 90, ip: '198.51.100.{i}' } });
    const swarm = expand({ ...login, t: 30_000, agent: 'S/1', repeat: { n: 180, every_s: 30, ip: '198.51.100.{i}' } });
    const { findings } = runFixture([...early, ...crowd, ...pages, ...swarm], { detectors });
    expect(findings.map((f) => f.why)).toEqual([expect.stringMatching(/% of all logins .* usually 0.1 %$/)]);
  });
});
