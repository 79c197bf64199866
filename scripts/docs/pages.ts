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
}

function configurationPage(): string {
  const example = readFileSync(new URL('../../src/config/testdata/good/typical.yaml', import.meta.url), 'utf8');
  return `# Configuration

Sallyport runs without a configuration. What differs from the defaults goes into a YAML file, named with \`--config FILE\`:

\`\`\`yaml
${example}\`\`\`

Editors complete and check it with [sallyport.schema.json](sallyport.schema.json): begin the file with
\`# yaml-language-server: $schema=…/sallyport.schema.json\`. Mistakes are reported all at once, each with file, line, column and
a code of [errors.md](errors.md). A key with nothing behind it counts as left out. Paths are relative to the file.

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
    const row = `| \`${path}\` | ${kindOf(inner)} | ${defaultOf(shape, name, inner)} | ${inner.description ?? inner.items?.description ?? ''} |`;
    const values = typeof inner.additionalProperties === 'object' ? inner.additionalProperties : {};
    return [
      row.replace(/ {2,}/g, ' '),
      ...rowsOf(inner, `${path}.`),
      ...rowsOf(inner.items ?? {}, `${path}[].`),
      ...rowsOf(values, `${path}.*.`),
    ];
  });
}

function kindOf(shape: Shape): string {
  if (shape.enum) return shape.enum.join(', ');
  if (shape.type === 'array')
    return `list of ${shape.items?.properties ? 'maps' : shape.items?.type === 'string' ? 'texts' : 'values'}`;
  if (shape.type === 'object')
    return shape.propertyNames?.enum ? `map by ${shape.propertyNames.enum.join(', ')}` : 'map';
  if (shape.type === 'string') return 'text';
  const range =
    shape.minimum !== undefined && shape.maximum !== undefined ? `, ${shape.minimum} to ${shape.maximum}` : '';
  return `${shape.type === 'integer' ? 'whole number' : 'number'}${range}`;
}

function defaultOf(parent: Shape, name: string, shape: Shape): string {
  if (shape.type === 'array' || shape.type === 'object') return '';
  if (shape.default !== undefined) return String(shape.default);
  return parent.required?.includes(name) ? 'required' : '';
}
