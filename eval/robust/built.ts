/** The built package that is put to the test: a copy of the tree is built, so that nobody's own dist is touched. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const COPIED = ['src', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
const LINKED = ['node_modules', 'data'];

export interface Built {
  /** `sallyport` as users run it. */
  readonly command: string;
  remove(): void;
}

/** Builds a copy, or takes the file that `ROBUST_COMMAND` names as it is. Throws where it does not compile. */
export function buildCopy(): Built {
  const given = process.env.ROBUST_COMMAND;
  if (given !== undefined) {
    if (!existsSync(given)) throw new Error(`there is no ${given}`);
    return { command: given, remove: () => {} };
  }
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-robust-built-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  for (const name of LINKED) symlinkSync(join(ROOT, name), join(folder, name));
  const bin = join(folder, 'node_modules', '.bin');
  const run = (program: string, args: readonly string[]): void => {
    const { status, stdout, stderr } = spawnSync(join(bin, program), args, { cwd: folder, encoding: 'utf8' });
    if (status === 0) return;
    remove();
    throw new Error(`the build failed: ${stdout}${stderr}`);
  };
  run('tsc', ['-p', 'tsconfig.build.json']);
  run('tsx', ['scripts/after-build.ts']);
  return { command: join(folder, 'dist', 'cli', 'main.js'), remove };
}
