import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes } from './routes/testing.ts';
import { readTarget, Target } from './target.ts';

fc.configureGlobal({ seed: 20240304 });

describe('target', () => {
  const read = (text: string): { path: string; query: string; host: string } => {
    const buf = bytes(text);
    const out = new Target();
    readTarget(buf, 0, buf.length, 0, out);
    const slice = (b: Uint8Array, s: number, e: number): string => new TextDecoder().decode(b.subarray(s, e));
    return {
      path: slice(out.path, out.pathStart, out.pathEnd),
      query: slice(buf, out.queryStart, out.queryEnd),
      host: slice(buf, out.hostStart, out.hostEnd),
    };
  };
  const cases: [string, string][] = [
    ['/', '/'],
    ['/login', '/login'],
    ['/login/', '/login'],
    ['//login//', '/login'],
    ['/./x/../login', '/login'],
    ['/%6cogin', '/login'],
    ['/login;jsessionid=1', '/login'],
    ['/a;x=1/b;y', '/a/b'],
    ['/../../etc/passwd', '/etc/passwd'],
    ['/a/%2e%2e/b', '/b'],
    ['/a%2Fb', '/a%2Fb'],
    ['/100%', '/100%'],
    ['/a%zz', '/a%zz'],
    ['/a/..', '/'],
    ['/a?b=/c', '/a'],
    ['/a#b', '/a'],
    ['http://example.com', '/'],
    ['HTTPS://example.com:8443/x/?q', '/x'],
    ['/.well-known/x', '/.well-known/x'],
    ['/...', '/...'],
  ];
  for (const [text, path] of cases) it(`${text} → ${path}`, () => expect(read(text).path).toBe(path));

  it('gives query and authority', () => {
    expect(read('http://example.com:80/a?b=c#d')).toEqual({ path: '/a', query: 'b=c', host: 'example.com:80' });
    expect(read('/a')).toEqual({ path: '/a', query: '', host: '' });
  });

  it('never throws, and what it rewrote reads the same again', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('/', '.', '%', '2', 'e', 'F', ';', '?', 'a', 'é'), maxLength: 30 }),
        (text) => {
          const { path } = read(`/${text}`);
          expect(path.startsWith('/')).toBe(true);
          // Encoded text may hold encoded text: only what has no percent sign left is settled.
          if (!/[%;?#]/.test(path)) expect(read(path).path).toBe(path);
        },
      ),
    );
  });
});
