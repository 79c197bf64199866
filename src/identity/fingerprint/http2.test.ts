import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { http2Start, http2Unlike } from './http2.ts';

fc.configureGlobal({ seed: 20240304 });

const DEFAULTS = {
  headerTableSize: 4096,
  enablePush: true,
  maxConcurrentStreams: 4_294_967_295,
  initialWindowSize: 65_535,
  maxFrameSize: 16_384,
  maxHeaderListSize: 4_294_967_295,
  enableConnectProtocol: false,
};
const fields = (...names: string[]): string[] => names.flatMap((name) => [name, 'x']);
const MASP = fields(':method', ':authority', ':scheme', ':path', 'user-agent');
const start = (order: readonly string[] = MASP) => http2Start(DEFAULTS, 65_535, order);

describe('how a client begins HTTP/2', () => {
  it('is the order of what it names, and a hash of all it sets', () => {
    expect(start()).toEqual({ fingerprint: 'h2_masp_69a7fa52253c', order: 'masp' });
    expect(start(fields(':path', ':x', ':protocol', 'a')).order).toBe('pxr');
    expect(start([]).fingerprint).toBe('h2__69a7fa52253c');
    expect(start(fields(...Array.from({ length: 100 }, () => ':method'))).order).toBe('mmmmmm');
  });

  it('is another one wherever one setting or the window is another', () => {
    const texts = Object.entries(DEFAULTS).map(([name, value]) => {
      const other = typeof value === 'boolean' ? !value : value - 1;
      return http2Start({ ...DEFAULTS, [name]: other }, 65_535, MASP).fingerprint;
    });
    texts.push(
      http2Start(DEFAULTS, 65_536, MASP).fingerprint,
      start().fingerprint,
      http2Start({}, 0, MASP).fingerprint,
    );
    expect(new Set(texts).size).toBe(10);
  });

  it('is short whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.nat(), (headers, window) => {
        expect(http2Start(DEFAULTS, window, headers).fingerprint).toMatch(/^h2_[maspxr]{0,6}_[0-9a-f]{12}$/);
      }),
    );
  });
});

describe('a browser’s name', () => {
  const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)';
  const CHROME = `${WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36`;
  const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
  const unlike = (agent: string, order: string): boolean => http2Unlike(agent, { fingerprint: '', order });

  it('goes with the order that its engine has', () => {
    expect([unlike(CHROME, 'masp'), unlike(CHROME, 'mpas'), unlike(CHROME, 'ampscx')]).toEqual([false, true, true]);
    expect([unlike(FIREFOX, 'mpas'), unlike(FIREFOX, 'masp')]).toEqual([false, true]);
    expect(unlike(`${CHROME} Edg/126.0.2592.87`, 'mpsa')).toBe(true);
    expect(unlike(CHROME.replace('Safari', 'Mobile Safari'), 'mpsa')).toBe(true);
  });

  it.each([
    'curl/8.5.0',
    '',
    // Engines and networks of their own, whatever names they carry.
    `${WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763`,
    `${CHROME} UCBrowser/15.0`,
    `${CHROME} OPR/112.0.0.0`,
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/127.0 Mobile/15E148 Safari/605.1.15',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/126.0.6478.126 Safari/537.36',
  ])('of which nothing certain is known says nothing: %s', (agent) => {
    expect(unlike(agent, 'xxxx')).toBe(false);
  });
});
