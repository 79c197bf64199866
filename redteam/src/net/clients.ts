/**
 * The machines that requests come from, as far as a server sees them: User-Agent, protocol and headers that fit
 * together. Profiles are shared objects: the same draw gives the same object, so that millions of visitors hold few
 * strings.
 */
import type { Client } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { drawBrowser, type Engine, type Platform } from './browsers.ts';
import { DEFAULT_TIME_MS } from './releases.ts';

export { device, mobileApp } from './apps.ts';
export { LIBRARIES, library, monitor, SEARCH_BOTS, searchBot, TOOLS, textBrowser, tool } from './machines.ts';

export type Profile = Omit<Client, 'address'>;

/** How a browser should be; what is left out is drawn from the market's mix. */
export interface BrowserOptions {
  /** World time in Unix ms, which decides the releases in use. */
  readonly timeMs?: number;
  /** ISO code of a country: languages, and the share of phones. */
  readonly country?: string;
  readonly platform?: Platform;
  readonly engine?: Engine;
}

/** A browser of the current market, with the headers that it sends when somebody opens a page. */
export function browser(random: Random, options: BrowserOptions = {}): Profile {
  return drawBrowser(random, { timeMs: DEFAULT_TIME_MS, country: 'US', ...options });
}

/** What a browser asks for: a page, data for a script, or a part of the page. */
export type Destination = 'document' | 'fetch' | 'script' | 'style' | 'image';

const FETCH_HEADERS: Readonly<
  Record<Exclude<Destination, 'document'>, readonly [accept: string, mode: string, to: string]>
> = {
  fetch: ['*/*', 'cors', 'empty'],
  script: ['*/*', 'no-cors', 'script'],
  style: ['text/css,*/*;q=0.1', 'no-cors', 'style'],
  image: ['image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8', 'no-cors', 'image'],
};

const conditional = new WeakMap<Profile, Profile>();

/** The same browser asking whether what it has is still good, since the last time it looked. */
export function revalidating(profile: Profile): Profile {
  let found = conditional.get(profile);
  if (found === undefined) {
    found = { ...profile, headers: { ...profile.headers, 'if-none-match': 'W/"1"' } };
    conditional.set(profile, found);
  }
  return found;
}

const variants = new WeakMap<Profile, Map<Destination, Profile>>();

/**
 * The same browser asking for something else than a page: other Accept and Sec-Fetch headers. Apps and tools stay as
 * they are.
 */
export function asking(profile: Profile, destination: Destination): Profile {
  if (destination === 'document' || profile.headers['sec-fetch-mode'] === undefined) return profile;
  let known = variants.get(profile);
  if (known === undefined) {
    known = new Map();
    variants.set(profile, known);
  }
  let found = known.get(destination);
  if (found === undefined) {
    const [accept, mode, to] = FETCH_HEADERS[destination];
    const { 'upgrade-insecure-requests': _, 'sec-fetch-user': __, ...headers } = profile.headers;
    found = {
      ...profile,
      headers: { ...headers, accept, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': mode, 'sec-fetch-dest': to },
    };
    known.set(destination, found);
  }
  return found;
}
