/**
 * One line of JSON about a request: what it was, what was decided about it and why. The fields are stable and described in
 * docs/events-out.md; new ones may be added at the end. Written by hand because it stands on the way of every request:
 * JSON.stringify of the same object takes several times as long.
 */
import type { Reason } from '../live/operator.ts';
import type { Verdict } from '../live/verdict.ts';

/** Reasons in one event at most, the strongest first. */
const MAX_REASONS = 5;
/** Longest text of one field, in UTF-16 code units. */
const MAX_TEXT = 500;
const VERSION = 1;

export interface DecisionEvent {
  readonly timeMs: number;
  readonly request: string;
  /** '' where the request is not traced. */
  readonly trace: string;
  readonly method: string;
  /** Route template, never the path. */
  readonly route: string;
  /** 0 where the client got no answer. */
  readonly status: number;
  readonly durationMs: number;
  readonly verdict: Verdict;
  readonly policy: string;
  readonly reasons: readonly Reason[];
}

/** Whether anything was decided about a request: what `telemetry.events.only_decided` keeps. */
export function isDecided(verdict: Verdict): boolean {
  return verdict.action !== 'allow' || verdict.planned !== 'allow' || verdict.limit?.exceeded === true;
}

/** The event as one line, with its line break. */
export function decisionLine(event: DecisionEvent): string {
  const v = event.verdict;
  const head =
    `{"time":"${timeText(event.timeMs)}","event":"decision","version":${VERSION},"request":${quoted(event.request)}` +
    `,"trace":${quoted(event.trace)},"method":${quoted(event.method)},"route":${quoted(event.route)}` +
    `,"status":${event.status},"duration_ms":${decimals(event.durationMs, 1000)}`;
  const decided =
    `,"action":"${v.action}","planned":"${v.planned}","mode":"${v.mode}","class":${quoted(v.class)}` +
    `,"risk":${decimals(v.risk, 10_000)},"mitigation":${quoted(v.mitigation)}` +
    `,"actor":${quoted(v.actor === '' ? '' : `${v.dimension}:${v.actor}`)},"policy":${quoted(event.policy)}` +
    `,"limit":${quoted(v.limit?.exceeded === true ? v.limit.name : '')}`;
  return `${head + decided},"reasons":[${reasonsText(event.reasons)}]}\n`;
}

function reasonsText(reasons: readonly Reason[]): string {
  let text = '';
  for (let i = 0; i < reasons.length && i < MAX_REASONS; i++) {
    const { detector, nats, why } = reasons[i];
    text += `${i === 0 ? '' : ','}{"detector":${quoted(detector)},"nats":${decimals(nats, 1000)},"why":${quoted(why)}}`;
  }
  return text;
}

/** Everything but what JSON must escape, and what a terminal or a line-based reader could trip over. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const UNSAFE = /[\u007f-\u009f\u2028\u2029]/g;

function quoted(text: string): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  if (PLAIN.test(short)) return `"${short}"`;
  return JSON.stringify(short).replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Beyond it there are no decimals to round, and no quantity that is meant here. */
const MAX_NUMBER = 1e12;

/** A number with a bounded number of decimals; 0 for what JSON cannot say. */
function decimals(value: number, scale: number): number {
  return Math.abs(value) < MAX_NUMBER ? Math.round(value * scale) / scale : 0;
}

/** RFC 3339 with milliseconds. A second's text is kept: many events fall into one. */
let cachedSecond = Number.NaN;
let cachedText = '';
/** Last millisecond that a Date can hold (ECMA-262, Time Values). */
const MAX_TIME_MS = 8.64e15;

function timeText(ms: number): string {
  const whole = Number.isFinite(ms) ? Math.floor(Math.min(Math.max(ms, 0), MAX_TIME_MS)) : 0;
  const second = Math.floor(whole / 1000);
  if (second !== cachedSecond) {
    cachedSecond = second;
    cachedText = new Date(second * 1000).toISOString().slice(0, -4);
  }
  const rest = whole - second * 1000;
  return `${cachedText}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
}
