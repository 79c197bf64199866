import { describe, expect, it } from 'vitest';
import { FLAG } from '../../enrich/facts.ts';
import { type Exchange, runFixture } from '../testing.ts';
import { tokenMisuse } from './token-misuse.ts';

const detectors = [tokenMisuse];
const run = (...exchanges: Exchange[]) => runFixture(exchanges, { detectors }).findings;
const use: Exchange = { t: 0, ip: '192.0.2.7', user: 'anna', key: 'tok', repeat: { n: 5, every_s: 60 } };
const misuse = (flags: number, more: Partial<Exchange> = {}): Exchange => ({
  t: 400,
  ip: '203.0.113.9',
  status: 401,
  key: 'tok',
  extras: { flags },
  ...more,
});

describe('token misuse', () => {
  it('finds tokens without their key, second refreshes from elsewhere, and sessions that somebody brought', () => {
    const { findings } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    const why = Object.fromEntries(findings.map((f) => [`${f.actor.dimension}:${f.actor.key}`, f.why]));
    expect(why['ip:203.0.113.9']).toMatch(
      /^a token came without the key or certificate it is bound to, from another network than [\d.]+ (?:s|min) before/,
    );
    expect(why['credential:re…']).toMatch(/^a refresh token was used a second time, from another network/);
    expect(why['session:fixed']).toMatch(
      /^a session id was the same before and after a login, as with 1 of \d+ logins here$/,
    );
    expect(Object.keys(why).filter((actor) => actor.startsWith('principal'))).toEqual([]);
  });

  it('finds no repeats of a lost answer, and no application that keeps its session ids', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('needs a repeat to come from elsewhere, or often', () => {
    const here = { ip: '192.0.2.7' };
    for (const flag of [FLAG.REPLAYED, FLAG.REFRESH_REUSED]) {
      expect(run(use, misuse(flag, { ...here, repeat: { n: 5, every_s: 2 } }))).toEqual([]);
      expect(run(use, misuse(flag, { ...here, repeat: { n: 6, every_s: 2 } }))).not.toEqual([]);
      expect(run(use, misuse(flag)).map((f) => f.actor.dimension)).toContain('credential');
    }
  });

  it('compares with where the holder was accepted, not with other attempts', () => {
    const again = misuse(FLAG.REPLAYED, { t: 500 });
    expect(run(use, misuse(FLAG.REPLAYED), again)[0].why).toContain('from another network');
    // Half an hour later the holder may be anywhere.
    expect(run(use, misuse(FLAG.REPLAYED, { t: 4000 }))).toEqual([]);
  });
});
