/** Markup for the pages of this room: values are always text. */

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element's content or a quoted attribute. Control characters, which no reader could see, go. */
export function escapeHtml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '').replace(/[&<>"']/g, (c) => ESCAPES[c]);
}

/** A value as JSON for `<script type="application/json">`: no character of it can end the element. */
export function jsonBlock(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Where people turn, as a link where it is an address of the web or of mail. '' for none. */
export function contactLink(contact: string | undefined): string {
  if (contact === undefined || contact === '') return '';
  const text = escapeHtml(contact);
  if (/^https?:\/\/\S+$/i.test(contact)) return `<a href="${text}">${text}</a>`;
  if (/^[^\s@]+@[^\s@]+$/.test(contact)) return `<a href="mailto:${text}">${text}</a>`;
  return text;
}
