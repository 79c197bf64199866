/** Mobile apps and devices: what their HTTP stacks say of them. */
import type { Client } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { countryOf } from './countries.ts';

type Profile = Omit<Client, 'address'>;

export interface AppOptions {
  /** The app's name as it stands in its User-Agent. */
  readonly name?: string;
  readonly country?: string;
  readonly system?: 'android' | 'ios';
}

const ANDROID_MODELS = [
  'SM-S918B',
  'SM-A546B',
  'SM-A155F',
  'Pixel 8',
  'Pixel 7a',
  'M2101K6G',
  '2201117TG',
  'CPH2451',
  'RMX3710',
];
const ANDROID_RELEASES = [
  ['16', 12],
  ['15', 28],
  ['14', 24],
  ['13', 18],
  ['12', 10],
  ['11', 8],
] as const;
const IOS_RELEASES = [
  ['26.1.0', 30],
  ['18.7.1', 25],
  ['18.6.2', 18],
  ['18.5.0', 12],
  ['17.7.2', 9],
  ['16.7.11', 6],
] as const;

const profiles = new Map<string, Profile>();

function shared(key: string, make: () => Profile): Profile {
  let profile = profiles.get(key);
  if (profile === undefined) {
    profile = make();
    profiles.set(key, profile);
  }
  return profile;
}

/** A shop's own app on somebody's phone. @param release as the app calls itself: '4.12.0'. */
export function mobileApp(random: Random, release: string, options: AppOptions = {}): Profile {
  const name = options.name ?? 'Shop';
  const ios = options.system === undefined ? random.chance(0.4) : options.system === 'ios';
  const system = ios ? random.weighted(IOS_RELEASES) : random.weighted(ANDROID_RELEASES);
  const model = ios ? '' : random.pick(ANDROID_MODELS);
  const { language } = countryOf(options.country ?? 'US');
  return shared(`app/${name}/${release}/${system}/${model}/${language}`, () => {
    const build = release.split('.').reduce((sum, part) => sum * 100 + Number(part), 0);
    return {
      agent: ios
        ? `${name}/${release} (com.example.${name.toLowerCase()}; build:${build}; iOS ${system}) Alamofire/5.9.1`
        : `${name}/${release} (Android ${system}; ${model}) okhttp/4.12.0`,
      protocol: 'HTTP/2.0',
      headers: ios
        ? {
            accept: 'application/json',
            'accept-encoding': 'br;q=1.0, gzip;q=0.9, deflate;q=0.8',
            'accept-language': `${language};q=1.0`,
            'x-app-version': release,
          }
        : {
            accept: 'application/json',
            'accept-language': language,
            'x-app-version': release,
            'accept-encoding': 'gzip',
          },
    };
  });
}

const BOARDS = [
  ['ESP32HTTPClient', 4],
  ['esp-idf/5.1.2 esp32', 3],
  ['Zephyr/3.6', 1],
  ['libcurl/8.4.0 OpenWrt', 2],
  ['Mbed TLS 3.5', 1],
] as const;

/** A meter, sensor or gateway that reports by itself. @param firmware its release: '2.3.1'. */
export function device(random: Random, firmware: string): Profile {
  const board = random.weighted(BOARDS);
  return shared(`device/${firmware}/${board}`, () => ({
    agent: `unit-fw/${firmware} (${board})`,
    protocol: 'HTTP/1.1',
    headers: { accept: '*/*', connection: 'close', 'content-type': 'application/json' },
  }));
}
