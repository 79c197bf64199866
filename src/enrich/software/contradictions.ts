/**
 * Agents that contradict themselves: combinations that no real program sends. Each is a weak hint on its own: people
 * change their agents too. So the list keeps to what is impossible by the browsers' own history, and to what is plainly
 * not a program's name.
 */
import { type AgentReading, MARK } from './agent.ts';
import { tokenList } from './families.ts';

/** Why an agent is odd, by number; 0 is not odd. */
export const ODD_REASONS = [
  '',
  'nothing but "Mozilla" and a version',
  'a placeholder that was never filled in',
  'a header name or quotes inside the value',
  'a word that says nothing, such as "test" or "null"',
  'random characters',
  'two platforms at once',
  'a Windows version that does not exist',
  'Chrome without its engine’s tokens',
  'Chrome with another engine’s version',
  'Chrome on a system it does not run on',
  'Firefox without its engine’s tokens',
  'Firefox with another version of itself',
  'Firefox on a system it does not run on',
  'Internet Explorer together with another engine',
  'Internet Explorer with a Mozilla version it never used',
  'Safari on a system it does not run on',
  'a browser without a platform',
  'a browser’s name without the rest of its agent',
  '"Mozilla" and a platform, but no engine',
  'Safari without its version',
] as const;

const ODD = {
  bareMozilla: 1,
  placeholder: 2,
  headerInside: 3,
  sayNothing: 4,
  random: 5,
  twoPlatforms: 6,
  windows: 7,
  chromeTokens: 8,
  chromeEngine: 9,
  chromeSystem: 10,
  firefoxTokens: 11,
  firefoxVersion: 12,
  firefoxSystem: 13,
  explorerEngine: 14,
  explorerMozilla: 15,
  safariSystem: 16,
  noPlatform: 17,
  nameOnly: 18,
  noEngine: 19,
  safariTokens: 20,
} as const;

const PLACEHOLDERS = tokenList(
  '{{ | }} | $\u007b | %s | %d | <% | [ua] | {ua} | {0} | (null) | <user | {user | [user | $user | {random',
);
const EMPTY_WORDS = tokenList(
  `test | null | undefined | none | nil | ua | agent | user-agent | useragent | user_agent | random_ua | browser |
  unknown | foo | bar | asdf | x | a | 1 | test/1.0 | empty | default | string`,
);

const MAX_EMPTY_WORD = 16;

/**
 * The number of the first reason for which a reading is odd, 0 for none. `declared`: it names a bot, tool or library.
 * `plain`: of the browsers' grammar it has "Mozilla/" and a comment only.
 */
export function oddReason(agent: AgentReading, declared: boolean, plain: boolean): number {
  if (isPlaceholder(agent)) return ODD.placeholder;
  if (hasHeaderInside(agent)) return ODD.headerInside;
  if (agent.length <= MAX_EMPTY_WORD && EMPTY_WORDS.some((word) => agent.equals(word))) return ODD.sayNothing;
  // A program that gives its name may imitate what it likes.
  if (declared) return 0;
  if (!agent.has(MARK.mozilla)) return withoutMozilla(agent);
  if (agent.length <= 12) return ODD.bareMozilla;
  if (plain && agent.major(MARK.mozilla) === 5) return ODD.noEngine;
  return platform(agent) || explorer(agent) || chrome(agent) || firefox(agent) || safari(agent);
}

/** 1 for the bytes that a placeholder starts with. */
const OPENS = new Uint8Array(256);
for (const placeholder of PLACEHOLDERS) OPENS[placeholder.charCodeAt(0)] = 1;

function isPlaceholder(agent: AgentReading): boolean {
  const { text, length } = agent;
  for (let i = 0; i < length; i++) if (OPENS[text[i]] === 1 && placeholderAt(agent, i)) return true;
  return false;
}

function placeholderAt(agent: AgentReading, at: number): boolean {
  for (let p = 0; p < PLACEHOLDERS.length; p++) if (agent.startsWith(PLACEHOLDERS[p], at)) return true;
  return false;
}

function hasHeaderInside(agent: AgentReading): boolean {
  const first = agent.text[0];
  if (first === 0x22 || first === 0x27) return true;
  return first === 0x75 && agent.length > 11 && agent.contains('user-agent:') && agent.text[10] === 0x3a;
}

function withoutMozilla(agent: AgentReading): number {
  const browser = agent.has(MARK.chrome) || agent.has(MARK.firefox) || agent.has(MARK.webkit) || agent.has(MARK.msie);
  if (browser && !agent.has(MARK.opera) && !agent.has(MARK.ios) && !agent.contains('darwin/')) return ODD.nameOnly;
  return isRandom(agent) ? ODD.random : 0;
}

/** One word of at least eight characters that changes between cases and digits more often than names do. */
function isRandom(agent: AgentReading): boolean {
  if (agent.length < 8 || !agent.isOneWord()) return false;
  if (agent.changes >= 4 && agent.changes * 4 >= agent.length) return true;
  return agent.length >= 16 && agent.digits >= 4 && agent.changes >= 4;
}

/** Versions that Windows NT has had. */
function isWindowsNt(major: number, minor: number): boolean {
  if (major === 10) return minor === 0;
  if (major === 6) return minor <= 4;
  if (major === 5) return minor <= 2;
  return major === 3 || major === 4;
}

function platform(agent: AgentReading): number {
  const phone = agent.has(MARK.windowsPhone);
  const windows = agent.inComment(MARK.windowsNt);
  const mac = agent.inComment(MARK.macintosh);
  const apple = agent.inComment(MARK.iphone) || agent.inComment(MARK.ipad);
  const android = agent.inComment(MARK.android);
  const unix = agent.inComment(MARK.x11) || agent.inComment(MARK.cros);
  const count = Number(windows) + Number(mac) + Number(apple) + Number(android) + Number(unix);
  // E-readers write "Linux armv7l like Android".
  if (count > 1 && !phone && !agent.contains('like android')) return ODD.twoPlatforms;
  if (windows) {
    const major = agent.major(MARK.windowsNt);
    // Minor numbers such as 5.01 are read as 1.
    if (major >= 0 && !isWindowsNt(major, agent.minor(MARK.windowsNt))) return ODD.windows;
  }
  return 0;
}

function explorer(agent: AgentReading): number {
  const explorerMark = agent.has(MARK.msie) || agent.has(MARK.trident);
  if (!explorerMark || agent.has(MARK.windowsPhone) || agent.has(MARK.opera)) return 0;
  if (agent.has(MARK.chrome) || agent.has(MARK.firefox)) return ODD.explorerEngine;
  const version = agent.major(MARK.msie);
  if (agent.has(MARK.msie) && version >= 0 && version <= 7 && agent.major(MARK.mozilla) === 5)
    return ODD.explorerMozilla;
  return 0;
}

/** Below Windows 10 (NT 6.3 and older), and below Windows 7 (NT 6.0 and older). */
function oldWindows(agent: AgentReading): number {
  if (!agent.inComment(MARK.windowsNt)) return 0;
  const major = agent.major(MARK.windowsNt);
  if (major < 0 || major >= 10) return 0;
  return major < 6 || (major === 6 && agent.minor(MARK.windowsNt) === 0) ? 2 : 1;
}

/** Chromium 28 left WebKit and froze its version; 50 left Windows XP and Vista, 110 Windows 7 and 8. */
function chrome(agent: AgentReading): number {
  if (!agent.has(MARK.chrome) || agent.has(MARK.edge)) return 0;
  if (agent.open === 0) return ODD.noPlatform;
  if (agent.has(MARK.firefox)) return ODD.firefoxTokens;
  if (!agent.has(MARK.webkit) || !agent.has(MARK.safari)) return ODD.chromeTokens;
  const major = agent.major(MARK.chrome);
  if (major < 0) return ODD.chromeTokens;
  if (!agent.sameVersion(MARK.webkit, MARK.safari)) return ODD.chromeEngine;
  if (major >= 28 && (agent.major(MARK.webkit) !== 537 || agent.minor(MARK.webkit) !== 36)) return ODD.chromeEngine;
  const windows = oldWindows(agent);
  if ((windows === 2 && major >= 50) || (windows >= 1 && major >= 110)) return ODD.chromeSystem;
  // On iOS it is called CriOS.
  return agent.inComment(MARK.iphone) ? ODD.chromeSystem : 0;
}

/**
 * Firefox froze the day of its engine in version 4, repeats its version as "rv:" (frozen at 109 from 110 to 119), left
 * Windows XP and Vista after 52, and Windows 7 and 8 after 115.
 */
function firefox(agent: AgentReading): number {
  if (!agent.has(MARK.firefox)) return 0;
  if (agent.open === 0) return ODD.noPlatform;
  if (!agent.has(MARK.gecko) || agent.has(MARK.webkit)) return ODD.firefoxTokens;
  const major = agent.major(MARK.firefox);
  if (major < 5) return 0;
  const day = agent.digitsBehind(MARK.gecko);
  // Distributions and descendants put their own build's day there; the vendor's builds for Windows and macOS do not.
  const official = (agent.inComment(MARK.windowsNt) || agent.inComment(MARK.macintosh)) && agent.endsWith(MARK.firefox);
  if (day === 4 || (official && day === 8 && agent.major(MARK.gecko) !== 201001)) return ODD.firefoxVersion;
  const revision = agent.major(MARK.rv);
  const frozen = revision === 109 && major >= 110 && major <= 119;
  if (revision >= 5 && revision !== major && !frozen) return ODD.firefoxVersion;
  const windows = oldWindows(agent);
  return (windows === 2 && major >= 53) || (windows >= 1 && major >= 116) ? ODD.firefoxSystem : 0;
}

/** Safari ended on Windows with version 5, and says its version apart from its build. */
function safari(agent: AgentReading): number {
  if (!agent.has(MARK.webkit) || agent.has(MARK.chrome) || agent.has(MARK.firefox)) return 0;
  if (agent.open === 0) return ODD.noPlatform;
  if (!agent.has(MARK.safari)) return 0;
  const desktop = agent.inComment(MARK.macintosh) || agent.inComment(MARK.windowsNt);
  if (!agent.has(MARK.version)) {
    // "Version/" came with Safari 3, engine 522; before, there was none.
    return desktop && agent.major(MARK.webkit) >= 522 && agent.endsWith(MARK.safari) ? ODD.safariTokens : 0;
  }
  return agent.inComment(MARK.windowsNt) && agent.major(MARK.version) > 5 ? ODD.safariSystem : 0;
}
