/** What answers give away: how many objects, whose, whether a login went well, secrets and personal data by kind and count. */
import type { Config } from '../../config/schema.ts';
import type { Extras } from '../../enrich/extras.ts';
import { FLAG, ROUTE_CLASS } from '../../enrich/facts.ts';
import { LEAK } from '../../enrich/kinds.ts';
import type { AnswerInsight, Told } from '../contract.ts';
import { type CompiledPath, compilePath, type Step } from '../fields/path.ts';
import { type Accepted, compileAccepted, isAccepted } from './accepted.ts';
import { rangeCount } from './headers.ts';
import { LeakScanner } from './leaks/index.ts';
import { CounterPlan, LineCounter, type ObjectCounter } from './objects.ts';
import { Patterns } from './patterns.ts';
import { CONTAINER } from './walk.ts';

type RouteConfig = Config['gateway']['routes'][number];

/** What the tap has to know of a route. */
export interface AnswerSettings {
  readonly inspect: boolean;
  /** Decoded bytes that are looked at. */
  readonly bytes: number;
  /** Bits of LEAK that must not leave; 0 for none. */
  readonly withhold: number;
}

/** Reads the answers of one configuration. */
export interface AnswerReader {
  /** Settings of a route by its place in `gateway.routes`; −1 for none. */
  settings(route: number): AnswerSettings;
  /** Is there anything in a body of this kind to look at? */
  looksAt(mediaType: string): boolean;
  /** Counts the objects of an answer as its decoded pieces pass; null for bodies that cannot be counted. */
  counter(route: number, status: number, mediaType: string): ObjectCounter | null;
  /**
   * Looks at an answer. `counted` is a counter that has seen the body (and may have seen more of it than `told` has); null lets
   * it be counted here. Never throws; time is linear in the bytes that are there.
   */
  read(route: number, told: Told, routeClass: number, counted: ObjectCounter | null): AnswerInsight;
  /** Bits of LEAK that these decoded bytes carry and that must not leave, for deciding before all has come. */
  carries(route: number, bytes: Uint8Array, routeClass: number): number;
}

interface Compiled extends AnswerSettings {
  readonly accepted: Accepted | null;
  readonly plan: CounterPlan;
  /** Paths that need the whole value; null where the walk finds them. */
  readonly objects: CompiledPath | null;
  readonly owner: CompiledPath | null;
  readonly truth: CompiledPath | null;
  /** Places among what the walk picks; −1 for not there. */
  readonly ownerAt: number;
  readonly truthAt: number;
}

const LEAK_NAMES = Object.entries(LEAK) as readonly [keyof typeof LEAK, number][];
/** Tokens are what these routes are there to give out. */
const GIVES_TOKENS: readonly number[] = [ROUTE_CLASS.login, ROUTE_CLASS.signup, ROUTE_CLASS.reset];
/** Longest owner, in characters. */
const MAX_OWNER = 256;
/** Longest body that is made a value of, in bytes. */
const MAX_VALUE_BYTES = 1_048_576;

/**
 * Compiles what routes say about answers. Throws SP8002 where a JSONPath is none. `isDecoy` says whether a text contains a
 * value that only decoys have; null where there are none.
 */
export function createAnswerReader(
  routes: readonly RouteConfig[],
  isDecoy: ((text: string) => boolean) | null,
): AnswerReader {
  return new Reader(
    routes.map((route) => compile(route.answer)),
    new LeakScanner(isDecoy),
  );
}

function compile(answer: RouteConfig['answer']): Compiled {
  const path = (expression: string | undefined) => (expression === undefined ? null : compilePath(expression));
  const [objects, owner] = [path(answer?.objects), path(answer?.owner)];
  const accepted = compileAccepted(answer?.accepted);
  const picks: (readonly Step[])[] = [];
  const pick = (compiled: CompiledPath | null): number =>
    compiled !== null && Patterns.follows(compiled.steps) ? picks.push(compiled.steps) - 1 : -1;
  const ownerAt = pick(owner);
  const truthAt = pick(accepted?.body ?? null);
  const walked = objects !== null && Patterns.follows(objects.steps) ? objects.steps : null;
  return {
    inspect: answer?.inspect ?? true,
    bytes: answer?.bytes ?? 65_536,
    withhold: (answer?.withhold ?? []).reduce((bits, name) => bits | LEAK[name], 0),
    accepted,
    plan: new CounterPlan(walked, picks),
    objects: walked === null ? objects : null,
    owner: ownerAt < 0 ? owner : null,
    truth: truthAt < 0 ? (accepted?.body ?? null) : null,
    ownerAt,
    truthAt,
  };
}

const mediaOf = (mediaType: string): string => mediaType.split(';', 1)[0].trim().toLowerCase();
const isJson = (media: string): boolean => /^(?:application|text)\/(?:[\w.-]+\+)?json$/.test(media);
const LINES: Readonly<Record<string, number>> = {
  'text/csv': 1,
  'application/x-ndjson': 0,
  'application/ndjson': 0,
  'application/jsonl': 0,
  'application/json-seq': 0,
};
const TEXT =
  /^(?:text\/(?!css|javascript|event-stream)|application\/(?:[\w.-]+\+)?(?:json|xml|yaml|x-yaml|x-ndjson|ndjson|jsonl|json-seq|graphql|sql|x-sh|pkcs8|x-pem-file|problem)|application\/(?:x-www-form-urlencoded|octet-stream)$)/;

/** What a media type says about a body, remembered: an application has few, and sends them with every answer. */
interface Media {
  readonly looks: boolean;
  readonly json: boolean;
  /** Lines at the top that are no record; undefined where lines are no records. */
  readonly header: number | undefined;
}
const MEDIA = new Map<string, Media>();
const MAX_MEDIA = 256;

function mediaFor(mediaType: string): Media {
  let known = MEDIA.get(mediaType);
  if (known === undefined) {
    const media = mediaOf(mediaType);
    known = { looks: mediaType === '' || TEXT.test(media), json: isJson(media), header: LINES[media] };
    if (MEDIA.size >= MAX_MEDIA) MEDIA.clear();
    MEDIA.set(mediaType, known);
  }
  return known;
}

class Reader implements AnswerReader {
  private readonly routes: readonly Compiled[];
  private readonly preset: Compiled = compile(undefined);
  private readonly scanner: LeakScanner;

  constructor(routes: readonly Compiled[], scanner: LeakScanner) {
    this.routes = routes;
    this.scanner = scanner;
  }

  settings(route: number): AnswerSettings {
    return this.routes[route] ?? this.preset;
  }

  looksAt(mediaType: string): boolean {
    return mediaFor(mediaType).looks;
  }

  counter(route: number, status: number, mediaType: string): ObjectCounter | null {
    const settings = this.routes[route] ?? this.preset;
    const { json, header } = mediaFor(mediaType);
    // A refusal has no objects, but it may say whether the credentials were good.
    if (json) return settings.plan.begin();
    return header === undefined || !isGood(status) ? null : new LineCounter(header);
  }

  read(route: number, told: Told, routeClass: number, counted: ObjectCounter | null): AnswerInsight {
    const settings = this.routes[route] ?? this.preset;
    const { body, status, headers } = told;
    const counter = counted ?? this.countNow(route, told);
    const picked = counter?.picked() ?? [];
    const value = (settings.objects ?? settings.owner ?? settings.truth) ? jsonOf(told) : undefined;
    const extras: { -readonly [K in keyof Extras]: Extras[K] } = {};
    if (isGood(status)) {
      const objects = this.objectsOf(settings, counter, headers, value);
      if (objects >= 0) extras.objects = objects;
      const owner = ownerOf(settings, picked, value);
      if (owner !== '') extras.owner = owner;
    }
    let withhold = '';
    if (body !== null && body.length > 0 && this.looksAt(told.mediaType)) {
      const { bits, count, decoy } = this.scanner.scan(body, ignoredOn(routeClass));
      if (bits !== 0) Object.assign(extras, { leaks: bits, leaked: count });
      if (decoy) extras.flags = FLAG.DECOY_LEFT;
      if ((bits & settings.withhold) !== 0) withhold = namesOf(bits & settings.withhold);
    }
    const truth = truthOf(settings, picked, value, told, counter);
    return { extras, authenticated: isAccepted(settings.accepted, status, headers, truth), withhold };
  }

  carries(route: number, bytes: Uint8Array, routeClass: number): number {
    const withhold = this.settings(route).withhold & ~ignoredOn(routeClass);
    return this.scanner.scan(bytes, ~withhold).bits & withhold;
  }

  private countNow(route: number, { status, mediaType, body }: Told): ObjectCounter | null {
    const counter = body === null ? null : this.counter(route, status, mediaType);
    if (counter !== null && body !== null) counter.take(body);
    return counter;
  }

  private objectsOf(
    settings: Compiled,
    counter: ObjectCounter | null,
    headers: readonly string[],
    value: unknown,
  ): number {
    const ranged = rangeCount(headers);
    if (ranged >= 0) return ranged;
    if (settings.objects !== null) return value === undefined ? -1 : settings.objects.all(value).length;
    return counter === null ? -1 : counter.count();
  }
}

const ignoredOn = (routeClass: number): number => (GIVES_TOKENS.includes(routeClass) ? LEAK.token : 0);

const isGood = (status: number): boolean => status >= 200 && status < 300;

/** Names of the kinds in a set of LEAK, for people: "card, iban". */
export function namesOf(bits: number): string {
  return LEAK_NAMES.filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name)
    .join(', ');
}

function jsonOf({ body, cut, mediaType }: Told): unknown {
  if (body === null || cut || body.length > MAX_VALUE_BYTES || !mediaFor(mediaType).json) return undefined;
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8'));
  } catch {
    return undefined;
  }
}

function ownerOf(settings: Compiled, picked: readonly (string | undefined)[], value: unknown): string {
  if (settings.owner !== null) {
    const found = settings.owner.first(value);
    return typeof found === 'string' || typeof found === 'number' ? String(found).slice(0, MAX_OWNER) : '';
  }
  const text = settings.ownerAt < 0 ? undefined : picked[settings.ownerAt];
  if (text === undefined || text === CONTAINER || text === 'null') return '';
  return unescaped(text).slice(0, MAX_OWNER);
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}

const FALSE: ReadonlySet<string> = new Set(['', 'false', 'null', '0']);

/** What the path of `accepted.body` says; undefined where the body breaks off before it could. */
function truthOf(
  settings: Compiled,
  picked: readonly (string | undefined)[],
  value: unknown,
  told: Told,
  counter: ObjectCounter | null,
): boolean | undefined {
  if (settings.truth !== null) return value === undefined ? undefined : Boolean(settings.truth.first(value));
  if (settings.truthAt < 0) return undefined;
  const text = picked[settings.truthAt];
  if (text !== undefined) return !FALSE.has(text);
  // Not there: what is cut off, or was not looked at, may still have said it.
  return told.body === null || told.cut || counter === null ? undefined : false;
}
