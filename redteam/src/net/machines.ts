/**
 * Programs that announce themselves: crawlers, monitors, HTTP libraries, and attack tools by their default User-Agent.
 */
import type { Client } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { chromiumRelease, DEFAULT_TIME_MS } from './releases.ts';

type Profile = Omit<Client, 'address'>;

const KIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

const plain = (agent: string, headers: Record<string, string>, protocol = 'HTTP/1.1'): Profile => ({
  agent,
  protocol,
  headers,
});

const CRAWLER_HEADERS = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'accept-encoding': 'gzip, deflate, br',
};

/** `%` stands for the Chromium release that evergreen crawlers render with. Sources: the engines' own help pages. */
const CRAWLERS: Readonly<Record<string, string>> = {
  googlebot:
    `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) ${KIT} Chrome/%.0.0.0 Mobile Safari/537.36 ` +
    '(compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'googlebot-desktop':
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; ' +
    '+http://www.google.com/bot.html) Chrome/%.0.0.0 Safari/537.36',
  bingbot:
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; ' +
    '+http://www.bing.com/bingbot.htm) Chrome/%.0.0.0 Safari/537.36',
  applebot:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 ' +
    'Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)',
  duckduckbot: 'DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)',
  yandexbot: 'Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)',
  baiduspider: 'Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)',
  petalbot: 'Mozilla/5.0 (compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)',
};

/** Names that {@link searchBot} knows. */
export const SEARCH_BOTS: readonly string[] = Object.keys(CRAWLERS);

/** A search engine's crawler. @throws RangeError for a name that is not in {@link SEARCH_BOTS}. */
export function searchBot(name: string, timeMs = DEFAULT_TIME_MS): Profile {
  const agent = own(CRAWLERS, name, 'crawler');
  const headers = name.startsWith('googlebot')
    ? { ...CRAWLER_HEADERS, from: 'googlebot(at)googlebot.com' }
    : CRAWLER_HEADERS;
  return plain(
    agent.replace('%', String(chromiumRelease(timeMs, 10))),
    headers,
    name.startsWith('google') ? 'HTTP/2.0' : 'HTTP/1.1',
  );
}

const MONITORS: readonly (readonly [string, number])[] = [
  ['Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)', 4],
  ['Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)', 3],
  ['Mozilla/5.0 (compatible; StatusCake)', 1],
  [`Better Uptime Bot Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${KIT} Chrome/126.0.0.0 Safari/537.36`, 2],
  ['Site24x7', 1],
  ['ELB-HealthChecker/2.0', 2],
  ['GoogleHC/1.0', 1],
  ['Blackbox Exporter/0.25.0', 2],
  ['kube-probe/1.30', 2],
  ['DatadogSynthetics', 1],
  ['checkly/1.0 (https://checklyhq.com)', 1],
];

/** An availability check or a load balancer's probe. */
export function monitor(random: Random): Profile {
  return plain(random.weighted(MONITORS), { accept: '*/*', 'accept-encoding': 'gzip', connection: 'close' });
}

const ANY = { accept: '*/*' };
const PYTHON = { 'accept-encoding': 'gzip, deflate', accept: '*/*', connection: 'keep-alive' };

const LIBRARY_PROFILES: Readonly<Record<string, Profile>> = {
  curl: plain('curl/8.7.1', ANY, 'HTTP/2.0'),
  wget: plain('Wget/1.21.4', { accept: '*/*', 'accept-encoding': 'identity', connection: 'Keep-Alive' }),
  'python-requests': plain('python-requests/2.32.3', PYTHON),
  'python-httpx': plain('python-httpx/0.27.2', PYTHON),
  aiohttp: plain('Python/3.12 aiohttp/3.10.5', { accept: '*/*', 'accept-encoding': 'gzip, deflate' }),
  urllib: plain('Python-urllib/3.12', { 'accept-encoding': 'identity', connection: 'close' }),
  okhttp: plain('okhttp/4.12.0', { 'accept-encoding': 'gzip' }, 'HTTP/2.0'),
  'go-http-client': plain('Go-http-client/2.0', { 'accept-encoding': 'gzip' }, 'HTTP/2.0'),
  axios: plain('axios/1.7.7', {
    accept: 'application/json, text/plain, */*',
    'accept-encoding': 'gzip, compress, deflate, br',
  }),
  node: plain('node', {
    accept: '*/*',
    'accept-language': '*',
    'sec-fetch-mode': 'cors',
    'accept-encoding': 'gzip, deflate',
  }),
  'node-fetch': plain('node-fetch/1.0 (+https://github.com/bitinn/node-fetch)', {
    accept: '*/*',
    'accept-encoding': 'gzip,deflate',
  }),
  got: plain('got (https://github.com/sindresorhus/got)', { 'accept-encoding': 'gzip, deflate, br' }),
  java: plain('Java-http-client/21.0.4', {}, 'HTTP/2.0'),
  'apache-httpclient': plain('Apache-HttpClient/4.5.14 (Java/17.0.12)', { 'accept-encoding': 'gzip,deflate' }),
  guzzle: plain('GuzzleHttp/7', {}),
  php: plain('', { accept: '*/*' }),
  ruby: plain('Ruby', { 'accept-encoding': 'gzip;q=1.0,deflate;q=0.6,identity;q=0.3', accept: '*/*' }),
  faraday: plain('Faraday v2.10.1', { 'accept-encoding': 'gzip;q=1.0,deflate;q=0.6,identity;q=0.3', accept: '*/*' }),
  dotnet: plain('', {}),
  'libwww-perl': plain('libwww-perl/6.77', { te: 'deflate,gzip;q=0.3', connection: 'TE, close' }),
  reqwest: plain('', { accept: '*/*' }),
  postman: plain('PostmanRuntime/7.41.2', {
    accept: '*/*',
    'accept-encoding': 'gzip, deflate, br',
    connection: 'keep-alive',
  }),
  insomnia: plain('insomnia/9.3.3', { accept: '*/*' }),
  scrapy: plain('Scrapy/2.11.2 (+https://scrapy.org)', {
    accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'accept-language': 'en',
    'accept-encoding': 'gzip, deflate, br',
  }),
  colly: plain('colly - https://github.com/gocolly/colly/v2', { accept: '*/*', 'accept-encoding': 'gzip' }),
};

const TEXT_BROWSERS: readonly (readonly [string, number])[] = [
  ['Lynx/2.9.0dev.12 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.7.8', 4],
  ['w3m/0.5.3+git20230121', 3],
  ['Links (2.29; Linux 6.1.0-23-amd64 x86_64; GNU C 12.2.0; text)', 2],
  ['ELinks/0.16.1.1 (textmode; Linux 6.1.0 x86_64; 120x40-2)', 1],
];

/** A browser that shows text only, as blind people with a braille line use it. @param language for Accept-Language */
export function textBrowser(random: Random, language = 'en'): Profile {
  const agent = random.weighted(TEXT_BROWSERS);
  return plain(agent, {
    accept: 'text/html, text/plain, */*;q=0.01',
    'accept-encoding': 'gzip, compress, bzip2',
    'accept-language': language,
  });
}

/** Names that {@link library} knows. */
export const LIBRARIES: readonly string[] = Object.keys(LIBRARY_PROFILES);

/** An HTTP library as it is out of the box. @throws RangeError for a name that is not in {@link LIBRARIES}. */
export function library(name: string): Profile {
  return own(LIBRARY_PROFILES, name, 'library');
}

const HEADLESS = (release: number) =>
  `Mozilla/5.0 (X11; Linux x86_64) ${KIT} HeadlessChrome/${release}.0.0.0 Safari/537.36`;

/** Defaults of attack tools, as their documentation and sources say. */
const TOOL_PROFILES: Readonly<Record<string, Profile>> = {
  hydra: plain('Mozilla/5.0 (Hydra)', {}),
  patator: plain('Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36', ANY),
  openbullet: plain(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${KIT} Chrome/74.0.3729.169 Safari/537.36`, {
    pragma: 'no-cache',
    accept: '*/*',
  }),
  sqlmap: plain('sqlmap/1.8.9#stable (https://sqlmap.org)', {
    'cache-control': 'no-cache',
    accept: '*/*',
    'accept-encoding': 'gzip,deflate',
  }),
  nikto: plain('Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)', { connection: 'Keep-Alive' }),
  nuclei: plain('Nuclei - Open-source project (github.com/projectdiscovery/nuclei)', {
    accept: '*/*',
    'accept-encoding': 'gzip',
  }),
  httpx: plain('httpx - Open-source project (github.com/projectdiscovery/httpx)', { 'accept-encoding': 'gzip' }),
  ffuf: plain('Fuzz Faster U Fool v2.1.0-dev', { 'accept-encoding': 'gzip' }),
  gobuster: plain('gobuster/3.6', { 'accept-encoding': 'gzip' }),
  feroxbuster: plain('feroxbuster/2.11.0', ANY),
  dirbuster: plain('DirBuster-1.0-RC1 (http://www.owasp.org/index.php/Category:OWASP_DirBuster_Project)', {}),
  wfuzz: plain('Wfuzz/3.1.0', {}),
  wpscan: plain('WPScan v3.8.27 (https://wpscan.com/wordpress-security-scanner)', {
    accept: '*/*',
    'accept-encoding': 'gzip, deflate',
  }),
  nmap: plain('Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)', {
    connection: 'close',
  }),
  zgrab: plain('Mozilla/5.0 zgrab/0.x', { accept: '*/*', 'accept-encoding': 'gzip' }),
  masscan: plain('masscan/1.3 (https://github.com/robertdavidgraham/masscan)', ANY, 'HTTP/1.0'),
  whatweb: plain('WhatWeb/0.5.5', {}),
  zap: plain('Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:105.0) Gecko/20100101 Firefox/105.0', {
    pragma: 'no-cache',
    'cache-control': 'no-cache',
  }),
  burp: plain(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${KIT} Chrome/126.0.6478.57 Safari/537.36`, {
    accept: '*/*',
    'accept-encoding': 'gzip, deflate, br',
    'accept-language': 'en-US;q=0.9,en;q=0.8',
    connection: 'close',
  }),
  commix: plain('commix/v3.9-stable (https://commixproject.com)', {}),
  graphw00f: plain('graphw00f', PYTHON),
  k6: plain('k6/0.53.0 (https://k6.io/)', {}),
  vegeta: plain('Go-http-client/1.1', { 'accept-encoding': 'gzip' }),
  jmeter: plain('Apache-HttpClient/4.5.14 (Java/17.0.12)', { connection: 'keep-alive' }),
  puppeteer: plain(HEADLESS(131), { accept: '*/*', 'accept-encoding': 'gzip, deflate, br' }, 'HTTP/2.0'),
  selenium: plain(HEADLESS(128), { accept: '*/*', 'accept-encoding': 'gzip, deflate, br' }, 'HTTP/2.0'),
};

/** Names that {@link tool} knows. */
export const TOOLS: readonly string[] = Object.keys(TOOL_PROFILES);

/** An attack tool as it announces itself by default. @throws RangeError for a name that is not in {@link TOOLS}. */
export function tool(name: string): Profile {
  return own(TOOL_PROFILES, name, 'tool');
}

function own<T>(table: Readonly<Record<string, T>>, name: string, what: string): T {
  if (!Object.hasOwn(table, name)) throw new RangeError(`no such ${what}: ${name}`);
  return table[name];
}
