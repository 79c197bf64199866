import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeaderList } from '../contract.ts';
import type { Admitted } from './admit.ts';
import { upstreamHeaders } from './forwarded.ts';
import { createConnectionOptions, joinCookies, readConnection, stripHopByHop, wantsTrailers } from './hop.ts';
import { equalsFolded, KIND, kindOf } from './names.ts';

fc.configureGlobal({ seed: 20240304 });

const KINDS: Readonly<Record<string, number>> = {
  host: KIND.host,
  'content-length': KIND.contentLength,
  'transfer-encoding': KIND.transferEncoding,
  connection: KIND.connection,
  'keep-alive': KIND.hop,
  'proxy-connection': KIND.hop,
  'proxy-authenticate': KIND.hop,
  'proxy-authorization': KIND.hop,
  'proxy-authentication-info': KIND.hop,
  'http2-settings': KIND.hop,
  te: KIND.te,
  upgrade: KIND.upgrade,
  expect: KIND.expect,
  'sallyport-principal': KIND.own,
  'sallyport-x': KIND.own,
  'x-forwarded-for': KIND.forwardedFor,
  'x-forwarded-proto': KIND.forwardedProto,
  'x-forwarded-host': KIND.forwardedHost,
  'x-forwarded-port': KIND.forwardedOther,
  'x-forwarded-prefix': KIND.forwardedOther,
  'x-real-ip': KIND.forwardedOther,
  'x-client-ip': KIND.forwardedOther,
  'true-client-ip': KIND.forwardedOther,
  forwarded: KIND.forwarded,
  via: KIND.via,
  cookie: KIND.cookie,
};

/** Every letter in either case, every dash as it is or as an underscore. */
const disguised = (name: string) =>
  fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((flags) => Array.from(name, (c, i) => (flags[i] ? (c === '-' ? '_' : c.toUpperCase()) : c)).join(''));

describe('the kind of a field', () => {
  it('does not depend on case, nor on underscores for dashes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(KINDS)).chain((name) => fc.tuple(fc.constant(name), disguised(name))),
        ([name, written]) => {
          expect(kindOf(written)).toBe(KINDS[name]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is "other" for every name that is not in the list', () => {
    const near = fc
      .tuple(fc.constantFrom(...Object.keys(KINDS)), fc.nat(30), fc.constantFrom('', 'a', '!', 'é'))
      .map(([name, at, letter]) => name.slice(0, at) + letter + name.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ maxLength: 20 })), (name) => {
        const plain = name.toLowerCase().replaceAll('_', '-');
        const listed = KINDS[plain] !== undefined || plain.startsWith('sallyport-') || plain.startsWith('x-forwarded-');
        fc.pre(!listed);
        expect(kindOf(name)).toBe(KIND.other);
      }),
      { numRuns: 1000 },
    );
  });

  it('has no letter but ASCII folded', () => {
    // The Kelvin sign folds to k in Unicode.
    expect(equalsFolded('\u212aeep-alive', 'keep-alive')).toBe(false);
    expect(equalsFolded('clo\u017fe', 'close')).toBe(false);
  });
});

describe('Connection', () => {
  const read = (...values: string[]) => {
    const options = createConnectionOptions();
    for (const value of values) readConnection(value, options);
    return options;
  };

  it('is read whatever its case and spaces', () => {
    expect(read('keep-alive')).toMatchObject({ close: false, upgrade: false, names: null, invalid: false });
    expect(read('Close')).toMatchObject({ close: true });
    expect(read('keep-Alive , UPGRADE')).toMatchObject({ upgrade: true, names: null });
    expect(read('X-A,, x-b ', 'x-c')).toMatchObject({ names: ['x-a', 'x-b', 'x-c'], invalid: false });
  });

  it('may not take away what says where a message ends or for whom it is', () => {
    for (const name of ['host', 'Content-Length', 'transfer-encoding', 'Transfer_Encoding']) {
      expect(read(`x-a, ${name}`).invalid).toBe(true);
    }
  });
});

describe('hop-by-hop fields of an answer', () => {
  const strip = (headers: HeaderList) => {
    stripHopByHop(headers);
    return headers;
  };

  it('are taken out in place, what is listed by Connection with them', () => {
    expect(
      strip([
        ...['Date', 'x', 'X-Hop', '1', 'Connection', 'close, x-hop', 'Keep-Alive', 'timeout=5'],
        ...['Transfer-Encoding', 'chunked', 'Upgrade', 'h2c', 'Proxy-Authenticate', 'Basic', 'Trailer', 'X-Sum'],
        ...['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'Content-Length', '3'],
      ]),
    ).toEqual(['Date', 'x', 'Trailer', 'X-Sum', 'Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'Content-Length', '3']);
  });

  it('of one answer do not count for the next', () => {
    strip(['Connection', 'x-a']);
    expect(strip(['X-A', '1'])).toEqual(['X-A', '1']);
  });

  it('are all there is to take: the rest keeps its order', () => {
    const name = fc.constantFrom('Date', 'Set-Cookie', 'ETag', 'Keep-Alive', 'Connection', 'Upgrade', 'X-A');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.constantFrom('a', 'b', 'close'))), (pairs) => {
        const listed = pairs.filter(([n]) => n === 'Connection').map(([, value]) => value);
        const kept = pairs.filter(([n]) => !['Keep-Alive', 'Connection', 'Upgrade', ...listed].includes(n));
        expect(strip(pairs.flat())).toEqual(kept.flat());
      }),
    );
  });
});

it('TE asks for trailers or does not', () => {
  expect(wantsTrailers('trailers')).toBe(true);
  expect(wantsTrailers('gzip, Trailers')).toBe(true);
  expect(wantsTrailers('gzip;q=trailers')).toBe(false);
});

it('the crumbs of a cookie become one', () => {
  const headers = ['a', '1', 'cookie', 'x=1', 'b', '2', 'cookie', 'y=2', 'cookie', 'z=3'];
  joinCookies(headers);
  expect(headers).toEqual(['a', '1', 'cookie', 'x=1; y=2; z=3', 'b', '2']);
});

describe('what the upstream learns of the way', () => {
  const through = (headers: HeaderList, more: Partial<Admitted> = {}) => {
    const inbound = { headers, peer: '192.0.2.7', host: 'a.example', scheme: 'http', protocol: 'HTTP/1.1', ...more };
    return upstreamHeaders(inbound as Admitted);
  };
  /** The values of a field, in order. */
  const all = (headers: HeaderList, name: string) =>
    headers.filter((_, i) => i % 2 === 1 && headers[i - 1].toLowerCase() === name);

  const FORGED = [
    ...['X-Forwarded-For', '6.6.6.6', 'x-forwarded-proto', 'https', 'X-Forwarded-Host', 'evil', 'X-Real-IP', '6.6.6.6'],
    ...[
      'Forwarded',
      'for=6.6.6.6',
      'X_Forwarded_For',
      '6.6.6.6',
      'True-Client-IP',
      '6.6.6.6',
      'X-Forwarded-Prefix',
      '/x',
    ],
  ];

  it('is what we saw, where a stranger is calling', () => {
    expect(through(['Host', 'a.example', 'Accept', '*/*', ...FORGED], { trusted: false })).toEqual([
      ...['host', 'a.example', 'Accept', '*/*', 'x-forwarded-for', '192.0.2.7', 'x-forwarded-proto', 'http'],
      ...['x-forwarded-host', 'a.example', 'forwarded', 'for=192.0.2.7;host=a.example;proto=http'],
      ...['via', '1.1 sallyport'],
    ]);
  });

  it('is what a proxy of ours saw, and the proxy', () => {
    const headers = through(
      [
        ...[
          'X-Forwarded-For',
          '203.0.113.1, 203.0.113.2',
          'X-Forwarded-For',
          '203.0.113.3',
          'X-Forwarded-Proto',
          'https',
        ],
        ...[
          'X-Forwarded-Host',
          'shop.example',
          'X-Forwarded-Port',
          '443',
          'Via',
          '1.1 lb',
          'X_Forwarded_For',
          '6.6.6.6',
        ],
      ],
      { trusted: true },
    );
    expect(all(headers, 'x-forwarded-for')).toEqual(['203.0.113.1, 203.0.113.2, 203.0.113.3, 192.0.2.7']);
    expect(all(headers, 'x-forwarded-proto')).toEqual(['https']);
    expect(all(headers, 'x-forwarded-host')).toEqual(['shop.example']);
    expect(all(headers, 'x-forwarded-port')).toEqual(['443']);
    expect(all(headers, 'via')).toEqual(['1.1 lb, 1.1 sallyport']);
    expect(headers.join(' ')).not.toContain('6.6.6.6');
    // A Forwarded that began with the proxy would hide the client from who prefers it.
    expect(all(headers, 'forwarded')).toEqual([]);
  });

  it('goes on in the notation that the proxy uses', () => {
    const headers = through(['Forwarded', 'for=203.0.113.1'], { trusted: true, scheme: 'https' });
    expect(all(headers, 'forwarded')).toEqual(['for=203.0.113.1, for=192.0.2.7;host=a.example;proto=https']);
    expect(all(headers, 'x-forwarded-for')).toEqual([]);
    const both = through(['Forwarded', 'for=203.0.113.1', 'X-Forwarded-For', '203.0.113.1'], { trusted: true });
    expect(all(both, 'forwarded')).toHaveLength(1);
    expect(all(both, 'x-forwarded-for')).toEqual(['203.0.113.1, 192.0.2.7']);
  });

  it('quotes what RFC 7239 wants quoted', () => {
    const headers = through([], { peer: '2001:db8::1', host: 'a.example:8080' });
    expect(all(headers, 'forwarded')).toEqual(['for="[2001:db8::1]";host="a.example:8080";proto=http']);
    expect(all(headers, 'x-forwarded-for')).toEqual(['2001:db8::1']);
  });

  it('takes no scheme from a proxy that is none', () => {
    const headers = through(['X-Forwarded-Proto', 'javascript'], { trusted: true, scheme: 'https' });
    expect(all(headers, 'x-forwarded-proto')).toEqual(['https']);
  });

  it('has no host where the client named none', () => {
    const headers = through([], { host: '', protocol: 'HTTP/1.0' });
    expect(all(headers, 'host')).toEqual([]);
    expect(all(headers, 'forwarded')).toEqual(['for=192.0.2.7;proto=http']);
    expect(all(headers, 'via')).toEqual(['1.0 sallyport']);
  });

  it('leaves the list it was given as it was', () => {
    const headers = ['Host', 'a.example', 'X-Forwarded-For', '6.6.6.6'];
    const before = [...headers];
    through(headers);
    expect(headers).toEqual(before);
  });
});
