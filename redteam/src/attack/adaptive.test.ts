import { describe, expect, it } from 'vitest';
import { AttackCampaign } from './campaign.ts';
import { createCampaign, RULES } from './index.ts';
import { FakeSite, planOf, play, worldOf } from './testing.ts';

describe('an adaptive attacker', () => {
  const budget = { requests: 6000, addresses: 4000, accounts: 0, solves: 0 };

  function against(defence: ConstructorParameters<typeof FakeSite>[1], options = {}) {
    const site = new FakeSite([], defence);
    const plan = planOf('stuffing', 'E4', { budget, options: { tactics: '', ...options } });
    const campaign = new AttackCampaign(plan, worldOf(site), RULES.stuffing);
    return { sent: play(campaign, site), campaign };
  }

  it('leaves what is refused', () => {
    const script = /^(python|okhttp|Go-http|curl)/;
    const open = against(() => 'served');
    const held = against(({ client }) => (script.test(client.agent) ? 'refused' : 'served'));
    const scripts = (run: typeof open) => {
      const late = run.sent.slice(run.sent.length / 2);
      return late.filter(({ request }) => script.test(request.client.agent)).length / late.length;
    };
    expect(scripts(open)).toBeGreaterThan(0.15);
    expect(scripts(held)).toBeLessThan(0.05);
    const dresses = held.campaign.mind?.dresses;
    expect(dresses?.belief(3)).toBeLessThan(dresses?.belief(1) ?? 0);
  });

  it('slows down or hides where pace and cover decide', () => {
    const last = new Map<string, number>();
    const count = new Map<string, number>();
    // A limit of four requests an address.
    const limit = against(({ client }, nowMs) => {
      const n = (count.get(client.address) ?? 0) + 1;
      count.set(client.address, n);
      last.set(client.address, nowMs);
      return n > 4 ? 'refused' : 'served';
    });
    const networks = limit.campaign.mind?.networks;
    expect(networks?.belief(2)).toBeGreaterThan(networks?.belief(0) ?? 1);
  });

  it('lets a wall be', () => {
    const wall = against(() => 'refused');
    const open = against(() => 'served');
    expect(wall.sent.length).toBeLessThan(open.sent.length);
  });

  it('poisons, provokes and floods ahead, and frames beside', () => {
    const site = new FakeSite();
    const more = { budget: { ...budget, accounts: 3 }, options: { neighbours: '198.18.7.7,198.18.7.8' } };
    const campaign = createCampaign(planOf('stuffing', 'E4', more), worldOf(site));
    const sent = play(campaign, site);
    const lead = campaign.plan.startMs + 0.3 * (campaign.plan.endMs - campaign.plan.startMs);
    const ahead = sent.filter(({ timeMs }) => timeMs < lead);
    expect(ahead.length).toBeGreaterThan(200);
    expect(ahead.length).toBeLessThan(0.35 * sent.length);
    const middle = (campaign.plan.startMs + lead) / 2;
    expect(ahead.filter(({ timeMs }) => timeMs > middle).length).toBeGreaterThan(0.55 * ahead.length);
    const neighbours = sent.filter(({ request }) => request.client.address.startsWith('198.18.7.'));
    expect(neighbours.length).toBeGreaterThan(100);
    expect(neighbours.some(({ request }) => request.session?.startsWith('s-person') === true)).toBe(true);
    const invented = sent.filter(({ request }) => /^[0-9a-f]{32}$/.test(request.session ?? ''));
    expect(new Set(invented.map(({ request }) => request.session)).size).toBe(invented.length);
    expect(invented.length).toBeGreaterThan(200);
  });

  it('refuses tactics that it does not know', () => {
    const plan = planOf('stuffing', 'E4', { options: { tactics: 'magic' } });
    expect(() => createCampaign(plan, worldOf(new FakeSite())).arrivals().next()).toThrow(/magic/);
  });
});
