/** The built package that is measured. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * What users run is measured, so it is built first (`BENCH_BUILD=0` takes dist/ as it is), and then copied: a build that
 * somebody starts meanwhile must not change a contender between two rounds. Returns the folder of the copy.
 */
export function freeze(): string {
  if (process.env.BENCH_BUILD !== '0') {
    const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: repository, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(`npm run build failed: ${built.stdout}${built.stderr}`);
  }
  const copy = mkdtempSync(join(tmpdir(), 'sallyport-built-'));
  for (const name of ['dist', 'src', 'bench']) cpSync(join(repository, name), join(copy, name), { recursive: true });
  for (const name of ['data', 'node_modules', 'package.json', 'tsconfig.json'])
    symlinkSync(join(repository, name), join(copy, name));
  return copy;
}
