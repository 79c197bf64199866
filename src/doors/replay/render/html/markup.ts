/**
 * Markup that cannot forget to escape: in an `html` template every value is text unless it was itself made by one.
 */
import { printable } from '../text.ts';

/** Markup made by {@link html}. Nothing else can make one. */
class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type { Markup };

type Value = string | number | Markup | readonly Markup[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Text for an element's content or a quoted attribute; what a reader could not see is written out. */
export const escapeHtml = (text: string): string => printable(text).replace(/[&<>"'`]/g, (c) => ESCAPES[c]);

function render(value: Value): string {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(render).join('');
  return escapeHtml(String(value));
}

/** Template tag: literal parts are markup, values are escaped. Attributes must stand in quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  let text = parts[0];
  values.forEach((value, i) => {
    text += render(value) + parts[i + 1];
  });
  return new Markup(text);
}

/** Nothing. */
export const NONE = new Markup('');

/** Source that this package ships (style, script): never anything from a log. */
export const shipped = (source: string): Markup => new Markup(source);

/** One entry of a list of facts. */
export const fact = (name: string, text: string, style = ''): Markup =>
  html`<dt>${name}</dt><dd class="${style}">${text}</dd>`;

/** A value as JSON inside `<script type="application/json">`: no `<` can end the element. */
export function json(value: unknown): Markup {
  const escaped = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return new Markup(JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escaped));
}
