/**
 * Attack tools that nobody here wrote, as Debian has them, against the sample shop behind `sallyport serve --enforce`, with people
 * in the shop before, during and after. Each runs twice: from an address of its own, and from one with twenty people behind it.
 *
 * TOOLS_ONLY (names with commas), TOOLS_SETTINGS (own,shared), TOOLS_SECONDS (20), TOOLS_SEED, TOOLS_DISGUISED=1 (tools hide
 * behind a browser's User-Agent), TOOLS_KEEP=1 (keeps journal and requests of each run).
 */
import type { Figure } from '../../bench/lib/figures.ts';
import { TOOLS } from '../tools/arsenal.ts';
import { runTools } from '../tools/suite.ts';

export function tools(print: (text: string) => void): Promise<readonly Figure[]> {
  return runTools({ name: 'tools', tools: TOOLS, seconds: 20, disguised: false, tokens: false }, print);
}
