import { describe, expect, it } from 'vitest';
import { F, RawExchange } from '../event/exchange.ts';
import { FLAG } from './facts.ts';
import { kindFlag } from './object-kind.ts';

function says(object: string): boolean {
  const raw = new RawExchange();
  raw.reset(Buffer.from(`<${object}`, 'latin1'));
  raw.set(F.target, 1, 1 + object.length);
  return kindFlag(raw) === FLAG.NO_ACCOUNT;
}

describe('the kind of an object', () => {
  it('tells accounts from everything else', () => {
    for (const object of ['user:5', 'USER:5', 'users:5', 'e-mail:a@b.example', 'crm.contact:7', 'shop_member:7'])
      expect(says(object), object).toBe(false);
    for (const object of ['order:5', 'Orders:5', 'user.order:5', 'sku-1:7', 'x:'])
      expect(says(object), object).toBe(true);
  });

  it('is none where no word stands before a colon', () => {
    const none = [
      '',
      ':',
      'anna',
      'a@b.example',
      '17',
      '12:30',
      '/orders/17:x',
      'two words:1',
      'https://shop.example/x',
    ];
    for (const object of [...none, `${'a'.repeat(33)}:1`]) expect(says(object), object).toBe(false);
  });
});
