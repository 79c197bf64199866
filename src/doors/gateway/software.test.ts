/** What software a request is of, as it gets into a row. */
import { describe, expect, it } from 'vitest';
import { HANDSHAKE_CLASS } from '../../enrich/kinds.ts';
import { http2Start } from '../../identity/fingerprint/http2.ts';
import { callerWith } from '../../identity/revocation/testing.ts';
import type { Admitted } from './http/admit.ts';
import type { Connection, Handshake } from './listen/connection.ts';
import { Reception } from './reception.ts';

const JA4 = 't13d1516h2_8daaf6152771_e5627efa2ab1';
const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';

interface Asked {
  readonly handshake?: Handshake | null;
  readonly order?: string[];
  readonly agent?: string;
  readonly trusted?: boolean;
  readonly passed?: string;
}

function extras({ handshake = null, order, agent = CHROME, trusted = false, passed }: Asked) {
  const settings = { ja4Header: 'x-ja4', planOf: () => 0, bodyTimeoutMs: 1000 };
  const reception = new Reception(null as never, null as never, null as never, settings);
  const http2 =
    order === undefined
      ? null
      : http2Start(
          {},
          65_535,
          order.flatMap((name) => [`:${name}`, 'x']),
        );
  const connection = { handshake, http2, software: [handshake?.ja4, http2?.fingerprint].filter(Boolean).join('_') };
  const headers = ['user-agent', agent, ...(passed === undefined ? [] : ['x-ja4', passed])];
  const inbound = {
    connection: connection as Connection,
    trusted,
    headers,
    scheme: 'https',
    route: { sensitivity: 0 },
  };
  const received = { caller: callerWith({}), refusal: null } as never;
  const { handshake: software, handshakeClass } = reception.extras(inbound as unknown as Admitted, received);
  return { software, handshakeClass };
}

const MASP = ['method', 'authority', 'scheme', 'path'];
const MPSA = ['method', 'path', 'scheme', 'authority'];
const browser: Handshake = { ja4: JA4, kind: HANDSHAKE_CLASS.browser };

describe('the software of a connection', () => {
  it('is how it begins TLS and HTTP/2', () => {
    expect(extras({ handshake: browser })).toEqual({ software: JA4, handshakeClass: HANDSHAKE_CLASS.browser });
    const both = extras({ handshake: browser, order: MASP });
    expect(both.software).toMatch(new RegExp(`^${JA4}_h2_masp_[0-9a-f]{12}$`));
    expect(both.handshakeClass).toBe(HANDSHAKE_CLASS.browser);
    expect(extras({})).toEqual({ software: undefined, handshakeClass: HANDSHAKE_CLASS.unknown });
  });

  it('is a library’s where HTTP/2 begins as the browser that it names never does', () => {
    expect(extras({ handshake: browser, order: MPSA }).handshakeClass).toBe(HANDSHAKE_CLASS.library);
    expect(extras({ order: MPSA }).handshakeClass).toBe(HANDSHAKE_CLASS.library);
    expect(extras({ order: MPSA, agent: 'curl/8.5.0' }).handshakeClass).toBe(HANDSHAKE_CLASS.unknown);
  });

  it('is not the proxy’s that a client is behind', () => {
    const proxy = { ja4: 't13i130900_f57a46bbacb6_e7c285222651', kind: HANDSHAKE_CLASS.library };
    const behind = { handshake: proxy, order: MPSA, trusted: true };
    expect(extras({ ...behind, passed: JA4 })).toEqual({ software: JA4, handshakeClass: HANDSHAKE_CLASS.unknown });
    expect(extras(behind)).toEqual({ software: undefined, handshakeClass: HANDSHAKE_CLASS.unknown });
    // A stranger may write into that header what they like.
    expect(extras({ handshake: browser, passed: proxy.ja4 }).software).toBe(JA4);
  });
});
