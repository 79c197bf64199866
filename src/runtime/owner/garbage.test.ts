import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALLOW } from '../live/verdict.ts';
import { connectOwner } from './client.ts';
import { Outbox } from './frames.ts';
import { type OwnerServer, ownerPath, serveOwner } from './server.ts';
import { FakeGate, rowWith, shortFolder } from './testing.ts';
import { FRAME, LAYOUT, WIRE_VERSION } from './wire.ts';

fc.configureGlobal({ seed: 20240304 });

const SECRET = 'a secret of this test';

describe('garbage', () => {
  let folder: ReturnType<typeof shortFolder>;
  let path: string;
  let server: OwnerServer;
  const problems: [string, string][] = [];

  beforeEach(async () => {
    folder = shortFolder();
    path = ownerPath(folder.path);
    problems.length = 0;
    const onProblem = (code: string, message: string) => problems.push([code, message]);
    server = await serveOwner(path, new FakeGate(), { secret: SECRET, onProblem });
  });
  afterEach(async () => {
    await server.close();
    folder.remove();
  });

  /** Sends bytes from outside; resolves when the owner has closed. */
  const send = (...chunks: Uint8Array[]): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(path);
      socket.on('error', () => {});
      socket.on('close', () => resolve());
      socket.resume();
      for (const chunk of chunks) socket.write(chunk);
      socket.end();
    });
  const hello = (): Uint8Array => {
    const out = new Outbox();
    out.begin(FRAME.hello, 5);
    for (const word of [WIRE_VERSION, LAYOUT.hi, LAYOUT.lo, 9, 1]) out.word(word);
    out.text(SECRET, 100);
    out.end();
    return out.take().chunk;
  };

  it('of a stranger, or of a worker gone wrong, ends its connection with a code and nothing else', async () => {
    const client = await connectOwner(path, { secret: SECRET, worker: 1 });
    const bytes = fc.uint8Array({ minLength: 4, maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.boolean(), async (garbage, known) => {
        await (known ? send(hello(), garbage) : send(garbage));
      }),
      { numRuns: 60 },
    );
    expect(new Set(problems.map(([code]) => code))).toEqual(new Set(['SP7312']));
    expect(await client.request(rowWith({}, {}), 3, 1)).toEqual(ALLOW);
    expect(server.workers()).toHaveLength(1);
    await client.close();
  });

  it('of another version is refused', async () => {
    const out = new Outbox();
    out.begin(FRAME.hello, 5);
    for (const word of [WIRE_VERSION + 1, LAYOUT.hi, LAYOUT.lo, 1, 1]) out.word(word);
    out.text(SECRET, 100);
    out.end();
    await send(out.take().chunk);
    expect(problems.map(([code]) => code)).toEqual(['SP7313']);
  });
});
