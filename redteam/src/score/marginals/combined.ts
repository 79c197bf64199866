/**
 * A reader of access logs in combined format, for the real logs that the world is compared with. It takes what deviates in
 * the wild: blanked addresses, a session between referrer and agent, `\"` in a quoted field, requests that are none.
 */

/** One line, as far as it says so; '' for what it does not. */
export interface LogLine {
  readonly timeMs: number;
  readonly address: string;
  readonly session: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
  readonly bytes: number;
  readonly agent: string;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TIME = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/;

/** A field of a line, and whether it stood plain, in quotes or in brackets. */
interface Field {
  readonly text: string;
  readonly kind: 'plain' | 'quoted' | 'bracketed';
}

/** Reads a line; null where it is none in this format. */
export function readCombined(line: string): LogLine | null {
  const fields = fieldsOf(line);
  const at = fields.findIndex((f) => f.kind === 'bracketed');
  if (at < 0) return null;
  const timeMs = readTime(fields[at].text);
  const [request, status, bytes, referrer, ...rest] = fields.slice(at + 1);
  if (timeMs === null || request?.kind !== 'quoted' || !/^\d{3}$/.test(status?.text ?? '')) return null;
  if (!bytes || !/^(\d+|-)$/.test(bytes.text) || (referrer && referrer.kind !== 'quoted')) return null;
  const agentAt = rest.findIndex((f) => f.kind === 'quoted');
  const agent = rest[agentAt];
  // Either it stands before the agent, or behind it with the time that the request took before it.
  const session = agentAt > 0 ? rest[0] : rest[agentAt + 2];
  const [method, target = ''] = request.text.split(' ');
  return {
    timeMs,
    address: at > 0 ? blank(fields[0].text) : '',
    session: blank(session?.text ?? ''),
    method: /^[A-Z]{3,10}$/.test(method) ? method : '',
    path: target.split('?')[0],
    status: Number(status.text),
    bytes: bytes.text === '-' ? 0 : Number(bytes.text),
    agent: blank(agent?.text ?? ''),
  };
}

const blank = (text: string): string => (text === '-' ? '' : text);

/** Splits at spaces, outside of quotes and brackets. An unclosed one reaches to the end. */
function fieldsOf(line: string): Field[] {
  const fields: Field[] = [];
  let i = 0;
  while (i < line.length) {
    const c = line[i];
    if (c === ' ') {
      i++;
      continue;
    }
    if (c === '"') {
      const end = closingQuote(line, i + 1);
      fields.push({ text: line.slice(i + 1, end), kind: 'quoted' });
      i = end + 1;
    } else if (c === '[') {
      const close = line.indexOf(']', i);
      const end = close < 0 ? line.length : close;
      fields.push({ text: line.slice(i + 1, end), kind: 'bracketed' });
      i = end + 1;
    } else {
      const space = line.indexOf(' ', i);
      const end = space < 0 ? line.length : space;
      fields.push({ text: line.slice(i, end), kind: 'plain' });
      i = end;
    }
  }
  return fields;
}

function closingQuote(line: string, from: number): number {
  for (let i = from; i < line.length; i++) {
    if (line[i] === '\\') i++;
    else if (line[i] === '"') return i;
  }
  return line.length;
}

function readTime(text: string): number | null {
  const m = TIME.exec(text);
  const month = m ? MONTHS.indexOf(m[2]) : -1;
  if (!m || month < 0) return null;
  const utc = Date.UTC(Number(m[3]), month, Number(m[1]), Number(m[4]), Number(m[5]), Number(m[6]));
  const offset = (Number(m[8]) * 60 + Number(m[9])) * 60_000;
  return m[7] === '+' ? utc - offset : utc + offset;
}
