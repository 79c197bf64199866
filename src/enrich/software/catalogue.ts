/**
 * Bots that declare themselves. Where they come from stands in origins.ts.
 *
 * The position in the list is the bot's id for good: append only.
 */

import { tokenList } from './families.ts';

export interface Bot {
  readonly name: string;
  /** Key of ORIGINS (origins.ts), or the name of an operator that publishes nothing. */
  readonly operator: string;
  readonly tokens: readonly string[];
}

const bot = (name: string, operator: string, tokens: string): Bot => ({ name, operator, tokens: tokenList(tokens) });

/** Those of no operator that publishes anything: the name stands for the operator. */
const plain = (names: string): Bot[] => tokenList(names).map((name) => bot(name.replaceAll(' ', '-'), name, name));

export const BOTS: readonly Bot[] = [
  // What calls itself a bot by a general word ("…bot", "crawler", an address of its operator), without a known name.
  bot('unlisted-bot', '', ''),
  // Names bots of several operators at once: a link preview on a person's device, or a disguise. Never verified.
  bot('several-names', '', ''),
  bot('googlebot', 'google', 'googlebot | googlebot-mobile | googlebot-image | googlebot-news | googlebot-video'),
  bot(
    'google-ads',
    'google',
    `
    adsbot-google | adsbot-google-mobile | mediapartners-google | google-adwords | google-ads-conversions
  `,
  ),
  bot(
    'google-other',
    'google',
    `
    googleother | google-inspectiontool | storebot-google | apis-google | google-safety |
    google-cloudvertexbot | google-structured-data | duplexweb-google
  `,
  ),
  bot(
    'google-fetcher',
    'google',
    `
    feedfetcher-google | google-read-aloud | google-site-verification | googleproducer | google web preview |
    google favicon | google-pagerenderer | googleimageproxy | google-physicalweb | google-xrawler |
    google-publisher-plugin
  `,
  ),
  bot('feedburner', 'google', 'feedburner'),
  bot(
    'google-hosted',
    'google-customers',
    `
    appengine-google | google-apps-script | googledocs | google-transparency-report |
    googlestackdrivermonitoring
  `,
  ),
  bot('bingbot', 'bing', 'bingbot | bingpreview | microsoftpreview'),
  bot('msnbot', 'bing', 'msnbot | msnbot-media | msnbot-udiscovery | adidxbot'),
  bot('applebot', 'apple', 'applebot | applebot-extended'),
  bot('duckduckbot', 'duckduckgo', 'duckduckbot | duckduckgo-favicons-bot | duckassistbot | duckduckbot-https'),
  bot(
    'yandexbot',
    'yandex',
    `
    yandexbot | yandeximages | yandexvideo | yandexmedia | yandexblogs | yandexnews | yandexpagechecker |
    yandexmetrika | yandexdirect | yandexmobilebot | yandexaccessibilitybot | yandexrenderresourcesbot |
    yandexwebmaster | yandexfavicons | yandexcalendar | yandexsitelinks | yandexadnet | yandexmarket |
    yandexontodb | yandexturbo | yandexvertis | yandexcombot | yandexadditional
  `,
  ),
  bot(
    'baiduspider',
    'baidu',
    `
    baiduspider | baiduspider-image | baiduspider-render | baiduspider-video | baiduspider-news
  `,
  ),
  bot('facebook-preview', 'facebook', 'facebookexternalhit | facebot | facebookcatalog | facebookplatform'),
  bot(
    'meta-crawler',
    'facebook',
    `
    meta-externalagent | meta-externalfetcher | meta-externalads | facebookbot | meta-webindexer
  `,
  ),
  bot('twitterbot', 'twitter', 'twitterbot'),
  bot('linkedinbot', 'linkedin', 'linkedinbot'),
  bot('pinterestbot', 'pinterest', 'pinterestbot | pinterest/0 | pinterest/1'),
  bot(
    'yahoo-slurp',
    'yahoo',
    `
    yahoo! slurp | slurp | yahoocachesystem | yahoomailproxy | yahoo link preview | yahoofeedseeker |
    yahooseeker | yahoo ad monitoring
  `,
  ),
  bot('seznambot', 'seznam', 'seznambot | seznam screenshot-generator | seznamhomepagecrawler'),
  bot('petalbot', 'petal', 'petalbot | aspiegelbot'),
  bot('sogou-spider', 'sogou', 'sogou web spider | sogou | sogou-test-spider | sogou inst spider | sogou pic spider'),
  bot('naver-yeti', 'naver', 'yeti | naverbot | naver blog rssbot'),
  bot('mail.ru-bot', 'mailru', 'mail.ru_bot | odklbot | vkshare | vkrobot'),
  bot('archive.org-bot', 'archive', 'archive.org_bot | archive.org bot | wayback | special_archiver | archive-it'),
  bot('gptbot', 'openai', 'gptbot | oai-searchbot | chatgpt-user | chatgpt-browser'),
  bot('claudebot', 'anthropic', 'claudebot | claude-web | claude-user | claude-searchbot | anthropic-ai'),
  bot('perplexitybot', 'perplexity', 'perplexitybot | perplexity-user | perplexityuser'),
  bot(
    'amazonbot',
    'amazon',
    `
    amazonbot | amazonadbot | amazonbuyforme | amzn-searchbot | amzn-user | amazonproductdiscovery
  `,
  ),
  bot('ccbot', 'commoncrawl', 'ccbot'),
  bot('bytespider', 'bytedance', 'bytespider | tiktokspider | bytedance'),
  bot('ahrefsbot', 'ahrefs', 'ahrefsbot | ahrefssiteaudit'),
  bot('semrushbot', 'semrush', 'semrushbot | siteauditbot | semrushbot-ba | semrushbot-si | semrushbot-swa'),
  bot('telegrambot', 'telegram', 'telegrambot'),
  bot('uptimerobot', 'uptimerobot', 'uptimerobot'),
  bot('pingdom', 'pingdom', 'pingdom | pingdom.com | pingdompagespeed | pingdomtms'),
  bot('barkrowler', 'babbar', 'barkrowler'),
  bot('exabot', 'exalead', 'exabot | exabot-thumbnails'),
  bot('slackbot', 'slack', 'slackbot | slackbot-linkexpanding | slack-imgproxy'),
  bot('discordbot', 'discord', 'discordbot'),
  bot('whatsapp', 'whatsapp-users', 'whatsapp'),
  bot('skype-preview', 'skype', 'skypeuripreview'),
  bot('mastodon', 'mastodon', 'mastodon | pleroma | misskey | friendica | gotosocial | lemmy | akkoma'),
  bot('majestic', 'majestic', 'mj12bot'),
  bot('moz', 'moz', 'dotbot | rogerbot | ezooms'),
  bot('heritrix', 'heritrix', 'heritrix'),
  bot('alexa', 'alexa', 'ia_archiver | alexa site audit'),
  bot('360spider', '360', '360spider | haosouspider | qihoobot'),
  bot('yisou', 'alibaba', 'yisouspider | aliyunsecbot'),
  bot(
    'feed-reader',
    'feed-readers',
    `
    tiny tiny rss | universalfeedparser | feedparser | feedly | feedbin | inoreader | newsblur | theoldreader |
    netvibes | bloglines | feedspot | freshrss | miniflux | liferea | newsgator | netnewswire | simplepie |
    magpierss | rssowl | akregator | feedreader | feeddemon | commafeed | selfoss | rss bandit | gwene |
    newsbeuter | newsboat | superfeedr | feedvalidator | livejournal.com | bazqux | rss2email | rss-parser |
    gofeed | flipboardproxy | flipboardrss | digg feed | blogtrottr | kagi-fetcher | rome client |
    windows-rss-platform | wordpress.com mshots | jetpack by | feedfetcher | feed43 | ifttt | zapier | irssi |
    rssbot | readkit | hatena | livedoor | fastladder | ldr feed
  `,
  ),
  bot(
    'monitor',
    'monitors',
    `
    statuscake | site24x7 | uptime-kuma | uptimebot | freshpingbot | betteruptime | better uptime bot |
    better stack | hetrixtools | nodeping | updown.io | montastic | newrelicpinger | newrelicsynthetics |
    datadogsynthetics | datadog agent | check_http | nagios | zabbix | icinga | kube-probe |
    elb-healthchecker | googlehc | haproxy | consul health | blackbox | blackbox exporter | prometheus |
    amazon-route53-health-check | amazon cloudfront | cloudflare-healthchecks | cloudflare-alwaysonline |
    cloudflare-traffic-manager | jetmon | monitis | alertsite | catchpoint | dotcom-monitor | thousandeyes |
    gtmetrix | ptst | webpagetest | checkly | panopta | pagespeed | keycdn-tools | rackspace monitoring |
    synthetic-monitoring-agent | prtg network monitor | watchmouse | siteuptime | host-tracker | hosttracker |
    uptimia | uptrends | ruxitsynthetic | internetvista | oh dear | ohdear | sucuri | monit/
  `,
  ),
  bot(
    'validator',
    'validators',
    `
    w3c_validator | w3c-checklink | w3c_css_validator | jigsaw | validator.nu | w3c-mobileok | w3c_unicorn |
    w3c_i18n-checker | xenu link sleuth | xenu | linkchecker | deadlinkchecker | screaming frog | sitebulb |
    linklint | checkbot | html5 validator | schema-markup-validator | securityheaders | virustotal | urlscan
  `,
  ),
  bot(
    'link-preview',
    'link-previews',
    `
    embedly | iframely | redditbot | quora link preview | bitlybot | vercelbot | opengraph | metainspector |
    google-linkpreview | line-poker | kakaotalk-scrap | snap url preview | zoombot | cardyb | notionembedder |
    discourse | disqus | pocketparser | instapaper | outbrain | taboolabot | paper.li | paperlibot |
    tweetmemebot | rivva | nuzzel | summify | js-kit | longurl | unshortenit | metauri | postrank |
    percolatecrawler | njuicebot | showyoubot | crowsnest | twikle | birubot | inagist
  `,
  ),
  ...plain(`
    blexbot | dataforseobot | serpstatbot | seokicks | sistrix | linkdex | linkdexbot | megaindex | xovibot |
    seobilitybot | domainstatsbot | domaincrawler | spbot | openlinkprofiler | wotbox | linkpadbot |
    backlinkcrawler | siteexplorer | cognitiveseo | botify | oncrawl | deepcrawl | contentkingapp | ryte |
    rytebot | nutch | apache-nutch | qwantify | qwantbot | mojeekbot | cliqzbot | coccocbot | coccoc |
    istellabot | yacybot | gigabot | gigablast | teoma | ask jeeves | sosospider | youdaobot | ichiro |
    daumoa | zumbot | kagibot | bravebot | youbot | neevabot | seekport | seekportbot | diffbot |
    imagesiftbot | omgili | omgilibot | webzio | cohere-ai | mistralai-user | timpibot | ai2bot | icc-crawler |
    turnitin | turnitinbot | semanticscholarbot | citeseerxbot | bubing | grapeshot | grapeshotcrawler |
    proximic | admantx | criteobot | adbeat | integralads | ias crawler | ias_crawler | peer39_crawler |
    tineye | tineye-bot | trendictionbot | meltwaternews | moreover | brandwatch | mediatoolkitbot |
    awariobot | sysomos | netestate ne crawler | netseer | aboundex | a6-indexer | accelobot | sitecheck |
    sitelockspider | zoominfobot | companybook-crawler | builtwith | wappalyzer | dataprovider | netcraft |
    surveybot | domaintools | paloaltonetworks | webmon | ltx71 | panscient | panscient.com | psbot |
    picsearch | cyberpatrol | changedetection | wbsearchbot | queryseekerspider | findlinks | careerbot |
    indeedbot | jooblebot | trovit | magpie-crawler | velenpublicwebcrawler | crawler4j | sputnikbot |
    statdom | solomonobot | netpeakchecker | aihitbot | nerdybot | garlikcrawler | wesee | wesee:search |
    scoutjet | blekkobot | discobot | dcrawl | hubspot | mixrankbot | cincraw | linespider | applenewsbot |
    phxbot | geedobot | tiktokbot | duplexweb | statically | jugendschutzprogramm-crawler | genieo |
    nimbostratus-bot | plukkie | smtbot | mauibot | tracemyfile | ips-agent | lipperhey | thumbshots |
    pagepeeker | snapbot | websnapr | girafabot | shopwiki | pricebot | sitemap generator | xml sitemaps |
    grub.org | convera | voilabot | jyxobot | envolk | entireweb | accoona | fast-webcrawler |
    fast enterprise | lycos | infoseek | architextspider | zyborg | wisenut | gulliver | ultraseek |
    slackware-bot | twiceler | cuil | charlotte | kalooga | yanga | dts agent | nameprotect | copyrightcheck |
    plagiarismcheck | iodc | winpodder | urlresolver | webcollage | webcapture | urlbox | prerender |
    rendertron | cookiebot | onetrust | usercentrics | observepoint | siteimprove | monsido | monsidobot |
    acquia | silktide | crazyegg | lightspeedsystemscrawler | barracuda | proofpoint | forcepoint |
    trendmicro | bluecoat | websense | fortiguard | zscaler
  `),
];
/** Ids of the two entries that no token names. */
export const UNLISTED_BOT = 1;
export const SEVERAL_NAMES = 2;
