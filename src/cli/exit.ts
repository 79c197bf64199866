/** How the command line ends. docs/cli.md lists the same; a test keeps both equal. */
import { SallyportError } from '../lib/errors.ts';

export const EXIT_CODES = [
  { code: 0, name: 'ok', meaning: 'It ran to its end, whatever it found.' },
  {
    code: 1,
    name: 'found',
    meaning:
      'With `--fail-on ACTION`: an actor is recommended for that action or a harder one. `doctor`: a check failed.',
  },
  { code: 2, name: 'usage', meaning: 'The command line, the configuration or the policy is wrong. Nothing was read.' },
  { code: 3, name: 'input', meaning: 'An input cannot be read, or nothing in it was an exchange.' },
  { code: 4, name: 'output', meaning: 'A file that was asked for cannot be written.' },
  {
    code: 5,
    name: 'serving',
    meaning: 'A running Sallyport could not be reached, or refused; or one could not start.',
  },
  { code: 70, name: 'defect', meaning: 'Sallyport contradicted itself. Please report it.' },
  {
    code: 130,
    name: 'interrupted',
    meaning: 'Interrupted (Ctrl-C, SIGTERM) before the end; what was known by then is printed.',
  },
] as const;

export type ExitName = (typeof EXIT_CODES)[number]['name'];

/** The code of a name. */
export const EXIT = Object.fromEntries(EXIT_CODES.map(({ name, code }) => [name, code])) as {
  readonly [K in ExitName]: number;
};

/** Errors that belong to the command line although their code stands with the inputs: a wrong name, not a bad file. */
const USAGE_CODES: ReadonlySet<string> = new Set([
  'SP3002',
  'SP3003',
  'SP3004',
  'SP6001',
  'SP6002',
  'SP6003',
  'SP9002',
]);

/** The exit code that an error leads to. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof SallyportError)) return EXIT.defect;
  if (USAGE_CODES.has(error.code)) return EXIT.usage;
  if (error.code === 'SP9003') return EXIT.output;
  switch (error.code[2]) {
    case '1':
    case '6':
      return EXIT.usage;
    case '2':
    case '3':
    case '4':
    case '5':
      return EXIT.input;
    case '7':
      return EXIT.serving;
    default:
      return EXIT.defect;
  }
}
