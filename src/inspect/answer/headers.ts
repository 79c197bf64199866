/** Headers of an answer, as names and values in turn. */

/** The first value of a header; null where there is none. `name` in small letters. */
export function headerOf(headers: readonly string[], name: string): string | null {
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (headers[i].length === name.length && headers[i].toLowerCase() === name) return headers[i + 1];
  return null;
}

/** Objects that `Content-Range: items 0-24/319` speaks of; −1 where it says nothing, or counts bytes (RFC 9110, 14.4). */
export function rangeCount(headers: readonly string[]): number {
  const value = headerOf(headers, 'content-range');
  if (value === null) return -1;
  const range = /^\s*([a-z][a-z0-9_-]*)[ =](\d{1,9})-(\d{1,9})\//i.exec(value);
  if (range === null || range[1].toLowerCase() === 'bytes') return -1;
  return Math.max(0, Number(range[3]) - Number(range[2]) + 1);
}
