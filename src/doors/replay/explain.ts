/**
 * `explain`: runs the input again up to a finding and takes it apart there, with the values the detector really read.
 * What would have flipped it is found by judging again with one value changed.
 */
import { entryOf } from '../../engine/decide.ts';
import { GROUPS } from '../../engine/detector.ts';
import type { Engine } from '../../engine/engine.ts';
import { ACTION, ACTIONS } from '../../engine/policy.ts';
import type { Instance } from '../../engine/program.ts';
import { GROUP_WEIGHT, PRIOR_MILLINATS, RISK, logOdds as riskOf } from '../../engine/risk.ts';
import { METHODS } from '../../enrich/facts.ts';
import { SallyportError } from '../../lib/errors.ts';
import { MILLINATS, probability } from '../../lib/fixed.ts';
import { findingId, findingReport } from '../../runtime/build-report.ts';
import type { ExplainedEvent, ExplainedTerm, ExplainedValue, Explanation, Flip } from '../../runtime/explanation.ts';
import type { FindingRecord, Recorder } from '../../runtime/recorder.ts';
import { redactTarget } from '../../runtime/redact.ts';
import type { Action } from '../../runtime/report.ts';
import { beginningOf, explained, isMitigation, watchEvidence } from './explain-mitigation.ts';
import { drive, readValues } from './explain-run.ts';
import type { ExplainRunOptions } from './run.ts';
import { VERSION } from './try.ts';

/** Events of the actor that are shown before and after the one that decided. */
const AROUND = 5;
const SAMPLE_MAX = 200;

/** What was seen at the moment of detection, copied out of the engine. */
interface Moment {
  readonly key: number;
  readonly hi: number;
  readonly lo: number;
  readonly sequence: number;
  readonly values: readonly ExplainedValue[];
  readonly terms: readonly ExplainedTerm[];
  readonly logOdds: number;
  readonly flips: readonly Flip[];
  readonly action: number;
}

const UNITS: Readonly<Record<string, string>> = {
  llr: 'millinats',
  s: 'millinats',
  aheadMs: 'ms',
  gapMs: 'ms',
  meanMs: 'ms',
  deviation: 'permille',
  share: 'permille',
  usual: 'permille',
  p0: 'permille',
};

const DOCS: Readonly<Record<string, string>> = {
  'count.n': 'events in the window that ends now',
  'rate.aheadMs': 'how far the actor runs ahead of its limit; above 0 is over it',
  'rate.perPeriod': 'the limit in force, events per period',
  'distinct.n': 'different values in the window',
  'distinct.isNew': '1 where this event brought a new one',
  'sprt.llr': 'log-likelihood ratio of the sequential test',
  'sprt.n': 'observations since it last stood at its floor',
  'sprt.hits': 'observations among them that speak for abuse',
  'cusum.s': 'cumulative sum against what is usual at this hour',
  'cusum.n': 'observations since it last stood at 0',
  'cusum.hits': 'observations among them that count as failures',
  'cusum.p0': 'share that is usual at this hour of the week',
  'last.known': '1 where there was a value before',
  'last.changed': '1 where it differs from the one before',
  'last.gapMs': 'time since the one before',
  'spread.n': 'gaps between arrivals',
  'spread.meanMs': 'mean gap',
  'spread.deviation': 'mean deviation from the mean gap, as a share of it',
  'steps.n': 'steps between numeric ids',
  'steps.same': 'steps equal to the one before',
  'steps.short': 'steps of at most three',
  'top.share': 'share of the running window',
  'top.usual': 'share in the windows before, -1 where there was none',
  'top.n': 'events of this value in the window',
  'top.total': 'events of all values in the window',
};

/** Explains one finding of a log or a journal, or a mitigation of a live journal. SP6003 where the input holds none of that id. */
export async function explainFinding(asked: ExplainRunOptions): Promise<Explanation> {
  let found: { finding: FindingRecord; moment: Moment } | undefined;
  const begun = isMitigation(asked.finding) ? await beginningOf(asked) : undefined;
  const options = begun === undefined ? asked : { ...asked, inputs: [begun.folder] };
  const take = (engine: Engine, finding: FindingRecord): void => {
    // What is read back from a journal is overwritten by what comes next; a run's finding goes on to grow.
    // A finding keeps the instance it began with; a model taken over since has compiled it anew.
    const instance = engine.program.instances[finding.instance.index];
    found = { finding: begun === undefined ? finding : { ...finding }, moment: momentOf(engine, instance) };
  };
  const watch = (): ((recorder: Recorder) => void) => {
    if (begun !== undefined) return watchEvidence(begun, take);
    return (recorder) => {
      recorder.onFinding = (engine, finding, _millinats, isNew) => {
        if (isNew && findingId(finding) === options.finding) take(engine, finding);
      };
    };
  };
  const { session: first, notes } = await drive(options, watch());
  // Of a journal that is not whole, what was read then counts, not what can be read now.
  if (found === undefined || notes.length > 0) await readValues(options, watch());
  if (found === undefined)
    throw new SallyportError('SP6003', `${options.inputs.join(', ')} holds no evidence for ${options.finding}`);
  const { finding, moment } = found;
  const events = await eventsAround(options, moment, finding.instance);
  const { detector } = finding.instance;
  return {
    sallyport: VERSION,
    explanation_version: 1,
    finding: begun === undefined ? findingReport(finding) : { ...findingReport(finding), id: begun.record.id },
    ...(begun === undefined ? {} : { mitigation: explained(begun) }),
    detector: {
      id: detector.id,
      number: detector.number,
      title: detector.title,
      group: detector.group,
      owasp: detector.owasp,
      finding_at_millinats: detector.findingAt,
      cap_millinats: detector.cap,
      deterministic: detector.deterministic,
    },
    values: moment.values,
    terms: moment.terms,
    prior_millinats: PRIOR_MILLINATS,
    log_odds_millinats: moment.logOdds,
    risk: probability(moment.logOdds),
    threshold: {
      action: ACTIONS[moment.action] as Action,
      log_odds_millinats: entryOf(first.parts.engine.policy, finding.instance.classIndex, moment.action, ACTION.block),
    },
    flips: moment.flips,
    events,
    notes,
    decision_hash: first.hash(),
  };
}

function momentOf(engine: Engine, instance: Instance): Moment {
  const { batch } = engine;
  const { key } = instance;
  const terms = termsOf(engine, instance);
  const logOdds = riskOf(batch.risk, key * RISK.size, instance.classIndex);
  return {
    key,
    hi: batch.hi[key],
    lo: batch.lo[key],
    sequence: engine.sequence,
    values: instance.reads.flatMap((r) =>
      r.fields.map((field, i) => ({
        name: `${r.name}.${field}`,
        value: batch.values[r.operation.value + i],
        unit: UNITS[field] ?? '',
        doc: DOCS[`${r.kind}.${field}`] ?? '',
      })),
    ),
    terms,
    logOdds,
    flips: flipsOf(engine, instance),
    action: actionAt(engine, instance, logOdds),
  };
}

function actionAt(engine: Engine, instance: Instance, logOdds: number): number {
  let action = 0;
  for (let a = 1; a < ACTIONS.length; a++) {
    const entry = entryOf(engine.policy, instance.classIndex, a, ACTION.block);
    if (!Number.isNaN(entry) && entry <= logOdds) action = a;
  }
  return action;
}

/** What every group holds against the actor in the finding's class, this event's evidence included. */
function termsOf(engine: Engine, instance: Instance): ExplainedTerm[] {
  const at = instance.key * RISK.size + RISK.evidence + instance.classIndex * GROUPS.length;
  const groups = GROUPS.map((group, g) => ({ group, millinats: engine.batch.risk[at + g] })).filter(
    (t) => t.millinats !== 0,
  );
  groups.sort((a, b) => b.millinats - a.millinats);
  return groups.map((t, i) => ({
    detector: t.group === instance.detector.group ? instance.detector.id : `(${t.group})`,
    group: t.group,
    millinats: t.millinats,
    weight: t.millinats < 0 ? 1 : GROUP_WEIGHT[i] / MILLINATS,
  }));
}

/** For every value, the change nearest to what was read that would have kept the evidence below the threshold. */
function flipsOf(engine: Engine, instance: Instance): Flip[] {
  const { values } = engine.batch;
  const { detector, judgement } = instance;
  const says = (): number => judgement.judge(instance.handles as never, engine.facts);
  const flips: Flip[] = [];
  for (const read of instance.reads) {
    read.fields.forEach((field, i) => {
      const at = read.operation.value + i;
      const from = values[at];
      const to = nearest(from, (candidate) => {
        values[at] = candidate;
        const below = says() < detector.findingAt;
        values[at] = from;
        return below;
      });
      if (to !== undefined)
        flips.push({
          value: `${read.name}.${field}`,
          from,
          to,
          sentence: flipSentence(read.name, field, read.kind, from, to),
        });
    });
  }
  return flips.sort(
    (a, b) =>
      Math.abs(a.to - a.from) / Math.max(1, Math.abs(a.from)) - Math.abs(b.to - b.from) / Math.max(1, Math.abs(b.from)),
  );
}

function flipSentence(name: string, field: string, kind: string, from: number, to: number): string {
  const doc = DOCS[`${kind}.${field}`] ?? field;
  const unit = UNITS[field] === undefined ? '' : ` ${UNITS[field]}`;
  return `with ${to}${unit} instead of ${from}${unit} for ${name} (${doc}) this would not have been a finding`;
}

/** The integer nearest below `from` for which `flipped` holds, then the nearest above; undefined where neither is. */
function nearest(from: number, flipped: (candidate: number) => boolean): number | undefined {
  if (from > 0 && flipped(0)) {
    let yes = 0;
    let no = from;
    while (no - yes > 1) {
      const middle = Math.floor((yes + no) / 2);
      if (flipped(middle)) yes = middle;
      else no = middle;
    }
    return yes;
  }
  for (let step = 1; step <= 2 ** 20; step *= 2) {
    if (!flipped(from + step)) continue;
    let no = from + Math.floor(step / 2);
    let yes = from + step;
    while (yes - no > 1) {
      const middle = Math.floor((yes + no) / 2);
      if (flipped(middle)) yes = middle;
      else no = middle;
    }
    return yes;
  }
  return undefined;
}

/** A second run that collects the actor's events around the one that decided. */
async function eventsAround(options: ExplainRunOptions, moment: Moment, instance: Instance): Promise<ExplainedEvent[]> {
  const before: ExplainedEvent[] = [];
  const after: ExplainedEvent[] = [];
  let at: ExplainedEvent | undefined;
  const wanted = instance.detector.on === 'response';
  await drive(
    options,
    (recorder) => {
      recorder.onFinding = undefined;
    },
    (engine, response) => {
      if (response !== wanted || after.length >= AROUND) return;
      const { batch, facts } = engine;
      if (batch.hi[moment.key] !== moment.hi || batch.lo[moment.key] !== moment.lo) return;
      const passed = engine.sequence - 1 - moment.sequence;
      const event: ExplainedEvent = {
        time: new Date(facts.now).toISOString(),
        relation: passed < 0 ? 'before' : passed === 0 ? 'at' : 'after',
        request: `${METHODS[facts.method]} ${redactTarget(facts.text('target'))}`.slice(0, SAMPLE_MAX),
        status: facts.status,
        millinats:
          batch.hasRisk[moment.key] === 0
            ? 0
            : batch.risk[
                instance.key * RISK.size + instance.classIndex * GROUPS.length + GROUPS.indexOf(instance.detector.group)
              ],
      };
      if (passed < 0) {
        before.push(event);
        if (before.length > AROUND) before.shift();
      } else if (passed === 0) at = event;
      else after.push(event);
    },
  );
  return [...before, ...(at === undefined ? [] : [at]), ...after];
}
