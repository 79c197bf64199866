/** What tools are fed with: lists of our own making, drawn from a seed, written into the run's folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Inventory } from '../../examples/shop/src/inventory.ts';
import type { Random } from '../../redteam/src/core/random.ts';

/** Paths of the files with the lists, one entry a line. */
export interface Lists {
  readonly users: string;
  readonly passwords: string;
  readonly paths: string;
  readonly codes: string;
}

const USERS = 40;
const PASSWORDS = 400;
const PATHS = 4000;
const CODES = 4000;

const SECRETS =
  'spring autumn secret hello welcome master pepper ginger purple silver cheese banana rocket tennis'.split(' ');
const THINGS = (
  'admin backup old new test dev stage config private internal data files upload download export import log logs tmp ' +
  'cache db sql dump site web api v1 v2 v3 panel manage console user users account report invoice archive media static ' +
  'shop cart order store help doc docs info status monitor debug trace secret key token auth sso portal intranet mail'
).split(' ');
const ENDS = ['', '', '.php', '.bak', '.zip', '.old', '.txt', '.json', '.xml', '.sql', '.html', '.tar.gz'];

/** Writes all lists. Half of the names have an account: who guesses passwords has bought or found some names. */
export function writeLists(folder: string, inventory: Inventory, random: Random): Lists {
  mkdirSync(folder, { recursive: true });
  const known = random.shuffled(inventory.accounts).slice(0, USERS / 2);
  const write = (name: string, lines: readonly string[]): string => {
    const path = join(folder, `${name}.txt`);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  };
  return {
    users: write('users', random.shuffled([...known.map((a) => a.name), ...distinct(USERS / 2, () => userOf(random))])),
    passwords: write(
      'passwords',
      distinct(PASSWORDS, () => passwordOf(random)),
    ),
    paths: write(
      'paths',
      distinct(PATHS, () => pathOf(random)),
    ),
    codes: write(
      'codes',
      distinct(CODES, () => codeOf(random, inventory)),
    ),
  };
}

function distinct(n: number, draw: () => string): string[] {
  const found = new Set<string>();
  while (found.size < n) found.add(draw());
  return [...found];
}

const userOf = (random: Random): string => `${random.pick(THINGS)}${random.below(1000)}`;

const passwordOf = (random: Random): string => `${random.pick(SECRETS)}${random.below(10_000)}`;

const pathOf = (random: Random): string => {
  const parts = Array.from({ length: 1 + random.below(2) }, () => random.pick(THINGS));
  return `${parts.join(random.pick(['-', '_', '']))}${random.chance(0.4) ? random.below(30) : ''}${random.pick(ENDS)}`;
};

const codeOf = (random: Random, { codeAlphabet, codeLength }: Inventory): string =>
  Array.from({ length: codeLength }, () => codeAlphabet[random.below(codeAlphabet.length)]).join('');
