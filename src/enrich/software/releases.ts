/**
 * In which year a browser's major version was current: what makes an agent years older than its request.
 *
 * From the vendors' public release histories. Chrome, Edge on Chromium and Firefox release every few weeks and update
 * themselves, so the year is the one of the release. Safari and Internet Explorer come with the operating system and
 * stay for its life: there the year is the last one in which a supported system still had them.
 */

/** Last major version of each year, from {@link CHROME_FIRST} on. */
const CHROME_FIRST = 2008;
const CHROME = [1, 3, 8, 16, 23, 31, 39, 47, 55, 63, 71, 79, 87, 96, 108, 120, 131, 143];
const FIREFOX_FIRST = 2004;
const FIREFOX = [1, 1, 2, 2, 3, 3, 3, 9, 17, 26, 34, 43, 50, 57, 64, 71, 84, 95, 108, 121, 133, 146];
/** A version number later than the table is dated by this pace. */
const CHROME_PER_YEAR = 12;
const FIREFOX_PER_YEAR = 13;
/** EdgeHTML 12 to 18. */
const EDGE_HTML = [2015, 2015, 2016, 2017, 2017, 2018, 2020];
/** Internet Explorer 5 to 11: supported until about. */
const EXPLORER = [2005, 2010, 2012, 2014, 2014, 2016, 2022];
/** Safari 3 to 18: the release, and two years that its last system lived on. */
const SAFARI = [2009, 2011, 2012, 2014, 2015, 2016, 2017, 2018, 2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026];
/** From 26 on, Safari is numbered by years: 26 came in autumn 2025. */
const SAFARI_BY_YEAR = 26;
/** Years later than this are guesses of an extrapolation: such an agent is taken as current. */
const HORIZON = 2100;

function fromPace(table: readonly number[], first: number, perYear: number, major: number): number {
  for (let i = 0; i < table.length; i++) if (major <= table[i]) return first + i;
  const beyond = Math.floor((major - table[table.length - 1] - 1) / perYear);
  return Math.min(HORIZON, first + table.length + beyond);
}

/** Year of Chrome (or another Chromium's) major version; 0 unknown. */
export function chromeYear(major: number): number {
  return major < 1 ? 0 : fromPace(CHROME, CHROME_FIRST, CHROME_PER_YEAR, major);
}

export function firefoxYear(major: number): number {
  return major < 1 ? 0 : fromPace(FIREFOX, FIREFOX_FIRST, FIREFOX_PER_YEAR, major);
}

export function edgeHtmlYear(major: number): number {
  return EDGE_HTML[major - 12] ?? 0;
}

export function explorerYear(major: number): number {
  if (major < 1) return 0;
  return major < 5 ? 2002 : (EXPLORER[major - 5] ?? 0);
}

/** Year of Safari by its "Version/". */
export function safariYear(major: number): number {
  if (major >= SAFARI_BY_YEAR) return Math.min(HORIZON, 2001 + major);
  return SAFARI[major - 3] ?? 0;
}
