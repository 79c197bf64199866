/** What can be wrong with a format that a user asked for or described. */
import { type ErrorCode, SallyportError } from '../../lib/errors.ts';

/** Why, finer than the code; documented in docs/formats.md. */
export const FORMAT_ERRORS = {
  'format.undetected': 'SP3001', // no sampled line is in a known format
  'format.unknown': 'SP3002', // no format has this id
  'pattern.empty': 'SP3003', // no variable in it
  'pattern.unclosed': 'SP3003', // a brace or quote is not closed
  'pattern.unknown': 'SP3003', // a directive that Apache does not have, a time that cannot be read
  'pattern.ambiguous': 'SP3003', // two variables with nothing between them to tell where one ends
  'pattern.no_request': 'SP3003', // neither a request line nor a target in it
  'pattern.no_time': 'SP3003', // no time in it
  'mapping.unknown': 'SP3004', // a field that an exchange does not have
} as const satisfies Record<string, ErrorCode>;
export type FormatReason = keyof typeof FORMAT_ERRORS;

/** A format cannot be used. `message` says what is wrong and what to do. */
export class FormatError extends SallyportError {
  readonly reason: FormatReason;

  constructor(reason: FormatReason, message: string) {
    super(FORMAT_ERRORS[reason], message);
    this.name = 'FormatError';
    this.reason = reason;
  }
}
