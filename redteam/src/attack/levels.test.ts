import { describe, expect, it } from 'vitest';
import { FAMILIES, type Family, type Level } from '../contract.ts';
import { createCampaign } from './index.ts';
import { FakeSite, HOUR, planOf, play, START, worldOf } from './testing.ts';

function attack(family: Family, level: Level, more: Parameters<typeof planOf>[2] = {}, site = new FakeSite()) {
  const campaign = createCampaign(planOf(family, level, more), worldOf(site));
  return { campaign, sent: play(campaign, site) };
}

describe('levels', () => {
  it('sends at E0 from one address, as one tool', () => {
    for (const family of FAMILIES) {
      const { sent, campaign } = attack(family, 'E0');
      expect(new Set(sent.map(({ request }) => request.client.address)).size).toBe(1);
      expect(new Set(sent.map(({ request }) => request.client.agent)).size).toBe(1);
      expect(campaign.spend.addresses).toBe(1);
    }
  });

  it('rotates at E1 addresses and agents that do not belong together', () => {
    const { sent } = attack('stuffing', 'E1', { options: { pool: 30 } });
    const agents = new Map<string, Set<string>>();
    for (const { request } of sent) {
      const { address, agent } = request.client;
      agents.set(address, (agents.get(address) ?? new Set()).add(agent));
    }
    expect(agents.size).toBeGreaterThan(15);
    expect(agents.size).toBeLessThanOrEqual(30);
    expect([...agents.values()].some((set) => set.size > 1)).toBe(true);
  });

  it.each(FAMILIES)('%s sends at E2 one to three requests an address', (family) => {
    const { sent } = attack(family, 'E2');
    const counts = new Map<string, number>();
    for (const { request } of sent) {
      counts.set(request.client.address, (counts.get(request.client.address) ?? 0) + 1);
    }
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(3);
    expect(counts.size).toBeGreaterThan(sent.length / 3 - 1);
  });

  it('keeps at E2 the machine of a session, and shows one machine per address otherwise', () => {
    const { sent } = attack('object-enumeration', 'E2');
    const machines = new Map<string, Set<string>>();
    for (const { request } of sent) {
      if (request.session === undefined) continue;
      machines.set(request.session, (machines.get(request.session) ?? new Set()).add(request.client.agent));
    }
    expect(machines.size).toBeGreaterThan(1);
    for (const agents of machines.values()) expect(agents.size).toBe(1);
  });

  it('mixes at E3 visits of people among the attack', () => {
    const { sent } = attack('stuffing', 'E3');
    const logins = sent.filter(({ request }) => request.target === '/enter');
    expect(logins.length).toBeGreaterThan(20);
    expect(sent.length).toBeGreaterThan(2.5 * logins.length);
    expect(sent.some(({ request }) => request.target.startsWith('/things/'))).toBe(true);
    expect(sent.some(({ request }) => request.referrer?.startsWith('https://www.things.example/'))).toBe(true);
  });

  it('comes at E3 with aged accounts from homes of their own', () => {
    const { sent, campaign } = attack('object-enumeration', 'E3');
    const homes = new Map<string, Set<string>>();
    for (const { request } of sent) {
      if (request.session === undefined) continue;
      homes.set(request.session, (homes.get(request.session) ?? new Set()).add(request.client.address));
    }
    expect(campaign.spend.accounts).toBeGreaterThan(1);
    expect([...homes.keys()].every((session) => session.startsWith('s-person'))).toBe(true);
    const shared = [...homes.values()].flatMap((addresses) => [...addresses]);
    expect(new Set(shared).size).toBe(shared.length);
  });

  it('takes at E3 its time, and sleeps when people do', () => {
    const window = { startMs: START, endMs: START + 72 * HOUR, options: { countries: 'DE', zoneHours: 1 } };
    const site = new FakeSite();
    const budget = { requests: 3000, addresses: 3000, accounts: 0, solves: 0 };
    const campaign = createCampaign(planOf('stuffing', 'E3', { ...window, budget }), worldOf(site, 72));
    const hours = play(campaign, site).map(({ timeMs }) => new Date(timeMs + HOUR).getUTCHours());
    const part = (from: number, to: number) => hours.filter((hour) => hour >= from && hour < to).length / (to - from);
    expect(part(17, 22)).toBeGreaterThan(3 * part(2, 5));
  });

  it('refers at E3 to pages only, and loads their files', () => {
    const { sent } = attack('stuffing', 'E3');
    const own = sent.map(({ request }) => request.referrer).filter((url) => url?.includes('things.example'));
    expect(new Set(own)).toEqual(new Set(['https://www.things.example/']));
    expect(sent.some(({ request }) => request.target === '/static/site.css')).toBe(true);
    const calls = sent.filter(({ request }) => request.client.headers['sec-fetch-mode'] !== undefined);
    const modes = calls.filter(({ request }) => request.target === '/enter');
    expect(new Set(modes.map(({ request }) => request.client.headers['sec-fetch-mode']))).toEqual(new Set(['cors']));
  });

  it('rests at E1 between two rounds of spraying', () => {
    const { sent } = attack('spraying', 'E1', { options: { names: 60, restMinutes: 40 } });
    const gaps = sent.map(({ timeMs }, i) => (i === 0 ? 0 : timeMs - sent[i - 1].timeMs));
    expect(gaps.filter((gap) => gap > 35 * 60_000).length).toBeGreaterThanOrEqual(3);
    for (let round = 0; round < 3; round++) {
      const tries = sent.slice(60 * round, 60 * round + 50).map(({ request }) => request.body?.password);
      expect(new Set(tries).size).toBeLessThan(4);
    }
  });

  it('plays at E3 devices that stay where they are and report evenly', () => {
    const { sent } = attack('device-storm', 'E3', { options: { workers: 3 } });
    const devices = new Map<unknown, { addresses: Set<string>; times: number[] }>();
    for (const { request, timeMs } of sent) {
      const device = devices.get(request.body?.device) ?? { addresses: new Set(), times: [] };
      device.addresses.add(request.client.address);
      device.times.push(timeMs);
      devices.set(request.body?.device, device);
    }
    expect(devices.size).toBe(3);
    for (const { addresses, times } of devices.values()) {
      expect(addresses.size).toBeLessThan(5);
      const gaps = times.slice(1).map((time, i) => time - times[i]);
      const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
      expect(gaps.filter((gap) => gap > 0.5 * mean && gap < 1.7 * mean).length).toBeGreaterThan(0.95 * gaps.length);
    }
  });
});
