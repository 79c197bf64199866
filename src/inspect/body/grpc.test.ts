import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BODY_KIND } from '../../enrich/kinds.ts';
import { parseBody } from './parse.ts';
import { LIMITS, pairs, parsed } from './testing.ts';

function frame(content: Buffer, flags = 0, length = content.length): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, content]);
}

/** A field of the wire format: a number, or bytes. */
function field(number: number, value: Buffer | string | number): Buffer {
  if (typeof value === 'number') return Buffer.from([number << 3, value]);
  const content = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
}

const message = Buffer.concat([
  field(1, 'bob'),
  field(2, 7),
  field(3, Buffer.concat([field(1, 5), field(4, "x' or 1")])),
]);
const wanted = [
  ['$.1', 'bob'],
  ['$.3.4', "x' or 1"],
];

const grpc = (bytes: Buffer, encoding: string, cut = false) =>
  parseBody({ bytes, mediaType: 'application/grpc+proto', cut, limits: LIMITS, messageEncoding: encoding });

describe('messages of gRPC', () => {
  test('texts are found by the numbers of their fields', () => {
    const body = parsed('application/grpc', Buffer.concat([frame(message), frame(field(1, 'two'))]));
    expect(body).toMatchObject({ kind: BODY_KIND.grpc, problem: '' });
    expect(pairs(body)).toEqual([...wanted, ['$.1', 'two']]);
  });

  test('compressed ones are opened', () => {
    expect(pairs(grpc(frame(gzipSync(message), 1), 'gzip'))).toEqual(wanted);
    expect(grpc(frame(gzipSync(message), 1), 'snappy').problem).toBe('encoding');
    expect(grpc(frame(gzipSync(Buffer.alloc(3_000_000)), 1), 'gzip').problem).toBe('bomb');
  });

  test('as text, on their own, and as JSON', () => {
    expect(pairs(parsed('application/grpc-web-text', frame(message).toString('base64')))).toEqual(wanted);
    expect(pairs(parsed('application/x-protobuf', message))).toEqual(wanted);
    expect(pairs(parsed('application/connect+json', frame(Buffer.from('{"a":"x"}'))))).toEqual([['$.a', 'x']]);
  });

  test('a length that lies makes it broken; what was cut off does not lie', () => {
    const lying = frame(message, 0, 5000);
    expect(grpc(lying, '')).toMatchObject({ kind: BODY_KIND.broken, problem: 'syntax' });
    expect(grpc(lying, '', true)).toMatchObject({ kind: BODY_KIND.grpc, problem: 'truncated' });
    expect(pairs(grpc(lying, '')).map(([, text]) => text)).toContain("x' or 1");
  });

  test('bytes that are neither text nor message show the texts in them', () => {
    const body = parsed('application/x-protobuf', field(1, Buffer.from('\0\xffunion select\0', 'latin1')));
    expect(pairs(body)[0][1]).toContain('union select');
  });
});
