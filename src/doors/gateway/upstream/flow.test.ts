/** Back-pressure: what one side does not take is not pulled from the other. */
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createCollector } from '../body/index.ts';
import { collecting } from '../body/testing.ts';
import { Closing, configOf, front, later, rawUpstream } from './testing.ts';

const closing = new Closing();
afterEach(() => closing.run());

const TOTAL = 48 * 1024 * 1024;
const PIECE = Buffer.alloc(65_536, 'x');

/** Loopback's own buffers, twice over: no more than this may be on the way between the two ends. */
const IN_FLIGHT = 24 * 1024 * 1024;

/** Writes TOTAL bytes as fast as they are taken. `onPiece` hears how many there are so far. */
function flood(socket: Socket, onPiece: (written: number) => void): void {
  let written = 0;
  const more = () => {
    while (written < TOTAL) {
      written += PIECE.length;
      onPiece(written);
      if (!socket.write(PIECE)) return;
    }
  };
  socket.on('drain', more);
  more();
}

/** Turns of the event loop between two pieces: slower than anything else here, which writes a piece a turn. */
const TURNS = 8;

function afterTurns(turns: number, then: () => void): void {
  if (turns === 0) then();
  else setImmediate(() => afterTurns(turns - 1, then));
}

/** Reads piece by piece, slowly, and hears how many bytes there are so far. */
function sip(socket: Socket, onBytes: (read: number) => void): void {
  let read = 0;
  socket.on('data', (chunk) => {
    read += chunk.length;
    onBytes(read);
    socket.pause();
    afterTurns(TURNS, () => socket.resume());
  });
}

test('an answer is pulled no faster than its client reads', async () => {
  let read = 0;
  let widest = 0;
  const url = await rawUpstream(closing, (socket) => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${TOTAL}\r\n\r\n`);
      flood(socket, (written) => {
        widest = Math.max(widest, written - read);
      });
    });
  });
  const gate = await front(closing, configOf(`upstream: ${url}`));
  const whole = later<void>();
  const client = connect(gate.port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  sip(client, (bytes) => {
    read = bytes;
    if (bytes > TOTAL) whole.resolve();
  });
  await whole.promise;
  client.destroy();
  expect((await gate.over(1))[0]).toMatchObject({ bytes: TOTAL, ended: '' });
  expect(widest).toBeLessThan(IN_FLIGHT);
}, 20_000);

test.each([
  ['at once', undefined],
  ['after its beginning', collecting(createCollector({ memoryBytes: 1_000_000, spoolTotalBytes: 0 }))],
])(
  'a body is pulled no faster than its server reads (%s)',
  async (_, before) => {
    let read = 0;
    let widest = 0;
    const url = await rawUpstream(closing, (socket) => {
      sip(socket, (bytes) => {
        read = bytes;
        if (bytes > TOTAL) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      });
    });
    const gate = await front(closing, configOf(`upstream: ${url}`), { before });
    const client = connect(gate.port, '127.0.0.1');
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${TOTAL}\r\n\r\n`);
    flood(client, (written) => {
      widest = Math.max(widest, written - read);
    });
    expect((await gate.over(1))[0]).toMatchObject({ status: 200, bodyBytes: TOTAL, ended: '' });
    client.destroy();
    expect(widest).toBeLessThan(IN_FLIGHT);
  },
  20_000,
);

test('an upgraded connection is pulled no faster than the other end reads', async () => {
  let read = 0;
  let widest = 0;
  const server = createServer();
  server.on('upgrade', (_req, socket) => {
    socket.resume().once('end', () => socket.end());
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: raw\r\nConnection: upgrade\r\n\r\n');
    flood(socket as Socket, (written) => {
      widest = Math.max(widest, written - read);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.add(() => server.close());
  const gate = await front(closing, configOf(`upstream: http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  const whole = later<void>();
  const client = connect(gate.port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: a\r\nUpgrade: raw\r\nConnection: upgrade\r\n\r\n');
  sip(client, (bytes) => {
    read = bytes;
    if (bytes > TOTAL) whole.resolve();
  });
  await whole.promise;
  client.destroy();
  expect((await gate.over(1))[0]).toMatchObject({ status: 101, bytes: TOTAL });
  expect(widest).toBeLessThan(IN_FLIGHT);
}, 20_000);
