/** What the core may not call: time, randomness, I/O, the machine's own idea of mathematics or of language. */
import { lineAt, type SourceFile } from './source.ts';

const FORBIDDEN: readonly { readonly what: RegExp; readonly why: string }[] = [
  {
    what: /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )\bDate\(\s*\)/g,
    why: 'reads the clock: time comes with the event',
  },
  { what: /\bperformance\.|\bhrtime\b/g, why: 'reads a clock' },
  { what: /\bMath\.random\b|\bcrypto\./g, why: 'is random: derive it from the seed with lib/hash.ts' },
  {
    what: /\bMath\.(?:exp|expm1|log|log2|log10|log1p|pow|sqrt|cbrt|hypot|a?sinh?|a?cosh?|a?tanh?|atan2)\b/g,
    why: 'differs between engines in its last bit: use lib/fixed.ts for tables',
  },
  { what: /\*\*/g, why: 'differs between engines in its last bit: multiply, or use lib/fixed.ts' },
  { what: /\bprocess\.|\bglobalThis\b|\brequire\(/g, why: 'reaches for the machine' },
  { what: /\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/g, why: 'waits' },
  { what: /\basync\b|\bawait\b|\bnew Promise\b/g, why: 'waits: the core is synchronous' },
  { what: /(?<![.\w])fetch\(|\bXMLHttpRequest\b|\bWebSocket\b/g, why: 'does I/O' },
  { what: /\bconsole\./g, why: 'prints: return what is to be said' },
  { what: /\btoLocale\w*\(|\blocaleCompare\b|\bIntl\./g, why: 'depends on the language of the machine' },
  {
    what: /\.get(?:FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds|TimezoneOffset)\(/g,
    why: 'depends on the time zone of the machine: use the UTC methods',
  },
];

/** Forbidden calls in a file's code (comments and strings do not count). */
export function coreProblems(file: SourceFile): string[] {
  return FORBIDDEN.flatMap(({ what, why }) =>
    [...file.code.matchAll(what)].map((m) => `${file.path}:${lineAt(file.code, m.index)}: ${m[0].trim()} ${why}`),
  );
}
