/**
 * Traefik's access log in its default text form: a combined line whose time is the request's start, followed by the
 * number of requests so far, the router, the server and the duration in whole milliseconds.
 */
import { BAD_LINE, type LogFormat } from '../format.ts';
import { combinedWith } from './combined.ts';
import { ROLE } from './combined-tail.ts';
import { isDigit, QUOTE, SPACE } from './scan.ts';

// referrer, agent, count, router, server, duration: quoted (1), quoted, bare (2), quoted, quoted, bare.
const SIGNATURE = ((((1 * 4 + 1) * 4 + 2) * 4 + 1) * 4 + 1) * 4 + 2;

/** True where the line ends with `" 12ms`. */
function endsWithDuration(buf: Uint8Array, start: number, end: number): boolean {
  if (end - start < 40 || buf[end - 1] !== 0x73 || buf[end - 2] !== 0x6d) return false;
  let i = end - 3;
  while (i > start && isDigit(buf[i])) i--;
  return i < end - 3 && buf[i] === SPACE && buf[i - 1] === QUOTE;
}

const BASE: LogFormat = {
  id: 'traefik',
  title: 'Traefik access log (text)',
  timeMeaning: 'start',
  resolutionMs: 1000,
  parser: () => {
    const combined = WITH_LAYOUT.parser();
    return (buf, start, end, out) =>
      endsWithDuration(buf, start, end) ? combined(buf, start, end, out) : BAD_LINE.no_match;
  },
};

const WITH_LAYOUT = combinedWith(
  {
    firstAddress: 'host',
    tails: [
      {
        signature: SIGNATURE,
        tokens: 6,
        roles: [ROLE.referrer, ROLE.agent, ROLE.skip, ROLE.skip, ROLE.skip, ROLE.withUnit],
      },
    ],
  },
  BASE,
);

export const TRAEFIK: LogFormat = BASE;
