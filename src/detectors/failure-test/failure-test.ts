/** Catalogue 3: are an actor's login failures those of somebody who forgot a password, or of somebody who guesses? */

import { count, distinct, rate, sprt, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { FLAG } from '../../enrich/facts.ts';
import { logRatio } from '../../lib/fixed.ts';
import { days, hours, minutes } from '../../lib/units.ts';
import { about, percent, ramp, WALD_BOUND } from '../evidence.ts';
import {
  attemptKey,
  loginAttempt,
  loginByForm,
  loginDeniedByStatus,
  loginFailed,
  loginFailedNamed,
  loginRedirected,
  loginShown,
} from '../outcomes.ts';

/** How far a good past counts, in millinats: two failures more. */
const FLOOR = 2300;
/** The same for software that many people use: of so many excursions one reaches any bound by chance, unless they start low. */
const FLOOR_CROWD = 12_000;
const CEILING = 14_000;
/**
 * One person in twenty fails half of the time. With them among the innocent, k failures in a row weigh about seven
 * tenths of what the plain test says (k = 7: 7.1 instead of 10.5 nats).
 */
const discounted = (llr: number): number => Math.trunc((llr * 7) / 10);
const FINDING = discounted(WALD_BOUND);
/** The test speaks from here on: not yet a finding, but worth a step-up. In millinats of the plain test. */
const SPEAKS = 6000;

/** Failure share that a guesser is taken to have. */
const GUESSER = 0.9;
/** The learned share is kept within this: people fail in runs, so a lower figure would make a run of four look bad. */
const P0_MIN = 0.2;
const P0_MAX = 0.7;
/** A form shown again, for people and for guessers: less telling, because pages are shown for other reasons too. */
const FORM_P0 = 0.5;
const FORM_P1 = 0.95;

/** Failures of one name count once unless they come faster than this: then it is that one account which is guessed. */
const RETRIES_PER_MINUTE = 6;
const RETRY_BURST = 20;

/** A form of unknown style must come at this pace before it says anything. */
const FORM_WINDOW_MS = minutes(10);
const FORMS_IN_WINDOW = 30;
/** What a path did lately tells its style. */
const STYLE_WINDOW_MS = days(7);

function needsOf({ actor, baselines, tune }: BuildContext) {
  const key = attemptKey(actor);
  const path = attemptKey('path');
  const p0 = Math.min(P0_MAX, Math.max(P0_MIN, baselines.loginFailure));
  const limit = Math.round(tune('retries_per_minute', RETRIES_PER_MINUTE));
  const floor = actor === 'fingerprint' ? FLOOR_CROWD : FLOOR;
  return {
    attempts: sprt({ key, when: loginAttempt, hit: loginFailed, p0, p1: GUESSER, floor, ceiling: CEILING }),
    users: distinct({ key, of: 'principal', windowMs: hours(1), when: loginFailedNamed }),
    retries: rate({ key, when: loginFailed, limit, periodMs: minutes(1), burst: RETRY_BURST }),
    forms: sprt({ key, when: loginByForm, hit: loginShown, p0: FORM_P0, p1: FORM_P1, floor, ceiling: CEILING }),
    shown: count({ key, when: loginShown, windowMs: FORM_WINDOW_MS }),
    pathRedirected: count({ key: path, when: loginRedirected, windowMs: STYLE_WINDOW_MS }),
    pathDenied: count({ key: path, when: loginDeniedByStatus, windowMs: STYLE_WINDOW_MS }),
    // The path's record must be part of every event that is judged by its style.
    pathShown: count({ key: path, when: loginShown, windowMs: STYLE_WINDOW_MS }),
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

export const failureTest = defineDetector({
  id: 'failure-test',
  number: 3,
  title: 'Login failures',
  class: 'credential-attack',
  group: 'failure',
  owasp: ['API2', 'OAT-007', 'OAT-008'],
  actors: ['ip', 'session', 'fingerprint'],
  on: 'response',
  when: loginAttempt,
  cap: CAP.sequential,
  findingAt: FINDING,
  build: (context) => {
    const needs = needsOf(context);
    const perFailure = logRatio(GUESSER, needs.attempts.p0);
    const pace = Math.round(context.tune('forms', FORMS_IN_WINDOW));
    const usual = `${context.baselines.origin === 'learned' ? 'usual' : 'assumed usual'}: ${percent(needs.attempts.p0, 1)}`;
    return {
      needs,
      judge(v: Values, facts) {
        if (v.attempts.llr < SPEAKS && v.forms.llr < SPEAKS) return 0;
        const byStatus = statusEvidence(v, facts, perFailure);
        const byForm = formEvidence(v, facts, pace);
        return Math.max(byForm, byStatus);
      },
      say(v: Values, facts) {
        if (formEvidence(v, facts, pace) > statusEvidence(v, facts, perFailure)) return sayForm(v);
        const { hits, n } = v.attempts;
        const users = v.users.n > 1 ? `, for ${about(v.users.n)} users` : '';
        return `${hits} of ${n} login attempts failed${users} (${usual})`;
      },
    };
  },
});

/**
 * Failures that the status tells. Where names are known, as many failures count as there are names: an exchange that does
 * not tell its own may have brought one more.
 */
function statusEvidence(v: Values, facts: Facts, perFailure: number): number {
  let { llr } = v.attempts;
  if ((facts.hasPrincipal || v.users.n > 0) && v.retries.aheadMs <= 0) {
    const once = (v.users.n + (facts.hasPrincipal ? 0 : 1)) * perFailure;
    if (once < llr) llr = once;
  }
  return llr < SPEAKS ? 0 : discounted(llr);
}

/**
 * Forms that were shown again. A path that also redirects logs in by redirects, so 200 is a failure there; one that also
 * denies by status means success by 200. Of a path that did neither yet, only a page rendered on the server, asked for
 * at a pace no person has, says something.
 */
function formEvidence(v: Values, facts: Facts, pace: number): number {
  if (v.forms.llr < SPEAKS || v.pathDenied.n > 0) return 0;
  if (v.pathRedirected.n > 0) return discounted(v.forms.llr);
  if (v.forms.llr < WALD_BOUND || facts.has(FLAG.QUERY) || !isServerPage(facts)) return 0;
  return ramp(v.shown.n, pace, pace * 4, FINDING, CAP.sequential);
}

function sayForm(v: Values): string {
  const { hits, n } = v.forms;
  const style = v.pathRedirected.n > 0 ? 'a login that works redirects here' : `${v.shown.n} within 10 min`;
  return `${hits} of ${n} login forms were answered with the form again (${style})`;
}

/** Extensions of pages rendered on the server: by custom, a login that works redirects from there. */
const PAGE_EXTENSIONS: ReadonlySet<string> = new Set([
  'php',
  'asp',
  'aspx',
  'jsp',
  'do',
  'cfm',
  'cgi',
  'pl',
  'html',
  'htm',
]);
const DOT = 0x2e;
const SLASH = 0x2f;
const QUESTION_MARK = 0x3f;

function isServerPage(facts: Facts): boolean {
  const { batch, row } = facts;
  const { text } = batch;
  const start = batch.targetAt[row];
  let end = start;
  while (end < start + batch.targetLength[row] && text[end] !== QUESTION_MARK) end++;
  for (let i = end - 1; i > start && text[i] !== SLASH; i--) {
    if (text[i] === DOT) return PAGE_EXTENSIONS.has(String.fromCharCode(...text.subarray(i + 1, Math.min(end, i + 6))));
  }
  return false;
}
