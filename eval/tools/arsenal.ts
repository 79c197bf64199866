/** The tools, as Debian has them, and how each is let loose on the shop. All are told to go slowly enough for a small machine. */
import type { Inventory } from '../../examples/shop/src/inventory.ts';
import type { Random } from '../../redteam/src/core/random.ts';
import type { Lists } from './words.ts';

/** What a tool is aimed at. */
export interface Aim {
  /** http://127.0.0.1:PORT, without a slash. */
  readonly url: string;
  readonly port: number;
  readonly lists: Lists;
  /** A folder that the tool may write into. */
  readonly folder: string;
  /** Value of the session cookie of an account that the attacker has. */
  readonly session: string;
  /** Bearer tokens of accounts that the attacker has. */
  readonly tokens: readonly string[];
  /** A partner's key that the attacker has found. */
  readonly key: string;
  readonly inventory: Inventory;
  readonly random: Random;
  /** How long it may run, in seconds. */
  readonly seconds: number;
  /** User-Agent that it is to hide behind; '' for its own. */
  readonly agent: string;
}

export interface Tool {
  /** As `TOOLS_ONLY` and the figures have it. */
  readonly name: string;
  readonly program: string;
  /** Package of Debian. */
  readonly package: string;
  /** For the table. */
  readonly what: string;
  /** It plays with the connection: bytes must reach the gateway as they are. */
  readonly wire?: boolean;
  /** Statuses that it is told in place of others: what an attacker puts between who knows the tool's quirks. */
  readonly told?: Readonly<Record<number, number>>;
  /** Accounts that the attacker has logged in to, 1 if not said. */
  readonly accounts?: number;
  /** Addresses that its requests come from in turn, 1 if not said. */
  readonly addresses?: number;
  /** It uses the key of a partner who has had it for a day and goes on using it. */
  readonly leakedKey?: boolean;
  /** The gateway refuses GraphQL beyond its limits, instead of telling detectors only. */
  readonly limits?: boolean;
  readonly words: (aim: Aim) => readonly string[];
}

const LOGIN = '/api/login';
const JSON_TYPE = 'Content-Type: application/json';

/** It takes a 401 for a page behind HTTP authentication and tries the same pair for ever: so it is told 400. */
const hydra = ({ port, lists, agent }: Aim): string[] => {
  const form = '{"username"\\:"^USER^","password"\\:"^PASS^"}';
  const as = agent === '' ? '' : `:H=User-Agent\\: ${agent.replaceAll(':', '\\:')}`;
  const options = `${LOGIN}:${form}:H=Content-Type\\: application/json${as}:S=token`;
  return [
    '-I',
    '-L',
    lists.users,
    '-P',
    lists.passwords,
    '-t',
    '8',
    '-s',
    `${port}`,
    '127.0.0.1',
    'http-post-form',
    options,
  ];
};

const patator = ({ url, lists, agent }: Aim): string[] => [
  'http_fuzz',
  `url=${url}${LOGIN}`,
  'method=POST',
  'body={"username":"FILE0","password":"FILE1"}',
  'auto_urlencode=0',
  // Its empty default is refused by the curl of Debian 12.
  'resolve=shop.example:127.0.0.1',
  `header=${JSON_TYPE}${agent === '' ? '' : `\nUser-Agent: ${agent}`}`,
  `0=${lists.users}`,
  `1=${lists.passwords}`,
  ...['-x', 'ignore:code=401', '-t', '8'],
];

const ffuf = ({ url, lists, agent, seconds }: Aim): string[] => [
  ...['-s', '-t', '8', '-p', '0.05', '-maxtime', `${seconds}`, '-w', lists.paths, '-u', `${url}/FUZZ`],
  ...(agent === '' ? [] : ['-H', `User-Agent: ${agent}`]),
];

const gobuster = ({ url, lists, agent }: Aim): string[] => [
  ...['dir', '-q', '-z', '--no-error', '-t', '8', '--delay', '50ms', '-w', lists.paths, '-u', url],
  ...(agent === '' ? [] : ['-a', agent]),
];

const dirb = ({ url, lists, agent }: Aim): string[] => [
  ...[`${url}/`, lists.paths, '-r', '-S', '-w', '-z', '10'],
  ...(agent === '' ? [] : ['-a', agent]),
];

const sqlmap = ({ url, folder, agent }: Aim): string[] => [
  ...['-u', `${url}/api/search?q=desk&page=1`, '--batch', '--flush-session', '--output-dir', folder],
  ...['--threads', '4', '--level', '2', '--disable-coloring', '-v', '1'],
  ...(agent === '' ? [] : ['-A', agent]),
];

const wfuzz = ({ session, agent }: Aim, rest: readonly string[]): string[] => [
  ...['-t', '8', '-s', '0.05', '-H', `Cookie: session=${session}`, '--hc', '404'],
  ...(agent === '' ? [] : ['-H', `User-Agent: ${agent}`]),
  ...rest,
];

const slow = (mode: string, { seconds, url }: Aim, target: string, rest: readonly string[]): string[] => [
  ...[mode, '-c', '200', '-r', '20', '-l', `${seconds}`, '-u', `${url}${target}`],
  ...rest,
];

export const TOOLS: readonly Tool[] = [
  { name: 'hydra', program: 'hydra', package: 'hydra', what: 'passwords on login', words: hydra, told: { 401: 400 } },
  { name: 'patator', program: 'patator', package: 'patator', what: 'passwords on login', words: patator },
  { name: 'ffuf', program: 'ffuf', package: 'ffuf', what: 'paths', words: ffuf },
  { name: 'gobuster', program: 'gobuster', package: 'gobuster', what: 'paths', words: gobuster },
  { name: 'dirb', program: 'dirb', package: 'dirb', what: 'paths', words: dirb },
  { name: 'sqlmap', program: 'sqlmap', package: 'sqlmap', what: 'parameters', words: sqlmap },
  {
    name: 'wfuzz-ids',
    program: 'wfuzz',
    package: 'wfuzz',
    what: 'ids of orders',
    words: (aim) => wfuzz(aim, ['-z', 'range,10000-13999', `${aim.url}/api/orders/FUZZ`]),
  },
  {
    name: 'wfuzz-codes',
    program: 'wfuzz',
    package: 'wfuzz',
    what: 'promo codes',
    words: (aim) =>
      wfuzz(aim, [
        ...['-z', `file,${aim.lists.codes}`, '-H', JSON_TYPE, '-d', '{"code":"FUZZ"}'],
        `${aim.url}/api/codes/redeem`,
      ]),
  },
  {
    name: 'slow-headers',
    program: 'slowhttptest',
    package: 'slowhttptest',
    what: 'headers that never end',
    wire: true,
    words: (aim) => slow('-H', aim, '/api/products', ['-i', '3', '-x', '24', '-p', '3']),
  },
  {
    name: 'slow-body',
    program: 'slowhttptest',
    package: 'slowhttptest',
    what: 'bodies that never end',
    wire: true,
    words: (aim) =>
      slow('-B', aim, '/api/login', ['-i', '3', '-s', '8192', '-x', '10', '-p', '3', '-f', 'application/json']),
  },
  {
    name: 'slow-read',
    program: 'slowhttptest',
    package: 'slowhttptest',
    what: 'answers taken byte by byte',
    wire: true,
    words: (aim) =>
      slow('-X', aim, '/api/products?per_page=100000', [
        ...['-w', '64', '-y', '256', '-n', '3', '-z', '16', '-k', '3', '-p', '3'],
      ]),
  },
];
