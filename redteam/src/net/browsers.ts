/** Browsers of the market: shares, User-Agents, client hints. Shares are StatCounter's of 2025, rounded. */
import type { Client } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { countryOf } from './countries.ts';
import { chromiumRelease, firefoxRelease, safariRelease, updateLag } from './releases.ts';

export type Platform = 'windows' | 'mac' | 'linux' | 'android' | 'iphone' | 'ipad';
export type Engine = 'chrome' | 'edge' | 'opera' | 'samsung' | 'firefox' | 'safari' | 'chrome-ios' | 'facebook';

type Profile = Omit<Client, 'address'>;

/**
 * Share of page views by phones. Asia, Africa and Latin America are beyond two thirds, Europe and North America near
 * half.
 */
const PHONES: Readonly<Record<string, number>> = {
  europe: 0.5,
  'north-america': 0.48,
  'latin-america': 0.6,
  asia: 0.66,
  oceania: 0.45,
  'africa-middle-east': 0.7,
};

const DESKTOPS = [
  ['windows', 72],
  ['mac', 20],
  ['linux', 8],
] as const;

/** Countries in which more than half of the phones are Apple's. */
const APPLE = new Set(['US', 'CA', 'GB', 'JP', 'AU', 'NZ', 'DK', 'NO', 'SE', 'CH', 'TW']);

const ENGINES: Readonly<Record<Platform, readonly (readonly [Engine, number])[]>> = {
  windows: [
    ['chrome', 72],
    ['edge', 17],
    ['firefox', 7],
    ['opera', 4],
  ],
  mac: [
    ['chrome', 50],
    ['safari', 42],
    ['firefox', 5],
    ['edge', 3],
  ],
  linux: [
    ['chrome', 60],
    ['firefox', 40],
  ],
  android: [
    ['chrome', 82],
    ['samsung', 11],
    ['facebook', 4],
    ['firefox', 1.5],
    ['opera', 1.5],
  ],
  iphone: [
    ['safari', 84],
    ['chrome-ios', 11],
    ['facebook', 5],
  ],
  ipad: [
    ['safari', 90],
    ['chrome-ios', 10],
  ],
};

export interface Wanted {
  readonly timeMs: number;
  readonly country: string;
  readonly platform?: Platform;
  readonly engine?: Engine;
}

const profiles = new Map<string, Profile>();

export function drawBrowser(random: Random, wanted: Wanted): Profile {
  const platform = wanted.platform ?? drawPlatform(random, wanted);
  const engine = wanted.engine ?? random.weighted(ENGINES[platform]);
  const lag = updateLag(random);
  const chromium = chromiumRelease(wanted.timeMs, lag);
  const version =
    engine === 'firefox'
      ? String(firefoxRelease(wanted.timeMs, lag))
      : engine === 'safari' || engine === 'facebook'
        ? safariRelease(wanted.timeMs, lag)
        : String(chromium);
  const { language } = countryOf(wanted.country);
  // Some people have their browser in English wherever they live.
  const tag = random.chance(0.12) ? 'en-US' : language;
  const key = `${platform}/${engine}/${version}/${chromium}/${tag}`;
  let profile = profiles.get(key);
  if (profile === undefined) {
    profile = makeProfile(platform, engine, version, chromium, tag);
    profiles.set(key, profile);
  }
  return profile;
}

function drawPlatform(random: Random, { country, engine }: Wanted): Platform {
  const possible = (platform: Platform) => engine === undefined || ENGINES[platform].some(([name]) => name === engine);
  const phone = random.chance(PHONES[countryOf(country).region]);
  const apple = random.chance(APPLE.has(country) ? 0.56 : 0.24);
  const drawn: Platform = phone
    ? apple
      ? random.chance(0.9)
        ? 'iphone'
        : 'ipad'
      : 'android'
    : random.weighted<Platform>(DESKTOPS);
  if (possible(drawn)) return drawn;
  return random.pick((Object.keys(ENGINES) as Platform[]).filter(possible));
}

const SYSTEM: Readonly<Record<Platform, string>> = {
  windows: 'Windows NT 10.0; Win64; x64',
  mac: 'Macintosh; Intel Mac OS X 10_15_7',
  linux: 'X11; Linux x86_64',
  android: 'Linux; Android 10; K',
  iphone: 'iPhone; CPU iPhone OS % like Mac OS X',
  ipad: 'iPad; CPU OS % like Mac OS X',
};

/** Safari 26 stopped telling the system's version: it says 18_6 for ever (18_7 since 26.1). */
function appleSystem(safari: string): string {
  const [major, minor] = safari.split('.').map(Number);
  if (major < 26) return `${major}_${minor}`;
  return minor === 0 ? '18_6' : '18_7';
}

/** Chromium's release inside a browser, and the browser's own number, given the Chromium that is out. */
function numbers(engine: Engine, platform: Platform, chromium: number): readonly [base: number, own: number] {
  if (engine === 'opera') return [chromium, chromium - (platform === 'android' ? 46 : 16)];
  if (engine !== 'samsung') return [chromium, chromium];
  // Samsung ships every sixth Chromium or so, some releases late: 28 on 130, 29 on 136.
  const own = 28 + Math.floor((chromium - 137) / 6);
  return [130 + (own - 28) * 6, own];
}

function agentOf(platform: Platform, engine: Engine, version: string, chromium: number): string {
  const kit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
  const end = platform === 'android' ? 'Mobile Safari/537.36' : 'Safari/537.36';
  const [base, own] = numbers(engine, platform, chromium);
  const start = `Mozilla/5.0 (${SYSTEM[platform]}) ${kit}`;
  switch (engine) {
    case 'chrome':
      return `${start} Chrome/${base}.0.0.0 ${end}`;
    case 'edge':
      return `${start} Chrome/${base}.0.0.0 ${end} Edg/${own}.0.0.0`;
    case 'opera':
      return `${start} Chrome/${base}.0.0.0 ${end} OPR/${own}.0.0.0`;
    case 'samsung':
      return `${start} SamsungBrowser/${own}.0 Chrome/${base}.0.0.0 ${end}`;
    case 'firefox':
      return firefoxAgent(platform, version);
    default:
      return appleAgent(platform, engine, version, chromium);
  }
}

function firefoxAgent(platform: Platform, version: string): string {
  const system = { windows: SYSTEM.windows, mac: 'Macintosh; Intel Mac OS X 10.15', linux: SYSTEM.linux };
  if (platform === 'android')
    return `Mozilla/5.0 (Android 14; Mobile; rv:${version}.0) Gecko/${version}.0 Firefox/${version}.0`;
  const where = system[platform as keyof typeof system] ?? SYSTEM.linux;
  return `Mozilla/5.0 (${where}; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`;
}

function appleAgent(platform: Platform, engine: Engine, version: string, chromium: number): string {
  if (platform === 'mac') {
    return `Mozilla/5.0 (${SYSTEM.mac}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${version} Safari/605.1.15`;
  }
  if (platform === 'android') {
    const view = `Version/4.0 Chrome/${chromium}.0.0.0 Mobile Safari/537.36`;
    const shell = `[FB_IAB/FB4A;FBAV/${chromium + 340}.0.0.40.108;]`;
    return `Mozilla/5.0 (Linux; Android 14; SM-A546B; wv) AppleWebKit/537.36 (KHTML, like Gecko) ${view} ${shell}`;
  }
  const release = engine === 'chrome-ios' ? '18_6' : appleSystem(version);
  const start = `Mozilla/5.0 (${SYSTEM[platform].replace('%', release)}) AppleWebKit/605.1.15 (KHTML, like Gecko)`;
  if (engine === 'chrome-ios') return `${start} CriOS/${chromium}.0.0.0 Mobile/15E148 Safari/604.1`;
  if (engine === 'facebook')
    return `${start} Mobile/22F76 [FBAN/FBIOS;FBAV/${chromium + 340}.0.0.37.108;FBDV/iPhone15,4;FBSV/18.5]`;
  return `${start} Version/${version} Mobile/15E148 Safari/604.1`;
}

const HINT_NAMES: Partial<Record<Engine, string>> = {
  chrome: 'Google Chrome',
  edge: 'Microsoft Edge',
  opera: 'Opera',
  samsung: 'Samsung Internet',
};
const HINT_PLATFORMS: Partial<Record<Platform, string>> = {
  windows: 'Windows',
  mac: 'macOS',
  linux: 'Linux',
  android: 'Android',
};

/** Sec-CH-UA with its changing nonsense brand, permuted by release as Chromium's user_agent_utils.cc does. */
export function brands(release: number, name: string, own = release): string {
  const marks = [' ', '(', ':', '-', '.', '/', ')', ';', '=', '?', '_'];
  const version = ['8', '99', '24'][release % 3];
  const nonsense = `"Not${marks[release % 11]}A${marks[(release + 1) % 11]}Brand";v="${version}"`;
  const list = [nonsense, `"Chromium";v="${release}"`, `"${name}";v="${own}"`];
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const out = new Array<string>(3);
  for (const [i, place] of orders[release % 6].entries()) out[place] = list[i];
  return out.join(', ');
}

/** Accept-Language as each engine writes it. */
export function acceptLanguage(tag: string, engine: Engine): string {
  const short = tag.slice(0, 2);
  const english = short === 'en';
  if (engine === 'firefox') {
    if (tag === 'en-US') return 'en-US,en;q=0.5';
    return english ? `${tag},en;q=0.5` : `${tag},${short};q=0.8,en-US;q=0.5,en;q=0.3`;
  }
  if (engine === 'safari' || engine === 'chrome-ios' || engine === 'facebook') return `${tag},${short};q=0.9`;
  if (tag === 'en-US') return 'en-US,en;q=0.9';
  return english ? `${tag},en-US;q=0.9,en;q=0.8` : `${tag},${short};q=0.9,en-US;q=0.8,en;q=0.7`;
}

const CHROME_ACCEPT =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,' +
  'application/signed-exchange;v=b3;q=0.7';
const OTHER_ACCEPT = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

/** Navigation headers in the order in which the engine sends them. */
function makeProfile(platform: Platform, engine: Engine, version: string, chromium: number, tag: string): Profile {
  const agent = agentOf(platform, engine, version, chromium);
  const language = acceptLanguage(tag, engine);
  const name = HINT_NAMES[engine];
  const headers =
    name !== undefined
      ? chromiumHeaders(platform, name, numbers(engine, platform, chromium), language)
      : engine === 'firefox'
        ? firefoxHeaders(language)
        : webkitHeaders(language);
  return { agent, protocol: 'HTTP/2.0', headers };
}

function chromiumHeaders(
  platform: Platform,
  name: string,
  [base, own]: readonly [number, number],
  language: string,
): Profile['headers'] {
  return {
    'sec-ch-ua': brands(base, name, own),
    'sec-ch-ua-mobile': platform === 'android' ? '?1' : '?0',
    'sec-ch-ua-platform': `"${HINT_PLATFORMS[platform] ?? 'Unknown'}"`,
    'upgrade-insecure-requests': '1',
    accept: CHROME_ACCEPT,
    'sec-fetch-site': 'none',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-user': '?1',
    'sec-fetch-dest': 'document',
    'accept-encoding': 'gzip, deflate, br, zstd',
    'accept-language': language,
  };
}

function firefoxHeaders(language: string): Profile['headers'] {
  return {
    accept: OTHER_ACCEPT,
    'accept-language': language,
    'accept-encoding': 'gzip, deflate, br, zstd',
    'upgrade-insecure-requests': '1',
    'sec-fetch-dest': 'document',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-site': 'none',
    'sec-fetch-user': '?1',
  };
}

function webkitHeaders(language: string): Profile['headers'] {
  return {
    'sec-fetch-dest': 'document',
    accept: OTHER_ACCEPT,
    'sec-fetch-site': 'none',
    'sec-fetch-mode': 'navigate',
    'accept-language': language,
    'accept-encoding': 'gzip, deflate, br',
  };
}
