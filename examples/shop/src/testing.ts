/** For the tests: a client that shows what came back. */
export interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, if it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any;
}

export interface Extra {
  readonly body?: unknown;
  readonly token?: string;
  readonly key?: string;
  readonly cookie?: string;
  readonly headers?: Record<string, string>;
}

export async function call(url: string, method: string, target: string, extra: Extra = {}): Promise<Got> {
  const headers: Record<string, string> = { ...extra.headers };
  if (extra.token) headers.Authorization = `Bearer ${extra.token}`;
  if (extra.key) headers['X-Api-Key'] = extra.key;
  if (extra.cookie) headers.Cookie = extra.cookie;
  const { body } = extra;
  const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(url + target, { method, headers, body: sent, redirect: 'manual' });
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get('content-type') ?? '');
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    json: isJson && text !== '' ? JSON.parse(text) : null,
  };
}
