/** What only holds between two places of a configuration, or between it and the rest of the program. */
import type { Locate, Path } from './locate.ts';
import { hint, type Problem } from './problems.ts';
import type { Config } from './schema.ts';

/** What the rest of the program knows and a configuration may name. Left out: not checked. */
export interface Known {
  /** Ids of log formats. */
  readonly formats?: readonly string[];
  /** Detector id → names of its thresholds. */
  readonly detectors?: Readonly<Record<string, readonly string[]>>;
  /** Key (`inspection.graphql.schema`) → reads the text of the file that it names, with a coded error where it is wrong. */
  readonly readers?: Readonly<Record<string, (text: string) => unknown>>;
}

/** Classes whose routes can be listed by name. */
const LISTED = ['login', 'reset', 'signup', 'search', 'code', 'lookup'] as const;

/** Two places that cannot both hold. */
export function contradictions(config: Config, locate: Locate): Problem[] {
  const problems: Problem[] = [];
  const { format, pattern } = config.inputs;
  if (format !== undefined && pattern !== undefined) {
    problems.push(
      locate(['inputs', 'pattern'], 'SP1007', '"inputs.format" and "inputs.pattern" both say how to read lines', 'key'),
    );
  }
  const classOf = new Map<string, string>();
  const claim = (template: string, path: Path, routeClass: string) => {
    const before = classOf.get(template);
    if (before !== undefined && before !== routeClass) {
      problems.push(locate(path, 'SP1007', `"${template}" is already ${before}: a route has one class`));
    }
    classOf.set(template, routeClass);
  };
  for (const name of LISTED) for (const [i, t] of config.routes[name].entries()) claim(t, ['routes', name, i], name);
  for (const [i, entry] of config.routes.templates.entries()) {
    if (entry.class) claim(entry.template, ['routes', 'templates', i, 'template'], entry.class);
  }
  for (const [i, decoy] of config.decoys.entries()) {
    const use = classOf.get(decoy);
    if (use !== undefined)
      problems.push(locate(['decoys', i], 'SP1007', `"${decoy}" is in use as ${use}: people would touch it`));
  }
  return problems;
}

/** Names of formats, detectors and thresholds that do not exist. */
export function unknownNames(config: Config, known: Known, locate: Locate): Problem[] {
  const problems: Problem[] = [];
  const { format } = config.inputs;
  if (format !== undefined && known.formats && !known.formats.includes(format)) {
    problems.push(
      locate(['inputs', 'format'], 'SP3002', `there is no log format "${format}"${hint(format, known.formats)}`),
    );
  }
  if (!known.detectors) return problems;
  const ids = Object.keys(known.detectors);
  const missing = (id: string, path: Path) =>
    problems.push(
      locate(
        path,
        'SP6001',
        `there is no detector "${id}"${hint(id, ids)}`,
        typeof path.at(-1) === 'number' ? 'value' : 'key',
      ),
    );
  for (const [i, id] of config.detectors.disabled.entries()) {
    if (!ids.includes(id)) missing(id, ['detectors', 'disabled', i]);
  }
  for (const [id, thresholds] of Object.entries(config.detectors.thresholds)) {
    const path = ['detectors', 'thresholds', id];
    if (!ids.includes(id)) missing(id, path);
    else {
      for (const name of Object.keys(thresholds)) {
        if (known.detectors[id].includes(name)) continue;
        const message = `"${id}" has no threshold "${name}"${hint(name, known.detectors[id])}`;
        problems.push(locate([...path, name], 'SP6002', message, 'key'));
      }
    }
  }
  return problems;
}
