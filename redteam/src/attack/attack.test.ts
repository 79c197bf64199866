import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAMILIES, type Family, LEVELS, type Level } from '../contract.ts';
import { createCampaign } from './index.ts';
import { FakeSite, planOf, play, worldOf } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const ALL = FAMILIES.flatMap((family) => LEVELS.map((level) => [family, level] as const));

function attack(family: Family, level: Level, more: Parameters<typeof planOf>[2] = {}, site = new FakeSite()) {
  const campaign = createCampaign(planOf(family, level, more), worldOf(site));
  return { campaign, sent: play(campaign, site) };
}

describe('every family at every level', () => {
  it.each(ALL)('%s %s stays within budget and time, and is labelled', (family, level) => {
    const { campaign, sent } = attack(family, level);
    const { plan, spend, unit } = campaign;
    expect(unit).not.toBe('');
    expect(sent.length).toBeGreaterThan(50);
    expect(spend.requests).toBe(sent.length);
    for (const key of ['requests', 'addresses', 'accounts', 'solves'] as const) {
      expect(spend[key]).toBeLessThanOrEqual(plan.budget[key]);
    }
    const seen = new Set(sent.map(({ request }) => request.client.address));
    expect(seen.size).toBeLessThanOrEqual(spend.addresses);
    expect(sent[0].timeMs).toBeGreaterThanOrEqual(plan.startMs);
    expect(sent.at(-1)?.timeMs).toBeLessThan(plan.endMs);
    const label = { cohort: 'attack', campaign: plan.name, family, level };
    expect([...new Set(sent.map((exchange) => JSON.stringify(exchange.label)))]).toEqual([JSON.stringify(label)]);
    expect(sent.filter(({ request }) => !/^\/[\x21-\x7e]*$/.test(request.target))).toEqual([]);
  });

  it.each(FAMILIES)('%s is the same for the same seed, and another for another', (family) => {
    const level = LEVELS[FAMILIES.indexOf(family) % LEVELS.length];
    const once = JSON.stringify(attack(family, level).sent);
    expect(JSON.stringify(attack(family, level).sent)).toBe(once);
    const site = new FakeSite();
    const other = createCampaign(planOf(family, level), worldOf(site, 24, 'another'));
    expect(JSON.stringify(play(other, site))).not.toBe(once);
  });

  it.each(FAMILIES)('%s gains something where nobody defends', (family) => {
    const { sent } = attack(family, 'E0', { budget: { requests: 1500, addresses: 1, accounts: 10, solves: 0 } });
    const worked = sent.filter(({ answer }) => answer.gain > 0);
    expect(worked.length).toBeGreaterThan(0);
  });
});

describe('what is refused or missing', () => {
  it('buys solutions of challenges while there is money', () => {
    const site = new FakeSite([], () => 'challenged');
    const plan = planOf('stuffing', 'E2', { budget: { requests: 500, addresses: 500, accounts: 0, solves: 7 } });
    const campaign = createCampaign(plan, worldOf(site));
    const sent = play(campaign, site);
    expect(campaign.spend.solves).toBe(7);
    expect(sent.filter(({ request }) => request.solved === true).length).toBe(7);
  });

  it('does nothing without requests or addresses', () => {
    for (const budget of [
      { requests: 0, addresses: 10, accounts: 0, solves: 0 },
      { requests: 10, addresses: 0, accounts: 0, solves: 0 },
    ]) {
      for (const level of LEVELS) expect(attack('scraping', level, { budget }).sent).toEqual([]);
    }
  });

  it.each([
    ['stuffing', 'login'],
    ['signup-abuse', 'signup'],
    ['device-storm', 'telemetry'],
    ['workflow-manipulation', 'checkout'],
    ['code-guessing', 'redeem'],
  ] as const)('%s says that it needs %s', (family, role) => {
    const site = new FakeSite([role]);
    expect(() => createCampaign(planOf(family, 'E0'), worldOf(site))).toThrow(new RegExp(`${family}.*${role}`));
  });

  it('says that it needs accounts', () => {
    const budget = { requests: 100, addresses: 10, accounts: 0, solves: 0 };
    expect(() => attack('workflow-manipulation', 'E2', { budget })).toThrow(/workflow-manipulation needs accounts/);
  });

  it('ends when every account there is has been tried in vain', () => {
    const site = new FakeSite(['signup'], ({ target }) => (target === '/enter' ? 'refused' : 'served'));
    const endless = Number.POSITIVE_INFINITY;
    const budget = { requests: endless, addresses: endless, accounts: endless, solves: 0 };
    const campaign = createCampaign(planOf('workflow-manipulation', 'E3', { budget }), worldOf(site));
    expect(play(campaign, site).length).toBeLessThan(2000);
  });

  it.each(FAMILIES)('%s can do with a site where nobody is', (family) => {
    const site = new FakeSite();
    const empty = { ...site.inventory, accounts: [], codes: [], words: [], products: 0 };
    const world = worldOf({ ...site, host: site.host, inventory: empty, answer: site.answer });
    for (const level of ['E0', 'E2', 'E4'] as const) {
      const budget = { requests: 60, addresses: 60, accounts: 5, solves: 0 };
      expect(play(createCampaign(planOf(family, level, { budget }), world), site).length).toBeLessThanOrEqual(60);
    }
  });

  it('says which option is wrong', () => {
    expect(() => attack('scraping', 'E1', { options: { mode: 'sideways' } })).toThrow(/mode.*fast, slow, distributed/);
    expect(() => attack('stuffing', 'E0', { options: { rate: 'much' } })).toThrow(/rate/);
    expect(() => createCampaign(planOf('stuffing', 'E0', { endMs: 0 }), worldOf(new FakeSite()))).toThrow(RangeError);
  });
});

it('never goes back in time, whatever the answers', () => {
  const handlings = ['served', 'delayed', 'challenged', 'refused'] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...ALL),
      fc.array(fc.constantFrom(...handlings), { minLength: 1, maxLength: 20 }),
      fc.record({
        requests: fc.integer({ min: 0, max: 200 }),
        addresses: fc.integer({ min: 0, max: 200 }),
        accounts: fc.integer({ min: 1, max: 20 }),
        solves: fc.integer({ min: 0, max: 5 }),
      }),
      ([family, level], turns, budget) => {
        let turn = 0;
        const site = new FakeSite([], () => turns[turn++ % turns.length]);
        const campaign = createCampaign(planOf(family, level, { budget }), worldOf(site));
        const sent = play(campaign, site, 1000);
        expect(sent.length).toBeLessThanOrEqual(budget.requests);
        expect(sent.every(({ timeMs }, i) => i === 0 || timeMs >= sent[i - 1].timeMs)).toBe(true);
      },
    ),
    { numRuns: 100, seed: 7 },
  );
});
