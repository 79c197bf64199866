/**
 * The server behind the proxies of `bench gateway`: as little as can answer HTTP/1.1 over kept-alive connections, so that it
 * is never what a proxy waits for. It reads requests with a known length, one after the other, and gives each the same
 * answer of some 200 bytes of JSON. No server for anything else.
 *
 * Prints one line of JSON with its port when it listens.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';

const BODY = JSON.stringify({
  id: 48_213,
  name: 'Enamel mug, 350 ml, dishwasher safe',
  price: { amount: 1490, currency: 'EUR' },
  stock: 37,
  tags: ['kitchen', 'camping'],
  updated_at: '2025-03-01T09:30:00Z',
  links: { self: '/api/v1/products/48213' },
});
const HEAD = [
  'HTTP/1.1 200 OK',
  'Content-Type: application/json; charset=utf-8',
  `Content-Length: ${BODY.length}`,
  'Cache-Control: no-store',
  'X-Request-Cost: 1',
  'ETag: W/"c9-Jx2kq0Zq"',
].join('\r\n');
const LENGTH = /\r\ncontent-length: *(\d+)/i;
const END = '\r\n\r\n';

let answer = Buffer.alloc(0);
function date(): void {
  answer = Buffer.from(`${HEAD}\r\nDate: ${new Date().toUTCString()}\r\nConnection: keep-alive${END}${BODY}`);
}
date();
setInterval(date, 1000);

function serve(socket: Socket): void {
  let pending = '';
  let skip = 0;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    if (skip >= chunk.length) {
      skip -= chunk.length;
      if (skip === 0) socket.write(answer);
      return;
    }
    pending += chunk.toString('latin1', skip);
    if (skip > 0) socket.write(answer);
    skip = 0;
    for (;;) {
      const end = pending.indexOf(END);
      if (end < 0) return;
      const length = Number(LENGTH.exec(pending.slice(0, end))?.[1] ?? 0);
      const have = pending.length - end - END.length;
      pending = have > length ? pending.slice(end + END.length + length) : '';
      skip = Math.max(0, length - have);
      if (skip > 0) return;
      socket.write(answer);
    }
  });
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', 1024, () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port, bytes: BODY.length }));
});
