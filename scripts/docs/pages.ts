/** Pages that are written from code, so that they cannot say anything else. */
import { readFileSync } from 'node:fs';
import { configJsonSchema } from '../../src/config/schema.ts';
import { ERRORS } from '../../src/lib/errors.ts';

export interface GeneratedPage {
  /** Path from the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** Every generated page as it must stand on disk. */
export function generatedPages(): GeneratedPage[] {
  return [
    { path: 'docs/errors.md', text: errorsPage() },
    { path: 'docs/configuration.md', text: configurationPage() },
    { path: 'docs/sallyport.schema.json', text: `${JSON.stringify(configJsonSchema(), null, 2)}\n` },
  ];
}

const RANGES: Readonly<Record<string, string>> = {
  1: 'Configuration',
  2: 'Input',
  3: 'Log formats',
  4: 'Journal',
  5: 'Snapshots, models and tables',
  6: 'Detectors and policy',
  7: 'Serving: operators, requests, upstreams, overload, actions',
  9: 'Sallyport itself',
};

function errorsPage(): string {
  const sections = Object.entries(RANGES).map(([digit, title]) => {
    const rows = Object.entries(ERRORS)
      .filter(([code]) => code[2] === digit)
      .map(([code, { title: what, advice }]) => `| \`${code}\` | ${what} | ${advice.replaceAll('|', '\\|')} |`);
    return `## ${title}\n\n| code | what happened | what to do |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Errors

Whatever Sallyport cannot do ends with a code, a sentence about this case and an advice. Codes are never used again for
something else, so they can be searched for. The message says which file, line or key it was.

<!-- Written by \`npm run docs\` from src/lib/errors.ts: change it there. -->

${sections.join('\n')}`;
}

interface Shape {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly additionalProperties?: Shape | boolean;
  readonly propertyNames?: { readonly enum?: readonly string[] };
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Shape[];
}

/** All forms that a value may have. */
function formsOf(shape: Shape): readonly Shape[] {
  return shape.anyOf ? shape.anyOf.flatMap(formsOf) : [shape];
}

function configurationPage(): string {
  const example = readFileSync(new URL('../../src/config/testdata/good/typical.yaml', import.meta.url), 'utf8');
  const short = readFileSync(new URL('../../src/config/testdata/good/five-lines.yaml', import.meta.url), 'utf8');
  return `# Configuration

Sallyport runs without a configuration. What differs from the defaults goes into a YAML file, named with \`--config FILE\`:

\`\`\`yaml
${example}\`\`\`

Editors complete and check it with [sallyport.schema.json](sallyport.schema.json): begin the file with
\`# yaml-language-server: $schema=…/sallyport.schema.json\`. Mistakes are reported all at once, each with file, line, column and
a code of [errors.md](errors.md); [\`sallyport check\`](check.md) says them without running anything, and [\`sallyport doctor\`](doctor.md)
looks at what a file cannot know. A key with nothing behind it counts as left out. Paths are relative to the file.

Five lines put the gateway in front of an API:

\`\`\`yaml
${short}\`\`\`

What it then tells about itself: [metrics.md](metrics.md), [events-out.md](events-out.md), and traces to \`telemetry.traces.endpoint\`.

## Keys

<!-- Written by \`npm run docs\` from src/config/schema.ts: change it there. -->

| key | value | default | meaning |
|---|---|---|---|
${rowsOf(configJsonSchema() as Shape, '').join('\n')}
`;
}

function rowsOf(shape: Shape, prefix: string): string[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, inner]) => {
    const path = prefix + name;
    const kinds = [...new Set(formsOf(inner).map(kindOf))].join(' or ');
    const row = `| \`${path}\` | ${kinds} | ${defaultOf(shape, name, inner)} | ${inner.description ?? inner.items?.description ?? ''} |`;
    const inside = formsOf(inner).flatMap((form) => [
      ...rowsOf(form, `${path}.`),
      ...formsOf(form.items ?? {}).flatMap((item) => rowsOf(item, `${path}[].`)),
      ...(typeof form.additionalProperties === 'object' ? rowsOf(form.additionalProperties, `${path}.*.`) : []),
    ]);
    return [row.replace(/ {2,}/g, ' '), ...inside];
  });
}

function kindOf(shape: Shape): string {
  if (shape.enum) return shape.enum.join(', ');
  if (shape.type === 'array') return `list of ${[...new Set(formsOf(shape.items ?? {}).map(itemKind))].join(' or ')}`;
  if (shape.type === 'object')
    return shape.propertyNames?.enum ? `map by ${shape.propertyNames.enum.join(', ')}` : 'map';
  if (shape.type === 'string') return 'text';
  if (shape.type === 'boolean') return 'true, false';
  return `${shape.type === 'integer' ? 'whole number' : 'number'}${rangeOf(shape)}`;
}

/** The schema gives whole numbers the bounds of what a number can hold: those say nothing. */
function rangeOf({ minimum = -Infinity, maximum = Infinity }: Shape): string {
  const least = minimum > Number.MIN_SAFE_INTEGER ? minimum : null;
  const most = maximum < Number.MAX_SAFE_INTEGER ? maximum : null;
  if (least !== null && most !== null) return `, ${least} to ${most}`;
  if (least !== null) return `, from ${least}`;
  return most === null ? '' : `, at most ${most}`;
}

function itemKind(shape: Shape): string {
  if (shape.enum) return shape.enum.join(', ');
  if (shape.properties) return 'maps';
  return shape.type === 'string' ? 'texts' : shape.type === 'integer' ? 'whole numbers' : 'values';
}

function defaultOf(parent: Shape, name: string, shape: Shape): string {
  if (shape.type === 'array' || shape.type === 'object') return '';
  if (shape.default !== undefined) return String(shape.default);
  return parent.required?.includes(name) ? 'required' : '';
}
