/**
 * Networks in which machines sit: clouds and hosters, the hosts that commercial VPNs rent, and the ranges that search
 * engines publish for their crawlers. A line is: country, weight, operator, prefixes; further prefixes stand on
 * indented lines. Public facts: whois and announcements as in networks-access.ts, and for clouds and crawlers the
 * operators' own lists (aws.amazon.com/ip-ranges.json, gstatic.com/ipranges/googlebot.json,
 * bing.com/toolbox/bingbot.json, search.developer.apple.com/applebot.json, yandex.com/ips, DuckDuckGo's help pages).
 */

/** Weights: rough shares of the automated traffic that small sites see from each. */
export const HOSTING = `
US 12 Amazon: 3.208.0.0/12 34.192.0.0/12 52.4.0.0/14 54.144.0.0/15 2600:1f18::/33
DE 4 Amazon: 18.184.0.0/15 2a05:d014::/35
IE 2 Amazon: 2a05:d018::/35
GB 1 Amazon: 52.56.0.0/16
JP 2 Amazon: 13.112.0.0/14
BR 1 Amazon: 15.228.0.0/16
US 8 Google Cloud: 35.184.0.0/13 34.64.0.0/11 104.196.0.0/14 2600:1900::/32
US 8 Microsoft: 20.64.0.0/11 40.64.0.0/13 52.224.0.0/11 13.64.0.0/14
US 2 Oracle: 129.146.0.0/16 150.136.0.0/16
GB 1 Oracle: 132.145.0.0/16
US 8 DigitalOcean: 159.65.0.0/16 161.35.0.0/16 165.22.0.0/16 167.99.0.0/16 134.209.0.0/16 142.93.0.0/16
  157.245.0.0/16 206.189.0.0/16 64.225.0.0/17 68.183.0.0/16
NL 3 DigitalOcean: 178.62.0.0/16 188.166.0.0/17 2a03:b0c0:2::/48 2a03:b0c0:3::/48
SG 2 DigitalOcean: 128.199.0.0/16 2400:6180::/48
IN 2 DigitalOcean: 139.59.0.0/17
FR 7 OVH: 51.68.0.0/16 51.75.0.0/16 51.77.0.0/16 54.36.0.0/16 145.239.0.0/16 137.74.0.0/16 188.165.0.0/16
  91.121.0.0/16 2001:41d0::/33
CA 3 OVH: 167.114.0.0/16 51.222.0.0/16 149.56.0.0/16 158.69.0.0/16 192.99.0.0/16 198.27.64.0/18
DE 7 Hetzner: 5.9.0.0/16 88.99.0.0/16 116.202.0.0/16 138.201.0.0/16 144.76.0.0/16 148.251.0.0/16 159.69.0.0/16
  49.12.0.0/16 162.55.0.0/16 167.235.0.0/16 2a01:4f8::/32
FI 3 Hetzner: 95.216.0.0/16 135.181.0.0/16 65.108.0.0/16 65.21.0.0/16 2a01:4f9::/32
DE 4 Contabo: 173.212.192.0/18 207.180.192.0/18 5.189.128.0/18 144.91.64.0/18 62.171.128.0/18 161.97.64.0/18
  2a02:c206::/31
DE 2 IONOS: 217.160.0.0/16 212.227.0.0/16 82.165.0.0/16
DE 1 netcup: 89.58.0.0/18 37.221.192.0/21
FR 3 Scaleway: 51.15.0.0/16 51.158.0.0/15 163.172.0.0/16 195.154.0.0/16 62.210.0.0/16
NL 3 LeaseWeb: 5.79.64.0/18 37.48.64.0/18 85.17.0.0/16 95.211.0.0/16
NL 1 WorldStream: 190.2.128.0/19
US 4 Linode: 45.33.0.0/17 45.56.64.0/18 45.79.0.0/16 172.104.0.0/15 2600:3c00::/32
GB 1 Linode: 139.162.192.0/18 2a01:7e00::/32
US 4 Vultr: 45.32.0.0/16 45.63.0.0/17 45.76.0.0/16 45.77.0.0/16 108.61.0.0/16 95.179.128.0/17 2001:19f0::/32
US 3 ColoCrossing: 192.3.0.0/17 107.172.0.0/16 198.46.128.0/18
US 1 FDCservers: 50.7.0.0/16
SG 4 Alibaba Cloud: 47.88.0.0/15 47.74.0.0/15 8.208.0.0/13
CN 4 Alibaba Cloud: 39.96.0.0/13 47.92.0.0/14 120.24.0.0/14 121.40.0.0/14
SG 3 Tencent Cloud: 43.128.0.0/15 150.109.0.0/16 49.51.0.0/16
CN 3 Tencent Cloud: 81.68.0.0/14 118.24.0.0/15 82.157.0.0/16
SG 2 Huawei Cloud: 119.8.0.0/16 159.138.0.0/16 110.238.64.0/18
RU 2 REG.RU: 194.58.88.0/21 37.140.192.0/22
RU 1 Baxet: 185.22.152.0/22
VN 1 NhanHoa: 45.117.80.0/22 103.28.36.0/22
ID 1 Biznet Gio: 103.127.132.0/22
BR 1 Locaweb: 191.252.0.0/16 179.188.0.0/17
ZA 1 xneelo: 129.232.128.0/17
ZA 1 HOSTAFRICA: 102.130.112.0/20
`;

/** Ranges in which commercial VPNs have their exits; most rent them from a hoster. */
export const VPN = `
RO 6 M247: 146.70.0.0/17 45.87.212.0/22 5.253.204.0/22 2a0d:5600:8::/48
GB 4 M247: 217.138.192.0/20 185.230.124.0/22 82.102.16.0/20
US 8 Datacamp: 156.146.32.0/19 138.199.0.0/18 143.244.32.0/19 149.40.48.0/20 2a02:6ea0:c000::/36
GB 5 Datacamp: 195.181.160.0/20 84.17.32.0/19 212.102.32.0/19 149.34.240.0/20 2a02:6ea0:d000::/36
CZ 3 Datacamp: 89.187.160.0/19 185.59.220.0/22 37.19.192.0/20 79.127.128.0/17
SE 3 Mullvad: 185.213.154.0/24 185.65.134.0/24 185.65.135.0/24 193.138.218.0/24 45.83.220.0/24 2a03:1b20:5::/48
PA 3 PacketHub: 192.145.116.0/22
CH 2 Proton: 185.159.157.0/24
US 1 tzulo: 198.54.128.0/24
NL 1 NForce: 185.107.56.0/24 212.92.104.0/21
US 2 Performive: 66.115.128.0/18
US 4 Cloudflare WARP: 104.28.0.0/17
AU 1 Host Universal: 103.75.11.0/24
`;

/** Crawlers by name, with the ranges from which their requests really come. */
export const CRAWLERS: Readonly<Record<string, string>> = {
  googlebot:
    '66.249.64.0/23 66.249.66.0/24 66.249.68.0/22 66.249.72.0/22 66.249.76.0/23 66.249.79.128/25 ' +
    '192.178.4.0/24 192.178.6.0/23 2001:4860:4801:10::/60',
  bingbot:
    '157.55.39.0/24 207.46.13.0/24 40.77.167.0/24 13.66.139.0/24 52.167.144.0/24 40.77.188.0/22 65.55.210.0/24 ' +
    '199.30.24.0/23 40.77.202.0/24 40.77.178.0/23 20.15.133.160/27',
  applebot:
    '17.22.237.0/24 17.22.245.0/24 17.22.253.0/24 17.241.75.0/24 17.241.219.0/24 17.241.227.0/24 17.246.15.0/24',
  duckduckbot: '20.191.45.212/32 40.88.21.235/32 40.76.173.151/32 40.76.163.7/32 57.152.72.128/32',
  yandexbot: '5.255.231.0/24 87.250.224.0/24 95.108.213.0/24 213.180.203.0/24 2a02:6b8:c00::/40',
  baiduspider: '180.76.15.0/24 116.179.32.0/24',
  petalbot: '114.119.128.0/19',
};

/** Weights of crawlers when nobody asks for one: pages fetched from a middling site. */
export const CRAWLER_SHARES: readonly (readonly [string, number])[] = [
  ['googlebot', 45],
  ['bingbot', 25],
  ['applebot', 8],
  ['yandexbot', 8],
  ['petalbot', 7],
  ['baiduspider', 4],
  ['duckduckbot', 3],
];
