/**
 * The files of the live page: what a browser loads as it stands in `page/`, without a build. They hold no secret, so they
 * are served to everybody; what they show is not.
 */
import { readFileSync } from 'node:fs';
import { AdminError, type Reply } from './reply.ts';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  css: 'text/css',
  js: 'text/javascript',
  svg: 'image/svg+xml',
};

/** Every file there is: what is not in this list does not exist, however a path is written. */
export const ASSETS = [
  'index.html',
  'style.css',
  'parts.css',
  'logo.svg',
  'app.js',
  'api.js',
  'chart.js',
  'decisions.js',
  'dom.js',
  'live.js',
  'mode.js',
  'overview.js',
  'receipt.js',
  'series.js',
  'signin.js',
  'state.js',
  'theme.js',
  'words.js',
] as const;

const loaded = new Map<string, Reply>();

/** A file of the page, read once. @throws AdminError SP7003 */
export function asset(name: string): Reply {
  if (!(ASSETS as readonly string[]).includes(name)) throw new AdminError(404, 'SP7003', 'there is no such file');
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const body = readFileSync(new URL(`./page/${name}`, import.meta.url));
  const reply = { status: 200, type: TYPES[name.split('.')[1]], body };
  loaded.set(name, reply);
  return reply;
}
