/** Session fixation: a session id that is the same before and after a login may have been planted by somebody else. */
import { FLAG } from '../../enrich/facts.ts';
import type { Watch } from '../desk.ts';
import { cookieOf } from '../read.ts';

/** Cookies of one answer that are looked at. */
const MAX_COOKIES = 50;

/** `names`: cookies that carry session ids. */
export function createFixationWatch(names: readonly string[]): Watch {
  return {
    answered(_presented, found, _caller, answer) {
      const cookie = answer.loggedIn ? found().cookie : '';
      if (cookie === '') return 0;
      const before = names.map((name) => [name, cookieOf(cookie, name)] as const).filter(([, value]) => value !== '');
      if (before.length === 0) return 0;
      const given = setCookies(answer.headers);
      // One new id is enough: applications keep further cookies, for instance of visitors, over a login.
      const changed = names.some((name) => {
        const now = given.get(name);
        return now !== undefined && now !== '' && before.every(([, value]) => value !== now);
      });
      return changed ? 0 : FLAG.SESSION_FIXED;
    },
  };
}

/** Name → value of the cookies that an answer sets. */
function setCookies(headers: readonly string[]): Map<string, string> {
  const out = new Map<string, string>();
  for (let i = 0; i + 1 < headers.length && out.size < MAX_COOKIES; i += 2) {
    if (headers[i].length !== 10 || headers[i].toLowerCase() !== 'set-cookie') continue;
    const pair = headers[i + 1].split(';', 1)[0];
    const equals = pair.indexOf('=');
    if (equals > 0) out.set(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim());
  }
  return out;
}
