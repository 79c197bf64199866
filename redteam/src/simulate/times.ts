/** Times and durations as people write them in a scenario. */

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const DURATION = /^\s*(?:\d+(?:\.\d+)?\s*(?:ms|min|s|m|h|d|w)\s*)+$/;

/** Milliseconds of '90s', '2h 30m', '1.5d'; undefined for what is no duration. */
export function duration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|min|s|m|h|d|w)/g))
    sum += Number(count) * UNITS[unit];
  return sum;
}

/** A duration, or a percentage of the world's. */
export function span(text: string, worldMs: number): number | undefined {
  const share = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text);
  return share === null ? duration(text) : (Number(share[1]) / 100) * worldMs;
}

/** Unix ms of a date or of an RFC 3339 time, UTC where it names no zone; undefined for what is neither. */
export function instant(text: string): number | undefined {
  const found = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text.trim());
  if (found === null) return undefined;
  const [, date, time = '00:00', zone = 'Z'] = found;
  const ms = Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A moment of the world: as long after its start as a {@link span} says, or an {@link instant}. */
export function moment(text: string, startMs: number, worldMs: number): number | undefined {
  const after = span(text, worldMs);
  return after === undefined ? instant(text) : startMs + after;
}
