/**
 * Requests over HTTP/1: Node's own, but without two things that it does for every one of them and that a proxy has no use
 * for. Both together are a tenth of what a request costs in Node's HTTP server. Nobody who gets a request in their hands
 * sees a difference, except that one without a body ends in silence.
 */
import { IncomingMessage } from 'node:http';

/** What Node keeps to itself about a request. */
interface Internals {
  _dumped?: boolean;
  readonly _readableState?: { endEmitted?: boolean };
  _dump?(): void;
}

const dump = (IncomingMessage.prototype as unknown as Internals)._dump;

export class Http1Request extends IncomingMessage {
  /** Somebody has it in their hands: what they ask of it they are told. */
  taken = false;

  /**
   * Node calls this after the answer, for requests whose body nobody has read: it makes the stream flow, so that its end
   * and its closing come as events, over five turns of the queue. Where there is nothing to read and nobody listens, it is
   * enough to say that the end has been.
   */
  _dump(): void {
    const own = this as unknown as Internals;
    const idle = this.complete && this.readableLength === 0 && own._dumped === false;
    if (idle && own._readableState && this.listenerCount('end') === 0 && this.listenerCount('close') === 0) {
      own._dumped = true;
      own._readableState.endEmitted = true;
    } else dump?.call(this as unknown as Internals);
  }
}

const NONE: Readonly<Record<string, string>> = Object.freeze({});

/** The two headers that Node's server itself asks for, before anybody else could; with `requireHostHeader` it is three. */
function askedByNode(raw: readonly string[]): Readonly<Record<string, string>> {
  let found: Record<string, string> | null = null;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const { length } = raw[i];
    if (length !== 2 && length !== 6) continue;
    const name = raw[i].toLowerCase();
    if (name !== 'te' && name !== 'expect') continue;
    found ??= {};
    found[name] ??= raw[i + 1];
  }
  return found ?? NONE;
}

// Node makes a dictionary of all headers when it asks for `Expect`. It is made when somebody else asks for one.
const whole = Object.getOwnPropertyDescriptor(IncomingMessage.prototype, 'headers');
if (whole?.get !== undefined) {
  const { get } = whole;
  Object.defineProperty(Http1Request.prototype, 'headers', {
    ...whole,
    get(this: Http1Request) {
      return this.taken ? get.call(this) : askedByNode(this.rawHeaders);
    },
  });
}
