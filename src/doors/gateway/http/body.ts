/** Request bodies while they come in: ended where they are longer or slower than allowed, or cut short. */
import type { Readable } from 'node:stream';
import { SallyportError } from '../../../lib/errors.ts';
import type { Req, Res } from '../contract.ts';
import { type Problem, sendProblem } from './problem.ts';
import { REJECT } from './rejections.ts';

/** Why a body was refused halfway. Whoever reads the request gets it as the stream's error. */
export class BodyRefused extends SallyportError {}

/**
 * Refuses a request whose body is under way: answers with the problem, where nothing was answered yet, and fails the
 * request's stream, so that whoever passes it on aborts. What still comes in is thrown away.
 */
export function refuseBody(req: Req, res: Res, problem: Problem): void {
  const stream = req as Readable;
  stream.push = discard;
  sendProblem(res, problem);
  // destroy() would take the connection with it, and the answer on it.
  if (stream.listenerCount('error') > 0) stream.emit('error', new BodyRefused(problem.code, problem.title));
}

function discard(): boolean {
  return true;
}

/** Counts a body of unknown length as the parser hands it over, and refuses it beyond `limit` bytes. */
export function limitBody(req: Req, res: Res, limit: number): void {
  const stream = req as Readable;
  const push = stream.push;
  let bytes = 0;
  stream.push = (chunk: Buffer | null): boolean => {
    if (chunk === null) return push.call(stream, null);
    bytes += chunk.length;
    if (bytes <= limit) return push.call(stream, chunk);
    refuseBody(req, res, REJECT.bodyTooLarge);
    return true;
  };
}
