/** Usage plans for tests of the admin listener and of the command line. */
import type { PlansPort, PlansReport } from '../runtime/live/plans/report.ts';

export const SAMPLE_PLANS: PlansReport = {
  enabled: true,
  now: '2025-03-05T18:30:00.000Z',
  plans: [
    {
      name: 'gold',
      tier: 'critical',
      default: false,
      time_zone: 'Europe/Berlin',
      keys: 412,
      in_flight: 3,
      admitted: 90_210,
      refused: 17,
      would_refuse: 0,
      most_used: [
        {
          key: 'key-0a1b2c3d\u001b[2J',
          by: 'credential',
          requests_day: 951,
          requests_month: 4711,
          units_month: 9001,
          bytes_month: 123_456,
          in_flight: 1,
          refused: 17,
          would_refuse: 0,
          percent: 95.1,
          quotas: [
            {
              quota: 'gold-day',
              per: 'day',
              measure: 'requests',
              used: 951,
              limit: 1000,
              percent: 95.1,
              renews_at: '2025-03-05T23:00:00.000Z',
            },
            {
              quota: 'gold-budget',
              per: 'month',
              measure: 'money',
              used: 12.5,
              limit: 5000,
              percent: 0.3,
              renews_at: '2025-03-31T22:00:00.000Z',
            },
          ],
        },
      ],
    },
  ],
  tiers: [
    { tier: 'critical', in_flight: 3, kept: 400, refused: 0 },
    { tier: 'normal', in_flight: 7, kept: 0, refused: 0 },
    { tier: 'bulk', in_flight: 0, kept: 0, refused: 5 },
  ],
  capacity: 4096,
  alerts: 2,
  alerts_left_out: 0,
};

/** Plans as they stand in the sample. */
export const fakePlans = (): PlansPort => ({
  report: (limit) => ({
    ...SAMPLE_PLANS,
    plans: SAMPLE_PLANS.plans.map((plan) => ({ ...plan, most_used: plan.most_used.slice(0, limit) })),
  }),
});
