/**
 * The client's software, from its User-Agent: family, class, declared bot, and whether the string can be true.
 *
 * Nothing of this proves anything: an agent is what the client chose to say. What it declares against itself (a scanner's
 * name) is believed; what it declares in its favour (a search engine's name) is only believed with bots.ts.
 */
import { FLAG, SOFTWARE_CLASS } from './facts.ts';
import { AgentReading, MARK, MARK_TOKENS } from './software/agent.ts';
import { BOTS, SEVERAL_NAMES, UNLISTED_BOT } from './software/catalogue.ts';
import { ODD_REASONS, oddReason } from './software/contradictions.ts';
import { FAMILY_BLOCKS, type Family } from './software/families.ts';
import { isWordByte, Lexicon } from './software/lexicon.ts';
import { ORIGINS } from './software/origins.ts';
import { chromeYear, edgeHtmlYear, explorerYear, firefoxYear, safariYear } from './software/releases.ts';
import { endsLikeBot, followsLike, isAddress, looksLikeApp, mozillaClass } from './software/shapes.ts';

/** A bot's software family is this plus its bot id. */
export const BOT_FAMILIES = 1000;
/** Distinct agents remembered; the least recently stored of a set of four goes first. */
const CACHE_SETS = 4096;
const WAYS = 4;
/** Cells of a remembered agent: a set of four fills one line of the cache. */
const CELL = { keyHi: 0, keyLo: 1, low: 2, high: 3, size: 4 } as const;
/** A browser this many years older than the event counts as stale: {@link isStale}. */
export const STALE_YEARS = 4;

export interface SoftwareResult {
  /** Family id; {@link softwareName} names it. 0 unknown. */
  software: number;
  /** SOFTWARE_CLASS. */
  softwareClass: number;
  /** Bot id; {@link botName} names it. 0 for what does not declare itself a bot. */
  bot: number;
  /** FLAG.ODD_AGENT and FLAG.NO_AGENT, or 0. */
  flags: number;
  /** Year in which the browser's version was current, 0 where unknown. */
  releaseYear: number;
  /** Why it is odd; {@link oddAgentReason} says it. */
  oddReason: number;
}

const families = new Map<number, Family>();
for (const { first, families: block } of FAMILY_BLOCKS) {
  for (let i = 0; i < block.length; i++) families.set(first + i, block[i]);
}
const familyId = (name: string): number => {
  for (const [id, family] of families) if (family.name === name) return id;
  throw new RangeError(`no software family "${name}"`);
};
const MOZILLA = familyId('mozilla');
const SAFARI = familyId('safari');
const ANDROID_BROWSER = familyId('android-browser');
const EXPLORER = familyId('internet-explorer');
const FIREFOX = familyId('firefox');
const APPLE_NETWORK = familyId('apple-network');

/** Name of a software family: "chrome", "curl", "googlebot"; "" for 0. */
export function softwareName(id: number): string {
  return id > BOT_FAMILIES ? botName(id - BOT_FAMILIES) : (families.get(id)?.name ?? '');
}

/** Name of a declared bot; "" for 0. */
export function botName(id: number): string {
  return BOTS[id - 1]?.name ?? '';
}

/** Id of a bot by its name, 0 for none. */
export function botId(name: string): number {
  return BOTS.findIndex((bot) => bot.name === name) + 1;
}

/** Why an agent is odd, in words that continue "the agent is …"; "" for 0. */
export function oddAgentReason(reason: number): string {
  return ODD_REASONS[reason] ?? '';
}

/** FLAG.STALE_AGENT: is the version years older than the event? Both in calendar years; 0 is never stale. */
export function isStale(releaseYear: number, eventYear: number): boolean {
  return releaseYear !== 0 && eventYear - releaseYear >= STALE_YEARS;
}

/** Every token with the id of its family; bots above {@link BOT_FAMILIES}. */
function lexiconEntries(): [string, number][] {
  const entries = new Map<string, number>();
  for (const [id, family] of families)
    for (const token of family.tokens) if (!entries.has(token)) entries.set(token, id);
  BOTS.forEach((bot, i) => {
    for (const token of bot.tokens) if (!entries.has(token)) entries.set(token, BOT_FAMILIES + i + 1);
  });
  return [...entries];
}

/** Operators as small numbers: bots of one operator in one agent are one claim. */
const operators = BOTS.map((bot) => BOTS.findIndex((other) => other.operator === bot.operator));

/** Operators whose claim can be checked, so that it is worth imitating. */
const checkable = BOTS.map((bot) => bot.operator in ORIGINS);

/** Precedence of classes: tools before libraries before applications before browsers. Bots are weighed apart. */
const RANK = new Int32Array(8);
RANK[SOFTWARE_CLASS.browser] = 1;
RANK[SOFTWARE_CLASS.app] = 2;
RANK[SOFTWARE_CLASS.library] = 3;
RANK[SOFTWARE_CLASS.tool] = 4;

export class SoftwareTable {
  readonly result: SoftwareResult = {
    software: 0,
    softwareClass: 0,
    bot: 0,
    flags: 0,
    releaseYear: 0,
    oddReason: 0,
  };
  private readonly names = new Lexicon(lexiconEntries());
  private readonly marks = new Lexicon(MARK_TOKENS.map(([token, mark]) => [token, mark] as const));
  private readonly reading = new AgentReading();

  // The cache: sets of four by hash. What is stored is a pure function of the agent, so eviction changes nothing.
  private readonly cells = new Int32Array(CACHE_SETS * WAYS * CELL.size);
  private readonly turn = new Uint8Array(CACHE_SETS);

  // What the running scan found.
  private family = 0;
  private rank = 0;
  private bot = 0;
  private address = false;
  private botWord = false;

  /**
   * Classifies the User-Agent `buf[start, end)` whose hash is (`hi`, `lo`) into {@link result}; returns the family id.
   * An empty agent, or "-", is class `none`. Allocates nothing.
   */
  classify(buf: Uint8Array, start: number, end: number, hi: number, lo: number): number {
    if (end <= start || (end - start === 1 && buf[start] === 0x2d)) return this.none();
    const { cells } = this;
    const set = (lo & (CACHE_SETS - 1)) * WAYS * CELL.size;
    for (let at = set; at < set + WAYS * CELL.size; at += CELL.size) {
      if (cells[at + CELL.keyLo] === lo && cells[at + CELL.keyHi] === hi && (lo !== 0 || hi !== 0))
        return this.load(at);
    }
    this.classifySlowly(buf, start, end);
    const way = this.turn[lo & (CACHE_SETS - 1)]++ & (WAYS - 1);
    this.store(set + way * CELL.size, hi, lo);
    return this.result.software;
  }

  private none(): number {
    const result = this.result;
    result.software = 0;
    result.softwareClass = SOFTWARE_CLASS.none;
    result.bot = 0;
    result.flags = FLAG.NO_AGENT;
    result.releaseYear = 0;
    result.oddReason = 0;
    return 0;
  }

  private store(at: number, hi: number, lo: number): void {
    const result = this.result;
    this.cells[at + CELL.keyHi] = hi;
    this.cells[at + CELL.keyLo] = lo;
    this.cells[at + CELL.low] = result.software | (result.bot << 16);
    this.cells[at + CELL.high] = result.softwareClass | (result.oddReason << 8) | (result.releaseYear << 16);
  }

  private load(at: number): number {
    const result = this.result;
    const low = this.cells[at + CELL.low];
    const high = this.cells[at + CELL.high];
    result.software = low & 0xffff;
    result.bot = low >>> 16;
    result.softwareClass = high & 0xff;
    result.oddReason = (high >>> 8) & 0xff;
    result.releaseYear = high >>> 16;
    result.flags = result.oddReason !== 0 ? FLAG.ODD_AGENT : 0;
    return result.software;
  }

  /** The same without the cache: one pass over at most MAX_AGENT_BYTES. */
  private classifySlowly(buf: Uint8Array, start: number, end: number): void {
    const agent = this.reading;
    agent.load(buf, start, end);
    this.family = 0;
    this.rank = 0;
    this.bot = 0;
    this.address = false;
    this.botWord = false;
    this.scan(agent);
    this.conclude(agent);
    const result = this.result;
    const declared =
      result.softwareClass === SOFTWARE_CLASS.bot ||
      result.softwareClass === SOFTWARE_CLASS.tool ||
      result.softwareClass === SOFTWARE_CLASS.library;
    const plain = this.family === MOZILLA && result.softwareClass === SOFTWARE_CLASS.unknown;
    result.oddReason = oddReason(agent, declared, plain);
    result.flags = result.oddReason !== 0 ? FLAG.ODD_AGENT : 0;
    result.releaseYear = declared ? 0 : this.yearOf(agent);
  }

  /** Looks up every word. */
  private scan(agent: AgentReading): void {
    const { text, length } = agent;
    let wordStart = -1;
    for (let i = 0; i <= length; i++) {
      const inWord = i < length && isWordByte(text[i]);
      if (!inWord) {
        if (wordStart >= 0 && !this.botWord) this.botWord = endsLikeBot(text, wordStart, i);
        if (i < length && text[i] === 0x40 && i > 0 && isWordByte(text[i - 1])) this.address = true;
        wordStart = -1;
        continue;
      }
      if (wordStart >= 0) continue;
      wordStart = i;
      const mark = this.marks.longestAt(text, i, length);
      if (mark >= 0) agent.mark(mark, this.marks.matchEnd);
      const name = this.names.longestAt(text, i, length);
      if (name >= 0) this.take(agent, name, i, this.names.matchEnd);
      else if (!this.address) this.address = isAddress(text, i, length);
    }
  }

  /** Weighs one name. Tools outrank bots, bots outrank libraries and applications, those outrank browsers. */
  private take(agent: AgentReading, name: number, at: number, end: number): void {
    // Between "Android" and the end of the comment stands the device: "Hydra" is a telephone there, "Hydra/1" is not.
    const device = agent.has(MARK.android) && at > agent.open && at < agent.close;
    if (device && agent.text[end - 1] !== 0x2f && agent.text[end] !== 0x2f) return;
    if (name > BOT_FAMILIES) {
      // "like Googlebot" is a comparison, not a claim.
      if (followsLike(agent.text, at)) return;
      this.takeBot(name - BOT_FAMILIES);
      return;
    }
    const softwareClass = families.get(name)?.class ?? 0;
    // Of browsers the one further down the list counts, of everything else what stands first in the agent.
    const rank = RANK[softwareClass] * 4096 + (softwareClass === SOFTWARE_CLASS.browser ? name : 4095 - at);
    if (rank > this.rank) {
      this.rank = rank;
      this.family = name;
    }
  }

  /**
   * Weighs one bot's name. A claim that can be checked outranks one that cannot; two such claims of different operators
   * are no claim at all.
   */
  private takeBot(bot: number): void {
    if (this.bot === 0) this.bot = bot;
    else if (this.bot !== SEVERAL_NAMES && operators[this.bot - 1] !== operators[bot - 1] && checkable[bot - 1]) {
      this.bot = checkable[this.bot - 1] ? SEVERAL_NAMES : bot;
    }
  }

  /** Turns what was found into family, class and bot. */
  private conclude(agent: AgentReading): void {
    const result = this.result;
    const familyClass = this.family === 0 ? SOFTWARE_CLASS.unknown : (families.get(this.family)?.class ?? 0);
    result.bot = 0;
    if (familyClass === SOFTWARE_CLASS.tool) {
      result.software = this.family;
      result.softwareClass = SOFTWARE_CLASS.tool;
      return;
    }
    // Libraries carry their project's address; in the days of toolbars browsers carried those of their makers.
    const explained = familyClass === SOFTWARE_CLASS.library || agent.has(MARK.msie) || agent.has(MARK.opera);
    result.bot = this.bot !== 0 ? this.bot : this.botWord || (this.address && !explained) ? UNLISTED_BOT : 0;
    if (result.bot !== 0) {
      result.software = BOT_FAMILIES + result.bot;
      result.softwareClass = SOFTWARE_CLASS.bot;
    } else this.concludePerson(agent, familyClass);
  }

  private concludePerson(agent: AgentReading, familyClass: number): void {
    const result = this.result;
    result.software = this.family;
    result.softwareClass = familyClass;
    if (this.family === SAFARI && agent.has(MARK.android)) result.software = ANDROID_BROWSER;
    else if (this.family === MOZILLA || (this.family === SAFARI && !agent.has(MARK.webkit))) {
      result.softwareClass = mozillaClass(agent);
      if (this.family === SAFARI) result.software = APPLE_NETWORK;
      else if (agent.has(MARK.webkit) && (agent.has(MARK.iphone) || agent.has(MARK.ipad))) result.software = SAFARI;
    } else if (this.family === 0 && looksLikeApp(agent)) result.softwareClass = SOFTWARE_CLASS.app;
  }

  private yearOf(agent: AgentReading): number {
    if (agent.has(MARK.edge)) return edgeHtmlYear(agent.major(MARK.edge));
    if (agent.has(MARK.chrome)) return chromeYear(agent.major(MARK.chrome));
    if (agent.has(MARK.crios)) return chromeYear(agent.major(MARK.crios));
    if (this.result.software === FIREFOX && agent.has(MARK.firefox)) return firefoxYear(agent.major(MARK.firefox));
    if (this.result.software === EXPLORER) {
      if (agent.has(MARK.trident)) return explorerYear(agent.major(MARK.trident) + 4);
      return explorerYear(agent.major(MARK.msie));
    }
    if (this.result.software === SAFARI && agent.has(MARK.version)) return safariYear(agent.major(MARK.version));
    return 0;
  }
}
