import { describe, expect, it } from 'vitest';
import { CLEAR_REPORT, SAMPLE_REPORT, UNREAD_REPORT } from '../../../../test/golden/sample-report.ts';
import {
  actorName,
  bytes,
  count,
  counted,
  percent,
  ranked,
  riskPercent,
  riskWord,
  span,
  verdict,
  when,
} from './words.ts';

describe('figures', () => {
  it('counts', () => {
    expect(count(1234567)).toBe('1,234,567');
    expect(counted(1, 'request')).toBe('1 request');
    expect(counted(1204, 'request')).toBe('1,204 requests');
    expect(bytes(999)).toBe('999 B');
    expect(bytes(31_415_926)).toBe('31.4 MB');
  });

  it('never says that a risk is none or certain', () => {
    expect(riskPercent(1)).toBe('> 99.9 %');
    expect(riskPercent(0)).toBe('< 0.1 %');
    expect(riskPercent(0.5)).toBe('50 %');
    expect(percent(1)).toBe('100 %');
    expect(percent(0.9994)).toBe('> 99.9 %');
    expect(percent(0.994)).toBe('99.4 %');
    expect(riskWord(0.75)).toBe('likely');
    expect(riskWord(0.999)).toBe('near certain');
  });

  it('tells times in UTC, and bears those that are none', () => {
    expect(when('2025-03-10T05:06:07+02:00')).toBe('10 Mar 2025 03:06:07');
    expect(when('')).toBe('');
    expect(span('', '')).toBe('no time could be read');
  });
});

describe('actors', () => {
  it('are named by what they are', () => {
    expect(actorName({ dimension: 'ip', key: '192.0.2.1' })).toBe('192.0.2.1');
    expect(actorName({ dimension: 'asn', key: '64500' })).toBe('network AS64500');
    expect(actorName({ dimension: 'asn', key: 'AS64500' })).toBe('network AS64500');
    expect(actorName({ dimension: 'principal', key: 'ann' })).toBe('user ann');
    expect(actorName({ dimension: 'orbit', key: 'x' })).toBe('orbit x');
  });

  it('stand in the order in which they matter', () => {
    const actions = ranked(SAMPLE_REPORT.actors).map((a) => a.recommended);
    expect(actions).toEqual([...actions].sort((a, b) => order(b) - order(a)));
  });
});

const order = (action: string): number => ['allow', 'tag', 'throttle', 'challenge', 'step-up', 'block'].indexOf(action);

describe('the verdict', () => {
  it('of abuse says how much, and whom acting would hurt', () => {
    const v = verdict(SAMPLE_REPORT);
    expect(v.level).toBe('abuse');
    expect(v.headline).toBe('8 actors abused this API with 25,764 requests (18 % of all).');
    expect(v.detail).toContain('hurt 12 identities that did nothing');
  });

  it('of a clear log stays modest', () => {
    expect(verdict(CLEAR_REPORT)).toMatchObject({ level: 'clear', headline: 'No abuse found.' });
  });

  it('of tags alone asks for a look only', () => {
    const tagged = SAMPLE_REPORT.actors.filter((a) => a.recommended === 'tag').slice(0, 1);
    const v = verdict({ ...SAMPLE_REPORT, actors: tagged });
    expect(v.headline).toBe('Nothing here needs an action; 1 actor is worth a look.');
  });

  it('of a file that is no log says so', () => {
    expect(verdict(UNREAD_REPORT).level).toBe('unread');
  });
});
