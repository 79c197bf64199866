/** Names of files that a server would run rather than keep. */

/** Endings of scripts; digits behind them are versions. */
const SCRIPTS = new Set('php phtml phar phps pht jsp jspx jspf asp aspx ashx asmx cer cgi htaccess'.split(' '));
/** Endings that are looked at: the last one, and the one before it, which some servers go by. */
const ENDINGS = 2;
/** Longest end of a name that is looked at, in characters. */
const MAX_END = 64;

/** True for `../a.txt`, `..\\a.txt`: a name that leaves the folder it is to be kept in. */
export function leavesFolder(name: string): boolean {
  return /(?:^|[\\/])\.\.(?:[\\/]|$)/.test(name);
}

/** True for `a.php`, `a.php5`, `a.phtml.gif`, `a.jsp..` and their like. */
export function isScriptName(name: string): boolean {
  const endings = name
    .slice(-MAX_END)
    .toLowerCase()
    .split('.')
    .map(bare)
    .filter((ending) => ending !== '');
  const behind = name.startsWith('.') ? endings : endings.slice(1);
  return behind.slice(-ENDINGS).some((ending) => SCRIPTS.has(ending) || SCRIPTS.has(ending.slice(0, -1)));
}

/** An ending without what file systems drop. */
const bare = (ending: string): string => ending.replaceAll(':', '').trim();
