/**
 * What the system under test said: its report (docs/report.md) and its decision lines (docs/cli.md). Only documented
 * fields are read, and whatever else stands there is passed over.
 */
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type Actor, type Decision, type Held, rankOf } from './actions.ts';

const actor = z.object({ dimension: z.string(), key: z.string() });

const reportDocument = z.object({
  exchanges: z.number(),
  started_at: z.string().optional(),
  ended_at: z.string().optional(),
  elapsed_s: z.number().optional(),
  decision_hash: z.string().optional(),
  findings: z.array(
    z.object({
      id: z.string(),
      class: z.string(),
      detector: z.string(),
      actor,
      first_seen: z.string(),
      detected_at: z.string(),
    }),
  ),
  actors: z.array(
    z.object({
      actor,
      classes: z.array(z.string()),
      risk: z.number(),
      risk_class: z.string(),
      recommended: z.string(),
      recommended_at: z.string().nullish(),
      first_seen: z.string(),
    }),
  ),
  incidents: z.array(
    z.object({ id: z.string(), class: z.string(), started_at: z.string(), findings: z.array(z.string()).default([]) }),
  ),
});

/** A finding of the report; times in Unix ms. */
export interface Finding {
  readonly id: string;
  readonly class: string;
  readonly detector: string;
  readonly actor: Actor;
  readonly firstSeenMs: number;
  readonly detectedAtMs: number;
}

/** An actor of the report with its risk at its peak. `fromMs` is when something was first recommended, Infinity for never. */
export interface Suspect {
  readonly actor: Actor;
  readonly classes: readonly string[];
  readonly risk: number;
  readonly rank: number;
  readonly fromMs: number;
  readonly firstSeenMs: number;
}

/** Findings that belong together, by their ids. */
export interface Incident {
  readonly class: string;
  readonly startedMs: number;
  readonly findings: readonly string[];
}

export interface Said {
  readonly exchanges: number;
  readonly elapsedS: number;
  readonly findings: readonly Finding[];
  readonly suspects: readonly Suspect[];
  readonly incidents: readonly Incident[];
}

/** Reads a report. Throws a ZodError where a documented field is missing or of another type. */
export function parseReport(document: unknown): Said {
  const report = reportDocument.parse(document);
  return {
    exchanges: report.exchanges,
    elapsedS: report.elapsed_s ?? 0,
    findings: report.findings.map((f) => ({
      id: f.id,
      class: f.class,
      detector: f.detector,
      actor: f.actor,
      firstSeenMs: Date.parse(f.first_seen),
      detectedAtMs: Date.parse(f.detected_at),
    })),
    suspects: report.actors.map((a) => ({
      actor: a.actor,
      classes: a.classes,
      risk: a.risk,
      rank: rankOf(a.recommended),
      fromMs: a.recommended_at ? Date.parse(a.recommended_at) : Number.POSITIVE_INFINITY,
      firstSeenMs: Date.parse(a.first_seen),
    })),
    incidents: report.incidents.map((i) => ({
      class: i.class,
      startedMs: Date.parse(i.started_at),
      findings: i.findings,
    })),
  };
}

export function readReport(path: string): Said {
  return parseReport(JSON.parse(readFileSync(path, 'utf8')));
}

const decisionLine = z.object({
  type: z.literal('decision').optional(),
  time_ms: z.number(),
  actor,
  action: z.string(),
  ttl_s: z.number(),
  class: z.string().default(''),
  risk: z.number().default(0),
});

const requestLine = z.object({
  type: z.literal('request'),
  time_ms: z.number(),
  address: z.string(),
  action: z.string(),
});
const summaryLine = z.object({ type: z.literal('summary'), held: z.number().optional() });

/** Decisions in order of their time, and the actions among them whose names are unknown here (they count as a tag). */
export interface Decisions {
  readonly list: readonly Decision[];
  /** Each request that would have met an action; null where the system was not asked for that. */
  readonly held: readonly Held[] | null;
  readonly unknownActions: readonly string[];
}

/** Reads decision lines, and lines of requests. Other lines without an actor are passed over; throws on anything that is no JSON. */
export function parseDecisions(lines: Iterable<string>): Decisions {
  const reader = decisionReader();
  for (const line of lines) reader.add(line);
  return reader.done();
}

/** {@link parseDecisions} from a file, without holding its text. */
export async function readDecisions(path: string): Promise<Decisions> {
  const reader = decisionReader();
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    reader.add(line);
  }
  return reader.done();
}

function decisionReader(): { add(line: string): void; done(): Decisions } {
  const list: Decision[] = [];
  const held: Held[] = [];
  const unknown = new Set<string>();
  let asked = false;
  const rankOrTag = (action: string): number => {
    const rank = rankOf(action);
    if (rank < 0) unknown.add(action);
    return rank < 0 ? rankOf('tag') : rank;
  };
  return {
    add(line) {
      if (line.trim() === '') return;
      const value: unknown = JSON.parse(line);
      if (typeof value !== 'object' || value === null) return;
      const type = 'type' in value ? value.type : '';
      if (type === 'summary') asked = summaryLine.parse(value).held !== undefined;
      else if (type === 'request') {
        const { time_ms: timeMs, address, action } = requestLine.parse(value);
        held.push({ timeMs, address, rank: rankOrTag(action) });
      } else if ('actor' in value) list.push(decisionOf(decisionLine.parse(value), rankOrTag));
    },
    done() {
      // Sorting is stable: of two decisions in the same millisecond the one written later counts.
      list.sort((a, b) => a.timeMs - b.timeMs);
      return { list, held: asked || held.length > 0 ? held : null, unknownActions: [...unknown].sort() };
    },
  };
}

const decisionOf = (read: z.output<typeof decisionLine>, rank: (action: string) => number): Decision => ({
  timeMs: read.time_ms,
  actor: read.actor,
  rank: rank(read.action),
  ttlMs: read.ttl_s * 1000,
  class: read.class,
  risk: read.risk,
});
