/** `npm run docs`: writes the pages that come from code. test/tidy.docs.test.ts fails when one is stale. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedPages } from './docs/pages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
for (const page of generatedPages()) {
  const path = join(root, page.path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, page.text);
  process.stdout.write(`${page.path}\n`);
}
