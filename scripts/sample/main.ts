/** `npm run sample`: writes the generated log, and beside it what is hidden in it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generateSample } from './generate.ts';

const [path = 'sample/shop.generated.log', seed = '1'] = process.argv.slice(2);
const sample = generateSample(Number(seed));
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, sample.text);
writeFileSync(
  path.replace(/\.log$/, '.truth.json'),
  `${JSON.stringify({ attacks: sample.attacks, shared: sample.shared }, null, 2)}\n`,
);
process.stdout.write(
  `${path}: ${sample.lines.toLocaleString('en')} lines of generated traffic, ${sample.attacks.length} attacks in it\n`,
);
