/** What clients and the upstream see of each action, over real servers. */
import { request as httpRequest } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Changes, Rig, verdictOf } from './testing.ts';

let rig: Rig;
afterEach(() => rig.close());

const start = async (changes: Changes = {}): Promise<void> => {
  rig = await Rig.start(changes);
};
/** A request that is never answered in the test; gives what ends it. */
const hang = (): (() => void) => {
  const req = httpRequest({ port: rig.port, host: '127.0.0.1', path: '/x', agent: false });
  req.on('error', () => {});
  req.end();
  return () => req.destroy();
};

describe('tarpit', () => {
  it('holds, then blocks; beyond its places it blocks at once; who goes away makes room', async () => {
    await start({ tarpit: { max_connections: 1, delay_s: 10 } });
    rig.verdict = verdictOf('tarpit');
    const leave = hang();
    await rig.arrived(1);
    expect((await rig.ask('/x')).status).toBe(403);
    leave();
    expect((await rig.ended(2)).map((o) => [o.status, o.ended])).toEqual([
      [403, ''],
      [0, 'client'],
    ]);
    const held = rig.ask('/x');
    await rig.arrived(3);
    rig.timers.advance(9999);
    expect(rig.outcomes).toHaveLength(2);
    rig.timers.advance(1);
    expect(JSON.parse((await held).text).code).toBe('SP7401');
  });

  it('answers pipelined requests in turn, and notices when the client of all of them goes away', async () => {
    await start({ tarpit: { max_connections: 20 } });
    rig.verdict = verdictOf('tarpit');
    const line = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
    const socket = connectTcp(rig.port, '127.0.0.1');
    socket.write(line.repeat(12));
    await rig.arrived(12);
    socket.destroy();
    const ends = (await rig.ended(12)).map((o) => [o.status, o.ended]);
    expect(ends).toEqual(Array.from({ length: 12 }, () => [0, 'client']));
    expect(rig.timers.pending).toBe(0);
    const patient = connectTcp(rig.port, '127.0.0.1');
    patient.setEncoding('utf8').resume();
    patient.write(line.repeat(2));
    await rig.arrived(14);
    rig.timers.advance(10_000);
    expect((await rig.ended(14)).slice(12).map((o) => [o.status, o.ended])).toEqual([
      [403, ''],
      [403, ''],
    ]);
    patient.destroy();
  });

  it('holds nobody where it has no places', async () => {
    await start({ tarpit: { max_connections: 0 } });
    rig.verdict = verdictOf('tarpit');
    expect((await rig.ask('/x')).status).toBe(403);
  });

  it('takes streams of HTTP/2 whose client resets them as gone', async () => {
    rig = await Rig.start({ tarpit: { max_connections: 1 } }, {}, true);
    rig.verdict = verdictOf('tarpit');
    const { connect } = await import('node:http2');
    const session = connect(rig.url);
    const stream = session.request({ ':path': '/x' });
    stream.on('error', () => {});
    await rig.arrived(1);
    stream.close(8);
    expect((await rig.ended(1))[0]).toMatchObject({ status: 0, ended: 'client' });
    expect(rig.timers.pending).toBe(0);
    session.destroy();
  });
});
