import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Interest, type Marked, markedFrom, markedOf } from './interest.ts';

fc.configureGlobal({ seed: 20240304 });

const name = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22);
const marked = (subject: unknown): Marked => markedOf(subject, name) as Marked;
const interest = (...subjects: object[]): Interest => {
  const made = new Interest();
  for (const subject of subjects) made.add(marked(subject));
  return made;
};

const ann = { format: 'email', email: 'ann@example.com' };
const bob = { format: 'email', email: 'bob@example.com' };
const phone = { format: 'opaque', id: 'phone-1' };
const tenant = { format: 'opaque', id: 'tenant-1' };
const complex = (members: object): object => ({ format: 'complex', ...members });

describe('subjects of a stream', () => {
  it('match as the specification says: what one of two does not say is no difference', () => {
    const wants = (listed: object, event: object): boolean => interest(listed).wants(marked(event));
    // The three examples of SSF 1.0, 8.1.3.1.
    expect(wants(complex({ tenant }), complex({ tenant, user: ann }))).toBe(true);
    expect(wants(complex({ user: ann, device: phone }), complex({ user: ann }))).toBe(true);
    const group = (url: string): object => complex({ user: ann, group: { format: 'did', url } });
    expect(wants(group('did:example:123456'), group('did:example:9999999'))).toBe(false);
    expect(wants(ann, ann)).toBe(true);
    expect(wants(ann, bob)).toBe(false);
    // A simple identifier is one of a user.
    expect(wants(ann, complex({ user: ann, device: phone }))).toBe(true);
    expect(wants(complex({ user: ann, device: phone }), ann)).toBe(true);
    expect(wants(complex({ device: phone }), ann)).toBe(false);
  });

  it('are taken out exactly: one device of a user silences nothing else', () => {
    const refuses = (listed: object, event: object): boolean => interest(listed).refuses(marked(event));
    expect(refuses(complex({ tenant }), complex({ user: ann }))).toBe(false);
    expect(refuses(complex({ user: ann, device: phone }), complex({ user: ann }))).toBe(false);
    expect(refuses(complex({ user: ann, device: phone }), ann)).toBe(false);
    expect(refuses(complex({ user: ann }), complex({ user: ann, device: phone }))).toBe(true);
    expect(refuses(ann, complex({ user: ann, device: phone }))).toBe(true);
    expect(refuses(ann, ann)).toBe(true);
    expect(refuses(ann, bob)).toBe(false);
  });

  it('are the same in whatever order they are written, and hold no name', () => {
    const a = marked({ format: 'iss_sub', iss: 'https://idp.example', sub: 'ann' });
    const b = marked({ sub: 'ann', iss: 'https://idp.example', format: 'iss_sub' });
    expect(a.mark).toBe(b.mark);
    expect(a.mark).not.toContain('ann');
    expect(marked(complex({ user: ann, tenant })).mark).toBe(marked(complex({ tenant, user: ann })).mark);
    const aliases = { format: 'aliases', identifiers: [ann, bob] };
    expect(marked(aliases).mark).not.toBe(marked({ ...aliases, identifiers: [bob, ann] }).mark);
  });

  it.each([
    null,
    'ann',
    [],
    {},
    { email: 'ann@example.com' },
    { format: 'opaque', id: 'x'.repeat(5000) },
    { format: 'opaque', id: 7 },
    { format: 'complex' },
    { format: 'complex', user: 'ann' },
    { format: 'complex', user: { format: 'complex', user: ann } },
    { format: 'complex', 'a b': ann },
    complex(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`m${i}`, ann]))),
    { format: 'aliases', identifiers: [[[[['too deep']]]]] },
  ])('that are none are refused: %j', (subject) => {
    expect(markedOf(subject, name)).toBeNull();
  });

  it('whatever comes is a subject that can be kept and read again, or none', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, text) => {
        const subject = markedOf({ ...(value as object), format: text }, name);
        if (subject !== null) expect(markedFrom(subject.mark)).toEqual(subject);
        const read = markedFrom(text);
        if (read !== null) expect(read.mark).toBe(text);
      }),
    );
  });
});
