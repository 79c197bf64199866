/** `inventory`: which endpoints a running Sallyport knows, from documents and from traffic. */
import { type Command, Option } from 'commander';
import { columns, type Paint, printable } from '../doors/replay/render/text.ts';
import { count, counted, when } from '../doors/replay/render/words.ts';
import type { EndpointReport, InventoryFilter, InventoryReport } from '../runtime/live/inventory-report.ts';
import { EXIT } from './exit.ts';
import { answer, type Flags, remote } from './operate.ts';
import { wholeNumber } from './options.ts';
import type { Cli } from './ports.ts';

const SHOWN = 50;
const MOST_SHOWN = 1000;

const HELP = `
Examples:
    sallyport inventory
    sallyport inventory --shadow
    sallyport inventory --zombie --json

Documented is what stands in a document of inspection.schemas; shadow what is answered and stands in none; a zombie what is
deprecated or removed and still called, or documented and called by nobody for long. docs/schemas.md.`;

interface InventoryFlags extends Flags {
  readonly shadow?: boolean;
  readonly zombie?: boolean;
  readonly last: number;
}

/** Adds the verb to the program. `done` receives the exit code. */
export function addInventory(program: Command, cli: Cli, done: (code: number) => void): void {
  remote(program.command('inventory'))
    .summary('endpoints: documented, shadow and zombie')
    .description(
      'Lists the endpoints that a running Sallyport knows: how they are used, by how many, with what credentials, and what ' +
        'they give away.',
    )
    .addOption(new Option('--shadow', 'only those that no document has').conflicts('zombie'))
    .option('--zombie', 'only those that should be gone, or that nobody calls')
    .option('--last <n>', 'how many', wholeNumber(1, MOST_SHOWN), SHOWN)
    .addHelpText('after', HELP)
    .action(async (flags: InventoryFlags) => {
      const kind = flags.shadow ? 'shadow' : flags.zombie ? 'zombie' : null;
      const filter: InventoryFilter = { limit: flags.last, ...(kind !== null && { kind }) };
      await answer(flags, cli, (client) => client.inventory(filter), inventoryText);
      done(EXIT.ok);
    });
}

/** One line an endpoint, and below it what speaks against it. */
function inventoryText(report: InventoryReport, width: number, paint: Paint): string {
  if (!report.enabled) return 'No inventory is kept: inspection.inventory.enabled is false.\n';
  const { documented, shadow, zombie } = report.counts;
  const head = `${counted(documented, 'endpoint')} documented, ${count(shadow)} shadow, ${count(zombie)} zombie\n`;
  if (report.endpoints.length === 0) return head;
  const names = [
    'kind',
    'method',
    'path',
    'a day',
    'callers',
    'authenticated',
    'sensitivity',
    'from',
    'last seen (UTC)',
  ];
  const rows = report.endpoints.map((one) => rowOf(one).map(printable));
  const table = columns([names.map(paint.bold), ...rows], width);
  const remarks = report.endpoints.flatMap((one) => remarksOf(one).map((text) => `  ${printable(text)}`));
  const more = remarks.length === 0 ? '' : `\n${paint.bold('Worth a look')}\n${remarks.join('\n')}\n`;
  return `${head}\n${table.join('\n')}\n${more}`;
}

function rowOf(one: EndpointReport): string[] {
  const { kind, reason, method, template, requests_per_day, callers, authentication, sensitivity, exposure } = one;
  const { accepted_percent } = authentication;
  return [
    reason === '' ? kind : `${kind} (${reason})`,
    method,
    template,
    count(Math.round(requests_per_day)),
    count(callers),
    accepted_percent < 0 ? '–' : `${Math.round(accepted_percent)} %`,
    sensitivity.level,
    exposure === 'none' ? '–' : exposure,
    one.last_seen === '' ? 'never' : when(one.last_seen),
  ];
}

/** Share of successful exchanges without accepted credentials from which on an endpoint counts as open, in percent. */
const OPEN_BELOW_PERCENT = 50;

function remarksOf(one: EndpointReport): string[] {
  const { method, template, authentication, sensitivity, exposure, undeclared_parameters, versions, kind } = one;
  const name = `${method} ${template}`;
  const remarks: string[] = [];
  const isOpen = authentication.accepted_percent >= 0 && authentication.accepted_percent < OPEN_BELOW_PERCENT;
  if (isOpen && authentication.declared) {
    remarks.push(`${name}: its document asks for credentials, and it answers without`);
  } else if (isOpen && exposure === 'internet' && sensitivity.because.startsWith('answers')) {
    remarks.push(`${name}: open to the internet, and ${sensitivity.because}`);
  }
  if (undeclared_parameters.length > 0) {
    remarks.push(`${name}: takes parameters that nothing declares: ${undeclared_parameters.slice(0, 5).join(', ')}`);
  }
  if (kind !== 'documented' && versions.length > 0) remarks.push(`${name}: also there as ${versions.join(', ')}`);
  return remarks;
}
