import { describe, expect, it } from 'vitest';
import { type Exchange, readFixture, runFixture } from '../testing.ts';
import { workflowRules } from './workflow-rules.ts';

const detectors = [workflowRules];
const { options } = readFixture(new URL('positive.jsonl', import.meta.url));
const post = (t: number, target: string, more: Partial<Exchange> = {}): Exchange => ({
  t,
  ip: '198.51.100.20',
  session: 'shopper',
  method: 'POST',
  target,
  ...more,
});
const warm = post(0, '/orders/1/payment', { session: 'first' });
const run = (exchanges: Exchange[], given = options) =>
  runFixture([warm, ...exchanges], { ...given, detectors }).findings.map((f) => `${f.actor.key}: ${f.why}`);

describe('workflow rules', () => {
  const { findings } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
  const of = (key: string) => findings.filter((f) => f.actor.key === key).map((f) => f.why);

  it('finds a step that was left out, with the rule, and holds it against session and user', () => {
    const why =
      '"paid first" of checkout: confirm without pay for the same object in the 60 min before (POST /orders/771/confirm)';
    expect(findings.filter((f) => f.why === why).map((f) => `${f.actor.dimension}:${f.actor.key}`)).toEqual([
      expect.stringMatching(/^session:/),
      'principal:mallory',
    ]);
    expect(findings.find((f) => f.why === why)).toMatchObject({ class: 'workflow', millinats: 12_000 });
  });

  it('finds what is done too often, and another price', () => {
    const said = findings.map((f) => f.why).join('\n');
    expect(said).toContain('coupon 2 times within 24 h for the same session and object, at most 1');
    expect(said).toContain('the amount of pay is 128.00 below that of quote for the same object');
    expect(of('rita')[0]).toContain('confirm 11 times within 24 h for the same principal, at most 10');
  });

  it('finds no whole orders, refused steps, other methods, or two devices of one customer', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('holds nothing against anybody before it has watched for a while', () => {
    expect(run([post(1700, '/orders/2/confirm')])).toEqual([]);
    expect(run([post(1900, '/orders/2/confirm')])).toHaveLength(1);
  });

  it('knows how long ago a step was', () => {
    const pay = post(4000, '/orders/3/payment');
    expect(run([pay, post(7599, '/orders/3/confirm')])).toEqual([]);
    expect(run([pay, post(7602, '/orders/3/confirm')])).toHaveLength(1);
  });

  it('asks for the same object, and for nothing where none is named', () => {
    expect(run([post(4000, '/orders/3/payment'), post(4001, '/orders/4/confirm')])).toHaveLength(1);
  });

  it('takes business events for steps', () => {
    const steps = { settled: { event: 'payment.settled' }, ship: { route: '/orders/{id}/shipment' } };
    const rules = [{ name: 'paid first', step: 'ship', requires: ['settled'], same: ['object'] }];
    const given = { routes: ['/payments/{id}'], workflows: [{ name: 'fulfil', steps, rules }] };
    const settled = post(10, '/payments/9', { method: undefined, business: 'payment.settled' });
    expect(run([settled, post(2000, '/orders/9/shipment')], given)).toEqual([]);
    expect(run([settled, post(2000, '/orders/8/shipment')], given)).toHaveLength(1);
  });

  it('names the address only where there is nobody else', () => {
    expect(run([post(2000, '/orders/2/confirm', { session: '' })])[0]).toMatch(/^198\.51\.100\.20: /);
  });

  it('is not there without workflows', () => {
    expect(run([post(9000, '/orders/2/confirm')], {})).toEqual([]);
  });
});
