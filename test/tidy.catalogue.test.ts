/** Every detector has code, README, fixtures for both sides, a test, a place in the list and a row in the docs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import { DETECTORS } from '../src/detectors/index.ts';
import { CLASSES } from '../src/engine/detector.ts';
import { type Folder, folderProblems, listProblems } from './tidy/catalogue.ts';
import { ROOT } from './tidy/source.ts';

const read = (path: string) => (existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : '');
const page = read('docs/detectors.md');
const folders: Folder[] = readdirSync(join(ROOT, 'src/detectors'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
  .map(({ name: id }) => ({
    id,
    files: globSync('**/*', { cwd: join(ROOT, 'src/detectors', id) }).sort(),
    readme: read(`src/detectors/${id}/README.md`),
  }));
const byId = new Map(DETECTORS.map((detector) => [detector.id, detector]));

describe('the catalogue', () => {
  it('has detectors', () => {
    expect(DETECTORS.length).toBeGreaterThan(0);
  });

  it('is complete', () => {
    expect(folders.flatMap((folder) => folderProblems(folder, byId.get(folder.id), page))).toEqual([]);
    expect(listProblems(DETECTORS, folders, page)).toEqual([]);
  });

  it('names only codes that exist', () => {
    for (const code of DETECTORS.flatMap((d) => d.owasp))
      expect(code).toMatch(/^API(?:[1-9]|10)$|^OAT-0(?:0[1-9]|1\d|2[01])$/);
  });

  it('has a description for every class of finding', () => {
    for (const name of CLASSES) expect(page).toContain(`\`${name}\``);
  });
});

describe('these checks can fail', () => {
  const detector = { ...DETECTORS[0], id: 'sample', class: 'probing' as const, owasp: ['API4'] };
  const whole: Folder = {
    id: 'sample',
    files: ['README.md', 'benign.jsonl', 'positive.jsonl', 'sample.ts', 'sample.test.ts'],
    readme: 'Keys, algorithm, source, thresholds, evasion, OWASP: API4',
  };
  const row = '| 1 | `sample` | probing | API4 |';

  it('on each part that is missing', () => {
    expect(folderProblems(whole, detector, row)).toEqual([]);
    for (const file of whole.files.filter((f) => f !== 'README.md')) {
      const files = whole.files.filter((f) => f !== file);
      expect(folderProblems({ ...whole, files }, detector, row), file).toHaveLength(1);
    }
    expect(folderProblems({ ...whole, readme: 'API4' }, detector, row)).toHaveLength(6);
    expect(folderProblems(whole, undefined, row)).toHaveLength(1);
    expect(folderProblems(whole, detector, '')).toHaveLength(1);
  });

  it('on rows, folders and entries of the list', () => {
    expect(listProblems([detector], [whole], row)).toEqual([]);
    expect(listProblems([detector], [], row)).toHaveLength(1);
    expect(listProblems([detector], [whole], '| `sample` | |')).toHaveLength(2);
    expect(listProblems([detector, detector], [whole], row)).toHaveLength(1);
  });
});
