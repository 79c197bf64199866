/**
 * Which release of a browser is out at a moment, and which one somebody still runs. Releases follow public calendars:
 * Chromium's dashboard, whattrainisitnow.com for Firefox, Apple's security releases for Safari. Beyond the last known
 * one the rhythm is carried on.
 */
import type { Random } from '../core/random.ts';

const DAY = 86_400_000;

/** Where worlds without a clock of their own stand. */
export const DEFAULT_TIME_MS = Date.UTC(2026, 0, 15);

interface Rhythm {
  readonly version: number;
  readonly atMs: number;
  readonly days: number;
}

/** Chrome 120 came on 2023-12-05, 144 on 2026-01-13: 32 days apart on average, holidays included. */
const CHROMIUM: Rhythm = { version: 120, atMs: Date.UTC(2023, 11, 5), days: 32 };
/** Firefox 121 came on 2023-12-19, 146 on 2025-12-09. */
const FIREFOX: Rhythm = { version: 121, atMs: Date.UTC(2023, 11, 19), days: 28.9 };

function latest(rhythm: Rhythm, timeMs: number): number {
  return rhythm.version + Math.floor((timeMs - rhythm.atMs) / (rhythm.days * DAY));
}

/** Safari's releases since 2023-12, by date; a new major version comes every September. */
const SAFARI: readonly (readonly [atMs: number, version: string])[] = [
  [Date.UTC(2023, 11, 11), '17.2'],
  [Date.UTC(2024, 0, 22), '17.3'],
  [Date.UTC(2024, 2, 5), '17.4'],
  [Date.UTC(2024, 4, 13), '17.5'],
  [Date.UTC(2024, 6, 29), '17.6'],
  [Date.UTC(2024, 8, 16), '18.0'],
  [Date.UTC(2024, 9, 28), '18.1'],
  [Date.UTC(2024, 11, 11), '18.2'],
  [Date.UTC(2025, 0, 27), '18.3'],
  [Date.UTC(2025, 2, 31), '18.4'],
  [Date.UTC(2025, 4, 12), '18.5'],
  [Date.UTC(2025, 6, 29), '18.6'],
  [Date.UTC(2025, 8, 15), '26.0'],
  [Date.UTC(2025, 10, 3), '26.1'],
  [Date.UTC(2025, 11, 12), '26.2'],
  [Date.UTC(2026, 1, 11), '26.3'],
  [Date.UTC(2026, 2, 24), '26.4'],
];

/**
 * How many days ago somebody last took an update: most within two weeks, some when they next restart, and a tail that
 * has stopped updating.
 */
export function updateLag(random: Random): number {
  const kind = random.uniform();
  if (kind < 0.8) return random.exponential(9);
  if (kind < 0.95) return 14 + random.exponential(40);
  return 90 + random.exponential(300);
}

export function chromiumRelease(timeMs: number, lagDays = 0): number {
  return Math.max(90, latest(CHROMIUM, timeMs - lagDays * DAY));
}

export function firefoxRelease(timeMs: number, lagDays = 0): number {
  return Math.max(91, latest(FIREFOX, timeMs - lagDays * DAY));
}

export function safariRelease(timeMs: number, lagDays = 0): string {
  const at = timeMs - lagDays * DAY;
  let found = SAFARI[0][1];
  for (const [atMs, version] of SAFARI) if (atMs <= at) found = version;
  return found;
}
