/**
 * A door for tools that play with the connection itself (half a header, one byte a second): bytes go through as they come,
 * behind a PROXY protocol header that says where from. A tag is put in behind the request line.
 */
import { connect, createServer, type Socket } from 'node:net';
import { type Book, TAG } from './book.ts';
import type { Door } from './door.ts';
import { listenOn } from './tap.ts';

export interface WireOptions {
  /** Port of the gateway's listener that reads the PROXY protocol. */
  readonly gateway: number;
  /** IPv4 address that connections come from. */
  readonly address: string;
  readonly book: Book;
}

/** Kept of what a connection answers, in bytes: enough for a status line. */
const STATUS_LINE = 32;

export async function openWire(options: WireOptions): Promise<Door> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const { book, address, gateway } = options;
    const onward = connect(gateway, '127.0.0.1');
    const tag = book.sent('tool', 'connection', Date.now());
    let status = '';
    for (const socket of [client, onward]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        onward.destroy();
        book.ended(tag, statusOf(status), Date.now());
      });
    }
    onward.write(proxyHeader(address, client.remotePort ?? 0));
    passTagged(client, onward, tag);
    onward.on('data', (chunk: Buffer) => {
      if (status.length < STATUS_LINE) status += chunk.toString('latin1').slice(0, STATUS_LINE);
    });
    onward.pipe(client);
  });
  const port = await listenOn(server as never);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { port, close };
}

/** Everything as it comes, with the tag as first header line. */
function passTagged(client: Socket, onward: Socket, tag: string): void {
  const first = (chunk: Buffer): void => {
    const at = chunk.indexOf('\r\n');
    if (at < 0) {
      onward.write(chunk);
      return;
    }
    client.off('data', first);
    onward.write(Buffer.concat([chunk.subarray(0, at + 2), Buffer.from(`${TAG}: ${tag}\r\n`), chunk.subarray(at + 2)]));
    client.pipe(onward);
  };
  client.on('data', first);
}

/** Status of an answer that begins with `text`; 0 where it is none. */
export function statusOf(text: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
}

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** PROXY protocol v2 (HAProxy, 2.2): a TCP connection over IPv4 from `address`. */
export function proxyHeader(address: string, port: number): Buffer {
  const rest = Buffer.alloc(16);
  rest[0] = 0x21;
  rest[1] = 0x11;
  rest.writeUInt16BE(12, 2);
  address.split('.').forEach((part, i) => {
    rest[4 + i] = Number(part);
  });
  rest.set([127, 0, 0, 1], 8);
  rest.writeUInt16BE(port, 12);
  rest.writeUInt16BE(80, 14);
  return Buffer.concat([SIGNATURE, rest]);
}
