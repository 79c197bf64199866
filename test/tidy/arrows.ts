/** The rooms of src/ and which of them may import which. ARCHITECTURE.md shows this table; a test keeps both equal. */
import { type ImportOf, importsOf, isTestFile, type SourceFile } from './source.ts';

const CORE_BELOW_ENGINE = ['lib', 'event', 'enrich'];
const CORE = [...CORE_BELOW_ENGINE, 'engine'];
const PARTS = ['detectors', 'policy', 'state', 'record', 'learn', 'config'];
/** Who is calling and what they send: libraries and waiting are allowed here, state is not. */
const DESKS = ['identity', 'inspect'];

/** Room → rooms it may import. A room may always import itself. */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  event: ['lib'],
  enrich: ['lib', 'event'],
  engine: CORE_BELOW_ENGINE,
  detectors: CORE,
  policy: CORE,
  state: CORE,
  record: CORE,
  learn: CORE,
  config: CORE,
  identity: [...CORE_BELOW_ENGINE, 'config'],
  inspect: [...CORE_BELOW_ENGINE, 'config', 'learn'],
  runtime: [...CORE, ...PARTS],
  doors: [...CORE, ...PARTS, ...DESKS, 'runtime'],
  admin: [...CORE, ...PARTS, ...DESKS, 'runtime'],
  cli: [...CORE, ...PARTS, ...DESKS, 'runtime', 'doors', 'admin'],
  index: [...CORE, ...PARTS, ...DESKS, 'runtime', 'doors'],
};

/** Rooms that read no clock, no randomness and do no I/O (ARCHITECTURE.md, invariant 1). */
export const CORE_ROOMS = ['lib', 'event', 'enrich', 'engine', 'detectors'];

/** Packages that a core room may import: data and pure functions only. */
export const CORE_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  enrich: ['isbot', 'crawler-user-agents'],
};

/** The room a file of src/ belongs to: its first folder, `index` for src/index.ts. */
export function roomOf(path: string): string {
  const [top, room] = path.split('/');
  if (top !== 'src') return '';
  return room.endsWith('.ts') ? room.slice(0, -3) : room;
}

/** Imports against the arrows, or out of src/, or of test support by product code. One sentence each. */
export function arrowProblems(files: readonly SourceFile[]): string[] {
  const problems: string[] = [];
  for (const file of files) {
    if (isTestFile(file.path)) continue;
    const room = roomOf(file.path);
    const allowed = ARROWS[room];
    if (!allowed) {
      problems.push(`${file.path}: "${room}" is not a room; add it to test/tidy/arrows.ts and ARCHITECTURE.md`);
      continue;
    }
    for (const used of importsOf(file)) problems.push(...problemsOf(used, room, allowed));
  }
  return problems;
}

function problemsOf(used: ImportOf, room: string, allowed: readonly string[]): string[] {
  const at = `${used.from}:${used.line}`;
  if (used.target === null) {
    const name = used.specifier.startsWith('@')
      ? used.specifier.split('/').slice(0, 2).join('/')
      : used.specifier.split('/')[0];
    const pure = CORE_PACKAGES[room]?.includes(name) ?? false;
    return CORE_ROOMS.includes(room) && !pure
      ? [`${at}: ${room} is a core room and may not import "${used.specifier}"`]
      : [];
  }
  if (isTestFile(used.target)) return [`${at}: imports ${used.target}, which is there for tests only`];
  const target = roomOf(used.target);
  // Data files outside src/ (package.json for the version) are not rooms.
  if (target === '') return /\.ts$/.test(used.target) ? [`${at}: imports ${used.target}, outside of src/`] : [];
  if (target === room)
    return strangers(doorOf(used.from), doorOf(used.target)) ? [`${at}: one door imports another`] : [];
  return allowed.includes(target) ? [] : [`${at}: ${room} may not import ${target} (${used.specifier})`];
}

/** Doors do not know each other: `doors/replay` for a file within one, '' elsewhere. */
function doorOf(path: string): string {
  const [, room, door, file] = path.split('/');
  return room === 'doors' && file !== undefined ? door : '';
}

function strangers(a: string, b: string): boolean {
  return a !== '' && b !== '' && a !== b;
}

/** Import cycles among the files, each as the list of files it runs through. Type imports count: they are knowledge too. */
export function cycles(files: readonly SourceFile[]): string[][] {
  const edges = new Map(files.map((f) => [f.path, importsOf(f).flatMap((i) => (i.target ? [i.target] : []))]));
  const state = new Map<string, 'open' | 'done'>();
  const found: string[][] = [];
  const visit = (path: string, trail: string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      found.push([...trail.slice(trail.indexOf(path)), path]);
      return;
    }
    state.set(path, 'open');
    for (const target of edges.get(path) ?? []) if (edges.has(target)) visit(target, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
}

/** The table as ARCHITECTURE.md shows it. */
export function arrowTable(): string {
  const rows = Object.entries(ARROWS).map(
    ([room, uses]) => `| \`${room}\` | ${uses.length ? uses.join(', ') : 'nothing'} |`,
  );
  return ['| room | may import |', '|---|---|', ...rows].join('\n');
}
