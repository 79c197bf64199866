/** The explanation of the sample report's first finding. */
import type { Explanation } from '../../src/runtime/explanation.ts';
import { SAMPLE_REPORT } from './sample-report.ts';

export const SAMPLE_EXPLANATION: Explanation = {
  sallyport: '0.1.0',
  explanation_version: 1,
  finding: SAMPLE_REPORT.findings[0],
  detector: {
    id: 'failure-test',
    number: 3,
    title: 'Failure test',
    group: 'failure',
    owasp: ['API2', 'OAT-007', 'OAT-008'],
    finding_at_millinats: 4600,
    cap_millinats: 9200,
    deterministic: false,
  },
  values: [
    {
      name: 'failures.llr',
      value: 4702,
      unit: 'millinats',
      doc: 'sum of the sequential test, kept between −2 and 9.2 nats',
    },
    { name: 'failures.n', value: 10, unit: 'logins', doc: 'observed since the sum last stood at its floor' },
    { name: 'failures.hits', value: 9, unit: '', doc: 'of them failed' },
    { name: 'p0', value: 200, unit: 'permille', doc: 'share of logins that usually fail' },
    { name: 'gap', value: 4200, unit: 'ms', doc: 'since the login before' },
  ],
  terms: [
    { detector: 'failure-test', group: 'failure', millinats: 4702, weight: 1 },
    { detector: 'fan-out', group: 'identity', millinats: 3900, weight: 0.7 },
    { detector: 'rate', group: 'rate', millinats: 1200, weight: 0.49 },
    { detector: 'population', group: 'failure', millinats: 800, weight: 0 },
  ],
  prior_millinats: -6907,
  log_odds_millinats: 1113,
  risk: 0.753,
  threshold: { action: 'block', log_odds_millinats: 1099 },
  flips: [
    {
      value: 'failures.hits',
      from: 9,
      to: 8,
      sentence: 'With 8 failed logins instead of 9, the sum would be 3.2 nats: no finding (from 4.6).',
    },
    { value: 'p0', from: 200, to: 260, sentence: 'If 26 % of logins usually failed instead of 20 %: no finding.' },
  ],
  events: [
    {
      time: '2025-03-11T07:12:28Z',
      relation: 'before',
      request: 'POST /api/v2/login HTTP/1.1',
      status: 401,
      millinats: 1696,
    },
    {
      time: '2025-03-11T07:12:32Z',
      relation: 'before',
      request: 'POST /api/v2/login HTTP/1.1',
      status: 401,
      millinats: 3199,
    },
    {
      time: '2025-03-11T07:12:36Z',
      relation: 'at',
      request: 'POST /api/v2/login HTTP/1.1',
      status: 401,
      millinats: 4702,
    },
    {
      time: '2025-03-11T07:12:40Z',
      relation: 'after',
      request: 'GET /\u001b[2J<b>x HTTP/1.1',
      status: 0,
      millinats: 6205,
    },
  ],
  notes: ['The log carries no durations: 50 ms were assumed for every exchange.'],
  decision_hash: SAMPLE_REPORT.decision_hash,
};
