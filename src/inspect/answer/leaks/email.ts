/** E-mail addresses of people: not those of a house's departments, and not file names that look like one. */
import { C, CLASS, isWord, runEnd, textAt } from './bytes.ts';

const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;

/** Mailboxes that belong to nobody in particular (RFC 2142, and others in use). */
const ROLES: ReadonlySet<string> = new Set(
  (
    'abuse account accounts admin administrator billing careers contact customerservice do-not-reply donotreply feedback ' +
    'hello help helpdesk hostmaster hr info jobs kontakt legal mail mailer-daemon marketing media news newsletter no-reply ' +
    'noc noreply office orders postmaster press privacy sales security service shop support team webmaster welcome git'
  ).split(' '),
);
/** Ends of file names: logo@2x.png. */
const FILES: ReadonlySet<string> = new Set(
  'png jpg jpeg gif webp avif svg ico css js mjs json map ts html htm md woff woff2 mp4 pdf zip gz'.split(' '),
);

/** One shared object: read it before the next call. `end` is 0 where there is no address. */
const mail = { start: 0, end: 0, personal: false };

/** The address around the @ at `at`. Looks at 320 bytes at most. */
export function emailAt(bytes: Uint8Array, at: number, end: number): typeof mail {
  mail.end = 0;
  let start = at;
  const first = Math.max(0, at - MAX_LOCAL);
  while (start > first && (CLASS[bytes[start - 1]] & C.local) !== 0) start--;
  // An escape before it (\nname@…) lends it its letter; a URL's credentials (https://user:pass@host) are none.
  if (start > 0 && (bytes[start - 1] === 0x2f || bytes[start - 1] === 0x3a) && bytes[start - 2] === 0x2f) return mail;
  const stop = runEnd(bytes, at + 1, end, C.domain, MAX_DOMAIN);
  const domain = textAt(bytes, at + 1, stop).replace(/[.-]+$/, '');
  const dot = domain.lastIndexOf('.');
  const top = domain.slice(dot + 1).toLowerCase();
  if (dot < 1 || !/^[a-z]{2,24}$/.test(top) || FILES.has(top) || domain.includes('..')) return mail;
  const local = textAt(bytes, start, at).toLowerCase();
  if (!isWord(local.charCodeAt(local.length - 1)) && !/[-+]$/.test(local)) return mail;
  mail.start = start;
  mail.end = at + 1 + domain.length;
  mail.personal = !ROLES.has(local.split('+', 1)[0]);
  return mail;
}
