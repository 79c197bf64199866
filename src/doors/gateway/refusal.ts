/** Answers to requests that their route does not take: a problem document, or GraphQL's own form where the client speaks it. */
import type { AccessRefusal } from '../../identity/contract.ts';
import type { InspectRefusal } from '../../inspect/contract.ts';
import type { GraphqlRefusal } from '../../inspect/graphql/index.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import type { HeaderList, Res } from './contract.ts';
import { sendProblem } from './http/problem.ts';

type Refused = AccessRefusal | InspectRefusal | GraphqlRefusal;

/** Errors of one document that a client is told. */
const MAX_ERRORS = 16;

export function tellRefusal(res: Res, refusal: Refused): void {
  const { status, code, title, detail } = refusal;
  sendProblem(res, {
    status,
    code: code as ErrorCode,
    title,
    ...(detail === '' ? {} : { detail }),
    ...('challenge' in refusal ? { headers: challengeOf(refusal) } : ofRequest(refusal)),
    ...('bodyType' in refusal && refusal.bodyType !== '' ? { as: { body: refusal.body, type: refusal.bodyType } } : {}),
  });
}

const challengeOf = ({ challenge, headers }: AccessRefusal): HeaderList =>
  challenge === '' ? [...headers] : ['www-authenticate', challenge, ...headers];

const ofRequest = (refusal: InspectRefusal): { extra: Record<string, unknown>; headers?: HeaderList } =>
  refusal.headers === undefined
    ? { extra: errorsOf(refusal) }
    : { extra: errorsOf(refusal), headers: [...refusal.headers] };

/** What a client can mend, by where it stands. */
const errorsOf = ({ violations }: InspectRefusal): Record<string, unknown> =>
  violations.length === 0
    ? {}
    : { errors: violations.slice(0, MAX_ERRORS).map(({ where, what }) => ({ pointer: where, detail: what })) };
