import { describe, expect, it } from 'vitest';
import { BOT_STATUS, FLAG } from '../../enrich/facts.ts';
import { HANDSHAKE_CLASS } from '../../enrich/kinds.ts';
import { type Exchange, readFixture, runFixture } from '../testing.ts';
import { inconsistentClient } from './inconsistent-client.ts';

const detectors = [inconsistentClient];
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36';
const benign = readFixture(new URL('benign.jsonl', import.meta.url)).exchanges;
const people = benign.filter((e) => e.t < 100);
const page: Exchange = { t: 200, ip: '198.51.100.90', target: '/pages/p{i}', agent: CHROME };

describe('inconsistent client', () => {
  const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
  const of = (key: string) => findings.find((f) => f.actor.key === key);

  it('finds browsers that are none, agents that cannot be, and a session that changes its agent', () => {
    expect(findings.map((f) => `${f.class} ${f.actor.key}`).sort()).toEqual([
      'automation 198.51.100.90',
      'automation 198.51.100.91',
      'automation sess-shifting',
    ]);
    expect(of('198.51.100.90')?.why).toMatch(/^\d+ pages for a browser with no asset and no referrer$/);
    expect(of('198.51.100.91')?.why).toMatch(/^an agent that no program has \(“Mozilla.*”\), \d+ pages for a browser/);
    expect(of('198.51.100.91')?.requests).toBeLessThan(25);
    expect(of('sess-shifting')?.why).toBe('one session under 6 different agents within an hour');
  });

  it('asks for a tag at most for such signs', () => {
    for (const action of Object.values(actions)) expect(['allow', 'tag']).toContain(action);
  });

  it('finds no readers, private browsers, full caches, scripts, crawlers, applications, old or updated browsers', () => {
    expect(runFixture(benign, { detectors }).findings).toEqual([]);
  });

  it('says nothing where nobody loads assets or sends referrers', () => {
    expect(runFixture([{ ...page, repeat: { n: 200, every_s: 9.5 } }], { detectors }).findings).toEqual([]);
    const bare = people.filter((e) => e.target?.startsWith('/static') !== true).map((e) => ({ ...e, referrer: '' }));
    expect(runFixture([...bare, { ...page, repeat: { n: 200, every_s: 9.5 } }], { detectors }).findings).toEqual([]);
  });

  it('sees a browser’s name over another handshake and without its headers, each alone being no finding', () => {
    const one = (extras: Exchange['extras']) =>
      runFixture([{ t: 0, ip: '198.51.100.93', target: '/api/items', agent: CHROME, extras }], { detectors }).findings;
    const handshakeClass = HANDSHAKE_CLASS.library;
    expect(one({ handshakeClass })).toEqual([]);
    expect(one({ flags: FLAG.UNLIKE_AGENT })).toEqual([]);
    expect(one({ handshakeClass: HANDSHAKE_CLASS.browser, flags: FLAG.UNLIKE_AGENT })).toEqual([]);
    expect(one({ handshakeClass, flags: FLAG.UNLIKE_AGENT })[0]?.why).toBe(
      'calls itself a browser, and begins connections as libraries do, headers that its browser does not send',
    );
    const library = { t: 0, ip: '198.51.100.93', target: '/api/items', agent: 'curl/8.5.0' };
    expect(runFixture([{ ...library, extras: { handshakeClass } }], { detectors }).findings).toEqual([]);
  });

  it('needs more than a few pages', () => {
    const pagesRead = (n: number) =>
      runFixture([...people, { ...page, repeat: { n, every_s: 9.5 } }], { detectors }).findings;
    expect(pagesRead(25)).toEqual([]);
    expect(pagesRead(60)).toHaveLength(1);
  });

  it('weighs a stolen name at once, more with every request', () => {
    const judgement = inconsistentClient.build({
      actor: 'ip',
      baselines: {} as never,
      tune: (_name, value) => value,
    });
    const facts = { botStatus: BOT_STATUS.impostor, software: 0, networkClass: 0, text: () => '', has: () => false };
    const values = (n: number) => ({ doubtful: { n } });
    expect(judgement.judge(values(1) as never, facts as never)).toBe(6500);
    expect(judgement.judge(values(20) as never, facts as never)).toBe(8000);
    expect(judgement.say(values(3) as never, facts as never)).toBe(
      'calls itself a known crawler, but comes from a network that is not its operator’s; 3 requests within an hour',
    );
  });
});
