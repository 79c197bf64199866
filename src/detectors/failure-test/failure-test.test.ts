import { describe, expect, it } from 'vitest';
import { type Exchange, runFixture } from '../testing.ts';
import { failureTest } from './failure-test.ts';

const detectors = [failureTest];
const run = (exchanges: readonly Exchange[]) => runFixture(exchanges, { detectors }).findings;
const login: Exchange = { t: 0, ip: '198.51.100.9', method: 'POST', target: '/login', status: 401, agent: 'A/1' };
const times = (n: number, every_s = 5) => ({ n, every_s });

describe('failure test', () => {
  it('finds guessing and says how much failed', () => {
    const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    const finding = findings.find((f) => f.actor.dimension === 'ip');
    expect(finding).toMatchObject({ class: 'credential-attack', actor: { key: '198.51.100.9' } });
    expect(finding?.requests).toBeLessThanOrEqual(8);
    expect(finding?.why).toMatch(/^\d+ of \d+ login attempts failed \(assumed usual: 20 %\)$/);
    expect(actions['ip:198.51.100.9']).toBe('step-up');
  });

  it('finds no people, offices, stale clients or services that answer 200', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('needs seven failures in a row', () => {
    expect(run([{ ...login, repeat: times(6) }])).toEqual([]);
    expect(run([{ ...login, repeat: times(7) }]).map((f) => f.actor.dimension)).toEqual(['ip', 'fingerprint']);
  });

  it('counts retries of a name once, unless they come fast', () => {
    const named = { ...login, user: 'anna' };
    expect(run([{ ...named, repeat: times(60, 20) }])).toEqual([]);
    expect(run([{ ...named, user: '', repeat: { ...times(12, 20), user: 'user{i}' } }])).not.toEqual([]);
    const fast = run([{ ...named, repeat: times(60, 1) }]);
    expect(fast.map((f) => f.actor.key)).toContain('198.51.100.9');
  });

  it('reads business events', () => {
    const event: Exchange = { t: 0, ip: '198.51.100.9', target: '', business: 'login.failed', status: 0 };
    expect(run([{ ...event, repeat: { ...times(9), user: 'user{i}' } }])[0]?.why).toMatch(
      /failed, for about \d+ users/,
    );
    const back: Exchange = { ...event, t: 1, business: 'login.succeeded' };
    expect(
      run([
        { ...event, repeat: { ...times(9), user: 'u{i}' } },
        { ...back, repeat: { ...times(9), user: 'u{i}' } },
      ]),
    ).toEqual([]);
  });

  it('counts a failure once that is told twice, by a status and as a business event', () => {
    const options = { detectors, tells: ['login'] } as const;
    const event: Exchange = { t: 0.1, ip: '198.51.100.9', target: '', business: 'login.failed', status: 0 };
    const told = (n: number, user: string): Exchange[] =>
      Array.from({ length: n }, (_, i) => [
        { ...login, t: i * 20 },
        { ...event, t: i * 20 + 0.1, user: user.replace('{i}', String(i)) },
      ]).flat();
    const found = (n: number, user: string) =>
      runFixture(told(n, user), options).findings.filter((f) => f.actor.dimension === 'ip');
    // One person and a forgotten password, then as many names as failures: six are one too few.
    expect(found(30, 'anna')).toEqual([]);
    expect(found(6, 'user{i}')).toEqual([]);
    const [finding] = found(9, 'user{i}');
    expect(finding.actor.key).toBe('198.51.100.9');
    expect(finding.why).toMatch(/^(\d+) of \1 login attempts failed, for (?:about )?\d+ users/);
    expect(Number(finding.why.split(' ')[0])).toBeLessThanOrEqual(9);
  });

  it('asks more of software that many people use', () => {
    const crowd: Exchange = { ...login, ip: '192.0.2.{i}', status: 302, repeat: times(200, 1) };
    const guesses: Exchange = { ...login, t: 300, ip: '198.51.100.{i}', repeat: times(9, 1) };
    expect(run([guesses]).map((f) => f.actor.dimension)).toEqual(['fingerprint']);
    expect(run([crowd, guesses])).toEqual([]);
    expect(run([crowd, { ...guesses, repeat: times(30, 1) }]).map((f) => f.actor.dimension)).toEqual(['fingerprint']);
  });

  it('takes a form shown again for a failure where logins redirect', () => {
    const shown = { ...login, status: 200, t: 10, target: '/account/login', repeat: times(20, 60) };
    expect(run([shown])).toEqual([]);
    const accepted = { ...login, status: 302, ip: '192.0.2.7', target: '/account/login' };
    const found = run([accepted, shown]);
    expect(found.map((f) => f.actor.key)).toContain('198.51.100.9');
    expect(found[0].why).toContain('the form again (a login that works redirects here)');
    // Where a wrong password is answered with 401, a 200 lets somebody in.
    expect(run([accepted, { ...login, ip: '192.0.2.8', target: '/account/login' }, shown])).toEqual([]);
  });

  it('takes fast posts to a page of unknown style for guesses, and nothing less', () => {
    const page = { ...login, status: 200, target: '/member-login.php' };
    expect(run([{ ...page, repeat: times(40, 1) }]).map((f) => f.actor.key)).toContain('198.51.100.9');
    expect(run([{ ...page, repeat: times(40, 60) }])).toEqual([]);
    expect(run([{ ...page, target: '/api/login', repeat: times(40, 1) }])).toEqual([]);
    expect(run([{ ...page, target: '/member-login.php?for=sync', repeat: times(40, 1) }])).toEqual([]);
  });

  it('finds sessions where there is no address', () => {
    const found = run([{ ...login, ip: '', session: 's1', agent: '', repeat: times(9) }]);
    expect(found.map((f) => f.actor)).toContainEqual({ dimension: 'session', key: 's1' });
  });
});
