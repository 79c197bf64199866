import { describe, expect, it } from 'vitest';
import { QueryReader } from './query.ts';

import { bytes } from './testing.ts';

describe('query', () => {
  const read = (text: string, names = {}): Record<string, unknown> => {
    const reader = new QueryReader(names);
    const buf = bytes(text);
    reader.clear();
    reader.read(buf, 0, buf.length);
    const slice = (s: number, e: number): string => text.slice(s, e);
    return {
      page: reader.page,
      search: reader.search,
      object: slice(reader.objectStart, reader.objectEnd),
      credential: slice(reader.credentialStart, reader.credentialEnd),
      session: slice(reader.sessionStart, reader.sessionEnd),
      principal: slice(reader.principalStart, reader.principalEnd),
    };
  };

  it('reads pages', () => {
    expect(read('page=7').page).toBe(7);
    expect(read('a=1&offset=200&limit=50').page).toBe(5);
    expect(read('start=40').page).toBe(3);
    expect(read('page%5Bnumber%5D=3').page).toBe(3);
    expect(read('page=about').page).toBe(-1);
    expect(read('p=2').page).toBe(2);
    expect(read('p=1234').page).toBe(-1);
    expect(read('').page).toBe(-1);
  });

  it('reads identities, objects and searches', () => {
    expect(read('API_KEY=abc&id=7&q=x')).toMatchObject({ credential: 'abc', object: '7', search: true });
    expect(read('key=short').credential).toBe('');
    expect(read('key=0123456789abcdef').credential).toBe('0123456789abcdef');
    expect(read('PHPSESSID=s1').session).toBe('s1');
    expect(read('log=bob').principal).toBe('');
    expect(read('log=bob', { principal: ['log'] }).principal).toBe('bob');
    expect(read('id=&x&=&&user_id=9').object).toBe('9');
  });
});
