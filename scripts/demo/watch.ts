/** Listens to the live stream of a running Sallyport (docs/admin.md) and hands its events on. */

/** The server says something every 5 s; after this silence it is gone. In ms. */
const SILENCE_MS = 20_000;
/** Characters of one event; more is not an event of ours. */
const MOST_EVENT = 1024 * 1024;

export interface Mitigation {
  readonly id: string;
  readonly actor: { readonly dimension: string; readonly key: string };
  readonly class: string;
  readonly action: string;
  readonly mode: string;
  readonly sentence: string;
  readonly status: string;
  readonly requests_before: number;
}

export interface Tick {
  readonly sec: number;
  readonly requests: number;
  readonly abusive_served: number;
  readonly abusive_held: number;
  readonly established_held: number;
}

export type Event =
  | { readonly type: 'tick'; readonly tick: Tick }
  | { readonly type: 'mitigation'; readonly mitigation: Mitigation }
  | {
      readonly type: 'undo';
      readonly receipt: { readonly mitigation: string; readonly by: string; readonly reason: string };
    }
  | { readonly type: 'status'; readonly status: { readonly mode: string } };

export interface Access {
  /** Address of the admin listener. */
  readonly url: string;
  readonly token: string;
}

/** Address and token out of the link that `serve` prints: `http://127.0.0.1:9464/#token=…`. */
export function accessOf(link: string): Access {
  const url = new URL(link);
  const token = /^#token=(.+)$/.exec(url.hash)?.[1];
  if (token === undefined) throw new Error(`${url.origin} was printed without a token`);
  return { url: url.origin, token: decodeURIComponent(token) };
}

/** One answer of the admin API as JSON. */
export async function ask<T>({ url, token }: Access, path: string): Promise<T> {
  const response = await fetch(`${url}${path}`, { headers: { Authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as T;
}

/** Tells `listener` of every event until the stream or the signal ends. */
export async function watch(access: Access, listener: (event: Event) => void, signal: AbortSignal): Promise<void> {
  const silence = new AbortController();
  const response = await fetch(`${access.url}/api/v1/stream`, {
    headers: { Authorization: `Bearer ${access.token}` },
    signal: AbortSignal.any([signal, silence.signal]),
  });
  if (!response.ok || response.body === null) throw new Error(`the live stream answered ${response.status}`);
  const decoder = new TextDecoder();
  let text = '';
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      text += decoder.decode(chunk, { stream: true });
      const events = text.split('\n\n');
      text = (events.pop() ?? '').slice(0, MOST_EVENT);
      for (const event of events) tell(event, listener);
    }
  } finally {
    clearTimeout(timer);
  }
}

function tell(text: string, listener: (event: Event) => void): void {
  const type = /^event: (tick|mitigation|undo|status)$/m.exec(text)?.[1];
  const data = /^data: (.*)$/m.exec(text)?.[1];
  if (type !== undefined && data !== undefined) listener(JSON.parse(data) as Event);
}
