import { describe, expect, it } from 'vitest';
import { extensionDot, SHAPE, shapeOf } from './shape.ts';

import { bytes } from './testing.ts';

describe('shape of a segment', () => {
  const table: Record<keyof typeof SHAPE, string[]> = {
    word: ['users', 'v1', 'v2.1', 'index.php', 'Deadbeef', '', 'robots.txt'],
    slug: ['abc-def', 'top-10-foods', 'wp-admin', 'sign_in', 'oauth2', 'en-US', 'grok-1.2010', 's3', 'über'],
    number: ['1', '0042', '20240517'],
    uuid: ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', '6BA7B810-9DAD-11D1-80B4-00C04FD430C8'],
    hash: ['d41d8cd98f00b204e9800998ecf8427e', '507f1f77bcf86cd799439011', 'a1b2c3d4'],
    date: ['2024-05-17', '2024-05', '2024-05-17T10:00:00Z'],
    email: ['a.b@example.com'],
    token: ['dQw4w9WgXcQ', 'cus_9s6XKzkNRiz8i3', 'order-12345', 'INV_2024001', '@alice', 'Zk3fQ9_xP1aB7mNc2LdE'],
    junk: ['<script>', 'a"b', '{id}', 'a|b', '\x01'],
  };
  for (const [shape, texts] of Object.entries(table)) {
    for (const text of texts) {
      it(`${JSON.stringify(text)} is a ${shape}`, () => {
        const buf = bytes(`/${text}/`);
        const found = shapeOf(buf, 1, buf.length - 1);
        expect(Object.keys(SHAPE)[found]).toBe(shape);
      });
    }
  }

  it('finds extensions', () => {
    const dot = (text: string): number => extensionDot(bytes(text), 0, bytes(text).length);
    expect(dot('a.html')).toBe(1);
    expect(dot('a.tar.gz')).toBe(5);
    expect(dot('grok-1.2010')).toBe(-1);
    expect(dot('.env')).toBe(-1);
    expect(dot('plain')).toBe(-1);
    expect(dot('a.')).toBe(-1);
  });
});
