/** Was a caller's proof good, where the status of the answer does not tell? By what the route says of its answers. */
import type { Config } from '../../config/schema.ts';
import { type CompiledPath, compilePath } from '../fields/path.ts';
import { headerOf } from './headers.ts';

type AcceptedConfig = NonNullable<NonNullable<Config['gateway']['routes'][number]['answer']>['accepted']>;

/** What an answer must be for the credentials to count as good: all that is said has to hold. */
export interface Accepted {
  readonly statuses: readonly number[];
  /** Name in small letters; '' for none. */
  readonly header: string;
  /** What its value has to contain, in small letters; '' for anything. */
  readonly value: string;
  readonly body: CompiledPath | null;
}

/** Compiles the conditions; null where there are none. Throws SP8002 where the path cannot be used. */
export function compileAccepted(config: AcceptedConfig | undefined): Accepted | null {
  if (config === undefined) return null;
  const { status, header, body } = config;
  if (status.length === 0 && header === undefined && body === undefined) return null;
  const colon = header?.indexOf(':') ?? -1;
  const name = header === undefined ? '' : colon < 0 ? header : header.slice(0, colon);
  return {
    statuses: status,
    header: name.trim().toLowerCase(),
    value:
      colon < 0
        ? ''
        : (header ?? '')
            .slice(colon + 1)
            .trim()
            .toLowerCase(),
    body: body === undefined ? null : compilePath(body),
  };
}

/** Overload and faults say nothing about credentials. */
const TELLS_NOTHING = (status: number): boolean => status === 0 || status === 429 || status >= 500;

/**
 * 1 for good, 0 for not, −1 where nothing can be said. `truth` is what the path of the body has given: undefined where the body
 * was not seen that far.
 */
export function isAccepted(
  accepted: Accepted | null,
  status: number,
  headers: readonly string[],
  truth: boolean | undefined,
): -1 | 0 | 1 {
  if (accepted === null || TELLS_NOTHING(status)) return -1;
  if (accepted.statuses.length > 0 && !accepted.statuses.includes(status)) return 0;
  if (accepted.header !== '') {
    const value = headerOf(headers, accepted.header);
    if (value === null || !value.toLowerCase().includes(accepted.value)) return 0;
  }
  if (accepted.body === null) return 1;
  return truth === undefined ? -1 : truth ? 1 : 0;
}
