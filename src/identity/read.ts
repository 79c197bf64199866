/** What of a request's headers may prove something, found in one pass. */
import type { Presented } from './contract.ts';
import type { Found } from './scheme.ts';

/** Found, while it is being filled. */
interface Finding {
  authorization: string;
  authScheme: string;
  authValue: string;
  cookie: string;
  key: string;
  keyHeader: string;
  dpop: string;
  ambiguous: boolean;
}

/** Reads headers for the names that a configuration gives. */
export type Reader = (presented: Presented) => Found;

/** `keyHeaders`: names of headers that carry keys, in small letters. */
export function createReader(keyHeaders: readonly string[]): Reader {
  const byLength: string[][] = [];
  for (const header of keyHeaders) {
    byLength[header.length] ??= [];
    byLength[header.length].push(header.toLowerCase());
  }
  return ({ headers }) => {
    const found: Finding = {
      authorization: '',
      authScheme: '',
      authValue: '',
      cookie: '',
      key: '',
      keyHeader: '',
      dpop: '',
      ambiguous: false,
    };
    for (let i = 0; i + 1 < headers.length; i += 2) look(found, headers[i], headers[i + 1], byLength);
    if (found.authorization !== '') split(found);
    return found;
  };
}

/** By length first, so that most names are passed over without being looked at. */
function look(found: Finding, name: string, value: string, keys: readonly string[][]): void {
  const { length } = name;
  if (length === 13 && is(name, 'authorization')) {
    if (found.authorization === '') found.authorization = value;
    // Which of two counts is up to whoever reads them: what is behind might take the other one.
    else found.ambiguous = true;
  } else if (length === 6 && is(name, 'cookie')) {
    found.cookie = found.cookie === '' ? value : `${found.cookie}; ${value}`;
  } else if (length === 4 && is(name, 'dpop')) {
    if (found.dpop === '') found.dpop = value;
    else found.ambiguous = true;
  }
  const names = keys[length];
  if (names === undefined || value === '') return;
  const lower = name.toLowerCase();
  if (!names.includes(lower)) return;
  if (found.key === '') {
    found.key = value;
    found.keyHeader = lower;
  } else if (found.key !== value) found.ambiguous = true;
}

function split(found: Finding): void {
  const { authorization } = found;
  const space = authorization.indexOf(' ');
  if (space < 0) {
    found.authScheme = authorization.toLowerCase();
    return;
  }
  found.authScheme = authorization.slice(0, space).toLowerCase();
  found.authValue = authorization.slice(space + 1).trim();
}

const is = (name: string, wanted: string): boolean => name === wanted || name.toLowerCase() === wanted;

/** The token of `Bearer …` or `DPoP …`; '' for others. */
export function tokenOf(found: Found): string {
  return found.authScheme === 'bearer' || found.authScheme === 'dpop' ? found.authValue : '';
}

/** Value of the first header of this name (small letters); '' where there is none. */
export function headerOf(headers: readonly string[], name: string): string {
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (headers[i].length === name.length && is(headers[i], name)) return headers[i + 1];
  return '';
}

/** Value of a cookie as it stands (not decoded); '' where there is none. The first counts (RFC 6265, 5.4). */
export function cookieOf(cookie: string, name: string): string {
  for (let at = 0; at < cookie.length; ) {
    let end = cookie.indexOf(';', at);
    if (end < 0) end = cookie.length;
    while (cookie.charCodeAt(at) === 32) at++;
    if (cookie.startsWith(name, at) && cookie[at + name.length] === '=') {
      const value = cookie.slice(at + name.length + 1, end).trim();
      return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
    }
    at = end + 1;
  }
  return '';
}
