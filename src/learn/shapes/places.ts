/** Places of values, as shapes are learned by them: without the indexes of lists, and by the names of a template. */

/** Longest place; what nests deeper is told apart no further. */
const MAX_PLACE = 160;

/** `body$.items[].price` for `$.items[3].price`, `body$.name` for the field `name` of a form. */
export function bodyPlace(path: string): string {
  const place = path.startsWith('$') ? `body${path}` : `body$.${path}`;
  return (place.includes('[') ? place.replace(/\[\d{1,9}\]/g, '[]') : place).slice(0, MAX_PLACE);
}

export const queryPlace = (name: string): string => `query.${name}`.slice(0, MAX_PLACE);

/** Where a parameter stands in a template: in which segment, between what, and the place it is known by. */
interface Parameter {
  readonly segment: number;
  readonly before: number;
  readonly behind: number;
  readonly where: string;
}

/** Parameters by template: routes are few, and each of their requests asks. */
const PARAMETERS = new Map<string, readonly Parameter[]>();
const MAX_TEMPLATES = 4096;

function parametersOf(template: string): readonly Parameter[] {
  const known = PARAMETERS.get(template);
  if (known !== undefined) return known;
  const found = template.split('/').flatMap((text, segment) => {
    const parameter = /^([^{}]*)\{([^{}]+)\}([^{}]*)$/.exec(text);
    if (parameter === null) return [];
    const [, before, name, behind] = parameter;
    return [{ segment, before: before.length, behind: behind.length, where: `path.${name}`.slice(0, MAX_PLACE) }];
  });
  if (PARAMETERS.size >= MAX_TEMPLATES) PARAMETERS.clear();
  PARAMETERS.set(template, found);
  return found;
}

/** Values of the parameters of a template in a path that it fits, decoded, by their places. */
export function pathTexts(template: string, path: string): { readonly where: string; readonly text: string }[] {
  const found: { where: string; text: string }[] = [];
  let segment = 0;
  let from = 0;
  for (const parameter of parametersOf(template)) {
    for (; segment < parameter.segment; segment++) {
      from = path.indexOf('/', from) + 1;
      if (from === 0) return found;
    }
    const slash = path.indexOf('/', from);
    const end = slash < 0 ? path.length : slash;
    const text = path.slice(from + parameter.before, Math.max(from + parameter.before, end - parameter.behind));
    found.push({ where: parameter.where, text: decoded(text) });
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
