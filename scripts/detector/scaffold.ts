/** What `npm run detector:new` writes: a detector that works, small enough to be replaced line by line. */

export interface Scaffold {
  /** Path relative to the detector's folder → text. */
  readonly files: Readonly<Record<string, string>>;
  /** src/detectors/index.ts with the detector in it. */
  readonly index: string;
}

const ID = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** The folder for a new detector and the list with it. RangeError for a name that cannot be one or is taken. */
export function scaffold(id: string, index: string): Scaffold {
  if (!ID.test(id)) throw new RangeError(`"${id}" is no id: lower-case words joined by hyphens, such as slow-upload`);
  const name = id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  if (new RegExp(`\\b${name}\\b`).test(index)) throw new RangeError(`there is already a detector "${id}"`);
  const title = `${id[0].toUpperCase()}${id.slice(1).replaceAll('-', ' ')}`;
  return {
    files: {
      [`${id}.ts`]: code(id, name, title),
      [`${id}.test.ts`]: test(id, name),
      'README.md': readme(title),
      'positive.jsonl': POSITIVE,
      'benign.jsonl': BENIGN,
    },
    index: listed(index, id, name),
  };
}

/** Adds the import in front of the others' end and the entry at the end of the list. */
function listed(index: string, id: string, name: string): string {
  const imports = [...index.matchAll(/^import .*;\n/gm)];
  const last = imports[imports.length - 1];
  const at = last ? last.index + last[0].length : 0;
  const withImport = `${index.slice(0, at)}import { ${name} } from './${id}/${id}.ts';\n${index.slice(at)}`;
  const list = /(DETECTORS: readonly Detector\[\] = \[)([^\]]*)\]/;
  if (!list.test(withImport)) throw new RangeError('src/detectors/index.ts has no list that this script understands');
  return withImport.replace(list, (_, head: string, body: string) => {
    const entries = body.split(',').map((entry) => entry.trim());
    return `${head}\n${[...entries.filter((entry) => entry !== ''), name].map((entry) => `  ${entry},\n`).join('')}]`;
  });
}

const code = (
  id: string,
  name: string,
  title: string,
): string => `/** ${title}: one sentence on what it sees. README.md says how and why. */
import { condition, count } from '../../engine/aggregates.ts';
import { CAP, defineDetector } from '../../engine/detector.ts';
import { millinats } from '../../lib/fixed.ts';
import { minutes } from '../../lib/units.ts';

/** Refused requests in ten minutes from which an address stands out. */
const LIMIT = 20;
/** Evidence at the limit, in nats; each further refusal adds a tenth. */
const AT_LIMIT_NATS = 4.6;

const refused = condition('${id}: refused', (facts) => facts.status === 403);

export const ${name} = defineDetector({
  id: '${id}',
  number: 100,
  title: '${title}',
  class: 'enumeration',
  group: 'failure',
  owasp: ['API1'],
  actors: ['ip'],
  on: 'response',
  when: refused,
  cap: CAP.sequential,
  build: ({ actor, tune }) => {
    const limit = tune('limit', LIMIT);
    const needs = { refusals: count({ key: actor, windowMs: minutes(10), when: refused }) };
    return {
      needs,
      judge: ({ refusals }) => (refusals.n < limit ? 0 : millinats(AT_LIMIT_NATS) + (refusals.n - limit) * 100),
      say: ({ refusals }) => \`\${refusals.n} requests refused in 10 min, limit \${limit}\`,
    };
  },
});
`;

const test = (id: string, name: string): string => `import { describe, expect, it } from 'vitest';
import { runFixture } from '../testing.ts';
import { ${name} } from './${id}.ts';

const fixture = (side: 'positive' | 'benign') =>
  runFixture(new URL(\`\${side}.jsonl\`, import.meta.url), { detectors: [${name}] });

describe(${name}.id, () => {
  it('finds the abuse and says it with figures', () => {
    const [finding] = fixture('positive').findings;
    expect(finding.actor).toEqual({ dimension: 'ip', key: '203.0.113.5' });
    expect(finding.why).toMatch(/\\d+ requests refused/);
  });

  it('leaves alone what only looks like it', () => {
    expect(fixture('benign').findings).toEqual([]);
  });
});
`;

const readme = (title: string): string => `# ${title} (100)

One paragraph: what the abuse is, who does it, what it costs.

| | |
|---|---|
| actors | address |
| class, group | \`enumeration\`, \`failure\` |
| OWASP | API1 |
| evidence | 4.6 nats at the limit, a tenth more for each further refusal |
| source | the paper, RFC or measurement that it follows |

## How

Refused requests in a sliding window of ten minutes against a limit.

## Why these figures

\`limit\`, 20 refused requests: why this threshold and not another.

## Evaded by

Staying below the limit; rotating addresses.
`;

const POSITIVE = `{"t": 0, "ip": "203.0.113.5", "agent": "Mozilla/5.0", "target": "/reports/{i}", "status": 403, "repeat": {"n": 40, "every_s": 2, "target": "/reports/{i}"}}
`;

const BENIGN = `{"t": 0, "ip": "203.0.113.6", "agent": "Mozilla/5.0", "target": "/reports/{i}", "status": 200, "repeat": {"n": 60, "every_s": 2, "target": "/reports/{i}"}}
{"t": 20, "ip": "203.0.113.6", "agent": "Mozilla/5.0", "target": "/admin", "status": 403, "repeat": {"n": 3, "every_s": 5}}
`;
