/**
 * Every error a user can meet has a code, and a sentence of advice that stands in docs/errors.md too. The registry is
 * the only list: a test keeps the page equal to it, and codes are never used again for something else.
 *
 * The thousands digit says where to look: 1 configuration · 2 input · 3 log format · 4 journal · 5 snapshot and model ·
 * 6 policy · 7 serving (70 operator, 71 requests, 72 upstreams, 73 overload, 74 actions) · 80 GraphQL, fields, answers · 82 plans · 9 Sallyport itself.
 */
import { ACT_ERRORS } from './errors/act.ts';
import { ANSWER_ERRORS } from './errors/answer.ts';
import { BODY_ERRORS } from './errors/body.ts';
import type { ErrorEntry } from './errors/entry.ts';
import { GUARD_ERRORS } from './errors/guard.ts';
import { IDENTITY_ERRORS } from './errors/identity.ts';
import { INBOUND_ERRORS } from './errors/inbound.ts';
import { JOURNAL_ERRORS } from './errors/journal.ts';
import { LEDGER_ERRORS } from './errors/ledger.ts';
import { MODEL_ERRORS } from './errors/model.ts';
import { OPERATOR_ERRORS } from './errors/operator.ts';
import { OUTPUT_ERRORS } from './errors/outputs.ts';
import { PLAN_ERRORS } from './errors/plans.ts';
import { SCHEMA_ERRORS } from './errors/schema.ts';
import { SIGNING_ERRORS } from './errors/signing.ts';
import { UPSTREAM_ERRORS } from './errors/upstream.ts';
import { WORKFLOW_ERRORS } from './errors/workflow.ts';

export const ERRORS = {
  SP1001: {
    title: 'The configuration file cannot be read',
    advice: 'Check the path and its permissions, or leave --config out to run on defaults.',
  },
  SP1002: {
    title: 'The configuration is not YAML',
    advice: 'The position is where the reader stopped; the mistake is often one line above: indentation or a quote.',
  },
  SP1003: {
    title: 'Unknown key in the configuration',
    advice: 'Compare with docs/configuration.md, or point your editor at docs/sallyport.schema.json.',
  },
  SP1004: {
    title: 'A configuration value has the wrong type',
    advice: 'Compare with docs/configuration.md. YAML reads 1.10 as a number and no as a word: quote what is a text.',
  },
  SP1005: {
    title: 'A configuration value is not allowed',
    advice: 'The message names what is allowed.',
  },
  SP1006: {
    title: 'A required key is missing from the configuration',
    advice: 'Add the key at the place named.',
  },
  SP1007: {
    title: 'Two parts of the configuration contradict each other',
    advice: 'Keep one of the two places named.',
  },
  SP1008: {
    title: 'A file that the configuration names cannot be read',
    advice: 'Paths are relative to the configuration file. Check the path and its permissions.',
  },
  SP1009: {
    title: 'The OpenAPI document cannot be used',
    advice:
      'Sallyport reads OpenAPI 3 and Swagger 2 as JSON or YAML and needs its "paths". Validate the document, or name routes instead.',
  },
  SP2001: {
    title: 'An input file cannot be read',
    advice:
      'Check the path and its permissions. A pattern with * must match at least one file; quote it from the shell.',
  },
  SP2002: {
    title: 'The input is empty',
    advice: 'There was no line to read. Check rotation: the current file may have just been started.',
  },
  SP2003: {
    title: 'Compressed input is damaged',
    advice: 'What could be read was used and the report says so. Copy the file again.',
  },
  SP2004: {
    title: 'The kind of compression is not supported',
    advice: 'gzip and zstd are read directly; pipe others: xz -dc access.log.xz | sallyport try -',
  },
  SP3001: {
    title: 'No log format fits the input',
    advice: "Name it with --format (sallyport formats lists them), or give the server's own pattern with --pattern.",
  },
  SP3002: {
    title: 'No such log format',
    advice: 'Run sallyport formats to see the formats and their ids.',
  },
  SP3003: {
    title: 'The log pattern cannot be used',
    advice:
      "Give the string of nginx log_format or Apache LogFormat as it stands in the server's configuration, in single quotes.",
  },
  SP3004: {
    title: 'A field mapping names an unknown field',
    advice: 'docs/formats.md lists the fields of an exchange.',
  },
  SP4001: {
    title: 'The journal cannot be read',
    advice: 'Check the path. A journal is written by replay --journal and cannot be edited.',
  },
  SP4002: {
    title: 'The journal is damaged or cut short',
    advice: 'Everything before the damage is intact and can be replayed up to there.',
  },
  SP4003: {
    title: 'The journal was written by another version',
    advice: 'Replay it with the version named, or run the original log again.',
  },
  SP5001: {
    title: 'The snapshot cannot be read',
    advice:
      'Start without it: the state is rebuilt from the input. A gateway goes on by itself: it begins with nothing known of callers, and replaces the file.',
  },
  SP5002: {
    title: 'The snapshot does not fit this run',
    advice:
      'Code, tables, detectors, model and seed must be those the snapshot was written with. Start without it. A gateway goes on by itself, after an upgrade for instance: it begins with nothing known of callers.',
  },
  SP5004: {
    title: 'A network table cannot be used',
    advice: 'Give a MaxMind DB file (.mmdb), or reinstall the package to get the shipped table back.',
  },
  ...MODEL_ERRORS,
  SP6001: {
    title: 'No such detector',
    advice: 'Run sallyport detectors to see the detectors and their ids.',
  },
  SP6002: {
    title: 'No such threshold',
    advice: 'The README of the detector lists its thresholds by name.',
  },
  SP6003: {
    title: 'No such finding',
    advice: 'Ids come from a report of the same input with the same version, configuration and seed.',
  },
  ...JOURNAL_ERRORS,
  ...LEDGER_ERRORS,
  ...OPERATOR_ERRORS,
  ...INBOUND_ERRORS,
  ...UPSTREAM_ERRORS,
  ...GUARD_ERRORS,
  ...ACT_ERRORS,
  ...ANSWER_ERRORS,
  ...IDENTITY_ERRORS,
  ...SIGNING_ERRORS,
  ...BODY_ERRORS,
  ...WORKFLOW_ERRORS,
  ...SCHEMA_ERRORS,
  ...PLAN_ERRORS,
  ...OUTPUT_ERRORS,
  SP9001: {
    title: 'Sallyport contradicted itself',
    advice: 'This is a defect. Please report it with the message and, if you can, the lines that caused it.',
  },
  SP9002: {
    title: 'The command line is not understood',
    advice: 'sallyport --help shows the verbs; sallyport VERB --help shows the options of one.',
  },
  SP9003: {
    title: 'A file cannot be written',
    advice: 'Check that its folder exists, may be written to, and has space left.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * An error with a code. Classes of one room extend it (`class FormatError extends SallyportError`); the command line
 * prints code, message and advice, never the stack.
 */
export class SallyportError extends Error {
  readonly code: ErrorCode;
  readonly advice: string;

  /** `message` says what happened this time; `advice` replaces the registry's where something better is known. */
  constructor(code: ErrorCode, message: string, options: { advice?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SallyportError';
    this.code = code;
    this.advice = options.advice ?? ERRORS[code].advice;
  }
}

/** How one error reads in a terminal: code and message, then the advice. */
export function errorText(error: SallyportError): string {
  return `${error.code}: ${error.message}\n  ${error.advice}`;
}
