/** The generated log behind `npm start`: the same bytes everywhere, and plausible. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { generateSample, MARKER_AGENT } from '../scripts/sample/generate.ts';

const sample = generateSample();
const lines = sample.text.trimEnd().split('\n');

describe('the generated sample', () => {
  it('is the same for the same seed and another for another', () => {
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(hash(generateSample().text)).toBe(hash(sample.text));
    expect(generateSample(2).text).not.toBe(sample.text);
  });

  it('says in its first line that it is made up', () => {
    expect(lines[0]).toContain(MARKER_AGENT);
  });

  it('has the size that npm start promises, each line in the combined format', () => {
    expect(lines.length).toBe(sample.lines);
    expect(lines.length).toBeGreaterThan(60_000);
    expect(lines.length).toBeLessThan(120_000);
    const combined =
      /^[0-9a-f.:]+ - \S+ \[\d\d\/Mar\/2025:\d\d:\d\d:\d\d \+0000\] "[A-Z]+ \/\S* HTTP\/1\.1" \d{3} \d+ "[^"]*" "[^"]+"$/;
    expect(lines.filter((line) => !combined.test(line))).toEqual([]);
  });

  it('uses only addresses that nobody has, except for crawlers, which are known by theirs', () => {
    const invented = /^(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$|^198\.1[89]\.\d+\.\d+$|^2001:db8:/;
    const others = new Set(lines.filter((line) => !invented.test(line.slice(0, line.indexOf(' ')))));
    expect([...others].filter((line) => !/Googlebot|bingbot/.test(line))).toEqual([]);
  });

  it('holds the attacks it says it holds', () => {
    for (const attack of sample.attacks) {
      const by = attack.actors.map((actor) => (actor.endsWith('.0/24') ? actor.slice(0, -4) : actor));
      const mine = lines.filter((line) => by.some((actor) => line.startsWith(actor)));
      expect(mine.length, attack.name).toBeGreaterThanOrEqual(attack.requests);
    }
  });
});
