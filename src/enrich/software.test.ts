import crawlers from 'crawler-user-agents';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashBytes, lanes } from '../lib/hash.ts';
import { FLAG, SOFTWARE_CLASS } from './facts.ts';
import { MAX_AGENT_BYTES } from './software/agent.ts';
import { BOTS } from './software/catalogue.ts';
import { FAMILY_BLOCKS } from './software/families.ts';
import { botName, isStale, oddAgentReason, SoftwareTable, softwareName } from './software.ts';

fc.configureGlobal({ seed: 20240304 });

const encoder = new TextEncoder();
const table = new SoftwareTable();
const CLASS_NAMES = Object.keys(SOFTWARE_CLASS);

interface Seen {
  readonly class: string;
  readonly name: string;
  readonly bot: string;
  readonly odd: string;
  readonly year: number;
}

function see(agent: string, on = table): Seen {
  const bytes = encoder.encode(`~${agent}~`);
  hashBytes(bytes, 1, bytes.length - 1, 7);
  const id = on.classify(bytes, 1, bytes.length - 1, lanes.hi, lanes.lo);
  const { software, softwareClass, bot, flags, oddReason, releaseYear } = on.result;
  expect(id).toBe(software);
  expect(flags & FLAG.ODD_AGENT).toBe(oddReason === 0 ? 0 : FLAG.ODD_AGENT);
  const odd = oddAgentReason(oddReason);
  return { class: CLASS_NAMES[softwareClass], name: softwareName(software), bot: botName(bot), odd, year: releaseYear };
}

const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)';
const CHROME = `${WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36`;
const ANDROID = 'Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko)';
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';

describe('what people use', () => {
  it.each([
    [CHROME, 'chrome', 2023],
    [`${CHROME} Edg/120.0.2210.61`, 'edge', 2023],
    [`${CHROME} OPR/106.0.0.0`, 'opera', 2023],
    [`${CHROME} Vivaldi/6.5`, 'vivaldi', 2023],
    [`${WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0 Safari/537.36 Edge/17.17134`, 'edge', 2018],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0', 'firefox', 2023],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0', 'firefox', 2023],
    ['Mozilla/5.0 (Android 13; Mobile; rv:121.0) Gecko/121.0 Firefox/121.0', 'firefox', 2023],
    ['Mozilla/5.0 (X11; Debian; Linux x86_64; rv:24.0) Gecko/20140205 Firefox/24.0 Iceweasel/24.3.0', 'iceweasel', 0],
    [`${IPHONE} Version/17.1 Mobile/15E148 Safari/604.1`, 'safari', 2025],
    [`${IPHONE} CriOS/120.0.6099.50 Mobile/15E148 Safari/604.1`, 'chrome', 2023],
    [`${IPHONE} FxiOS/121.0 Mobile/15E148 Safari/605.1.15`, 'firefox', 0],
    [`${IPHONE} Mobile/15E148`, 'safari', 0],
    [`${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/440.0.0;FBDV/iPhone14,5]`, 'facebook-app', 0],
    [`${ANDROID} Chrome/120.0.0.0 Mobile Safari/537.36`, 'chrome', 2023],
    [`${ANDROID} SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36`, 'samsung-browser', 2023],
    [
      'Mozilla/5.0 (Linux; U; Android 4.0.3; de-de; Phone Build/IML74K) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30',
      'android-browser',
      0,
    ],
    ['Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko', 'internet-explorer', 2022],
    ['Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1; http://bsalsa.com)', 'internet-explorer', 2010],
    [
      'Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0; NOKIA; Lumia 520) like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 (KHTML, like Gecko) Mobile Safari/537',
      'internet-explorer',
      2022,
    ],
    [
      'Mozilla/5.0 (X11; U; Linux armv7l like Android; en-us) AppleWebKit/531.2+ (KHTML, like Gecko) Version/5.0 Safari/533.2+ Kindle/3.0+',
      'android-browser',
      0,
    ],
    ['Opera/9.80 (Windows NT 6.1; U; en) Presto/2.10.229 Version/11.61', 'opera', 0],
    ['Lynx/2.8.8dev.3 libwww-FM/2.14', 'lynx', 0],
    // Names of devices are no claims.
    [
      'Mozilla/5.0 (Linux; Android 9; CUBOT Nova) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36',
      'chrome',
      2023,
    ],
    [
      'Mozilla/5.0 (Linux; Android 9; Hydra Nuclei Build/1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36',
      'chrome',
      2023,
    ],
  ])('%s', (agent, name, year) => {
    expect(see(agent)).toEqual({ class: 'browser', name, bot: '', odd: '', year });
  });

  it('dates versions that came after the tables were written', () => {
    expect(see(CHROME.replace('120.', '160.')).year).toBeGreaterThan(2026);
    expect(see(`${IPHONE} Version/27.0 Mobile/15E148 Safari/604.1`).year).toBe(2028);
    expect(isStale(2015, 2019)).toBe(true);
    expect(isStale(2016, 2019)).toBe(false);
    expect(isStale(0, 2019)).toBe(false);
    expect(isStale(2024, 2019)).toBe(false);
  });
});

describe('what programs say', () => {
  it.each([
    ['curl/8.4.0', 'library', 'curl'],
    ['Wget/1.21.3', 'library', 'wget'],
    ['python-requests/2.31.0', 'library', 'python-requests'],
    ['Python-urllib/3.11', 'library', 'python-urllib'],
    ['Python/3.11 aiohttp/3.9.1', 'library', 'python-other'],
    ['Go-http-client/2.0', 'library', 'go-http-client'],
    ['okhttp/4.12.0', 'library', 'okhttp'],
    ['Apache-HttpClient/4.5.13 (Java/17.0.1)', 'library', 'apache-httpclient'],
    ['Java/1.8.0_191', 'library', 'java'],
    ['axios/1.6.2', 'library', 'axios'],
    ['node-fetch/1.0 (+https://github.com/bitinn/node-fetch)', 'library', 'node-fetch'],
    ['PostmanRuntime/7.36.0', 'library', 'postman'],
    ['libwww-perl/6.67', 'library', 'perl'],
    ['GuzzleHttp/7', 'library', 'php'],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36',
      'library',
      'headless-chrome',
    ],
    [
      'Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1',
      'library',
      'phantomjs',
    ],
    ['Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A)', 'app', 'android-runtime'],
    ['ExampleApp/42 CFNetwork/1410.0.3 Darwin/22.6.0', 'app', 'apple-network'],
    ['ExampleApp/4.2 (iPhone; iOS 17.1; Scale/3.00)', 'app', ''],
    ['sqlmap/1.7.2#stable (https://sqlmap.org)', 'tool', 'sqlmap'],
    ['Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:000001)', 'tool', 'nikto'],
    ['Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)', 'tool', 'nmap'],
    ['Mozilla/5.0 zgrab/0.x', 'tool', 'zgrab'],
    ['masscan/1.3 (https://github.com/robertdavidgraham/masscan)', 'tool', 'masscan'],
    ['Nuclei - Open-source project (github.com/projectdiscovery/nuclei)', 'tool', 'nuclei'],
    ['gobuster/3.6', 'tool', 'gobuster'],
    ['Fuzz Faster U Fool v2.1.0', 'tool', 'ffuf'],
    ['Wfuzz/3.1.0', 'tool', 'wfuzz'],
    ['DirBuster-1.0-RC1 (http://www.owasp.org/index.php/Category:OWASP_DirBuster_Project)', 'tool', 'dirbuster'],
    ['WPScan v3.8.25 (https://wpscan.com/wordpress-security-scanner)', 'tool', 'wpscan'],
    ['Mozilla/5.0 (Hydra)', 'tool', 'hydra'],
    [`${CHROME} Acunetix-Product`, 'tool', 'acunetix'],
    ['Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)', 'tool', 'internet-census'],
    ['Hello, World', 'tool', 'zmeu'],
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'bot', 'googlebot'],
    [
      'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36',
      'bot',
      'bingbot',
    ],
    [
      'Mozilla/5.0 (Linux; Android 5.0; SM-G920A) AppleWebKit (KHTML, like Gecko) Chrome Mobile Safari (compatible; AdsBot-Google-Mobile; +http://www.google.com/mobile/adsbot.html)',
      'bot',
      'google-ads',
    ],
    [
      'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)',
      'bot',
      'gptbot',
    ],
    ['Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)', 'bot', 'feed-reader'],
    ['Mozilla/5.0 (compatible; SomethingNobodyKnowsBot/1.0)', 'bot', 'unlisted-bot'],
    ['acme-crawler2/0.3', 'bot', 'unlisted-bot'],
    ['Acme/1.0 (+https://acme.example/about)', 'bot', 'unlisted-bot'],
    ['Acme/1.0 (ops@acme.example)', 'bot', 'unlisted-bot'],
    // A phone's link preview: it names two operators, so it proves neither.
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0',
      'bot',
      'several-names',
    ],
    // A name that can be checked counts more than one that cannot.
    ['Mozilla/5.0 (compatible; MJ12bot/v1.4.8; Googlebot/2.1)', 'bot', 'googlebot'],
    ['acme/1.0', 'unknown', ''],
  ])('%s', (agent, softwareClass, name) => {
    const seen = see(agent);
    expect(seen).toMatchObject({ class: softwareClass, name, odd: '' });
    expect(seen.bot).toBe(softwareClass === 'bot' ? name : '');
  });

  it('knows when nothing was said', () => {
    for (const agent of ['', '-']) expect(see(agent).class).toBe('none');
    see('');
    expect(table.result.flags).toBe(FLAG.NO_AGENT);
  });
});

describe('contradictions', () => {
  it.each([
    ['Mozilla/5.0', /nothing but/],
    ['Mozilla/5.0 ', /nothing but/],
    [WINDOWS, /no engine/],
    ['{{user_agent}}', /placeholder/],
    [`${CHROME} %s`, /placeholder/],
    ['<User-Agent>', /placeholder/],
    ['User-Agent: curl/8.0', /header name/],
    [`'${CHROME}'`, /quotes/],
    ['test', /says nothing/],
    ['undefined', /says nothing/],
    ['xK29dkQ0aPz7', /random/],
    [
      'Mozilla/5.0 (Windows NT 10.0; Macintosh) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
      /two platforms/,
    ],
    [CHROME.replace('NT 10.0', 'NT 11.0'), /Windows version/],
    [CHROME.replace('NT 10.0', 'NT 7.1'), /Windows version/],
    [`${WINDOWS} Chrome/120.0.0.0`, /Chrome without/],
    [CHROME.replaceAll('537.36', '535.1'), /Chrome with another/],
    [CHROME.replace('AppleWebKit/537.36', 'AppleWebKit/537.13'), /Chrome with another/],
    [CHROME.replace('NT 10.0', 'NT 5.1'), /Chrome on a system/],
    [CHROME.replace('NT 10.0', 'NT 6.1'), /Chrome on a system/],
    ['Mozilla/5.0 (Windows NT 10.0; rv:91.0) Firefox/91.0', /Firefox without/],
    ['Mozilla/5.0 (Windows NT 10.0; rv:60.0) Gecko/20100101 Firefox/91.0', /Firefox with another/],
    ['Mozilla/5.0 (Windows NT 10.0; rv:91.0) Gecko/20210101 Firefox/91.0', /Firefox with another/],
    ['Mozilla/5.0 (Windows NT 5.1; rv:91.0) Gecko/20100101 Firefox/91.0', /Firefox on a system/],
    ['Mozilla/5.0 (compatible; MSIE 7.0; Windows NT 6.0)', /Mozilla version/],
    [`${CHROME} Trident/5.0`, /another engine/],
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/14.0 Safari/605.1.15',
      /Safari on a system/,
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_1) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15',
      /Safari without/,
    ],
    ['Mozilla/5.0 AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36', /without a platform/],
    ['Chrome/120.0', /without the rest/],
  ])('%s', (agent, reason) => {
    expect(see(agent).odd).toMatch(reason);
  });
});

describe('the table', () => {
  it('answers from the cache what it answered before', () => {
    const small = new SoftwareTable();
    const agents = [
      CHROME,
      'sqlmap/1.0',
      'Googlebot/2.1',
      'Mozilla/5.0',
      'curl/8',
      'x',
      `${IPHONE} Version/17.1 Safari/604.1`,
    ];
    const first = agents.map((agent) => see(agent, small));
    for (let i = 0; i < 40_000; i++) see(`filler/${i}`, small);
    expect(agents.map((agent) => see(agent, small))).toEqual(first);
    expect(agents.map((agent) => see(agent, small))).toEqual(first);
  });

  it('gives unique ids and names, and no token twice within a list', () => {
    const names = FAMILY_BLOCKS.flatMap(({ families }) => families.map((family) => family.name));
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(BOTS.map((bot) => bot.name)).size).toBe(BOTS.length);
    FAMILY_BLOCKS.forEach(({ first, families }, i) => {
      expect(first + families.length).toBeLessThanOrEqual(FAMILY_BLOCKS[i + 1]?.first ?? 1000);
    });
    expect(softwareName(0)).toBe('');
    expect(softwareName(65_535)).toBe('');
    expect(botName(0)).toBe('');
  });

  it('takes any bytes, of any length, without a throw', () => {
    const word = fc.constantFrom(
      'Mozilla/5.0',
      '(',
      ')',
      'Chrome/',
      'rv:',
      'Firefox/99999999999',
      'bot',
      '+http://',
      'Windows NT',
      '%s',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 2 * MAX_AGENT_BYTES }),
          fc.array(fc.oneof(word, fc.string()), { maxLength: 20 }).map((words) => encoder.encode(words.join(' '))),
        ),
        (bytes) => {
          table.classify(bytes, 0, bytes.length, 0, 0);
          const { software, softwareClass, bot, releaseYear } = table.result;
          expect(softwareClass).toBeLessThan(CLASS_NAMES.length);
          expect(software >= 0 && software < 65_536 && bot >= 0 && bot <= BOTS.length).toBe(true);
          expect(releaseYear === 0 || (releaseYear > 1990 && releaseYear <= 2100)).toBe(true);
        },
      ),
    );
  });

  it('recognises what a public list of crawlers, compiled by others, holds', () => {
    let all = 0;
    let declared = 0;
    let people = 0;
    for (const { instances } of crawlers) {
      for (const agent of instances) {
        const seen = see(agent).class;
        all++;
        if (seen === 'bot' || seen === 'library' || seen === 'tool') declared++;
        else if (seen === 'browser' || seen === 'app') people++;
      }
    }
    expect(all).toBeGreaterThan(1000);
    expect(declared / all).toBeGreaterThan(0.87);
    expect(people / all).toBeLessThan(0.04);
  });
});
