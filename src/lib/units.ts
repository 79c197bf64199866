/** Durations as the code names them, all in milliseconds. */
export const seconds = (n: number): number => n * 1000;
export const minutes = (n: number): number => n * 60_000;
export const hours = (n: number): number => n * 3_600_000;
export const days = (n: number): number => n * 86_400_000;

/** "3 s", "4 min", "2.5 h", "3 d": a duration in milliseconds for people. */
export function humanDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < minutes(2)) return `${trim(ms / 1000)} s`;
  if (ms < hours(2)) return `${trim(ms / minutes(1))} min`;
  if (ms < days(2)) return `${trim(ms / hours(1))} h`;
  return `${trim(ms / days(1))} d`;
}

function trim(n: number): string {
  return n < 10 ? n.toFixed(1).replace(/\.0$/, '') : Math.round(n).toString();
}
