/** From what was typed on the command line to the list of files to read. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { InputError, unreadable } from './errors.ts';

export interface InputFile {
  /** What to open: "-" for standard input, else as typed or found, relative to the working directory. */
  readonly path: string;
  /** Bytes on disk, 0 where nobody knows (standard input, pipes). */
  readonly size: number;
}

/** Files in a folder that are no access logs, by their names' ends. A file that is named itself is always read. */
const NOT_LOGS =
  /\.(?:png|jpe?g|gif|webp|svg|ico|pdf|html?|css|[cm]?js|ts|php|py|sh|md|conf|cfg|ini|toml|ya?ml|xml|pem|key|crt|so|exe|dll|db|sqlite3?|mmdb|pid|lock|sock|swp|bak~?|tar|tgz|zip|7z|rar|xz|bz2|journal|pcap|evtx)$/i;
/** Error logs beside the access logs, and the system's binary logs. */
const OTHER_LOGS = /^(?:error|php|wtmp|btmp|lastlog|faillog|tallylog)(?:[._-]|$)|[._-]error(?:[._-]|$)|_error$/i;
const SKIPPED_FOLDERS = new Set(['node_modules', '.git', 'journal', 'lost+found']);

/**
 * Files, patterns (`logs/*.gz`), folders (with all below them) and "-", in the order typed; what a pattern or folder
 * gives is sorted by path. A file that is meant twice is read once. InputError SP2001 where one does not exist, cannot be
 * read, or gives no file.
 */
export async function expandInputs(args: readonly string[], cwd: string = process.cwd()): Promise<InputFile[]> {
  const files: InputFile[] = [];
  const seen = new Set<string>();
  for (const arg of args) {
    for (const path of await expandOne(arg, cwd)) {
      const { identity, size } = path === '-' ? STANDARD_INPUT : await identify(path, cwd);
      if (seen.has(identity)) continue;
      seen.add(identity);
      files.push({ path, size });
    }
  }
  return files;
}

async function expandOne(arg: string, cwd: string): Promise<string[]> {
  if (arg === '-') return [arg];
  const found = await kindOf(arg, cwd);
  if (found === 'file') return [arg];
  if (found === 'folder') {
    const inside = await walk(resolve(cwd, arg), new Set());
    if (inside.length === 0) {
      throw new InputError('SP2001', arg, `There is no log in the folder ${arg}.`, {
        advice: 'Name the files themselves: in a folder, error logs, archives, pictures and code are passed over.',
      });
    }
    return inside.map((path) => join(arg, relative(resolve(cwd, arg), path)));
  }
  if (!isDynamicPattern(arg)) throw unreadable(arg, { code: 'ENOENT' });
  const matched = await glob(arg, { cwd, onlyFiles: true, expandDirectories: false });
  if (matched.length === 0) throw new InputError('SP2001', arg, `No file matches ${arg}.`);
  return matched.sort(byText);
}

async function kindOf(path: string, cwd: string): Promise<'file' | 'folder' | 'none'> {
  try {
    return (await stat(resolve(cwd, path))).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'none';
    throw unreadable(path, error);
  }
}

const STANDARD_INPUT = { identity: '-', size: 0 };

/** The same for every name and link that leads to one file. */
async function identify(path: string, cwd: string): Promise<{ identity: string; size: number }> {
  try {
    const found = await stat(resolve(cwd, path));
    return { identity: `${found.dev}:${found.ino}`, size: found.isFile() ? found.size : 0 };
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** All log files below a folder, sorted; a folder that links lead to twice is walked once. */
async function walk(folder: string, visited: Set<string>): Promise<string[]> {
  const real = await realpath(folder);
  if (visited.has(real)) return [];
  visited.add(real);
  let entries: string[];
  try {
    entries = (await readdir(folder)).sort(byText);
  } catch (error) {
    throw unreadable(folder, error);
  }
  const files: string[] = [];
  for (const name of entries) {
    if (name.startsWith('.') || SKIPPED_FOLDERS.has(name)) continue;
    const path = join(folder, name);
    const kind = await stat(path).catch(() => null);
    if (kind?.isDirectory()) files.push(...(await walk(path, visited)));
    else if (kind?.isFile() && !isOther(name)) files.push(path);
  }
  return files;
}

function isOther(name: string): boolean {
  // "access.log.1.gz" is judged without what rotation put behind it.
  const base = name.replace(/\.(?:gz|zst)$/i, '').replace(/[.-]\d+$/, '');
  return NOT_LOGS.test(base) || OTHER_LOGS.test(base);
}

/** By code units: the same order on every machine and in every language. */
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
