/**
 * What a country decides about its people's traffic: when they are awake, and which languages their browsers ask for.
 */

/** Parts of the world whose week looks alike. */
export type Region = 'europe' | 'north-america' | 'latin-america' | 'asia' | 'oceania' | 'africa-middle-east';

export interface Country {
  readonly region: Region;
  /** Hours that its clocks are ahead of UTC in winter; the middle one for wide countries. */
  readonly utcOffset: number;
  /** Language tag of most browsers there. */
  readonly language: string;
}

const row = (region: Region, utcOffset: number, language: string): Country => ({ region, utcOffset, language });

/**
 * Countries in which networks-access.ts has operators. Offsets as in the tz database, languages as in CLDR's likely
 * ones.
 */
export const COUNTRIES: Readonly<Record<string, Country>> = {
  DE: row('europe', 1, 'de-DE'),
  FR: row('europe', 1, 'fr-FR'),
  GB: row('europe', 0, 'en-GB'),
  IT: row('europe', 1, 'it-IT'),
  ES: row('europe', 1, 'es-ES'),
  PT: row('europe', 0, 'pt-PT'),
  NL: row('europe', 1, 'nl-NL'),
  BE: row('europe', 1, 'nl-BE'),
  SE: row('europe', 1, 'sv-SE'),
  NO: row('europe', 1, 'nb-NO'),
  DK: row('europe', 1, 'da-DK'),
  PL: row('europe', 1, 'pl-PL'),
  CZ: row('europe', 1, 'cs-CZ'),
  RO: row('europe', 2, 'ro-RO'),
  AT: row('europe', 1, 'de-AT'),
  CH: row('europe', 1, 'de-CH'),
  RU: row('europe', 3, 'ru-RU'),
  TR: row('europe', 3, 'tr-TR'),
  US: row('north-america', -6, 'en-US'),
  CA: row('north-america', -5, 'en-CA'),
  MX: row('latin-america', -6, 'es-MX'),
  BR: row('latin-america', -3, 'pt-BR'),
  AR: row('latin-america', -3, 'es-AR'),
  CO: row('latin-america', -5, 'es-CO'),
  PE: row('latin-america', -5, 'es-PE'),
  JP: row('asia', 9, 'ja-JP'),
  KR: row('asia', 9, 'ko-KR'),
  CN: row('asia', 8, 'zh-CN'),
  TW: row('asia', 8, 'zh-TW'),
  HK: row('asia', 8, 'zh-HK'),
  IN: row('asia', 5.5, 'en-IN'),
  ID: row('asia', 7, 'id-ID'),
  VN: row('asia', 7, 'vi-VN'),
  PH: row('asia', 8, 'en-PH'),
  TH: row('asia', 7, 'th-TH'),
  MY: row('asia', 8, 'ms-MY'),
  SG: row('asia', 8, 'en-SG'),
  AU: row('oceania', 10, 'en-AU'),
  NZ: row('oceania', 12, 'en-NZ'),
  ZA: row('africa-middle-east', 2, 'en-ZA'),
  NG: row('africa-middle-east', 1, 'en-NG'),
  KE: row('africa-middle-east', 3, 'en-KE'),
  GH: row('africa-middle-east', 0, 'en-GH'),
  EG: row('africa-middle-east', 2, 'ar-EG'),
  DZ: row('africa-middle-east', 1, 'fr-DZ'),
  IL: row('africa-middle-east', 2, 'he-IL'),
  AE: row('africa-middle-east', 4, 'ar-AE'),
  SA: row('africa-middle-east', 3, 'ar-SA'),
};

/** What is assumed where nothing is known. */
export const NOWHERE: Country = row('north-america', 0, 'en-US');

export function countryOf(code: string): Country {
  return COUNTRIES[code] ?? NOWHERE;
}
