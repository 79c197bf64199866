/**
 * Texts out of small grammars: a rule is a list of alternatives, `«name»` in them stands for a rule. The payloads are mechanisms,
 * put together anew for every campaign, and no collection of known ones.
 */
import type { Random } from '../core/random.ts';

export type Grammar = Readonly<Record<string, readonly string[]>>;

/** A text derived from a rule. @throws RangeError for a rule that is not there. */
export function derive(grammar: Grammar, rule: string, random: Random): string {
  const alternatives = grammar[rule];
  if (alternatives === undefined) throw new RangeError(`no such rule: ${rule}`);
  return random.pick(alternatives).replace(/«([a-z]+)»/g, (_, name: string) => derive(grammar, name, random));
}

/** How payloads are wrapped, so that simple filters do not see them: the more, the later the level. */
export function disguised(text: string, level: number, random: Random): string {
  let out = text;
  if (level >= 1 && random.chance(0.4)) out = mixedCase(out, random);
  if (level >= 2 && random.chance(0.4)) out = out.replaceAll(' ', () => random.pick(['/**/', '%09', '+', '%0a', ' ']));
  if (level >= 3 && random.chance(0.35)) out = percent(out, random);
  return out;
}

function mixedCase(text: string, random: Random): string {
  let out = '';
  for (const character of text) out += random.chance(0.5) ? character.toUpperCase() : character.toLowerCase();
  return out;
}

/** Some characters as %XX, so that they are encoded twice where the request line encodes them again. */
function percent(text: string, random: Random): string {
  let out = '';
  for (const character of text) {
    const code = character.charCodeAt(0);
    const encode = code < 128 && /[^A-Za-z0-9]/.test(character) && random.chance(0.6);
    out += encode ? `%${code.toString(16).padStart(2, '0')}` : character;
  }
  return out;
}
