/**
 * The same as `tools`, with tokens, keys and JSON bodies: the shop signs its tokens, the gateway checks them, people use an app
 * (bearer tokens, GraphQL, vouchers) and two partners fetch the catalogue with their keys. Tools hide behind a browser's
 * User-Agent unless TOOLS_DISGUISED=0; the other variables are those of `tools`.
 */
import type { Figure } from '../../bench/lib/figures.ts';
import { TOKEN_TOOLS } from '../tools/arsenal-tokens.ts';
import { runTools } from '../tools/suite.ts';

export function toolsTokens(print: (text: string) => void): Promise<readonly Figure[]> {
  const how = { seconds: 12, beforeMs: 12_000, disguised: true, tokens: true };
  return runTools({ name: 'tools-tokens', tools: TOKEN_TOOLS, ...how }, print);
}
