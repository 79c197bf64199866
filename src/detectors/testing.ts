/**
 * Runs exchanges through the real path — enrichment, ordering, engine — and tells what the detectors found. For the
 * detectors' tests and fixtures; not part of the package.
 */
import { readFileSync } from 'node:fs';
import { workflows, workflowsOf, workflowTemplates } from '../config/workflows.ts';
import type { Detector } from '../engine/detector.ts';
import type { Decision, Engine } from '../engine/engine.ts';
import { ACTION, ACTIONS } from '../engine/policy.ts';
import { createEnricher } from '../enrich/compose.ts';
import { RULES } from '../enrich/content/index.ts';
import { type Extras, setExtras } from '../enrich/extras.ts';
import { CONTENT_FIELD, createBatch, type FactBatch } from '../enrich/facts.ts';
import { type Baselines, EMPTY_MODEL, type LearnedModel, PRIOR_BASELINES } from '../enrich/model.ts';
import { countryCode, type NetworkLookup, NetworkTable } from '../enrich/network.ts';
import { classByName } from '../enrich/routes/classes.ts';
import { type RawInit, rawFrom, TEST_TIME } from '../enrich/testing.ts';
import { CidrSet } from '../lib/cidr.ts';
import { DEFAULT_POLICY } from '../policy/default.ts';
import { compose } from '../runtime/compose.ts';
import { OrderBuffer } from '../runtime/order.ts';

/** One exchange of a fixture; `repeat` lets one line stand for many, with `{i}` replaced by 0 … n−1 in every text. */
export interface Exchange {
  /** Seconds after the start of the scenario. */
  readonly t: number;
  readonly ip?: string;
  readonly method?: string;
  readonly target?: string;
  readonly status?: number;
  readonly agent?: string;
  readonly user?: string;
  readonly session?: string;
  readonly key?: string;
  readonly referrer?: string;
  readonly host?: string;
  readonly bytes?: number;
  readonly duration_ms?: number;
  readonly business?: string;
  /** What only some doors know. Of the texts, `{i}` is replaced where there is `repeat`. */
  readonly extras?: Extras;
  /** Evidence that the inspection of bodies and headers has found, as the gateway writes it into a row. */
  readonly content?: { readonly rule: string; readonly field: 'body' | 'header'; readonly text: string };
  /** A request line that is no HTTP, in place of method and target. */
  readonly request?: string;
  readonly repeat?: { readonly n: number; readonly every_s: number } & Partial<
    Record<'target' | 'ip' | 'agent' | 'user' | 'session' | 'key' | 'referrer', string>
  >;
}

export interface FixtureOptions {
  /** Outcomes that exchanges tell by their status, as if it had been learned. */
  readonly tells?: LearnedModel['tells'];
  /** Route templates that are known, "/orders/{id}"; their class follows from their name. */
  readonly routes?: readonly string[];
  readonly baselines?: Partial<Baselines>;
  readonly detectors?: readonly Detector[];
  readonly decoys?: readonly string[];
  /** `workflows` of the configuration; the templates they name are known routes. */
  readonly workflows?: unknown;
  /** Requests a day by usage plan. */
  readonly plans?: readonly number[];
  /** Networks that are known, by their prefix in CIDR form. */
  readonly networks?: Readonly<Record<string, { readonly asn: number; readonly country: string }>>;
  /** Whether times are whole seconds, as in most access logs. */
  readonly coarse?: boolean;
  /** The default policy is in force: whoever is held gets no answer, so that nothing is learned of what it would have been. */
  readonly enforce?: boolean;
}

/** What was done about one request. */
export interface Done {
  readonly exchange: Exchange;
  /** What a policy in force did of it: 'allow' where it was let through. */
  readonly action: string;
  /** Dimension of the actor it was done about; '' for none. */
  readonly about: string;
}

export interface FixtureResult {
  readonly findings: readonly {
    readonly detector: string;
    readonly class: string;
    readonly actor: { readonly dimension: string; readonly key: string };
    readonly millinats: number;
    readonly why: string;
    /** Requests of the actor before the finding. */
    readonly requests: number;
  }[];
  /** The harshest action that was the cheapest, by "dimension:key". */
  readonly actions: Readonly<Record<string, string>>;
  /** Every request in the order of time; business events are none. */
  readonly done: readonly Done[];
}

/** Reads a fixture: JSON lines; a first line may hold `{"options": {…}}`. */
export function readFixture(url: URL): { exchanges: Exchange[]; options: FixtureOptions } {
  const lines = readFileSync(url, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  let options: FixtureOptions = {};
  const exchanges: Exchange[] = [];
  for (const line of lines) {
    const value = JSON.parse(line) as Exchange | { options: FixtureOptions };
    if ('options' in value) options = value.options;
    else exchanges.push(...expand(value));
  }
  return { exchanges, options };
}

/** Unrolls `repeat`. */
export function expand(exchange: Exchange): Exchange[] {
  const { repeat, ...one } = exchange;
  if (repeat === undefined) return [one];
  const { n, every_s, ...texts } = repeat;
  return Array.from({ length: n }, (_, i) => {
    const merged: Record<string, unknown> = { ...one, ...texts, t: Math.round((one.t + i * every_s) * 1000) / 1000 };
    for (const [name, value] of Object.entries(merged)) merged[name] = numbered(value, i);
    if (one.extras !== undefined)
      merged.extras = Object.fromEntries(Object.entries(one.extras).map(([name, value]) => [name, numbered(value, i)]));
    return merged as unknown as Exchange;
  });
}

const numbered = (value: unknown, i: number): unknown =>
  typeof value === 'string' ? value.replaceAll('{i}', String(i)) : value;

function rawInit(e: Exchange): RawInit {
  return {
    address: e.ip ?? '',
    ...(e.request === undefined
      ? { method: e.method ?? 'GET', target: e.target ?? '/' }
      : { method: '', target: '', protocol: '', request: e.request }),
    status: e.status ?? 200,
    agent: e.agent ?? '',
    principal: e.user ?? '',
    session: e.session ?? '',
    credential: e.key ?? '',
    referrer: e.referrer ?? '',
    host: e.host ?? '',
    bytes: e.bytes ?? 1000,
    timeMs: TEST_TIME + Math.round(e.t * 1000),
    timeMeaning: 'start',
    durationMs: e.duration_ms ?? -1,
    ...(e.business === undefined ? {} : { business: e.business }),
  };
}

function modelOf(options: FixtureOptions): LearnedModel {
  const encoder = new TextEncoder();
  return {
    ...EMPTY_MODEL,
    version: 'fixture',
    routes: [...(options.routes ?? []), ...workflowTemplates(workflows.parse(options.workflows ?? []))].map(
      (template) => {
        const bytes = encoder.encode(template);
        return {
          template,
          routeClass: classByName(bytes, 0, bytes.length, 0),
          answered: 1,
          requests: 1,
          origin: 'configured' as const,
        };
      },
    ),
    baselines: { ...PRIOR_BASELINES, ...options.baselines },
    tells: options.tells,
  };
}

function networksOf({ networks }: FixtureOptions): NetworkLookup {
  const empty = NetworkTable.empty();
  if (networks === undefined) return empty;
  const known = Object.entries(networks).map(([prefix, { asn, country }]) => ({
    set: CidrSet.of([prefix]),
    asn,
    country: countryCode(country),
  }));
  return {
    result: empty.result,
    version: 'fixture',
    dataDate: '',
    asName: (asn) => `system ${asn}`,
    lookup(hi, lo) {
      empty.lookup(hi, lo);
      const found = known.find(({ set }) => set.hasKey(hi, lo));
      if (found !== undefined) Object.assign(empty.result, { asn: found.asn, country: found.country });
    },
  };
}

function setContent(batch: FactBatch, { rule, field, text }: Required<Exchange>['content'], at: number): void {
  const known = RULES.find((r) => r.name === rule);
  if (known === undefined) throw new Error(`no content rule ${rule}`);
  batch.contentMillinats[0] = known.millinats;
  batch.contentRule[0] = known.id;
  batch.contentField[0] = CONTENT_FIELD[field];
  batch.contentAt[0] = at;
  batch.contentLength[0] = text.length;
}

/** Runs a fixture file, or exchanges, through the path. Options given here win over those of the file. */
export function runFixture(source: URL | readonly Exchange[], given: FixtureOptions = {}): FixtureResult {
  const fixture = source instanceof URL ? readFixture(source) : { exchanges: source.flatMap(expand), options: {} };
  const options = { ...fixture.options, ...given };
  const model = modelOf(options);
  const networks = networksOf(options);
  const enricher = createEnricher({ seed: 0, model, networks, decoys: options.decoys });
  const { engine, recorder } = compose({
    model,
    networks,
    seed: 0,
    detectors: options.detectors,
    workflows: workflowsOf(workflows.parse(options.workflows ?? [])),
    plans: options.plans,
    scale: 0.01,
    policies: {
      version: 'fixture',
      base: { ...DEFAULT_POLICY, mode: options.enforce === true ? 'enforce' : 'shadow' },
      rules: [],
    },
  });
  const of = new Map<FactBatch, Exchange>();
  const done: Done[] = [];
  const held = new Set<FactBatch>();
  const order = new OrderBuffer(3_600_000, (rows, row, response, nowMs) => {
    if (response && held.has(rows)) return;
    const decided = engine.step(rows, row, response, nowMs);
    if (decided instanceof Promise) throw new Error('the state in memory answers at once');
    const exchange = of.get(rows);
    if (response || exchange === undefined) return;
    done.push(doneAbout(engine, decided, exchange));
    if (decided.act >= ACTION.throttle) held.add(rows);
  });
  order.open(0);
  for (const exchange of fixture.exchanges) {
    const raw = rawFrom(rawInit(exchange));
    const end = raw.buf.length;
    raw.buf = Buffer.concat([raw.buf, Buffer.from(exchange.content?.text ?? '', 'latin1')]);
    const batch = createBatch(1, raw.buf);
    enricher.row(raw, batch, 0, 0, options.coarse === true ? 1000 : 1);
    if (exchange.extras !== undefined) setExtras(batch, 0, exchange.extras, 0);
    if (exchange.content !== undefined) setContent(batch, exchange.content, end);
    batch.count = 1;
    if (exchange.business === undefined) of.set(batch, exchange);
    order.add(batch, 0);
  }
  order.close(0);
  return {
    findings: recorder.findings.map((f) => ({
      detector: f.instance.detector.id,
      class: f.instance.detector.class,
      actor: f.profile.actor,
      millinats: f.millinats,
      why: f.why,
      requests: f.requestsBefore,
    })),
    actions: Object.fromEntries(
      recorder.profiles.map((p) => [`${p.actor.dimension}:${p.actor.key}`, ACTIONS[p.peakAction]] as const),
    ),
    done,
  };
}

const doneAbout = ({ program }: Engine, { act, actKey }: Decision, exchange: Exchange): Done => ({
  exchange,
  action: ACTIONS[act],
  about: actKey < 0 ? '' : program.keys[actKey].name,
});
