/**
 * Mitigations for nginx. Its configuration knows no expiry, so the document brings one along: a map over $msec, the
 * clock of the request, that stops matching at the second the mitigation ends, without a reload.
 */
import type { Report } from '../../../../runtime/report.ts';
import {
  commented,
  type EmitOptions,
  leftLines,
  type Mitigation,
  planMitigations,
  rfc3339,
  THROTTLE_BURST,
  THROTTLE_PER_MINUTE,
} from './plan.ts';

/** Where nginx finds what a mitigation is keyed by. */
type Subject = 'address' | 'session' | 'user' | 'agent';
const SUBJECTS: readonly Subject[] = ['address', 'session', 'user', 'agent'];

interface Entry {
  readonly mitigation: Mitigation;
  /** nginx can block and throttle; whatever else was recommended becomes a throttle. */
  readonly effect: 'block' | 'throttle';
}

/** An nginx configuration for the http level, with the lines for the server block in its head. */
export function emitNginx(report: Report, options: EmitOptions): string {
  const plan = planMitigations(report, options);
  const cookie = options.sessionCookie;
  const usable = plan.mitigations.filter((m) => m.target.kind !== 'session' || cookie !== undefined);
  const entries = usable.map((m): Entry => ({ mitigation: m, effect: m.action === 'block' ? 'block' : 'throttle' }));
  const lines = [...commented([...plan.head, ...howTo(entries)]), ''];
  const unnamed = plan.mitigations.filter((m) => !usable.includes(m));
  const left = leftLines(plan);
  if (unnamed.length > 0) {
    left.push('Sessions are left out: name their cookie with --session-cookie NAME.');
    for (const m of unnamed) left.push(...m.comments.map((text) => `  ${text}`));
  }
  if (left.length > 0) lines.push(...commented(left), '');
  for (const end of ends(entries)) lines.push(...expiryMap(end), '');
  for (const effect of ['block', 'throttle'] as const) {
    const mine = entries.filter((e) => e.effect === effect);
    if (mine.length > 0) lines.push(...effectLines(effect, mine, cookie), '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function howTo(entries: readonly Entry[]): string[] {
  const snippet = serverLines(entries);
  if (snippet.length === 0) return ['', 'Nothing to do.'];
  return [
    '',
    'Use: save as /etc/nginx/conf.d/sallyport.conf, then put into each server block',
    ...snippet.map((line) => `    ${line}`),
    'and run: nginx -t && nginx -s reload',
    'Undo: delete the lines with its id, or the whole file and those of the server block, and reload.',
    'Addresses are compared with $remote_addr: behind a proxy, set_real_ip_from and real_ip_header must be in place.',
  ];
}

/** What belongs into each server block. */
function serverLines(entries: readonly Entry[]): string[] {
  const lines: string[] = [];
  if (entries.some((e) => e.effect === 'block')) lines.push('if ($sallyport_block) { return 403; }');
  if (entries.some((e) => e.effect === 'throttle')) {
    lines.push(`limit_req zone=sallyport burst=${THROTTLE_BURST} nodelay;`, 'limit_req_status 429;');
  }
  return lines;
}

const ends = (entries: readonly Entry[]): number[] =>
  [...new Set(entries.map((e) => e.mitigation.expiresAt))].sort((a, b) => a - b);

function expiryMap(end: number): string[] {
  return [
    `# 1 until ${rfc3339(end)}`,
    `map $msec ${until(end)} {`,
    '  default "";',
    `  "~^${earlierThan(end)}" 1;`,
    '}',
  ];
}

const until = (end: number): string => `$sallyport_until_${end}`;

/**
 * A regular expression that matches the ten-digit decimal numbers below `end`: at each digit, a smaller one after the
 * same start. Ten digits hold until the year 2286.
 */
export function earlierThan(end: number): string {
  const digits = String(end);
  if (!/^\d{10}$/.test(digits)) throw new RangeError(`not a Unix time of ten digits: ${end}`);
  const branches: string[] = [];
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[i]);
    if (digit === 0) continue;
    branches.push(digits.slice(0, i) + (digit === 1 ? '0' : `[0-${digit - 1}]`));
  }
  return `(?=\\d{10}\\.)(?:${branches.join('|')})`;
}

/** The maps from what a request carries to a mitigation's id, and from the id to whether it still stands. */
function effectLines(effect: Entry['effect'], entries: readonly Entry[], cookie: string | undefined): string[] {
  const lines: string[] = [];
  const live: string[] = [];
  for (const subject of SUBJECTS) {
    const mine = entries.filter((e) => e.mitigation.target.kind === subject);
    if (mine.length === 0) continue;
    const name = `$sallyport_${effect}_${subject}`;
    lines.push(subject === 'address' ? `geo ${name} {` : `map ${source(subject)} ${name} {`, '  default "";');
    for (const { mitigation } of mine) {
      lines.push(...commented(notes(mitigation), '# ', '  '), `  ${matcher(mitigation, cookie)} ${mitigation.id};`);
    }
    lines.push('}', `map ${name} ${name}_live {`, '  default "";');
    for (const { mitigation } of mine) lines.push(`  ${mitigation.id} ${until(mitigation.expiresAt)};`);
    lines.push('}');
    if (effect === 'throttle') lines.push(`map ${name}_live ${name}_key {`, '  default "";', `  1 ${name};`, '}');
    live.push(name);
  }
  if (effect === 'block') {
    const joined = live.map((name) => `\${${name.slice(1)}_live}`).join('');
    lines.push(`map "${joined}" $sallyport_block {`, '  default 0;', '  "~1" 1;', '}');
  } else {
    // An empty key is not counted: only the actors named above are ever slowed down, each with an allowance of its own.
    const joined = live.map((name) => `\${${name.slice(1)}_key}`).join('');
    lines.push(`limit_req_zone "${joined}" zone=sallyport:1m rate=${THROTTLE_PER_MINUTE}r/m;`);
  }
  return lines;
}

function notes(mitigation: Mitigation): readonly string[] {
  const asked = mitigation.action;
  return asked === 'block' || asked === 'throttle'
    ? mitigation.comments
    : [...mitigation.comments, `nginx cannot ask for a ${asked}: throttled instead.`];
}

function source(subject: Subject): string {
  // The whole header, because nginx has a variable only for cookies whose name is letters, digits and underscores.
  if (subject === 'session') return '$http_cookie';
  return subject === 'user' ? '$remote_user' : '$http_user_agent';
}

function matcher(mitigation: Mitigation, cookie = ''): string {
  const { target } = mitigation;
  if (target.kind === 'session') return `"~(?:^|; ?)${regexOf(cookie)}=${regexOf(target.text)}(?:;|$)"`;
  return target.kind === 'address' ? target.cidr : `"~^${regexOf(target.text)}$"`;
}

/**
 * A regular expression for exactly this text. All but harmless characters are written as \xHH, which neither nginx nor
 * PCRE reads as anything else. (A plain string would be compared without case, and a long one overflows nginx's hash.)
 */
function regexOf(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    out += /[A-Za-z0-9 /,:;=_@%-]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return out;
}
