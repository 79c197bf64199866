/** Connections that are no ordinary request: an event stream that is read to its end, a WebSocket that is talked through. */
import { connect, type Socket } from 'node:net';

const TIMEOUT_MS = 10_000;
const ADDRESS = '10.20.200.1';

/** Sends `text`, and gives back what came once `until` is in it; what came at all where the connection ended before. */
function exchange(port: number, text: string, until: string, then?: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let came = '';
    let told = false;
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    socket.once('connect', () => socket.write(text));
    socket.on('error', () => {});
    socket.once('close', () => resolve(came));
    socket.on('data', (chunk) => {
      came += chunk.toString('latin1');
      if (then !== undefined && !told && came.includes('\r\n\r\n')) {
        told = true;
        then(socket);
      }
      if (came.includes(until)) socket.end();
    });
  });
}

/** Reads an event stream; whether all three events came. */
export async function openEvents(port: number): Promise<boolean> {
  const head = `GET /events HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: ${ADDRESS}\r\nConnection: close\r\n\r\n`;
  const came = await exchange(port, head, 'data: event 3\n\n');
  return /^HTTP\/1\.1 200 /.test(came) && came.includes('data: event 3');
}

const MESSAGE = 'said through the tunnel';

/** Opens a WebSocket and says something; whether it was switched and came back. */
export async function openWebSocket(port: number): Promise<boolean> {
  const head = [
    'GET /socket HTTP/1.1',
    'Host: shop',
    `X-Forwarded-For: ${ADDRESS}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '',
    '',
  ].join('\r\n');
  const came = await exchange(port, head, MESSAGE, (socket) => socket.write(MESSAGE));
  return /^HTTP\/1\.1 101 /.test(came) && came.endsWith(MESSAGE);
}
