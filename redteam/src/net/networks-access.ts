/**
 * Networks that people and devices sit in: fixed-line providers, mobile carriers, universities and companies. A line
 * is: country, weight, operator, prefixes; further prefixes stand on indented lines. The prefixes are public facts:
 * whois of the five registries (RIPE, ARIN, APNIC, LACNIC, AFRINIC) names the holders, and route collectors
 * (RouteViews, RIPE RIS) show who announces them; each was held against announcements of June 2026.
 */

/** Weights: rough numbers of lines, in millions. */
export const RESIDENTIAL = `
DE 14 Deutsche Telekom: 79.192.0.0/10 84.128.0.0/10 87.128.0.0/10 91.0.0.0/10 93.192.0.0/10 217.80.0.0/12
  2003:c0::/26 2003:e0::/27
DE 10 Vodafone: 77.20.0.0/14 95.88.0.0/14 178.24.0.0/14 188.192.0.0/14 88.64.0.0/12 92.72.0.0/13 2a02:8100::/27
DE 3 Telefonica Germany: 77.0.0.0/12 78.48.0.0/13 2a02:3100::/24
FR 12 Orange: 86.192.0.0/11 90.0.0.0/11 92.128.0.0/11 82.120.0.0/13 2a01:cb00::/26
FR 7 Free: 82.64.0.0/14 88.120.0.0/13 88.160.0.0/11 2a01:e34::/32
FR 6 SFR: 77.192.0.0/12 93.0.0.0/11 84.96.0.0/13 109.0.0.0/11 2a02:8400::/25
FR 5 Bouygues: 176.132.0.0/14 2001:861::/32
GB 9 BT: 81.128.0.0/11 86.128.0.0/10 109.144.0.0/12 2a00:23c4::/30
GB 6 Virgin Media: 86.0.0.0/11 80.0.0.0/13
GB 6 Sky: 2.216.0.0/13 90.192.0.0/11 94.0.0.0/12 2a02:c7c::/30
IT 8 Telecom Italia: 79.0.0.0/10 87.0.0.0/11 95.224.0.0/11 82.48.0.0/12
IT 3 Fastweb: 93.32.0.0/12
IT 3 Vodafone Italia: 2.32.0.0/12
ES 6 Telefonica de Espana: 83.32.0.0/11 88.0.0.0/11 80.24.0.0/13 79.144.0.0/12
PT 2 MEO: 85.240.0.0/13 2001:8a0::/32
NL 3 KPN: 77.160.0.0/12 2a02:a440::/26
NL 4 Ziggo: 84.24.0.0/13 83.80.0.0/13 2001:1c00::/24
BE 2 Proximus: 109.128.0.0/13 2a02:a000::/26
BE 2 Telenet: 84.192.0.0/13 2a02:1800::/24
SE 2 Telia: 78.64.0.0/12 81.224.0.0/12 90.224.0.0/12 2001:2042::/32
PL 4 Orange Polska: 83.0.0.0/11 79.184.0.0/13 2a01:1110::/28
RU 10 Rostelecom: 178.64.0.0/13 90.150.0.0/15
TR 8 Turk Telekom: 78.160.0.0/11 85.96.0.0/12 88.224.0.0/11
RO 3 DIGI: 5.12.0.0/14 86.120.0.0/14 2a02:2f00::/28
CZ 1 O2 Czech: 90.176.0.0/14
AT 2 A1: 91.112.0.0/14 178.188.0.0/14
CH 2 Swisscom: 85.0.0.0/14 178.192.0.0/13 2a02:1200::/27
NO 1 Telenor: 85.164.0.0/14
DK 1 TDC: 87.48.0.0/13
US 31 Comcast: 24.0.0.0/12 67.160.0.0/11 73.0.0.0/9 76.96.0.0/11 98.192.0.0/10 71.192.0.0/12 2601:140::/28
  2601:240::/28 2601:640::/28
US 15 AT&T: 99.0.0.0/12 108.192.0.0/11 107.192.0.0/12 2600:1700::/28
US 30 Charter: 72.176.0.0/13 97.80.0.0/13 75.128.0.0/13 174.96.0.0/14 2603:8080::/32 2603:7000::/32 2603:6010::/32
US 8 Verizon Fios: 71.162.0.0/16 96.232.0.0/14 100.0.0.0/14 2600:4040::/32
US 6 Cox: 68.0.0.0/12 72.192.0.0/11 98.160.0.0/11 2600:8800::/28
US 4 CenturyLink: 67.0.0.0/14 174.16.0.0/13
CA 3 Rogers: 99.224.0.0/11 72.136.0.0/13 2607:fea8::/32
CA 4 Bell: 70.48.0.0/13 142.112.0.0/14 76.64.0.0/13
CA 2 Shaw: 70.64.0.0/12 68.144.0.0/13 24.64.0.0/13
CA 2 Videotron: 24.200.0.0/14 70.80.0.0/14
MX 10 Telmex: 189.128.0.0/11 201.102.0.0/15
MX 4 Megacable: 187.240.0.0/14
BR 6 Vivo: 187.56.0.0/15 189.18.0.0/15 191.8.0.0/14 2804:7f4::/32
BR 10 Claro: 187.20.0.0/14 177.32.0.0/14 189.120.0.0/14 186.204.0.0/14 179.208.0.0/12
AR 4 Telecom Argentina: 181.28.0.0/14 181.0.0.0/13 190.18.0.0/15
AR 1 Telecentro: 2800:810:400::/40
AR 2 Telefonica de Argentina: 186.128.0.0/13 190.172.0.0/14
CO 1 ETB: 190.24.0.0/14
PE 2 Telefonica del Peru: 190.232.0.0/13
JP 12 NTT OCN: 114.144.0.0/12 118.0.0.0/12 122.16.0.0/12 153.128.0.0/10 180.0.0.0/10 2400:4050::/28
JP 8 SoftBank: 126.0.0.0/11 60.64.0.0/11 2400:2400::/24
JP 6 KDDI: 111.96.0.0/12 59.128.0.0/12 240f::/24
KR 9 Korea Telecom: 112.160.0.0/11 118.32.0.0/11 121.128.0.0/11 175.192.0.0/11
KR 6 SK Broadband: 1.224.0.0/11 58.120.0.0/13 175.112.0.0/12
CN 8 China Telecom: 58.32.0.0/13 116.224.0.0/12 180.152.0.0/13 101.80.0.0/12 240e:300::/24
CN 6 China Unicom: 111.192.0.0/12 114.240.0.0/12 123.112.0.0/12 112.224.0.0/11
TW 4 Chunghwa Telecom: 1.160.0.0/12 36.224.0.0/12 61.216.0.0/13 111.240.0.0/12 114.32.0.0/12
IN 7 Airtel Broadband: 122.160.0.0/12
IN 4 BSNL: 59.88.0.0/13 117.192.0.0/10
IN 2 ACT: 106.51.0.0/16
ID 10 Telkom Indonesia: 36.64.0.0/11 125.160.0.0/13 180.248.0.0/14
VN 7 VNPT: 14.160.0.0/11 113.160.0.0/11 123.16.0.0/12 2001:ee0::/32
VN 8 Viettel: 115.72.0.0/13 171.224.0.0/11 27.64.0.0/12 2402:800::/32
PH 4 PLDT: 49.144.0.0/13 112.200.0.0/13 124.104.0.0/14
TH 4 True: 58.8.0.0/14 171.96.0.0/13
MY 3 Telekom Malaysia: 175.136.0.0/13 60.48.0.0/14 115.132.0.0/14 2001:e68::/32
SG 1 StarHub: 116.86.0.0/15
AU 4 Telstra: 58.160.0.0/12 101.160.0.0/11 121.208.0.0/12 124.176.0.0/12 2001:8003::/32
AU 2 TPG: 14.200.0.0/14 110.174.0.0/15
AU 2 Optus: 122.104.0.0/14
NZ 1 One NZ: 49.224.0.0/14 121.72.0.0/14
ZA 2 Vox: 41.193.0.0/16
KE 1 Jamii Telecommunications: 197.232.0.0/16
EG 6 TE Data: 41.32.0.0/12 197.32.0.0/11 102.40.0.0/13
DZ 3 Telecom Algeria: 105.100.0.0/14
NG 1 Spectranet: 154.120.64.0/18
IL 2 Bezeq: 109.64.0.0/14 84.110.0.0/15
AE 1 Etisalat: 86.96.0.0/14
SA 2 STC: 188.48.0.0/13 2.88.0.0/14
`;

/** Weights: rough numbers of subscribers, in units of five million. */
export const MOBILE = `
US 25 T-Mobile US: 172.32.0.0/11 208.54.0.0/17 2607:fb90::/32 2607:fb91::/32
US 25 Verizon Wireless: 174.192.0.0/10 70.192.0.0/11 2600:1000::/32 2600:1010::/32 2600:100e::/32 2600:1014::/32
US 20 AT&T Mobility: 107.64.0.0/11 2600:380::/28
DE 8 Telekom Mobilfunk: 80.187.64.0/18 37.80.0.0/13 2a01:598::/32
DE 7 Vodafone Mobil: 109.40.0.0/13 2a00:20::/32
DE 7 O2: 176.0.0.0/13 46.114.0.0/15 2a02:3032::/31
GB 6 EE: 31.94.0.0/16 213.205.192.0/18 2a01:4c8::/32
GB 3 Three: 188.28.0.0/14 94.197.0.0/16 92.40.168.0/21
GB 4 Vodafone: 212.183.128.0/20 185.69.144.0/22
FR 7 Orange Mobile: 92.184.96.0/19 2a01:cb1a::/32
FR 5 Free Mobile: 37.160.0.0/12
FR 4 Bouygues Mobile: 176.158.0.0/15
IT 5 Vodafone Italia: 5.90.0.0/15 2.40.0.0/13
IT 5 WindTre: 151.34.0.0/15
ES 4 Movistar: 176.80.0.0/13
ES 3 Vodafone: 77.208.0.0/14 46.24.0.0/14 31.4.0.0/16
PL 4 Orange: 31.60.0.0/14
PL 2 Polkomtel: 5.172.224.0/19
RU 5 MegaFon: 31.173.80.0/20
TR 6 Turkcell: 5.24.0.0/14 178.240.0.0/13 31.140.0.0/14
JP 12 NTT Docomo: 49.98.0.0/16 1.72.0.0/14
JP 9 au: 106.128.0.0/10
KR 6 SK Telecom: 223.32.0.0/11 2001:2d8::/32
KR 4 KT Mobile: 39.7.0.0/16
CN 20 China Mobile: 117.128.0.0/14 2409:8900::/24
IN 40 Jio: 49.32.0.0/12 157.32.0.0/12 2409:4000::/22
IN 30 Airtel: 106.200.0.0/14 2401:4900::/32
ID 14 Telkomsel: 114.124.0.0/16 182.0.0.0/15
ID 8 Indosat: 120.188.0.0/16
PH 6 Globe: 112.198.0.0/16 110.54.128.0/17
TH 4 DTAC: 1.46.0.0/15
MY 2 Digi: 115.164.0.0/16
BR 9 Claro: 187.68.0.0/14
BR 10 Vivo: 179.224.0.0/13
MX 4 AT&T Mexico: 201.175.128.0/17
ZA 5 Vodacom: 41.13.0.0/16
ZA 5 MTN: 41.114.0.0/15
ZA 2 Cell C: 105.0.0.0/12
NG 9 MTN: 197.210.0.0/16 102.88.0.0/13
NG 6 Airtel: 105.112.0.0/16
KE 5 Safaricom: 105.160.0.0/13
GH 3 MTN: 154.160.0.0/12
EG 4 Etisalat Misr: 156.160.0.0/11
SA 3 Mobily: 31.166.0.0/15
SA 4 STC: 37.104.0.0/14
AE 2 du: 94.200.0.0/13
AU 5 Telstra: 1.128.0.0/13 1.136.0.0/14
AU 3 Optus: 49.180.0.0/14
AU 2 Vodafone: 101.112.0.0/13
`;

/** Universities' and companies' own networks, and the web proxies that offices send their traffic through. */
export const OFFICE = `
US 1 MIT: 128.30.0.0/15
US 1 Stanford: 171.64.0.0/14
US 1 UC Berkeley: 128.32.0.0/16 2607:f140::/32
CA 1 University of Waterloo: 129.97.0.0/16
CA 1 University of Toronto: 142.150.0.0/15
CH 1 SWITCH: 129.132.0.0/16 130.60.0.0/16 2001:620::/32
DE 1 Leibniz-Rechenzentrum: 141.84.0.0/16 129.187.0.0/16
DE 1 DFN: 139.18.0.0/16 2001:638::/32
DE 1 GWDG: 134.76.0.0/16
DE 1 Mercedes-Benz: 53.0.0.0/8
GB 2 Jisc: 131.111.0.0/16 129.67.0.0/16 163.1.0.0/16 130.88.0.0/16 2001:630::/32
FR 1 Renater: 2001:660::/32
IT 1 GARR: 2001:760::/32
ES 1 CSUC: 147.83.0.0/16
NL 1 SURF: 130.89.0.0/16 145.97.0.0/17
SE 1 SUNET: 130.237.0.0/16 2001:6b0::/32
DK 1 Forskningsnettet: 130.225.0.0/16
BR 1 Universidade de Sao Paulo: 143.107.0.0/16
MX 1 UNAM: 132.248.0.0/16
JP 1 University of Tokyo: 133.11.0.0/16
JP 1 University of Tsukuba: 130.158.0.0/16
KR 1 Seoul National University: 147.46.0.0/16
KR 1 Hanyang University: 166.104.0.0/16
TW 1 TANet: 140.112.0.0/16
CN 1 CERNET: 166.111.0.0/16
HK 1 City University of Hong Kong: 144.214.0.0/16
SG 1 National University of Singapore: 137.132.0.0/17
AU 1 AARNet: 130.102.0.0/16 2001:388::/32
AU 1 University of Melbourne: 128.250.0.0/16
NZ 1 University of Auckland: 130.216.0.0/16
ZA 1 University of Cape Town: 137.158.0.0/16
ZA 1 TENET: 146.141.0.0/16
IL 1 IUCC: 132.66.0.0/16 128.139.0.0/16
US 1 Ford: 19.0.0.0/9
US 1 Apple: 17.0.0.0/11
US 4 Zscaler: 104.129.192.0/20 136.226.0.0/17 165.225.0.0/18
DE 2 Zscaler: 147.161.160.0/19
`;
