/**
 * Invented records. All of a record follows from a keyed hash of actor, collection and id, so that it is the same whenever the
 * same actor asks, and nothing has to be kept. Names are everyday ones, mail addresses and hosts are those reserved for
 * examples (RFC 2606): no decoy points at anybody.
 */
import { createHmac } from 'node:crypto';
import { honeytoken } from './honeytoken.ts';

const DAY_MS = 86_400_000;
const FIRST = ['Anna', 'Ben', 'Carla', 'David', 'Elif', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Kaya', 'Lena'];
const LAST = [
  'Brandt',
  'Costa',
  'Demir',
  'Fischer',
  'Garcia',
  'Hansen',
  'Ivanova',
  'Keller',
  'Larsen',
  'Moreau',
  'Novak',
];
const THINGS = ['Lamp', 'Chair', 'Kettle', 'Backpack', 'Notebook', 'Speaker', 'Jacket', 'Mug', 'Blanket', 'Clock'];
const LOOKS = ['Small', 'Grey', 'Classic', 'Oak', 'Blue', 'Light', 'Round', 'Plain'];
const PEOPLE = /^(?:users?|customers?|accounts?|members?|profiles?|people|contacts?|employees?|me)$/;
const SALES = /^(?:orders?|invoices?|payments?|transactions?|bookings?|baskets?|carts?|checkouts?|refunds?)$/;
const GOODS = /^(?:products?|items?|articles?|catalog(?:ue)?|goods|stock|search|offers?)$/;

export type Fields = Record<string, string | number | boolean>;

/** Bytes of one hash, taken in turn. */
class Draw {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** 0 to n − 1, for n up to 65,536. */
  below(n: number): number {
    const value = this.bytes.readUInt16BE(this.at);
    this.at = (this.at + 2) % (this.bytes.length - 1);
    return value % n;
  }

  of(list: readonly string[]): string {
    return list[this.below(list.length)];
  }
}

/** Invents for one actor. */
export class Inventor {
  private readonly key: Buffer;
  private readonly honey: Buffer;
  private readonly actor: string;
  /** Beginning of this year: dates of records lie before it, and change once a year. */
  private readonly yearMs: number;

  constructor(key: Buffer, honey: Buffer, actor: string, nowMs: number) {
    this.key = key;
    this.honey = honey;
    this.actor = actor;
    this.yearMs = Date.UTC(new Date(nowMs).getUTCFullYear(), 0, 1);
  }

  private hash(...parts: readonly string[]): Buffer {
    return createHmac('sha512', this.key)
      .update([this.actor, ...parts].join('\n'))
      .digest();
  }

  /** A honeytoken that belongs to a place. */
  token(...place: readonly string[]): string {
    return honeytoken(this.honey, this.hash('token', ...place));
  }

  /** 0 to n − 1, by place. */
  number(n: number, ...place: readonly string[]): number {
    return new Draw(this.hash('number', ...place)).below(n);
  }

  /** A record of a collection. Where its id is no honeytoken of ours, `reference` is one. */
  record(collection: string, noun: string, id: string): Fields {
    const draw = new Draw(this.hash('record', collection, id));
    const created = this.yearMs - draw.below(700) * DAY_MS - draw.below(65_536) * 1000;
    const updated = Math.min(created + draw.below(90) * DAY_MS + draw.below(65_536) * 1000, this.yearMs);
    return {
      id: /^\d{1,15}$/.test(id) ? Number(id) : id,
      ...fields(noun, draw),
      reference: this.token('reference', collection, id),
      created_at: second(created),
      updated_at: second(updated),
    };
  }
}

const second = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

function fields(noun: string, draw: Draw): Fields {
  const cents = 499 + draw.below(19_500);
  if (PEOPLE.test(noun)) {
    const [first, last] = [draw.of(FIRST), draw.of(LAST)];
    const email = `${first}.${last}${10 + draw.below(90)}@example.com`.toLowerCase();
    return { name: `${first} ${last}`, email, verified: draw.below(8) > 0, status: 'active' };
  }
  if (SALES.test(noun)) {
    const status = draw.of(['open', 'paid', 'paid', 'shipped', 'delivered', 'delivered']);
    return { status, positions: 1 + draw.below(4), total_cents: cents, currency: 'EUR' };
  }
  if (GOODS.test(noun)) {
    return {
      name: `${draw.of(LOOKS)} ${draw.of(THINGS)}`,
      price_cents: cents,
      currency: 'EUR',
      stock: draw.below(240),
    };
  }
  return { name: `${draw.of(LOOKS)} ${draw.of(THINGS)}`, status: draw.of(['active', 'active', 'archived']) };
}
