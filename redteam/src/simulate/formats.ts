/** Exchanges as lines of a log: nginx's combined format with a few fields behind it, and events as an application writes them. */
import type { Exchange } from '../contract.ts';

/**
 * nginx `log_format` of {@link Combined}: what a reader has to be told of it. The application hands user, session and key to
 * nginx in headers of its answer, as they are known only after it looked at cookie and token.
 */
export const COMBINED_PATTERN =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" ' +
  '$request_time $cookie_session $http_x_api_key';

export interface Format {
  /** File name in the directory of a run. */
  readonly file: string;
  /** How the lines are encoded; nginx writes ASCII alone. */
  readonly encoding: 'utf8' | 'latin1';
  /** The lines of an exchange, each with its end; `skewMs` is what the clock of the server was off by. */
  lines(exchange: Exchange, skewMs: number): string;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Characters that nginx writes as they are. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** Lines in the combined format of nginx, whose time is the end of the exchange and whole seconds. */
export class Combined implements Format {
  readonly file = 'access.log';
  readonly encoding = 'latin1';
  private second = Number.NaN;
  private stamp = '';
  private readonly agents = new Map<string, string>();

  lines({ timeMs, request, answer }: Exchange, skewMs: number): string {
    const { client } = request;
    const time = this.timeLocal(timeMs + answer.durationMs + skewMs);
    const line = `${client.address} - ${dash(answer.principal)} [${time}] "${request.method} ${escaped(request.target)} `;
    const status = `${line}${client.protocol}" ${answer.status} ${answer.bytes} "${dash(escaped(request.referrer ?? ''))}" "`;
    return `${status}${this.agent(client.agent)}" ${seconds(answer.durationMs)} ${dash(answer.session)} ${dash(answer.credential)}\n`;
  }

  /** Agents are long and few. */
  private agent(agent: string): string {
    let known = this.agents.get(agent);
    if (known === undefined) {
      known = dash(escaped(agent));
      if (this.agents.size < 100_000) this.agents.set(agent, known);
    }
    return known;
  }

  private timeLocal(ms: number): string {
    const second = Math.floor(ms / 1000);
    if (second !== this.second) {
      const time = new Date(second * 1000);
      const day = `${two(time.getUTCDate())}/${MONTHS[time.getUTCMonth()]}/${time.getUTCFullYear()}`;
      this.second = second;
      this.stamp = `${day}:${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())} +0000`;
    }
    return this.stamp;
  }
}

/**
 * Events as JSON lines, in docs/events.md: an `exchange` with its start as its time, and behind it the `business` events
 * that the application reports, at its end.
 */
export class Events implements Format {
  readonly file = 'events.jsonl';
  readonly encoding = 'utf8';
  private readonly host: string;

  constructor(host: string) {
    this.host = JSON.stringify(host);
  }

  lines({ timeMs, request, answer }: Exchange, skewMs: number): string {
    const { client } = request;
    const startMs = timeMs + skewMs;
    const who =
      text('principal', answer.principal) + text('session', answer.session) + text('credential', answer.credential);
    let out =
      `{"type":"exchange","time_ms":${startMs},"address":"${client.address}","host":${this.host},"method":"${request.method}"` +
      `,"target":${quoted(request.target)},"protocol":"${client.protocol}"${text('referrer', request.referrer ?? '')}` +
      `${text('user_agent', client.agent)}${who},"status":${answer.status},"response_bytes":${answer.bytes}` +
      `,"duration_ms":${answer.durationMs}}\n`;
    if (answer.events.length === 0) return out;
    const endMs = Math.round(startMs + answer.durationMs);
    const session = text('session', answer.session) + text('credential', answer.credential);
    for (const { name, principal, object } of answer.events) {
      out +=
        `{"type":"business","time_ms":${endMs},"name":${quoted(name)}${text('principal', principal)}${session}` +
        `,"address":"${client.address}"${text('object', object ?? '')}}\n`;
    }
    return out;
  }
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

const THOUSANDTHS = Array.from({ length: 1000 }, (_, ms) => `.${String(ms).padStart(3, '0')}`);

/** Milliseconds as seconds with three digits, as `toFixed(3)` has them; that takes far longer. */
function seconds(ms: number): string {
  const whole = Math.round(ms);
  const second = Math.floor(whole / 1000);
  return second + THOUSANDTHS[whole - 1000 * second];
}

function dash(text: string): string {
  return text === '' ? '-' : text;
}

/** As nginx writes what a client sent: quotes, backslashes and what is no printable ASCII as \xHH, byte by byte. */
function escaped(text: string): string {
  if (PLAIN.test(text)) return text;
  let out = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    out += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/** A field of JSON with a comma before it; nothing for ''. */
function text(name: string, value: string): string {
  return value === '' ? '' : `,"${name}":${quoted(value)}`;
}

function quoted(value: string): string {
  return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
}
