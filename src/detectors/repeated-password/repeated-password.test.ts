import { describe, expect, it } from 'vitest';
import { type Exchange, expand, runFixture } from '../testing.ts';
import { repeatedPassword } from './repeated-password.ts';

const detectors = [repeatedPassword];
const run = (...exchanges: Exchange[]) => runFixture(exchanges, { detectors }).findings;

/** Failed logins of so many people, each with a password of their own. */
const people = (n: number, common: (i: number) => number): Exchange[] =>
  expand({ t: 0, method: 'POST', target: '/login', status: 401, ip: '10.1.{i}.9', repeat: { n, every_s: 20 } }).map(
    (e, i) => ({ ...e, ip: `10.${i >> 8}.${i & 255}.9`, extras: { subject: `p${i}`, password: common(i) } }),
  );
const spray = (n: number): Exchange[] =>
  expand({ t: 0, method: 'POST', target: '/login', status: 401, repeat: { n, every_s: 20 } }).map((e, i) => ({
    ...e,
    ip: `203.0.113.${i}`,
    extras: { subject: `victim${i}`, password: 4711 },
  }));

describe('repeated password', () => {
  it('finds a spray of one try an address, and the address with several', () => {
    const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    const [password, ip] = ['password', 'ip'].map((d) => findings.filter((f) => f.actor.dimension === d));
    expect(password).toHaveLength(1);
    expect(password[0].why).toMatch(
      /^one password failed for about \d+ users from about \d+ addresses within a day: \d+ % of the failed logins/,
    );
    expect(password[0].requests).toBeLessThanOrEqual(27);
    // Whoever tried it once may be somebody whose own it is.
    expect(ip.map((f) => f.actor.key)).toEqual(['203.0.113.8']);
    expect(ip[0].why).toMatch(
      /^took part in trying one password for about \d+ users within a day: \d of them from here$/,
    );
    expect(Object.entries(actions).filter(([actor]) => actor.startsWith('password'))).toEqual([
      [expect.any(String), 'throttle'],
    ]);
  });

  it('finds no forgotten password, no accepted ones and no class with the teacher’s', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('needs 20 users, whatever the addresses', () => {
    expect(run(...spray(19))).toEqual([]);
    expect(run(...spray(27)).map((f) => f.actor.dimension)).toContain('password');
  });

  it('knows that common passwords fail for many people', () => {
    const common = people(4000, (i) => (i % 100 === 0 ? 123456 : i + 1));
    expect(run(...common)).toEqual([]);
    const tried = [...people(400, (i) => (i % 100 === 0 ? 123456 : i + 1)), ...spray(40)];
    expect(run(...tried.sort((a, b) => a.t - b.t)).map((f) => f.actor.dimension)).toContain('password');
  });

  it('reads users from the log where the body does not tell them', () => {
    const logged = spray(30).map(({ extras, ...e }, i) => ({
      ...e,
      user: `u${i}`,
      extras: { password: extras?.password },
    }));
    expect(run(...logged).map((f) => f.actor.dimension)).toContain('password');
    expect(run(...spray(30).map((e) => ({ ...e, extras: { subject: e.extras?.subject } })))).toEqual([]);
  });
});
