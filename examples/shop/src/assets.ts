/** Pages and what they load: a style sheet, a script, pictures. All made at start-up or on demand, none of it stored. */
import { createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import { Bounded } from './bounded.ts';
import type { Catalogue } from './catalogue.ts';
import { type Call, Problem, type Reply, type Route } from './http.ts';
import { drawn } from './inventory.ts';

const DAY = 'public, max-age=86400';
const YEAR = 'public, max-age=31536000, immutable';
const PICTURES_KEPT = 500;

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><rect width="120" height="40" rx="6" fill="#1f4e5f"/>' +
  '<path d="M12 30V16l10-8 10 8v14h-7v-8h-6v8z" fill="#fff"/><text x="42" y="27" font-family="sans-serif" ' +
  'font-size="18" fill="#fff">shop</text></svg>';

const SCRIPT = `'use strict';
const money = (cents) => (cents / 100).toFixed(2);
async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body && JSON.stringify(body),
  });
  const value = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw new Error(value.detail ?? value.title);
  return value;
}
function show(items) {
  document.querySelector('#products').replaceChildren(...items.map((item) => {
    const row = document.createElement('li');
    row.textContent = item.name + ' ' + money(item.price);
    return row;
  }));
}
document.querySelector('#search')?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const word = new FormData(event.target).get('q');
  show((await call('GET', '/api/search?q=' + encodeURIComponent(word))).items);
});
`;

const ROBOTS = 'User-agent: *\nDisallow: /api/users\nDisallow: /api/orders\nDisallow: /api/admin\nCrawl-delay: 2\n';

/** Rules of a scale of spaces and colours, as style sheets of this kind have them. */
function styleSheet(): string {
  const rules = ['body{font:16px/1.5 sans-serif;margin:0;color:#222}', 'ul{list-style:none;padding:0}'];
  for (const [letter, name] of [
    ['m', 'margin'],
    ['p', 'padding'],
  ]) {
    for (const side of ['top', 'right', 'bottom', 'left']) {
      for (let step = 0; step <= 24; step++) rules.push(`.${letter}${side[0]}-${step}{${name}-${side}:${step / 4}rem}`);
    }
  }
  return rules.join('\n');
}

/** A picture of noise in a valid PNG, some tens of kilobytes long; the same for the same product. */
function picture(id: number): Buffer {
  const width = 64;
  const height = 40 + drawn(`picture/${id}`, 200);
  const noise = createHash('shake256', { outputLength: (width * 3 + 1) * height })
    .update(`noise/${id}`)
    .digest();
  for (let row = 0; row < height; row++) noise[row * (width * 3 + 1)] = 0;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(noise, { level: 1 });
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(kind: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const length = Buffer.alloc(4);
  const check = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

export function assetRoutes(catalogue: Catalogue): Route[] {
  const pictures = new Bounded<number, Route['handle']>(PICTURES_KEPT);
  const home = page('Shop', frontPage(catalogue));
  const about = page('About', '<p>A sample shop. Everything here is made up, and much of it is weak on purpose.</p>');
  const get = (template: string, handle: Route['handle']): Route => ({ method: 'GET', template, handle });
  return [
    get('/', home),
    get('/about', about),
    get('/robots.txt', file(ROBOTS, 'text/plain; charset=utf-8', DAY)),
    get('/assets/app.css', file(styleSheet(), 'text/css; charset=utf-8', DAY)),
    get('/assets/app.js', file(SCRIPT, 'text/javascript; charset=utf-8', DAY)),
    get('/assets/logo.svg', file(LOGO, 'image/svg+xml', YEAR)),
    get('/favicon.ico', file(picture(0), 'image/png', YEAR)),
    get('/images/{productId}.png', (call) => {
      const id = Number(call.params.productId);
      if (!catalogue.find(id)) throw new Problem(404, 'Not found', 'There is no such picture.');
      let handle = pictures.get(id);
      if (!handle) {
        handle = file(picture(id), 'image/png', YEAR);
        pictures.set(id, handle);
      }
      return handle(call);
    }),
  ];
}

/** A file with an entity tag; 304 to those who have it. */
function file(content: string | Buffer, type: string, caching: string): (call: Call) => Reply {
  const body = Buffer.from(content);
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
  const headers = { 'Cache-Control': caching, ETag: tag };
  return (call) => {
    const known = call.headers['if-none-match']?.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
    return known ? { status: 304, headers } : { status: 200, headers: { 'Content-Type': type, ...headers }, body };
  };
}

function page(title: string, content: string): (call: Call) => Reply {
  const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title>
<link rel="stylesheet" href="/assets/app.css"><link rel="icon" href="/favicon.ico">
<script src="/assets/app.js" defer></script></head>
<body><header><a href="/"><img src="/assets/logo.svg" alt="Shop" width="120" height="40"></a>
<form id="search" action="/api/search"><input name="q" type="search" aria-label="Search"></form></header>
<main>${content}</main>
<footer><a href="/about">About</a></footer></body>
</html>
`;
  return file(html, 'text/html; charset=utf-8', 'no-cache');
}

function frontPage(catalogue: Catalogue): string {
  const items = catalogue.onSale
    .slice(0, 24)
    .map(
      ({ id, name, price, image }) =>
        `<li class="mb-8"><a href="/api/products/${id}"><img src="${image}" alt="" loading="lazy" width="64">` +
        `${escaped(name)}</a> <b>${(price / 100).toFixed(2)}</b></li>`,
    );
  return `<h1>New in</h1>\n<ul id="products">\n${items.join('\n')}\n</ul>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
