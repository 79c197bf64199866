/** A reader of HTTP/1.1 messages that is strict and knows nothing of the code under test. */

export interface Message {
  /** First line, of a request or of the final answer. */
  line: string;
  /** 0 for requests. */
  status: number;
  reason: string;
  /** Header lines, as they stand. */
  headers: string[];
  body: string;
  trailers: string[];
  /** First lines of informational answers before the final one. */
  before: string[];
  /** The body has come to the end that its framing promises. A body without framing is whole when it is read. */
  whole: boolean;
}

interface Head {
  line: string;
  headers: string[];
  rest: string;
}

function readHead(text: string): Head | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [line, ...headers] = text.slice(0, end).split('\r\n');
  return { line, headers, rest: text.slice(end + 4) };
}

function valueIn(headers: readonly string[], name: string): string | undefined {
  const found = headers.find((line) => line.toLowerCase().startsWith(`${name}:`));
  return found?.slice(name.length + 1).trim();
}

function readChunks(text: string, message: Message): void {
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    at = lineEnd + 2;
    if (size === 0) {
      const rest = text.slice(at);
      const end = rest.startsWith('\r\n') ? 0 : rest.indexOf('\r\n\r\n');
      message.whole = end >= 0;
      if (end > 0) message.trailers = rest.slice(0, end).split('\r\n');
      return;
    }
    message.body += text.slice(at, at + size);
    if (text.length < at + size + 2) return;
    at += size + 2;
  }
}

/** Reads the first request, or the first final answer, of a text. `head`: the answer is one to HEAD. */
export function parseMessage(text: string, options: { head?: boolean } = {}): Message {
  const message: Message = {
    ...{ line: '', status: 0, reason: '', headers: [], body: '', trailers: [], before: [], whole: false },
  };
  let head = readHead(text);
  while (head && /^HTTP\/1\.1 1(?!01)/.test(head.line)) {
    message.before.push(head.line);
    head = readHead(head.rest);
  }
  if (!head) return message;
  const { line, headers, rest } = head;
  Object.assign(message, { line, headers });
  const parts = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(line);
  if (parts) Object.assign(message, { status: Number(parts[1]), reason: parts[2] });
  if (options.head || message.status === 204 || message.status === 304 || message.status === 101) {
    message.body = rest;
    message.whole = true;
    return message;
  }
  const length = valueIn(headers, 'content-length');
  if (valueIn(headers, 'transfer-encoding') !== undefined) {
    readChunks(rest, message);
  } else if (length !== undefined) {
    message.body = rest.slice(0, Number(length));
    message.whole = rest.length >= Number(length);
  } else {
    message.body = rest;
    message.whole = true;
  }
  return message;
}
