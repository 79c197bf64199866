/**
 * Families of client software: what a User-Agent can name, apart from crawlers (catalogue.ts).
 *
 * A token is matched in lower case at the start of a word, and must not be followed by a letter. Written from public
 * knowledge of what the programs send by default. The position in a list is the family's id for good: append only.
 */
import { SOFTWARE_CLASS } from '../facts.ts';

export interface Family {
  readonly name: string;
  /** SOFTWARE_CLASS. */
  readonly class: number;
  readonly tokens: readonly string[];
}

const { browser, app, library, tool } = SOFTWARE_CLASS;

/** Tokens are written as one text, separated by bars. */
export const tokenList = (text: string): string[] =>
  text
    .split('|')
    .map((token) => token.trim())
    .filter((token) => token !== '');

const family =
  (softwareClass: number) =>
  (name: string, tokens: string): Family => ({ name, class: softwareClass, tokens: tokenList(tokens) });
const b = family(browser);
const a = family(app);
const l = family(library);
const t = family(tool);

/**
 * Browsers, in ascending precedence: Edge also says Chrome, and Chrome also says Safari. `mozilla` is what calls itself
 * compatible without a name we know.
 */
export const BROWSERS: readonly Family[] = [
  b('mozilla', 'mozilla/'),
  b('safari', 'safari/'),
  b('android-browser', ''),
  b('internet-explorer', 'msie | trident/'),
  b('firefox', 'firefox/ | fxios/'),
  b('chrome', 'chrome/ | crios/'),
  b('chromium', 'chromium/'),
  b('edge', 'edge/ | edg/ | edga/ | edgios/'),
  b('opera', 'opera/ | opr/ | opera mini/ | opios/ | opt/ | opx/'),
  b('samsung-browser', 'samsungbrowser/'),
  b('vivaldi', 'vivaldi/'),
  b('brave', 'brave/'),
  b('yandex-browser', 'yabrowser/'),
  b('uc-browser', 'ucbrowser/ | ucweb/ | uc browser'),
  b('silk', 'silk/ | silk-accelerated'),
  b('duckduckgo-browser', 'ddg/ | duckduckgo/'),
  b('miui-browser', 'miuibrowser/'),
  b('huawei-browser', 'huaweibrowser/'),
  b('qq-browser', 'qqbrowser/ | mqqbrowser/'),
  b('coc-coc-browser', 'coc_coc_browser/'),
  b('maxthon', 'maxthon'),
  b('seamonkey', 'seamonkey/'),
  b('pale-moon', 'palemoon/'),
  b('waterfox', 'waterfox/'),
  b('iceweasel', 'iceweasel/ | icecat/ | iceape/'),
  b('camino', 'camino/'),
  b('konqueror', 'konqueror/'),
  b('epiphany', 'epiphany/'),
  b('midori', 'midori/'),
  b('falkon', 'falkon/ | qupzilla/'),
  b('blackberry', 'blackberry | bb10'),
  b('nokia-browser', 'nokiabrowser/ | series60/ | symbianos/'),
  b('netfront', 'netfront/'),
  b('playstation', 'playstation'),
  b('nintendo', 'nintendo'),
  b('smart-tv', 'smart-tv | smarttv | web0s | hbbtv'),
  b('lynx', 'lynx/'),
  b('links', 'links ('),
  b('elinks', 'elinks'),
  b('w3m', 'w3m/'),
  b('dillo', 'dillo/'),
  b('netsurf', 'netsurf/'),
  b('wap-browser', 'up.browser | profile/midp | configuration/cldc | semc-browser | openwave | obigo | dolfin | maui'),
  b('facebook-app', 'fban/ | fbav/ | fb_iab/'),
  b('instagram-app', 'instagram'),
  b('line-app', 'line/'),
  b('wechat-app', 'micromessenger/'),
  b('tiktok-app', 'musical_ly | bytelocale | trill_'),
  b('google-app', 'gsa/'),
];

/** Native applications and devices. */
export const APPS: readonly Family[] = [
  a('apple-network', 'cfnetwork/ | darwin/ | mobilesafari/'),
  a('android-runtime', 'dalvik/'),
  a('alamofire', 'alamofire/ | afnetworking/'),
  a('electron', 'electron/'),
  a('office', 'microsoft office | ms-office | msoffice | microsoft outlook | outlook-'),
  a('thunderbird', 'thunderbird/'),
  a('webdav', 'microsoft-webdav | davclnt | gvfs/ | cadaver/ | davfs2/'),
  a(
    'media-player',
    `
    applecoremedia | itunes/ | windows-media-player | vlc/ | libvlc/ | lavf/ | stagefright/ | nsplayer/ |
    winamp | exoplayer
  `,
  ),
  a('podcasts', 'podcasts/ | overcast/ | castbox/ | antennapod/'),
  a('steam', 'valve/steam | valve steam | valve client'),
  a(
    'embedded-device',
    `
    esp8266 | esp32 | arduino | contiki | freertos | tasmota | roku/ | sonos/ | linux upnp | upnp/
  `,
  ),
  a('flutter', 'dart/ | flutter'),
  a('react-native', 'expo/ | reactnative'),
  a('unity', 'unityplayer/ | unitywebrequest'),
  a('file-sync', 'mirall | nextcloud | owncloud | dropbox | seafile | onedrive'),
  a('unreal', 'unrealengine/ | fortnite/'),
  a(
    'windows-update',
    `
    windows-update-agent | microsoft bits | microsoft-delivery-optimization | microsoft-cryptoapi |
    microsoft ncsi
  `,
  ),
  a('certificate-client', 'trustd | ocspd | certbot/ | acme.sh | letsencrypt'),
];

/** HTTP libraries, command-line clients, package managers, and browsers driven by a program that say so. */
export const LIBRARIES: readonly Family[] = [
  l('curl', 'curl | libcurl | php-curl | pycurl'),
  l('wget', 'wget'),
  l('python-requests', 'python-requests'),
  l('python-urllib', 'python-urllib | python-urllib3 | urllib3 | python urllib'),
  l('aiohttp', 'aiohttp'),
  l('httpx', 'python-httpx'),
  l(
    'python-other',
    `
    python-httplib2 | httplib2 | python/ | python- | mechanize | tornado/ | treq | twisted pagegetter |
    niquests | pyppeteer
  `,
  ),
  l('scrapy', 'scrapy'),
  l('go-http-client', 'go-http-client | go http package | go-resty | fasthttp | gorequest | golang'),
  l('okhttp', 'okhttp'),
  l(
    'apache-httpclient',
    `
    apache-httpclient | apache-httpasyncclient | jakarta commons-httpclient | commons-httpclient | apache-cxf |
    apache cxf
  `,
  ),
  l(
    'java',
    `
    java/ | java1 | java-http-client | httpurlconnection | jersey/ | feign | unirest-java | reactornetty |
    jetty | async-http-client | ahc/ | vert.x | ktor | google-http-java-client | jsoup
  `,
  ),
  l('node-fetch', 'node-fetch | node.js | node/ | nodejs | undici'),
  l('axios', 'axios'),
  l('javascript-other', 'got ( | got/ | superagent | needle/ | bun/ | deno/ | cross-fetch | ky/'),
  l('postman', 'postmanruntime | postman'),
  l('insomnia', 'insomnia'),
  l(
    'rest-client',
    `
    bruno | paw/ | rapidapi/ | thunder client | hoppscotch | vscode-restclient | intellij http client | soapui
  `,
  ),
  l('httpie', 'httpie | xh/'),
  l('perl', 'libwww-perl | lwp:: | lwp-trivial | lwp- | www-mechanize | perl | mojolicious | http-tiny | anyevent'),
  l(
    'php',
    `
    php/ | guzzlehttp | guzzle | symfony | zend_http_client | pear http | pecl::http | php | php-soap |
    snoopy | wordpress
  `,
  ),
  l('ruby', 'ruby | faraday | httparty | rest-client | typhoeus | http.rb | mechanize/ | excon | em-http'),
  l('dotnet', 'restsharp | dotnet | httpclient | system.net | flurl'),
  l('rust', 'reqwest | hyper/ | ureq | isahc'),
  l(
    'c-family',
    `
    libsoup | neon/ | winhttp | wininet | cpp-httplib | boost.beast | cpprestsdk |
    winhttp.winhttprequest | indy library | serf/ | libfetch | fetch libfetch | urlgrabber
  `,
  ),
  l('lua', 'luasocket | lua-resty-http | lua'),
  l('elixir-erlang', 'hackney | mint/ | httpoison | erlang'),
  l('powershell', 'windowspowershell | powershell'),
  l('grpc', 'grpc-'),
  l('git', 'git/ | git-lfs | jgit | svn/ | mercurial | bzr'),
  l(
    'package-manager',
    `
    npm/ | yarn/ | pnpm/ | pip/ | composer/ | cargo | maven | gradle | debian apt | apt-http | dnf | libdnf |
    yum | pacman | homebrew | nuget | bundler | rubygems | conda/ | chef client | chef | puppet | ansible |
    terraform | docker/ | containerd | helm/ | kubectl/
  `,
  ),
  l('cloud-sdk', 'aws-sdk | aws-cli | boto3 | botocore | azsdk | google-api | gcloud | google-cloud-sdk'),
  l('headless-chrome', 'headlesschrome | puppeteer | playwright | chrome-lighthouse | lighthouse'),
  l('webdriver', 'selenium | webdriver | cypress | testcafe | nightmare | htmlunit'),
  l('phantomjs', 'phantomjs | casperjs | slimerjs'),
  l(
    'load-generator',
    `
    apachebench | ab/ | wrk | siege | jmeter | apache-jmeter | k6/ | locust | gatling | vegeta | hey/ |
    artillery | autocannon | bombardier | h2load | loader.io | tsung | oha/ | fortio
  `,
  ),
  l(
    'aria2',
    `
    aria2 | axel | httrack | teleport pro | webcopier | offline explorer | webzip | getright | flashget |
    internet download manager | free download manager | wget2 | lftp | webstripper | sitesucker | pavuk | larbin
  `,
  ),
];

/** Scanners and attack tools by the names they give themselves. */
export const TOOLS: readonly Family[] = [
  t('sqlmap', 'sqlmap'),
  t('nikto', 'nikto'),
  t('nmap', 'nmap scripting engine | nmap nse | nmap'),
  t('masscan', 'masscan'),
  t('zgrab', 'zgrab | zmap | zdns'),
  t('nuclei', 'nuclei'),
  t('projectdiscovery', 'projectdiscovery | katana | httpx - open-source | naabu | interactsh | subfinder'),
  t('gobuster', 'gobuster'),
  t('ffuf', 'fuzz faster u fool | ffuf'),
  t('feroxbuster', 'feroxbuster'),
  t('wfuzz', 'wfuzz'),
  t('dirbuster', 'dirbuster | owasp dirbuster'),
  t('dirb', 'dirb'),
  t('dirsearch', 'dirsearch'),
  t('dirmap', 'dirmap | yjdirscan | dirscan | dirstalk | rustbuster'),
  t('hydra', 'hydra | thc-hydra'),
  t('medusa', 'medusa'),
  t('patator', 'patator'),
  t('acunetix', 'acunetix | acunetix-product | wvs'),
  t('nessus', 'nessus | tenable'),
  t('openvas', 'openvas | openvas-vt | greenbone'),
  t('qualys', 'qualys | qualysguard'),
  t('rapid7', 'rapid7 | nexpose | appspider | insightappsec | rapid7 metasploit'),
  t('metasploit', 'metasploit | msf/ | meterpreter'),
  t('burp', 'burp | burpsuite | burp suite | burp collaborator | portswigger'),
  t('zap', 'owasp zap | zaproxy'),
  t('arachni', 'arachni'),
  t('w3af', 'w3af | w3af.org | w3af.sf.net | w3af.sourceforge.net'),
  t('skipfish', 'skipfish'),
  t('wapiti', 'wapiti'),
  t('vega', 'subgraph'),
  t('netsparker', 'netsparker | invicti'),
  t('webinspect', 'webinspect | spi dynamics | fortify'),
  t('appscan', 'appscan | ibm appscan'),
  t('jaeles', 'jaeles | xpoc | pocsuite | pocsuite3 | afrog | vulmap | fscan'),
  t('wpscan', 'wpscan | wordpress scanner | wpsec | wp-scan'),
  t('joomscan', 'joomscan | droopescan | cmsmap | cmseek | vbscan'),
  t('whatweb', 'whatweb | wafw00f | webtech | blindelephant | httprint | httprecon | webanalyze'),
  t('commix', 'commix'),
  t('xsstrike', 'xsstrike | xsser | dalfox | xspear | xsscon'),
  t(
    'sqlninja',
    `
    sqlninja | sqlsus | havij | bsqlbf | absinthe | pangolin | jsql | nosqlmap | sqlpowerinjector | safe3 |
    safe3wvs
  `,
  ),
  t('fimap', 'fimap | dotdotpwn | liffy | lfisuite'),
  t(
    'tplmap',
    `
    tplmap | sstimap | ysoserial | log4j-scan | log4shell-scanner | ssrfmap | crlfuzz | corsy | arjun |
    paramspider | kiterunner
  `,
  ),
  t(
    'recon',
    `
    theharvester | recon-ng | amass | aquatone | eyewitness | gowitness | spiderfoot | dnsrecon | sublist3r |
    waybackurls | hakrawler | gospider | getjs
  `,
  ),
  t(
    'zmeu',
    `
    zmeu | morfeus | morfeus fucking scanner | morpheus | muieblackcat | jorgee | toata dragostea | pmafind |
    dfind | w00tw00t | gootkit | hello, world | hello world | brutus | core-project | datacha0s |
    springenwerk | prog.customcrawler | parosproxy | n-stealth | nsauditor | cgichk | grendel-scan | webshag |
    webscarab | webbandit | websecurify | uniscan | vulnscan | golismero | crowbar | blackwidow |
    golang-scanner | fhscan | mysqloit | amiga-aweb/3.4 | floodgate | sysscan | bf-scanner | brutespray
  `,
  ),
  t(
    'botnet-loader',
    `
    mirai | hakai | gafgyt | tsunami | mozi | lmao/ | kaiten | r00ts3c | owari | apep | shinka | satori |
    rondo | rondodox | androxgh0st | androxghost | bang2013 | lessie | yakuza | b4ckdoor
  `,
  ),
  t(
    'flooder',
    `
    slowloris | slowhttptest | goldeneye | loic | hoic | torshammer | xerxes | pyloris | thc-ssl-dos | ddos
  `,
  ),
  t(
    'account-cracker',
    `
    openbullet | silverbullet | sentry mba | sentrymba | snipr | blackbullet | storm cracker | woxy |
    apex cracker | vertex cracker | account hitman | bruteforce | wpbrute | wpbf
  `,
  ),
  t(
    'internet-census',
    `
    censysinspect | censys | shodan | expanse | palo alto networks | internetmeasurement |
    internet-measurement | netsystemsresearch | netsystems research | l9explore | l9tcpid | l9scan | leakix |
    binaryedge | onyphe | zoomeye | fofa | hunter.how | netcraftsurveyagent | netlab360 | stretchoid |
    shadowserver | shadow server | criminal ip | modatscanner | modat | cypex.ai | visionheight |
    genomecrawlerd | driftnet | alphastrike | alpha strike | internet census | internet-census | project25499 |
    project-sonar | project sonar | cert.pl | bitsightbot | bitsight | infrawatch | ipip.net | research scan |
    researchscan | scanning for research | academic scan | http banner detection | hackertarget | intrigue |
    securitytrails | detectify | probely | probelyspdr | intruder.io | sn1per | pentest-tools | immuniweb |
    ssl labs | sslyze | testssl | tlsx | cloudsystemnetworks | xfa1 | nvdorz | riddler | watchtowr
  `,
  ),
  t(
    'generic-scanner',
    `
    vulnerability scanner | security scanner | web scanner | webscanner | port scanner | vuln | exploit |
    pentest | penetration | fuzzer | fuzz | scanner | webshell | owasp | backdoor | shellshock | sqli |
    security-scan | security scan | scan/
  `,
  ),
];

/** All of them in one order: a family's id is its index + 1. Classes stay within their blocks of ids. */
export const FAMILY_BLOCKS: readonly { readonly first: number; readonly families: readonly Family[] }[] = [
  { first: 1, families: BROWSERS },
  { first: 200, families: APPS },
  { first: 300, families: LIBRARIES },
  { first: 500, families: TOOLS },
];
