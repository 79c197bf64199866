import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { METHODS } from '../enrich/facts.ts';
import { BUSINESS_NAMES } from '../event/events.ts';
import { workflows, workflowsOf, workflowTemplates } from './workflows.ts';

const { workflows: written } = parse(readFileSync(new URL('testdata/good/workflows.yaml', import.meta.url), 'utf8'));
const config = workflows.parse(written);

describe('workflows', () => {
  it('become rules over steps, with times in milliseconds', () => {
    const [{ name, rules }] = workflowsOf(config);
    expect(name).toBe('checkout');
    expect(rules.map((r) => [r.name, r.kind, r.step.name, r.same])).toEqual([
      ['paid first', 'requires', 'confirm', ['object']],
      ['one coupon an order', 'at-most', 'coupon', ['session', 'object']],
      ['price as quoted', 'amount', 'pay', ['object']],
      ['ten orders a day', 'at-most', 'confirm', ['principal']],
    ]);
    expect(rules[0]).toMatchObject({
      withinMs: 3_600_000,
      requires: [{ template: '', business: BUSINESS_NAMES.indexOf('payment.settled') + 1 }],
    });
    expect(rules[1]).toMatchObject({ most: 1, windowMs: 86_400_000 });
    expect(rules[2]).toMatchObject({ toleranceMinor: 0, as: { template: '/quotes/{id}' } });
    expect(rules[2].step.methods).toEqual([METHODS.indexOf('POST')]);
  });

  it('name the templates of their routes once', () => {
    expect(workflowTemplates(config)).toEqual([
      '/quotes/{id}',
      '/orders/{id}/coupons',
      '/orders/{id}/confirm',
      '/orders/{id}/payment',
    ]);
  });

  it('are refused beyond their bounds', () => {
    const rule = { name: 'once', step: 'a', at_most: 1 };
    const flow = (name: string, rules: unknown[]) => ({ name, steps: { a: { route: '/a' } }, rules });
    const many = Array.from({ length: 33 }, (_, i) => i);
    expect(workflows.safeParse(many.map((i) => flow(`w${i}`, [rule]))).success).toBe(false);
    expect(
      workflows.safeParse([
        flow(
          'w',
          many.map((i) => ({ ...rule, name: `r${i}` })),
        ),
      ]).success,
    ).toBe(false);
    expect(workflows.safeParse([flow('w', [rule, rule])]).success).toBe(false);
    expect(workflows.safeParse([flow('w', [])]).success).toBe(false);
    expect(workflows.safeParse([flow('w', [{ ...rule, same: ['session', 'principal', 'object'] }])]).success).toBe(
      false,
    );
  });
});
