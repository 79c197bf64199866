/**
 * A report as a run over a busy small shop's API would give, invented for the tests of its renderings. Addresses, names
 * and AS numbers are those reserved for documentation (RFC 5737, RFC 3849, RFC 5398). Some texts are hostile on
 * purpose: what comes from a log can carry markup and terminal control.
 */
import type { Report, TimeBucket } from '../../src/runtime/report.ts';
import { ACTORS } from './sample-actors.ts';
import { at, FINDINGS, SCANNER, SHARED, SOFTWARE, STUFFER } from './sample-findings.ts';

export { HOSTILE_AGENT } from './sample-findings.ts';

function timeline(): TimeBucket[] {
  return Array.from({ length: 72 }, (_, hour) => {
    // A day's rhythm without calling Math.sin: a triangle with its top at 15:00 UTC.
    const benign = 900 + 130 * (12 - Math.abs((hour % 24) - 15 + (hour % 24 < 3 ? 24 : 0)));
    const abusive: Record<string, number> = {};
    if (hour >= 2) abusive.scraping = 240 + ((hour * 37) % 60);
    if (hour >= 31 && hour < 35) abusive['credential-attack'] = [620, 1480, 1390, 621][hour - 31];
    if (hour >= 12 && hour < 14) abusive.probing = [344, 174][hour - 12];
    if (hour >= 60 && hour < 62) abusive.enumeration = [340, 272][hour - 60];
    const bad = Object.values(abusive).reduce((sum, n) => sum + n, 0);
    return {
      start: at(hour),
      requests: benign + bad,
      errors: Math.round(benign * 0.02 + (bad > 500 ? bad * 0.8 : 4)),
      abusive,
    };
  });
}

/** Whom acting from a risk on would have met: few hurt at the top, more as the threshold falls. */
const THRESHOLDS = [
  [0.05, 10, 25_700, 143],
  [0.1, 9, 25_650, 61],
  [0.2, 8, 25_600, 33],
  [0.3, 8, 25_600, 24],
  [0.5, 8, 25_580, 16],
  [0.7, 8, 25_560, 12],
  [0.75, 7, 25_060, 12],
  [0.8, 6, 7620, 12],
  [0.9, 5, 7410, 12],
  [0.95, 4, 6830, 12],
  [0.99, 3, 4620, 0],
  [0.999, 2, 4600, 0],
].map(([risk, actors, requests_stopped, identities_hurt]) => ({ risk, actors, requests_stopped, identities_hurt }));

const TIMELINE = timeline();
const REQUESTS = TIMELINE.reduce((sum, b) => sum + b.requests, 0);

export const SAMPLE_REPORT: Report = {
  sallyport: '0.1.0',
  report_version: 1,
  generated_input: false,
  inputs: [
    {
      name: 'access.log',
      format: 'combined',
      time_meaning: 'end',
      lines: REQUESTS - 41_000,
      bytes: 31_415_926,
      truncated: false,
    },
    {
      name: 'access.log.1.gz',
      format: 'combined',
      time_meaning: 'end',
      lines: 41_038,
      bytes: 8_201_114,
      truncated: true,
    },
  ],
  events: REQUESTS * 2,
  exchanges: REQUESTS,
  lines: REQUESTS + 38,
  bad_lines: { no_match: 21, binary: 12, too_long: 5 },
  bad_line_samples: [
    { reason: 'no_match', input: 'access.log', line: 4017, text: 'nginx: [warn] something that is no exchange' },
    {
      reason: 'binary',
      input: 'access.log',
      line: 9001,
      text: '\u0016\u0003\u0001\u0000\u00ee\u0001\u0000\u001b]0;owned\u0007<b>x</b>',
    },
    { reason: 'too_long', input: 'access.log.1.gz', line: 77, text: `GET /${'A'.repeat(190)}` },
  ],
  late_events: 2,
  notes: [
    'The log carries no durations: 50 ms were assumed for every exchange.',
    'access.log.1.gz ends inside a block; what came before it was read.',
  ],
  started_at: at(0),
  ended_at: at(71.98),
  elapsed_s: 0.84,
  actors_seen: { ip: 3120, network: 1822, session: 2954, principal: 811, fingerprint: 96, route: 41 },
  decision_hash: '6f1c2a9be04d7733',
  manifest: {
    code: '0.1.0',
    detectors: '14',
    policy: 'default-1',
    model: 'learned-5d1f',
    tables: 'asn-2026061719',
    seed: '0',
  },
  findings: FINDINGS,
  actors: ACTORS,
  incidents: [
    {
      id: 'I-01d2e3f405',
      class: 'credential-attack',
      title: 'Credential stuffing against /api/v2/login',
      started_at: at(31.2),
      ended_at: at(46),
      actors: [STUFFER, SHARED],
      findings: ['F-0a1b2c3d4e', 'F-1b2c3d4e5f', 'F-5f60718293'],
      requests: 6321,
      shared: ['route /api/v2/login', 'software python-requests'],
      campaign: true,
    },
    {
      id: 'I-12e3f40516',
      class: 'probing',
      title: 'A vulnerability scan',
      started_at: at(12),
      ended_at: at(13.4),
      actors: [SCANNER, SOFTWARE],
      findings: ['F-2c3d4e5f60', 'F-3d4e5f6071', 'F-9304152637'],
      requests: 518,
      shared: ['software ExampleScanner/1.7', 'network AS64500'],
      campaign: false,
    },
  ],
  timeline: TIMELINE,
  thresholds: THRESHOLDS,
  totals: { requests: REQUESTS, requests_abusive: 25_764, requests_stoppable: 24_900, identities_hurt: 12 },
};

/** The same log without anything in it. */
export const CLEAR_REPORT: Report = {
  ...SAMPLE_REPORT,
  inputs: [SAMPLE_REPORT.inputs[0]],
  bad_lines: {},
  bad_line_samples: [],
  late_events: 0,
  notes: [],
  findings: [],
  actors: [],
  incidents: [],
  timeline: TIMELINE.map((b) => ({ ...b, abusive: {} })),
  thresholds: [],
  totals: { requests: REQUESTS, requests_abusive: 0, requests_stoppable: 0, identities_hurt: 0 },
};

/** A file that is no log. */
export const UNREAD_REPORT: Report = {
  ...CLEAR_REPORT,
  events: 0,
  exchanges: 0,
  lines: 312,
  bad_lines: { no_match: 312 },
  bad_line_samples: [{ reason: 'no_match', input: 'notes.txt', line: 1, text: 'Dear diary' }],
  inputs: [{ name: 'notes.txt', format: 'combined', time_meaning: 'end', lines: 312, bytes: 9120, truncated: false }],
  started_at: '',
  ended_at: '',
  timeline: [],
  totals: { requests: 0, requests_abusive: 0, requests_stoppable: 0, identities_hurt: 0 },
};
