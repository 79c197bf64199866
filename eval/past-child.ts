/**
 * Runs the command with a clock that is behind: `past-child.ts FILE WORDS…`. The file says by how many ms; it is read again and again,
 * so that days go by in seconds. What happened to a key in the past few weeks can be let happen that way.
 */
import { readFileSync } from 'node:fs';
import { CLOCK_MS } from './tools/clock.ts';

const [node, , file, ...words] = process.argv;
const real = Date.now.bind(Date);
let behindMs = 0;

function look(): void {
  const behind = Number(readFileSync(file, 'utf8'));
  // Half-written files have no number in them.
  if (Number.isFinite(behind)) behindMs = behind;
}

look();
setInterval(look, CLOCK_MS).unref();
Date.now = () => real() - behindMs;
process.argv = [node, 'sallyport', ...words];
await import('../src/cli/main.ts');
