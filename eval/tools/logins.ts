/** Single requests of people who are not watched: attackers before their tool begins, and customers of yesterday. */
import { request } from 'node:http';
import type { InventoryAccount } from '../../examples/shop/src/inventory.ts';
import { HOST } from './stack.ts';

export interface Login {
  readonly session: string;
  readonly token: string;
}

export interface From {
  /** Of the gateway. */
  readonly port: number;
  readonly address: string;
  readonly agent: string;
}

export async function logIn(from: From & { readonly account: InventoryAccount }): Promise<Login> {
  const { name, password } = from.account;
  const { status, cookie, body } = await ask(from, 'POST', '/api/login', { username: name, password });
  const session = /^session=([^;]+)/.exec(cookie);
  const token = /"token":"([^"]+)"/.exec(body);
  if (session === null || token === null) throw new Error(`${name} could not log in: ${status}`);
  return { session: session[1], token: token[1] };
}

export async function look(path: string, from: From & { readonly session: string }): Promise<void> {
  const { status } = await ask(from, 'GET', path);
  if (status !== 200) throw new Error(`${path} was answered ${status}`);
}

interface Answered {
  readonly status: number;
  readonly cookie: string;
  readonly body: string;
}

function ask(
  from: From & { readonly session?: string },
  method: string,
  path: string,
  body?: unknown,
): Promise<Answered> {
  const { port, address, agent, session } = from;
  const payload = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    ...{ host: HOST, 'user-agent': agent, 'x-forwarded-for': address },
    ...(session === undefined ? {} : { cookie: `session=${session}` }),
    ...(payload === ''
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false } as never, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.once('error', reject);
      answer.once('end', () => {
        const cookie = answer.headers['set-cookie']?.[0] ?? '';
        resolve({ status: answer.statusCode ?? 0, cookie, body: Buffer.concat(parts).toString() });
      });
    });
    sent.on('error', reject);
    sent.end(payload);
  });
}
