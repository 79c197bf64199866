/** What agents look like, whatever they are called: engines, applications, words that end as the names of bots do. */
import { SOFTWARE_CLASS } from '../facts.ts';
import { type AgentReading, MARK } from './agent.ts';
import { tokenList } from './families.ts';
import { isDigit } from './lexicon.ts';

/** Endings of words that only programs call themselves by. */
const BOT_ENDINGS = tokenList(
  `bot | crawler | crawl | spider | scraper | fetcher | checker | validator | archiver | indexer | harvester |
  downloader | monitor | monitoring | slurp | unfurler`,
).map((word) => new TextEncoder().encode(word));

/** 1 for the bytes that one of them ends with. */
const ENDING_BYTES = new Uint8Array(256);
for (const ending of BOT_ENDINGS) ENDING_BYTES[ending[ending.length - 1]] = 1;

/** "Mozilla/5.0" with an engine is a browser or a view inside an application; without one it says nothing. */
export function mozillaClass(agent: AgentReading): number {
  if (agent.has(MARK.webkit) || agent.has(MARK.gecko) || agent.has(MARK.like) || agent.has(MARK.khtml)) {
    return SOFTWARE_CLASS.browser;
  }
  return agent.contains('cfnetwork/') ? SOFTWARE_CLASS.app : SOFTWARE_CLASS.unknown;
}

/** "Name/1.2 (iPhone; iOS 17.0; …)", the agent that mobile frameworks build from an application's name. */
export function looksLikeApp(agent: AgentReading): boolean {
  if (agent.open === 0 || agent.has(MARK.mozilla)) return false;
  return agent.has(MARK.ios) || agent.has(MARK.iphone) || agent.has(MARK.ipad) || agent.has(MARK.android);
}

/** Does the word `text[start, end)` end as the names of bots do? */
export function endsLikeBot(text: Uint8Array, start: number, end: number): boolean {
  while (end > start && isDigit(text[end - 1])) end--;
  const length = end - start;
  if (length < 3 || ENDING_BYTES[text[end - 1]] === 0) return false;
  for (let i = 0; i < BOT_ENDINGS.length; i++) {
    const ending = BOT_ENDINGS[i];
    const size = ending.length;
    if (length < size || text[end - 2] !== ending[size - 2]) continue;
    let k = 0;
    while (k < size && text[end - size + k] === ending[k]) k++;
    // "CUBOT" makes telephones.
    if (k === size) return !(length === 5 && text[start] === 0x63 && text[start + 1] === 0x75);
  }
  return false;
}

/** Does "like " stand before `at`? */
export function followsLike(text: Uint8Array, at: number): boolean {
  return (
    at >= 5 &&
    text[at - 1] === 0x20 &&
    text[at - 2] === 0x65 &&
    text[at - 3] === 0x6b &&
    text[at - 4] === 0x69 &&
    text[at - 5] === 0x6c
  );
}

/** "http://", "https://" or "www." at the start of a word. */
export function isAddress(text: Uint8Array, at: number, length: number): boolean {
  if (at + 4 >= length) return false;
  if (text[at] === 0x77) return text[at + 1] === 0x77 && text[at + 2] === 0x77 && text[at + 3] === 0x2e;
  if (text[at] !== 0x68 || text[at + 1] !== 0x74 || text[at + 2] !== 0x74 || text[at + 3] !== 0x70) return false;
  const colon = text[at + 4] === 0x73 ? at + 5 : at + 4;
  return colon + 1 < length && text[colon] === 0x3a && text[colon + 1] === 0x2f;
}
