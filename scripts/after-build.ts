/** What the compiler leaves to do: the command must be executable, and files that are not TypeScript must lie beside it. */
import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';

const root = fileURLToPath(new URL('..', import.meta.url));
// Templates, style sheets and the like that code loads by a path relative to itself.
const assets = globSync('src/**/*.{html,css,js,svg,txt}', {
  cwd: root,
  ignore: ['src/**/fixtures/**', 'src/**/testdata/**'],
});

for (const asset of assets) {
  const to = join(root, asset.replace(/^src/, 'dist'));
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(join(root, asset), to);
}

const command = join(root, 'dist/cli/main.js');
if (existsSync(command)) chmodSync(command, 0o755);
