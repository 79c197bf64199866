/** Choosing some of many by their names, so that the chosen are chosen always and whole. */

/** Whether a text is one of the one in `n` that are kept. */
export function oneIn(n: number, text: string): boolean {
  if (n <= 1) return true;
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return ((h ^ (h >>> 16)) >>> 0) % n === 0;
}
