/** Places of values, as shapes are learned by them: without the indexes of lists, and by the names of a template. */

/** Longest place; what nests deeper is told apart no further. */
const MAX_PLACE = 160;

/** `body$.items[].price` for `$.items[3].price`, `body$.name` for the field `name` of a form. */
export function bodyPlace(path: string): string {
  const place = path.startsWith('$') ? `body${path}` : `body$.${path}`;
  return (place.includes('[') ? place.replace(/\[\d{1,9}\]/g, '[]') : place).slice(0, MAX_PLACE);
}

export const queryPlace = (name: string): string => `query.${name}`.slice(0, MAX_PLACE);

/** Values of the parameters of a template in a path that it fits, decoded, by their places. */
export function pathTexts(template: string, path: string): { readonly where: string; readonly text: string }[] {
  if (!template.includes('{')) return [];
  const wanted = template.split('/');
  const given = path.split('/', wanted.length + 1);
  const found: { where: string; text: string }[] = [];
  for (let i = 0; i < wanted.length && i < given.length; i++) {
    const parameter = /^([^{}]*)\{([^{}]+)\}([^{}]*)$/.exec(wanted[i]);
    if (parameter === null) continue;
    const [, before, name, after] = parameter;
    const text = given[i].slice(before.length, given[i].length - after.length);
    found.push({ where: `path.${name}`.slice(0, MAX_PLACE), text: decoded(text) });
  }
  return found;
}

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
