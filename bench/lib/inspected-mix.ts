/** Requests of ordinary clients for measuring inspection: what a shop's pages and applications send. */

export interface MixedRequest {
  readonly kind: string;
  readonly method: 'GET' | 'POST';
  readonly target: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: string;
}

const BROWSER = [
  ...['Host', 'shop.example', 'User-Agent'],
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  ...['Accept', 'application/json, text/plain, */*', 'Accept-Language', 'de-DE,de;q=0.9,en;q=0.7'],
  ...['Accept-Encoding', 'gzip, deflate, br', 'Referer', 'https://shop.example/catalogue?page=2&sort=price'],
  ...['Sec-Fetch-Mode', 'cors', 'Sec-Fetch-Site', 'same-origin', 'Origin', 'https://shop.example'],
  ...[
    'Cookie',
    'sid=5f0c9a2be1774d3c8b6a; theme=dark; consent=%7B%22ads%22%3Afalse%2C%22stats%22%3Atrue%7D; _v=1.4.1718000000',
  ],
];
const json = [...BROWSER, 'Content-Type', 'application/json'];
const form = [...BROWSER, 'Content-Type', 'application/x-www-form-urlencoded'];

const text =
  'The parcel came on Tuesday, and the blue one is as good as I had hoped; it doesn’t fit the old frame, though. ';
const order = {
  customer: { name: 'Anna O’Neill', mail: 'anna.oneill@example.org', phone: '+49 30 1234567' },
  address: { street: 'Lange Straße 12/3', city: 'Berlin', zip: '10119', note: 'Back door, ring twice' },
  items: [1, 2, 3].map((n) => ({
    sku: `LMP-${n}04-B`,
    title: `Lamp no. ${n} (small, 40 W)`,
    quantity: n,
    price: 19.9 * n,
  })),
  coupon: 'SPRING-24',
  comment: text.repeat(2),
};

/** One request of each kind; `n` makes them differ. */
export function inspectedMix(n: number): readonly MixedRequest[] {
  const get = (kind: string, target: string): MixedRequest => ({
    kind,
    method: 'GET',
    target,
    headers: BROWSER,
    body: '',
  });
  return [
    get('page', `/catalogue/lamps/${n}`),
    get('search', `/search?q=desk+lamp+%28brass%29&page=${n % 9}&sort=price&filter%5Bcolour%5D=green&min=10&max=${n}`),
    {
      kind: 'login form',
      method: 'POST',
      target: '/login',
      headers: form,
      body: `user=anna${n}%40example.org&password=correct+horse+battery&next=%2Faccount`,
    },
    {
      kind: 'order json',
      method: 'POST',
      target: '/api/orders',
      headers: json,
      body: JSON.stringify({ ...order, id: n }),
    },
    {
      kind: 'review json',
      method: 'POST',
      target: '/api/reviews',
      headers: json,
      body: JSON.stringify({ id: n, stars: 4, text: text.repeat(70) }),
    },
  ];
}
