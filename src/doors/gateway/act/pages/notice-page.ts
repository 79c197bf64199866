/** The page of a refusal: what happened, until when, and where to turn. The same facts as in the problem document. */
import { layout, type Page } from './layout.ts';
import { contactLink, escapeHtml } from './markup.ts';

export interface Notice {
  readonly whose: string;
  readonly title: string;
  /** Sentences, one a paragraph. Text. */
  readonly words: readonly string[];
  /** '' for none. */
  readonly receipt: string;
  /** Unix ms; 0 for none. */
  readonly untilMs: number;
  readonly contact: string | undefined;
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** "14:03 UTC on 3 March 2026". */
export function utcWords(ms: number): string {
  const at = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())} UTC on ${day}`;
}

/** RFC 3339, in whole seconds rounded up: nobody is told a time that is too early. */
export function rfc3339(ms: number): string {
  return new Date(Math.ceil(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

const row = (name: string, markup: string): string => (markup === '' ? '' : `<dt>${name}</dt><dd>${markup}</dd>\n`);

export function noticePage(notice: Notice): Page {
  const receipt = notice.receipt === '' ? '' : `<code>${escapeHtml(notice.receipt)}</code>`;
  const upTo = Math.ceil(notice.untilMs / 60_000) * 60_000;
  const until =
    notice.untilMs > 0 ? `<time datetime="${rfc3339(notice.untilMs)}">${utcWords(upTo)}</time> at the latest` : '';
  const facts = row('Ends', until) + row('Receipt', receipt) + row('Where to turn', contactLink(notice.contact));
  return layout({
    title: notice.title,
    whose: notice.whose,
    main: `<h1>${escapeHtml(notice.title)}</h1>
${notice.words.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')}
${facts === '' ? '' : `<dl>\n${facts}</dl>`}`,
  });
}
