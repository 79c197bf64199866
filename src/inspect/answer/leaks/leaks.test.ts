import { createHash, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEAK } from '../../../enrich/kinds.ts';
import { LeakScanner } from './index.ts';
import { ORDINARY } from './ordinary.testing.ts';

fc.configureGlobal({ seed: 20240304 });

const scanner = new LeakScanner(null);
const scan = (value: unknown) => scanner.scan(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
const kinds = (value: unknown) => {
  const { bits } = scan(value);
  return Object.entries(LEAK)
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name);
};

/** Characters that look drawn at random, the same every time: no secret stands in this file. */
function drawn(length: number, alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'): string {
  let out = '';
  for (let i = 0; out.length < length; i++)
    for (const byte of createHash('sha256').update(`${alphabet.length}:${i}`).digest())
      out += alphabet[byte % alphabet.length];
  return out.slice(0, length);
}
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const HEX = '0123456789abcdef';
const jwt = ['{"alg":"HS256","typ":"JWT"}', '{"sub":"1"}']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');

describe('what is found', () => {
  it.each<[string, unknown, string]>([
    ['an address', { to: 'ann.lee@shop.example' }, 'email'],
    ['one with a tag', 'write to ann+x@mail.shop.example.', 'email'],
    ['a number of E.164', { tel: '+49 30 9018 2000' }, 'phone'],
    ['one without blanks', { to: '+14155552671' }, 'phone'],
    ['a plus that is escaped', '{"to":"\\u002B14155552671"}', 'phone'],
    ['a national number by its name', { phone_number: '030 901820' }, 'phone'],
    ['digits by their name', { mobile: 4155552671 }, 'phone'],
    ['a number in the form of America', 'Call (415) 555-2671 now', 'phone'],
    ['with dashes', 'Call 415-555-2671 now', 'phone'],
    ['a card in groups', 'card 4111 1111 1111 1111', 'card'],
    ['a card of another brand', { x: '3782-822463-10005' }, 'card'],
    ['a card by its name', { cardNumber: '5555555555554444' }, 'card'],
    ['a card without a name', ['4242424242424242'], 'card'],
    ['an IBAN', { iban: 'DE89370400440532013000' }, 'iban'],
    ['an IBAN in groups', 'pay to GB82 WEST 1234 5698 7654 32 today', 'iban'],
    ['a social security number', { ssn: '219-09-9999' }, 'nationalId'],
    ['one without dashes', { ssn: '219099999' }, 'nationalId'],
    ['a CPF', 'CPF 529.982.247-25', 'nationalId'],
    ['a CPF by its name', { cpf: '52998224725' }, 'nationalId'],
    ['a PESEL', { pesel: '44051401359' }, 'nationalId'],
    ['a BSN', { bsn: '111222333' }, 'nationalId'],
    ['a DNI', { dni: '12345678Z' }, 'nationalId'],
    ['an id of China', { x: '11010519491231002X' }, 'nationalId'],
    ['an Aadhaar', { aadhaar: '2341 2341 2346' }, 'nationalId'],
    ['a token', { access: `${jwt}.${drawn(43)}` }, 'token'],
    ['a bcrypt hash', { h: `$2b$12$${drawn(53)}` }, 'passwordHash'],
    ['an argon2 hash', { h: `$argon2id$v=19$m=65536,t=3,p=4$${drawn(22)}$${drawn(43)}` }, 'passwordHash'],
    ['a sha-crypt hash', `root:$6$${drawn(16)}$${drawn(86)}:19000:0`, 'passwordHash'],
    ['a hash of Django', { password: `pbkdf2_sha256$600000$${drawn(22)}$${drawn(43)}=` }, 'passwordHash'],
    ['an MD5 by its name', { password: drawn(32, HEX) }, 'passwordHash'],
    ['Java', 'at com.shop.Cart.add(Cart.java:42)', 'stackTrace'],
    ['Python', 'Traceback (most recent call last):', 'stackTrace'],
    ['Python in JSON', { e: 'File "/app/cart.py", line 12, in add' }, 'stackTrace'],
    ['Node', 'at add (/app/cart.js:12:7)', 'stackTrace'],
    ['PHP', 'Uncaught Error in /app/cart.php on line 12', 'stackTrace'],
    ['PHP, its trace', '#0 /app/cart.php(12): add()', 'stackTrace'],
    ['.NET', 'at Shop.Cart.Add(Int32 id) in C:\\app\\Cart.cs:line 42', 'stackTrace'],
    ['Go', 'goroutine 1 [running]:\nmain.add()', 'stackTrace'],
    ['Ruby', "/app/cart.rb:12:in `add'", 'stackTrace'],
    ['MySQL', 'You have an error in your SQL syntax; check', 'databaseError'],
    ['PostgreSQL', { e: 'ERROR: syntax error at or near "x"' }, 'databaseError'],
    ['PDO', 'SQLSTATE[42S02]: Base table', 'databaseError'],
    ['MongoDB', 'E11000 duplicate key error collection', 'databaseError'],
    ['coordinates', { lat: 52.52001, lng: 13.40495 }, 'address'],
    ['a street', { street: '12 Long Lane' }, 'address'],
    ['a listing', '<html><title>Index of /backup</title>', 'directory'],
  ])('%s', (_, value, kind) => {
    expect(kinds(value)).toEqual([kind]);
    expect(scan(value).count).toBe(1);
  });

  it.each<[string, string]>([
    ['AWS', `AKIA${drawn(16, BASE32)}`],
    ['Google', `AIza${drawn(35)}`],
    ['GitHub', `ghp_${drawn(36)}`],
    ['GitHub, fine-grained', `github_pat_${drawn(22)}_${drawn(59)}`],
    ['GitLab', `glpat-${drawn(20)}`],
    ['Slack', `xoxb-${drawn(12, '0123456789')}-${drawn(24)}`],
    ['Stripe', `sk_live_${drawn(24)}`],
    ['SendGrid', `SG.${drawn(22)}.${drawn(43)}`],
    ['npm', `npm_${drawn(36)}`],
    ['Azure', `AccountKey=${drawn(86)}==`],
  ])('a key of %s', (_, key) => {
    expect(kinds({ key })).toEqual(['accessKey']);
    expect(kinds(`KEY=${key}\n`)).toEqual(['accessKey']);
    expect(kinds({ key: `x${key}` })).toEqual([]);
    expect(kinds({ key: key.slice(0, 6) })).toEqual([]);
  });

  it('private keys, as text and in JSON', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(kinds(pem)).toEqual(['privateKey']);
    expect(kinds({ pem })).toEqual(['privateKey']);
    expect(kinds(privateKey.export({ format: 'jwk' }))).toEqual(['privateKey']);
    expect(kinds('Begin with -----BEGIN PRIVATE KEY----- and so on')).toEqual([]);
    expect(kinds(pem.replaceAll('PRIVATE', 'PUBLIC'))).toEqual([]);
  });

  it('is counted once a value, over all kinds', () => {
    const people = Array.from({ length: 20 }, (_, i) => ({
      email: `ann${i % 10}@shop.example`,
      phone: `+4930901820${10 + i}`,
    }));
    expect(scan(people)).toMatchObject({ bits: LEAK.email | LEAK.phone, count: 30 });
  });

  it('may be left out', () => {
    const bytes = Buffer.from(JSON.stringify({ a: `${jwt}.${drawn(43)}`, b: 'ann@shop.example' }));
    expect(scanner.scan(bytes, LEAK.token)).toMatchObject({ bits: LEAK.email, count: 1 });
  });
});

describe('what ordinary answers carry is nothing of it', () => {
  it.each(ORDINARY)('%s', (_, value) => {
    expect(kinds(value)).toEqual([]);
  });

  it('numbers of orders, a tenth of which have the check digit of a card', () => {
    const rows = Array.from({ length: 200 }, (_, i) => ({ reference: 4_000_000_000_000_000 + i * 7919, lines: i }));
    expect(kinds(rows)).toEqual([]);
    expect(kinds(rows.map((row) => row.reference))).toEqual([]);
    expect(kinds(rows.map((row) => ({ value: String(row.reference) })))).toEqual([]);
  });
});

describe('decoys', () => {
  const uuid = (i: number) =>
    `${drawn(8, HEX).slice(1)}${HEX[i % 16]}-${drawn(4, HEX)}-4${drawn(3, HEX)}-a${drawn(3, HEX)}-${drawn(12, HEX)}`;
  it('are asked for by what looks like one', () => {
    const asked: string[] = [];
    const decoys = new LeakScanner((text) => {
      asked.push(text);
      return text.includes(uuid(3));
    });
    const report = (ids: string[]) => decoys.scan(Buffer.from(JSON.stringify({ ids }))).decoy;
    expect(report([uuid(1), uuid(3)])).toBe(true);
    expect(asked).toEqual([`${uuid(1)} ${uuid(3)}`]);
    expect(report([uuid(1)])).toBe(false);
    asked.length = 0;
    expect(report(['2026-11-22', 'a-b'])).toBe(false);
    expect(asked).toEqual([]);
  });

  it('are looked for among so many only', () => {
    let asked = 0;
    const decoys = new LeakScanner((text) => {
      asked += text.split(' ').length;
      return false;
    });
    decoys.scan(Buffer.from(Array.from({ length: 100 }, (_, i) => uuid(i)).join(' ')));
    expect(asked).toBe(32);
  });
});

describe('any bytes', () => {
  it('are looked through without an error, and in the same way each time', () => {
    const bit = fc.constantFrom(
      '@',
      '+',
      '-',
      '4',
      '1',
      ' ',
      '.',
      'a',
      'A',
      '"',
      ':',
      'eyJ',
      '$2b$',
      '"lat"',
      '.js:',
      'DE89',
      '-----BEGIN ',
    );
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.array(bit, { maxLength: 100 })), (given) => {
        const bytes = Buffer.from(given instanceof Uint8Array ? given : Buffer.from(given.join('')));
        expect(scanner.scan(bytes)).toEqual(scanner.scan(Buffer.from(bytes)));
      }),
    );
  });

  it.each([
    '@',
    'a@',
    '1 ',
    '1-',
    '12345678 ',
    'eyJ',
    '"lat":',
    '+1',
    'DE89',
    '-----BEGIN ',
    '$2a$',
    '"street":"',
    '"d":"',
    'AKIA',
  ])('take time in proportion to their number: %s', (unit) => {
    // Four times as much as is looked at by default; in time of the processor, which others do not use up.
    const bytes = Buffer.from(unit.repeat((1 << 18) / unit.length));
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 8 && best >= 100; i++) {
      const before = process.cpuUsage();
      scanner.scan(bytes);
      best = Math.min(best, process.cpuUsage(before).user / 1000);
    }
    expect(best).toBeLessThan(100);
  });
});
