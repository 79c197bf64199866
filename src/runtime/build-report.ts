/** Turns what a run recorded into the report that people and programs read. */
import { createHash } from 'node:crypto';
import { CLASSES } from '../engine/detector.ts';
import { ACTION, ACTIONS, type Policy } from '../engine/policy.ts';
import { BOT_STATUS } from '../enrich/facts.ts';
import { botName } from '../enrich/software.ts';
import { MILLINATS, probability } from '../lib/fixed.ts';
import { humanDuration } from '../lib/units.ts';
import { incidentsOf } from './incidents.ts';
import { type ActorProfile, type FindingRecord, type Recorder, SLIDER } from './recorder.ts';
import type { Action, ActorReport, Finding, Report, ThresholdPoint } from './report.ts';
import { collateralOf, limitReason, sharingOf } from './sharing.ts';

const iso = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString() : '');

/** What the parts of a run know that the recorder does not. */
export type RunFacts = Pick<
  Report,
  | 'sallyport'
  | 'generated_input'
  | 'inputs'
  | 'events'
  | 'exchanges'
  | 'lines'
  | 'bad_lines'
  | 'bad_line_samples'
  | 'late_events'
  | 'notes'
  | 'elapsed_s'
  | 'actors_seen'
  | 'decision_hash'
  | 'manifest'
>;

/** Builds the report. Nothing in it depends on the wall clock except `elapsed_s`. */
export function buildReport(recorder: Recorder, policy: Policy, run: RunFacts): Report {
  const profiles = recorder.profiles.filter((p) => p.findings.length > 0);
  const actors = profiles
    .map((p) => actorReport(p, policy))
    .sort(
      (a, b) =>
        ACTION[b.recommended] - ACTION[a.recommended] ||
        b.risk - a.risk ||
        b.requests - a.requests ||
        compareText(a.actor.key, b.actor.key),
    );
  const { timeline } = recorder;
  const acting = actors.filter((a) => ACTION[a.recommended] >= ACTION.throttle);
  return {
    ...run,
    report_version: 1,
    notes:
      recorder.findingsLeftOut > 0
        ? [...run.notes, `${recorder.findingsLeftOut} more findings were counted but not kept`]
        : run.notes,
    started_at: iso(timeline.firstMs),
    ended_at: iso(timeline.lastMs),
    findings: recorder.findings
      .map((f) => findingReport(f))
      .sort((a, b) => b.nats - a.nats || compareText(a.detected_at, b.detected_at) || compareText(a.id, b.id)),
    actors,
    incidents: incidentsOf(recorder.findings, findingId),
    timeline: timeline.report(),
    thresholds: thresholds(profiles),
    totals: {
      requests: timeline.requests,
      requests_abusive: timeline.abusiveRequests,
      requests_stoppable: timeline.metRequests,
      identities_hurt: acting.reduce((sum, a) => sum + a.collateral, 0),
    },
  };
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** F- and ten hex digits of what makes the finding: the same on every run over the same input. */
export function findingId(f: FindingRecord): string {
  const text = [f.instance.detector.id, f.profile.actor.dimension, f.profile.actor.key, f.detectedMs].join('|');
  return `F-${createHash('sha256').update(text).digest('hex').slice(0, 10)}`;
}

export function findingReport(f: FindingRecord): Finding {
  const { detector } = f.instance;
  const { profile } = f;
  const total = profile.requestsBefore + profile.requests;
  return {
    id: findingId(f),
    class: detector.class,
    detector: detector.id,
    actor: profile.actor,
    owasp: detector.owasp,
    first_seen: iso(profile.firstMs),
    detected_at: iso(f.detectedMs),
    last_seen: iso(f.lastMs),
    requests_before_detection: f.requestsBefore,
    requests_after_detection: Math.max(0, total - f.requestsBefore),
    nats: f.millinats / MILLINATS,
    why: f.why,
    basis: f.instance.basis,
    recommended: ACTIONS[profile.peakAction] as Action,
    sample: f.sample,
  };
}

function actorReport(p: ActorProfile, policy: Policy): ActorReport {
  const sharing = sharingOf(p);
  const total = p.requestsBefore + p.requests;
  const before = p.requestsAtAction < 0 ? total : p.requestsAtAction;
  const action = ACTIONS[p.peakAction] as Action;
  const strongest = [...p.findings].sort((a, b) => b.millinats - a.millinats)[0];
  return {
    actor: p.actor,
    network: p.network,
    bot: p.bot === 0 ? null : { name: botName(p.bot), status: botStatusName(p.botStatus) },
    agent: p.agent,
    classes: [...new Set(p.findings.map((f) => f.instance.detector.class))],
    findings: p.findings.map(findingId),
    risk: probability(p.peakLogOdds),
    risk_class: CLASSES[Math.max(0, p.peakClass)],
    recommended: action,
    reason: reasonOf(p, action, strongest.why, policy),
    recommended_at: iso(p.actionMs),
    ttl_s: p.peakAction >= ACTION.throttle ? policy.ttlSec[2] : 0,
    first_seen: iso(p.firstMs),
    last_seen: iso(p.lastMs),
    requests: total,
    requests_before_action: before,
    requests_stopped: p.peakAction >= ACTION.throttle ? total - before : 0,
    sharing,
    collateral: p.peakAction >= ACTION.throttle ? collateralOf(p, sharing) : 0,
  };
}

function botStatusName(status: number): 'declared' | 'verified' | 'impostor' {
  return status === BOT_STATUS.verified ? 'verified' : status === BOT_STATUS.impostor ? 'impostor' : 'declared';
}

function reasonOf(p: ActorProfile, action: Action, why: string, policy: Policy): string {
  const held = limitReason(p.limit);
  const percent = Math.round(probability(p.peakLogOdds) * 100);
  const cost = `at a risk of ${percent} % ${action === 'allow' ? 'doing nothing' : `a ${action}`} costs least`;
  const ttl = ACTION[action] >= ACTION.throttle ? ` for ${humanDuration(policy.ttlSec[2] * 1000)}` : '';
  return `${why}; ${cost}${ttl}${held === '' ? '' : `; ${held}`}`;
}

/** The slider: acting from this risk on would have stopped so many requests and hurt so many identities. */
function thresholds(profiles: readonly ActorProfile[]): ThresholdPoint[] {
  return SLIDER.map((risk, i) => {
    const met = profiles.filter((p) => p.crossings[i] >= 0);
    return {
      risk,
      actors: met.length,
      requests_stopped: met.reduce((sum, p) => sum + Math.max(0, p.requestsBefore + p.requests - p.crossings[i]), 0),
      identities_hurt: met.reduce((sum, p) => sum + collateralOf(p, sharingOf(p)), 0),
    };
  });
}
