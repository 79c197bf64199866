/** The catalogue is complete when every detector has all its parts: code, page, fixtures for both sides, test, a row. */
import type { Detector } from '../../src/engine/detector.ts';

/** What a README of a detector must speak of, and how one sees that it does. */
const ASPECTS: Readonly<Record<string, RegExp>> = {
  'its keys (actors)': /\b(?:keys?|actors?)\b/i,
  'its algorithm (how)': /\balgorithm\b|^## How\b/im,
  'the source it follows': /\bsources?\b|\bRFC \d|\bet al\b|\([A-Z][^()]*\b(?:19|20)\d\d\)/i,
  'its thresholds and why': /\bthresholds?\b|^## Why\b/im,
  'how it is evaded': /\beva(?:sion|ded)\b/i,
  OWASP: /\bOWASP\b/,
};

export interface Folder {
  readonly id: string;
  /** Paths relative to the folder. */
  readonly files: readonly string[];
  readonly readme: string;
}

/** What is missing of one detector's folder. */
export function folderProblems(folder: Folder, detector: Detector | undefined, page: string): string[] {
  const { id, files, readme } = folder;
  const has = (pattern: RegExp) => files.some((file) => pattern.test(file));
  const missing = [
    [detector !== undefined, 'is not in the list of src/detectors/index.ts'],
    [files.includes(`${id}.ts`), `has no code (${id}.ts)`],
    [files.includes(`${id}.test.ts`), `has no test (${id}.test.ts)`],
    [has(/^positive.*\.jsonl$/), 'has no fixture of abuse (positive.jsonl)'],
    [has(/^benign.*\.jsonl$/), 'has no benign fixture (benign.jsonl)'],
    [readme !== '', 'has no README.md'],
    ...Object.entries(ASPECTS).map(
      ([aspect, sign]) => [sign.test(readme), `README.md says nothing of ${aspect}`] as const,
    ),
    ...(detector?.owasp ?? []).map((code) => [readme.includes(code), `README.md does not name ${code}`] as const),
    [page.includes(`\`${id}\``), 'is not in docs/detectors.md'],
  ] as const;
  return missing.filter(([fine]) => !fine).map(([, what]) => `${id}: ${what}`);
}

/** What is wrong with the list as a whole, against docs/detectors.md. */
export function listProblems(detectors: readonly Detector[], folders: readonly Folder[], page: string): string[] {
  const problems: string[] = [];
  for (const detector of detectors) {
    if (!folders.some((folder) => folder.id === detector.id))
      problems.push(`${detector.id}: has no folder of its name`);
    // An id may be the name of a class too, which has a row in another table.
    const rows = page.split('\n').filter((line) => line.startsWith('|') && line.includes(`\`${detector.id}\``));
    const row = rows.join('\n');
    for (const code of detector.owasp) {
      if (!row.includes(code)) problems.push(`${detector.id}: its row in docs/detectors.md does not name ${code}`);
    }
    if (!row.includes(detector.class))
      problems.push(`${detector.id}: its row in docs/detectors.md does not name ${detector.class}`);
  }
  const twice = detectors.map((d) => d.id).filter((id, i, all) => all.indexOf(id) !== i);
  return [...problems, ...twice.map((id) => `${id}: stands in the list twice`)];
}
