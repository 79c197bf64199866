/** How people get a password wrong: slips of the finger, and guesses of those who have forgotten it. */
import type { Random } from '../core/random.ts';

/** Keys beside each other on the usual keyboard. */
const ROWS = ['1234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

/** A slip: a neighbouring key, a letter left out, doubled or swapped, or caps lock. Never the text itself. */
export function mistyped(text: string, random: Random): string {
  const at = random.below(Math.max(1, text.length));
  const slip = random.below(5);
  const out =
    slip === 0
      ? text.slice(0, at) + neighbour(text[at] ?? 'a', random) + text.slice(at + 1)
      : slip === 1
        ? text.slice(0, at) + text.slice(at + 1)
        : slip === 2
          ? text.slice(0, at) + (text[at] ?? 'a') + text.slice(at)
          : slip === 3
            ? text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2)
            : text.toUpperCase();
  return out === text || out === '' ? `${text}${neighbour('e', random)}` : out;
}

function neighbour(key: string, random: Random): string {
  for (const row of ROWS) {
    const at = row.indexOf(key.toLowerCase());
    if (at >= 0) return row[at === 0 ? 1 : at === row.length - 1 || random.chance(0.5) ? at - 1 : at + 1];
  }
  return random.pick(['1', 'a', '.']);
}

/** What somebody tries who no longer knows: the old one, with another number behind, or that of some other site. */
export function guessed(password: string, random: Random): string {
  const stem = password.replace(/[\d!]+$/, '');
  const out = random.weighted([
    [`${stem}${random.below(100)}`, 3],
    [`${stem}!`, 1],
    [`${stem[0]?.toUpperCase() ?? ''}${stem.slice(1)}1`, 2],
    [`${stem}${2010 + random.below(16)}`, 2],
    [`${random.pick(['summer', 'home', 'family', 'blue', 'mail'])}${random.below(1000)}`, 1],
  ]);
  return out === password ? `${out}1` : out;
}
