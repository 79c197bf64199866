/** `redteam families`, `populations` and `site`: what there is to write scenarios with. */
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { FAMILIES, LEVELS } from '../contract.ts';
import { composeWorld, LOG_DISTURBANCES, readScenario, SITE_DISTURBANCES } from '../simulate/index.ts';
import { INVENTORY_SIZE, readSite, type SiteModel } from '../site/index.ts';
import { describe } from '../world/index.ts';
import { EXIT, Failure, wholeNumber } from './common.ts';

const FAMILY_WORDS: Readonly<Record<(typeof FAMILIES)[number], string>> = {
  stuffing: 'names and passwords from leaks, tried one by one; gain: accounts',
  spraying: 'a few common passwords against many names; gain: accounts',
  takeover: 'a few chosen accounts, by password, session or reset code; gain: accounts',
  'code-guessing': 'gift, promo or reset codes by trial; gain: codes',
  'signup-abuse': 'accounts in bulk; gain: accounts',
  'object-enumeration': 'ids counted up and down for records of others; gain: records',
  'account-enumeration': 'which names have an account here; gain: names',
  scraping: 'the catalogue copied: fast, slowly, or from many places; gain: records',
  'key-leak': "somebody else with a partner's key; gain: records",
  'partner-misuse': 'a partner who takes more than was agreed; gain: records',
  'device-storm': 'devices, or who has their keys, all at once; gain: seconds of work',
  probing: 'paths tried that no document has; gain: findings',
  injection: 'texts that something behind might read as orders; gain: findings',
  'resource-cost': 'requests that are cheap to send and dear to answer; gain: seconds of work',
  'workflow-manipulation': 'steps left out, prices made up; gain: cents',
  'billing-spike': 'requests that cost the site money elsewhere; gain: cents',
};

const LEVEL_WORDS: Readonly<Record<(typeof LEVELS)[number], string>> = {
  E0: 'naive: one machine, a tool that says its name',
  E1: 'rotates addresses of data centres and User-Agents',
  E2: 'residential addresses, 1 to 3 requests each, coherent browsers',
  E3: 'mimics journeys and pace of people, with aged accounts',
  E4: 'adapts to answers, frames others, poisons what is learned, floods state',
};

const QUIET: Readonly<Record<string, string>> = {
  outage: 'the site answers 503',
  'clock-skew': "a server's clock is off: options by (a duration), server (its number, or all)",
  'lost-events': 'log lines are lost: options share, server',
  'late-events': 'log lines come late: options share, by, server',
};

export function addCatalogue(program: Command): void {
  program
    .command('families')
    .description('what attackers come for, and the levels at which they hide')
    .action(() => {
      process.stdout.write(`Families:\n${list(FAMILY_WORDS)}\nLevels:\n${list(LEVEL_WORDS)}`);
    });
  program
    .command('populations')
    .argument('[name]', 'a population or disturbance, to see its options')
    .description('benign populations and disturbances that a scenario can have')
    .action((name: string | undefined) => {
      process.stdout.write(name === undefined ? overview() : optionsOf(name));
    });
  addSite(program);
}

interface SiteOptions {
  readonly openapi?: string;
  readonly scenario?: string;
  readonly seed: string;
  readonly out?: string;
  readonly roles: boolean;
  readonly accounts?: number;
}

function addSite(program: Command): void {
  program
    .command('site')
    .description('the inventory of a site under a seed, as JSON: what a live server has to be stocked with')
    .option('--openapi <file>', 'an OpenAPI 3 document')
    .option('--scenario <file>', 'a scenario instead, with its document and the sizes of its site')
    .option('--seed <text>', 'everything that is drawn depends on it', '1')
    .option('--accounts <n>', `how many accounts, with --openapi (${INVENTORY_SIZE.accounts})`, wholeNumber)
    .option('--out <file>', 'where to write, instead of standard output')
    .option('--roles', 'list the operations with the roles they were taken for, instead', false)
    .addHelpText(
      'after',
      `
Examples:
  $ redteam site --openapi examples/shop/openapi.yaml --roles
  $ redteam site --scenario redteam/scenarios/quick.yaml --seed 7 --out inventory.json
  $ npm run shop -- --data inventory.json
`,
    )
    .action((options: SiteOptions) => {
      const model = siteOf(options);
      const text = options.roles ? roles(model) : `${JSON.stringify(model.inventory)}\n`;
      if (options.out === undefined) process.stdout.write(text);
      // Passwords of invented people; nobody else needs to read them.
      else writeFileSync(options.out, text, { mode: 0o600 });
    });
}

function siteOf({ openapi, scenario, seed, accounts }: SiteOptions): SiteModel {
  if ((openapi === undefined) === (scenario === undefined)) {
    throw new Failure('say where the site is described: either --openapi FILE or --scenario FILE', EXIT.usage);
  }
  if (scenario !== undefined) return composeWorld(readScenario(scenario), seed).model;
  try {
    return readSite(openapi as string, seed, { size: accounts === undefined ? {} : { accounts } });
  } catch (error) {
    throw new Failure((error as Error).message, EXIT.input);
  }
}

function roles({ operations }: SiteModel): string {
  const login = (keyed: boolean) => (keyed ? 'key' : 'login');
  const rows = operations.map(({ role, method, template, id, authenticated, keyed }) => {
    return [role.padEnd(12), method.padEnd(6), template, authenticated ? login(keyed) : '', id].join('  ').trimEnd();
  });
  return `${rows.join('\n')}\n`;
}

const QUIET_KINDS = [...SITE_DISTURBANCES, ...LOG_DISTURBANCES];

function overview(): string {
  const words = (kind: string) => {
    return Object.fromEntries(describe().flatMap((it) => (it.kind === kind ? [[it.name, it.summary]] : [])));
  };
  const quiet = Object.fromEntries(QUIET_KINDS.map((name) => [name, QUIET[name]]));
  return `Populations:\n${list(words('population'))}\nDisturbances:\n${list({ ...words('disturbance'), ...quiet })}`;
}

function optionsOf(name: string): string {
  if (Object.hasOwn(QUIET, name)) return `${name}: ${QUIET[name]}\n`;
  const found = describe().find((it) => it.name === name);
  if (found === undefined)
    throw new Failure(`there is nothing called "${name}"; 'redteam populations' lists all`, EXIT.usage);
  return `${name}: ${found.summary}\nCohort: ${found.cohort}\nOptions:\n${list(found.options)}`;
}

function list(words: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(words).map((name) => name.length));
  return Object.entries(words)
    .map(([name, text]) => `  ${name.padEnd(width)}  ${text}`.trimEnd())
    .join('\n')
    .concat('\n');
}
