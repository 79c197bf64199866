/** The room's entry: a request's body, decoded and taken apart. */
import type { Asked, BodyProblem, ParsedBody } from '../contract.ts';
import { type Decoded, decodeBody } from './decode.ts';
import { Gate } from './gate.ts';
import type { BodyLimits } from './limits.ts';
import { parseBody } from './parse.ts';

export { type BodyLimits, bodyLimits } from './limits.ts';

export interface BodyReader {
  /**
   * Takes a body apart. At once where it is not compressed, or little comes of it. Never throws and never rejects. A body
   * that nobody has (`asked.body` is null) has the kind none.
   */
  read(asked: Asked): ParsedBody | Promise<ParsedBody>;
}

const NOTHING = Buffer.alloc(0);

/** Makes a reader of bodies; `limits` come from {@link bodyLimits}. */
export function createBodyReader(limits: BodyLimits): BodyReader {
  const gate = new Gate(limits.decodings);
  return {
    read(asked) {
      const { body, encoding } = asked;
      if (body === null || body.length === 0) return parse(asked, { bytes: NOTHING, problem: '', cut: false }, limits);
      const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      if (encoding === '') return parse(asked, decodeBody(bytes, '', limits, asked.cut) as Decoded, limits);
      const work = gate.run(() => decodeBody(bytes, encoding, limits, asked.cut));
      // No place to decode it now: what is not looked at is said to be cut off.
      if (work === null) return parse(asked, { bytes: NOTHING, problem: 'truncated', cut: true }, limits);
      return work instanceof Promise
        ? work.then((decoded) => parse(asked, decoded, limits))
        : parse(asked, work, limits);
    },
  };
}

function parse(asked: Asked, decoded: Decoded, limits: BodyLimits): ParsedBody {
  const problem: BodyProblem = decoded.problem === '' && decoded.cut && !asked.cut ? 'truncated' : decoded.problem;
  return parseBody({
    ...{ bytes: decoded.bytes, mediaType: asked.mediaType, cut: decoded.cut, limits, problem },
    action: headerOf(asked.headers, 'soapaction'),
    messageEncoding: headerOf(asked.headers, 'grpc-encoding') || headerOf(asked.headers, 'connect-content-encoding'),
  });
}

/** Value of a header by its name in small letters; '' for none. */
function headerOf(headers: readonly string[], name: string): string {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i].length === name.length && headers[i].toLowerCase() === name) return headers[i + 1];
  }
  return '';
}
