/** Where a browser is sent after a wait: never to another site, whatever the link said. */

/** Longest way back, in characters; longer ones lead to the front page. */
const LONGEST = 2000;
const HERE = 'http://here.invalid';

/** The same path and query where it is one of this site; else "/". */
export function localPath(target: string): string {
  if (target.length > LONGEST || !target.startsWith('/')) return '/';
  let url: URL;
  try {
    url = new URL(target, HERE);
  } catch {
    return '/';
  }
  // Two slashes at the beginning would name a host, also where dots stood between them before.
  if (url.origin !== HERE || url.pathname.startsWith('//')) return '/';
  return url.pathname + url.search;
}
