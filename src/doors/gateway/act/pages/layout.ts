/** What all pages of this room have in common: head, style, mark, and a policy that lets in nothing from elsewhere. */
import { createHash } from 'node:crypto';
import { escapeHtml } from './markup.ts';
import { STYLE } from './style.ts';

/** A page, and the Content-Security-Policy it is sent with. */
export interface Page {
  readonly html: string;
  readonly policy: string;
}

export interface PageParts {
  readonly title: string;
  /** Whose page it is: the brand of the configuration, else the host that was asked. Text. */
  readonly whose: string;
  /** Markup. */
  readonly main: string;
  /** Further markup for the head. */
  readonly head?: string;
  /** Source of the page's one script, and markup of the data block it reads. */
  readonly script?: { readonly source: string; readonly data: string };
}

const MARK =
  '<svg width="26" height="26" viewBox="0 0 26 26" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">' +
  '<path d="M4 23V11a9 9 0 0 1 18 0v12M9 23V12a4 4 0 0 1 8 0v11M2 23h22" stroke-linecap="round"/></svg>';

const sourceHash = (source: string): string => `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
const STYLE_HASH = sourceHash(STYLE);
const scriptHashes = new Map<string, string>();

/** The script's hash, computed once: there are as many scripts as files that hold one. */
function scriptHash(source: string): string {
  const known = scriptHashes.get(source);
  if (known !== undefined) return known;
  const made = sourceHash(source);
  scriptHashes.set(source, made);
  return made;
}

/** Without a script nothing may run; with one, that one, its worker, and requests to where it came from. */
function policyFor(script: string | undefined): string {
  const run = script === undefined ? '' : `; script-src ${scriptHash(script)}; worker-src blob:; connect-src 'self'`;
  const closed = "base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
  return `default-src 'none'; style-src ${STYLE_HASH}; img-src data:; ${closed}${run}`;
}

/** Puts a page together. */
export function layout(parts: PageParts): Page {
  const { script } = parts;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(parts.title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>${parts.head ?? ''}
</head>
<body>
<main>
<p class="mark">${MARK}<span>${escapeHtml(parts.whose)}</span></p>
${parts.main}
</main>${script ? `\n${script.data}\n<script>${script.source}</script>` : ''}
</body>
</html>
`;
  return { html, policy: policyFor(script?.source) };
}
