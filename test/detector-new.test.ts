/** The scaffold is a detector that works: its own test's expectations hold, and the catalogue finds nothing missing. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scaffold } from '../scripts/detector/scaffold.ts';
import { runFixture } from '../src/detectors/testing.ts';
import type { Detector } from '../src/engine/detector.ts';
import { folderProblems } from './tidy/catalogue.ts';
import { ROOT } from './tidy/source.ts';

const index = readFileSync(join(ROOT, 'src/detectors/index.ts'), 'utf8');
const made = scaffold('slow-upload', index);

// A tree beside the real one, in which only the new folder is not a link. It lies inside of the repository because the
// code in it must find the packages.
const tree = mkdtempSync(join(ROOT, 'node_modules/.scaffold-'));
afterAll(() => rmSync(tree, { recursive: true }));
for (const room of readdirSync(join(ROOT, 'src'))) {
  mkdirSync(join(tree, 'src/detectors'), { recursive: true });
  if (room !== 'detectors') symlinkSync(join(ROOT, 'src', room), join(tree, 'src', room));
}
for (const [path, text] of Object.entries(made.files)) {
  const to = join(tree, 'src/detectors/slow-upload', path);
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, text);
}

describe('detector:new', () => {
  it('makes a detector that finds its positive and leaves its benign fixture alone', async () => {
    const folder = join(tree, 'src/detectors/slow-upload');
    const { slowUpload } = (await import(join(folder, 'slow-upload.ts'))) as { slowUpload: Detector };
    const run = (side: string) => runFixture(new URL(`file://${folder}/${side}.jsonl`), { detectors: [slowUpload] });
    expect(run('positive').findings.map((f) => f.actor.key)).toEqual(['203.0.113.5']);
    expect(run('benign').findings).toEqual([]);
    const { README, ...detector } = { ...slowUpload, README: made.files['README.md'] };
    const files = Object.keys(made.files);
    expect(folderProblems({ id: 'slow-upload', files, readme: README }, detector, '| `slow-upload` |')).toEqual([]);
  });

  it('adds it to the list once', () => {
    expect(made.index).toContain("import { slowUpload } from './slow-upload/slow-upload.ts';");
    expect(made.index).toMatch(/\n {2}slowUpload,\n\];/);
    expect(() => scaffold('slow-upload', made.index)).toThrow(/already/);
  });

  it('refuses names that are none', () => {
    for (const id of ['Slow', 'slow_upload', '../x', '', '1x', 'slow--upload'])
      expect(() => scaffold(id, index)).toThrow(RangeError);
  });
});
