/**
 * The inspection room: what requests and answers say. It decodes, parses, compares with what is declared or usual, and looks
 * for code; what it finds are facts. Everything in it is bounded in time and memory, whatever is sent.
 */
import type { Extras } from '../enrich/extras.ts';

/** A request as inspection sees it. */
export interface Asked {
  readonly method: string;
  /** Origin form: /path?query. */
  readonly target: string;
  readonly host: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** Value of Content-Type and of Content-Encoding; '' for none. */
  readonly mediaType: string;
  readonly encoding: string;
  /** The body as it came, or its beginning; null where there is none or nobody looks. */
  readonly body: Uint8Array | null;
  /** Only the beginning is there. */
  readonly cut: boolean;
  /** ROUTE_CLASS. */
  readonly routeClass: number;
  /** Take down what it looks like, should its answer say that it may teach what is usual. */
  readonly teaches?: boolean;
}

/** A text of a body, with where it stands. */
export interface BodyField {
  /** JSONPath from the root for trees ($.user.name, $.items[0].id); the name for forms and parts. */
  readonly path: string;
  /** The last name of the path. */
  readonly name: string;
  readonly type: 'string' | 'number' | 'boolean' | 'null' | 'key' | 'file';
  readonly text: string;
}

export type BodyProblem =
  | ''
  | 'syntax' // it is not what it says
  | 'encoding' // unknown or broken content coding or character set
  | 'bomb' // grows beyond all measure when decoded
  | 'depth'
  | 'fields' // too many
  | 'length' // one text too long
  | 'truncated'
  | 'entity'; // declares what parsers may have to fetch

/** A body, taken apart. */
export interface ParsedBody {
  /** BODY_KIND. */
  readonly kind: number;
  readonly problem: BodyProblem;
  /** In the order of the body, up to a bound. */
  readonly fields: readonly BodyField[];
  /** JSON, form and GraphQL variables as a value, for schemas and paths; undefined where there is none. */
  readonly value: unknown;
  /** A name stands twice in one object, with different values: parsers disagree about which one counts. */
  readonly duplicates: readonly string[];
  /** Bytes after decoding that were looked at. */
  readonly bytes: number;
}

/** A departure from what is declared or usual. */
export interface Violation {
  /** One bit of SCHEMA. */
  readonly kind: number;
  /** Where: `path.id`, `query.page`, `header.x-tenant`, `body$.items[0].price`. */
  readonly where: string;
  /** One sentence, without the value. */
  readonly what: string;
}

/** The strongest evidence of code in a request's body, headers and cookies. */
export interface BodyHit {
  readonly millinats: number;
  /** Rule id (enrich/content/rules). */
  readonly rule: number;
  /** Path of the field it stands in; `header.NAME` and `cookie.NAME` for the others. */
  readonly path: string;
  /** CONTENT_FIELD: body or header. */
  readonly field: number;
  /** The text around it, at most 120 characters, for the evidence. */
  readonly excerpt: string;
}

export interface InspectRefusal {
  readonly status: 400 | 404 | 405 | 413 | 415 | 422 | 429;
  /** Code of the registry. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** RFC 9457 `errors`: what a client can mend. */
  readonly violations: readonly Violation[];
  /** Names and values in turn, for the answer. */
  readonly headers?: readonly string[];
}

/** What inspection has found in a request. */
export interface RequestInsight {
  readonly extras: Extras;
  readonly hit: BodyHit | null;
  readonly violations: readonly Violation[];
  /** Where the route enforces what it declares. */
  readonly refusal: InspectRefusal | null;
}

/** An answer as inspection sees it. */
export interface Told {
  readonly status: number;
  readonly headers: readonly string[];
  readonly mediaType: string;
  readonly encoding: string;
  /** The body or its beginning; null where nobody looks. */
  readonly body: Uint8Array | null;
  readonly cut: boolean;
}

/** What inspection has found in an answer. */
export interface AnswerInsight {
  readonly extras: Extras;
  /** Did the caller prove who it is, by conditions of the configuration: 1 yes, 0 no, −1 they say nothing. */
  readonly authenticated: -1 | 0 | 1;
  /** The route says that an answer like this must not leave: the reason; '' for none. */
  readonly withhold: string;
}
