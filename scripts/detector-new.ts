/** `npm run detector:new -- ID`: scaffolds src/detectors/ID and adds it to the list. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scaffold } from './detector/scaffold.ts';

const detectors = fileURLToPath(new URL('../src/detectors/', import.meta.url));
const [id, ...rest] = process.argv.slice(2);

if (id === undefined || rest.length > 0) {
  process.stderr.write('usage: npm run detector:new -- ID     (lower-case words joined by hyphens)\n');
  process.exitCode = 2;
} else if (existsSync(join(detectors, id))) {
  process.stderr.write(`src/detectors/${id} is already there\n`);
  process.exitCode = 1;
} else create(id);

function create(name: string): void {
  const list = join(detectors, 'index.ts');
  const { files, index } = scaffold(name, readFileSync(list, 'utf8'));
  for (const [path, text] of Object.entries(files)) {
    const to = join(detectors, name, path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, text);
    process.stdout.write(`src/detectors/${name}/${path}\n`);
  }
  writeFileSync(list, index);
  process.stdout.write(`src/detectors/index.ts
Next: make it yours, give it a row in docs/detectors.md, run npx vitest run src/detectors/${name} and npm run check\n`);
}
