/** Where the operators of well-known bots say that these come from. Sources: README.md. */

/** What an operator published about the origin of its bots. */
export interface Origin {
  /** Systems that carry the operator's own machines and nobody else's: an address in them proves the name. */
  readonly asns?: readonly number[];
  /** Networks that prove the name wherever they are announced. */
  readonly ranges?: readonly string[];
  /** Systems it also uses but that anybody can rent from: they neither prove nor disprove. */
  readonly rented?: readonly number[];
  /** True where `asns`, `ranges` and `rented` together are all there is: an address outside is an impostor's. */
  readonly complete: boolean;
}

const AMAZON = [16509, 14618, 8987, 7224, 801];
const MICROSOFT = [8075, 8068, 8069];
const GOOGLE_CLOUD = [396982, 19527, 36492];

/** Operators by name; those without an entry publish nothing that could be checked offline. */
export const ORIGINS: Readonly<Record<string, Origin>> = {
  google: {
    asns: [15169, 43515, 36384, 36040],
    ranges: [
      '66.249.64.0/19',
      '64.233.160.0/19',
      '66.102.0.0/20',
      '72.14.192.0/18',
      '74.125.0.0/16',
      '209.85.128.0/17',
      '216.239.32.0/19',
      '192.178.4.0/22',
      '2001:4860:4801::/48',
    ],
    rented: GOOGLE_CLOUD,
    complete: true,
  },
  bing: {
    // The system itself is also Azure's, where anybody can rent: only these networks prove anything.
    ranges: [
      '157.54.0.0/15',
      '157.56.0.0/14',
      '207.46.0.0/16',
      '65.55.0.0/16',
      '65.52.104.0/21',
      '131.253.24.0/21',
      '131.253.32.0/19',
      '199.30.16.0/20',
      '204.79.180.0/23',
      '40.77.160.0/19',
      '13.66.139.0/24',
      '13.66.144.0/24',
      '52.167.144.0/24',
      '13.67.10.16/28',
      '13.69.66.240/28',
      '13.71.172.224/28',
      '139.217.52.0/28',
      '191.233.204.224/28',
      '20.36.108.32/28',
      '20.43.120.16/28',
      '40.79.131.208/28',
      '40.79.186.176/28',
      '52.231.148.0/28',
      '20.79.107.240/28',
      '51.105.67.0/28',
      '20.125.163.80/28',
      '40.77.139.0/25',
      '20.74.197.0/28',
      '20.15.133.160/27',
    ],
    rented: MICROSOFT,
    complete: true,
  },
  apple: {
    asns: [714, 6185, 2709, 215050, 216183],
    ranges: ['17.0.0.0/8', '2620:149::/32', '2403:300::/32', '2a01:b740::/32'],
    complete: true,
  },
  duckduckgo: { asns: [42729], ranges: ['72.94.249.32/29'], rented: [...AMAZON, ...MICROSOFT], complete: true },
  yandex: {
    asns: [13238, 208722, 44534, 207207],
    ranges: [
      '5.255.192.0/18',
      '77.88.0.0/18',
      '87.250.224.0/19',
      '93.158.128.0/18',
      '95.108.128.0/17',
      '100.43.64.0/19',
      '141.8.128.0/18',
      '178.154.128.0/18',
      '199.21.96.0/22',
      '213.180.192.0/19',
      '2a02:6b8::/29',
    ],
    rented: [200350, 202611, 210656, 215013],
    complete: true,
  },
  baidu: { asns: [38365, 55967, 38627, 133746, 199506, 63288], complete: false },
  facebook: {
    asns: [32934, 54115, 63293, 149642],
    ranges: [
      '31.13.24.0/21',
      '31.13.64.0/18',
      '57.141.0.0/16',
      '66.220.144.0/20',
      '69.63.176.0/20',
      '69.171.224.0/19',
      '129.134.0.0/16',
      '157.240.0.0/16',
      '173.252.64.0/18',
      '179.60.192.0/22',
      '185.60.216.0/22',
      '204.15.20.0/22',
      '2a03:2880::/29',
      '2620:0:1c00::/40',
    ],
    complete: true,
  },
  twitter: { asns: [13414, 35995, 63179], rented: [...AMAZON, ...GOOGLE_CLOUD, 31898], complete: false },
  linkedin: {
    asns: [14413, 13443, 20366, 40793, 55163, 197613, 202745],
    ranges: ['108.174.0.0/20', '144.2.0.0/22', '199.101.160.0/22'],
    rented: MICROSOFT,
    complete: true,
  },
  pinterest: { asns: [53620], ranges: ['54.236.1.0/24'], rented: AMAZON, complete: true },
  yahoo: {
    asns: [
      10310, 7280, 10880, 14196, 14776, 14777, 14778, 14779, 14780, 16515, 17110, 26101, 36088, 36229, 36646, 36647,
      36752, 393245, 5779, 7233, 10229, 10230, 15635, 18293, 23879, 23880, 23926, 24376, 34010, 38032, 38072, 39995,
      42173, 43428, 45863, 45915, 56173, 203070, 203219, 203220,
    ],
    ranges: [
      '8.12.144.0/24',
      '66.196.64.0/18',
      '66.228.160.0/19',
      '67.195.0.0/16',
      '68.142.192.0/18',
      '68.180.128.0/17',
      '72.30.0.0/16',
      '74.6.0.0/16',
      '98.136.0.0/14',
      '202.160.176.0/20',
      '209.191.64.0/18',
    ],
    complete: true,
  },
  seznam: { asns: [43037, 200600], ranges: ['77.75.72.0/21', '2a02:598::/32'], complete: true },
  petal: { ranges: ['114.119.128.0/18'], rented: [136907, 55990, 265443], complete: true },
  sogou: { rented: [4134, 4808, 4837, 23724, 45090, 132203], complete: false },
  naver: { asns: [23576, 23982], complete: false },
  mailru: { asns: [47764, 47541, 47542, 49988, 28709, 207970, 213235], complete: true },
  archive: { asns: [7941, 207315, 399784], ranges: ['207.241.224.0/20'], complete: false },
  openai: {
    ranges: [
      '20.171.206.0/23',
      '52.230.152.0/24',
      '52.233.106.0/24',
      '4.227.36.0/25',
      '20.42.10.176/28',
      '172.203.190.128/28',
      '51.8.102.0/24',
      '135.234.64.0/24',
      '20.125.66.80/28',
      '132.196.86.0/24',
      '104.210.140.128/28',
    ],
    rented: MICROSOFT,
    complete: true,
  },
  anthropic: {
    asns: [399358, 401551],
    ranges: ['160.79.104.0/21', '2607:6bc0::/48'],
    rented: [...AMAZON, ...GOOGLE_CLOUD],
    complete: true,
  },
  perplexity: { rented: AMAZON, complete: false },
  amazon: { rented: AMAZON, complete: true },
  commoncrawl: { ranges: ['18.97.9.168/29', '18.97.14.80/29', '18.97.14.88/30'], rented: AMAZON, complete: true },
  bytedance: { asns: [396986, 138699], complete: false },
  ahrefs: {
    asns: [140577],
    ranges: ['54.36.148.0/23', '195.154.122.0/23', '51.222.253.0/26'],
    rented: [16276, 12876, 24940],
    complete: false,
  },
  semrush: {
    asns: [209366],
    ranges: ['46.229.160.0/20', '185.191.171.0/24', '85.208.96.0/22'],
    rented: [39572],
    complete: true,
  },
  telegram: {
    asns: [62041, 59930, 62014, 44907, 211157],
    ranges: ['149.154.160.0/20', '91.108.4.0/22', '2001:67c:4e8::/48'],
    complete: true,
  },
  uptimerobot: {
    ranges: ['69.162.124.224/28', '63.143.42.240/28', '216.144.248.16/28', '216.245.221.80/28', '216.144.250.150/32'],
    complete: false,
  },
  pingdom: { asns: [57597, 200588], complete: false },
  babbar: { asns: [210743], rented: [16276], complete: false },
  exalead: { ranges: ['178.255.215.0/24'], complete: false },
  slack: { rented: AMAZON, complete: true },
  discord: { rented: GOOGLE_CLOUD, complete: false },
};
