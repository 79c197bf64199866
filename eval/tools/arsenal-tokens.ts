/** The tools with tokens, keys and JSON bodies: what they are told, and the lists that they are fed with. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../redteam/src/core/random.ts';
import type { Aim, Tool } from './arsenal.ts';
import { dearQuery, scriptOf } from './payloads.ts';

/** Entries of a list: more than a tool gets through in its time. */
const ENTRIES = 4000;
/** Tries of one address, when the tool has many: each one's turn comes again after all the others. */
const SPRAYED_FROM = 400;
const JSON_TYPE = 'Content-Type: application/json';

const agentOf = ({ agent }: Aim): string[] => (agent === '' ? [] : ['-H', `User-Agent: ${agent}`]);
const bearer = (token: string): string => `Authorization: Bearer ${token}`;

/** Writes a list into the run's folder and returns its path. */
function listOf({ folder, random }: Aim, name: string, draw: (random: Random, i: number) => string): string {
  const path = join(folder, 'lists', `${name}.txt`);
  const own = random.fork(name);
  writeFileSync(path, Array.from({ length: ENTRIES }, (_, i) => `${draw(own, i)}\n`).join(''));
  return path;
}

/** Twenty requests a second. */
const ffuf = (aim: Aim, path: string, rest: readonly string[]): string[] => [
  ...['-s', '-t', '4', '-p', '0.2', '-maxtime', `${aim.seconds}`, '-u', `${aim.url}${path}`],
  ...[...agentOf(aim), '-mc', '200,201', ...rest],
];
const posted = (body: string): string[] => ['-X', 'POST', '-H', JSON_TYPE, '-d', body];

const codes = (aim: Aim): string[] => [
  ...['-t', '4', '-s', '0.1', '--hc', '404', ...agentOf(aim), '-H', JSON_TYPE, '-H', bearer(aim.tokens[0])],
  ...['-z', `file,${aim.lists.codes}`, '-d', '{"code":"FUZZ"}', `${aim.url}/api/codes/redeem`],
];

const codesOfMany = (aim: Aim): string[] => {
  const tokens = listOf(aim, 'tokens', (_, i) => aim.tokens[i % aim.tokens.length]);
  const words = ['-w', `${tokens}:TOKEN`, '-w', `${aim.lists.codes}:CODE`, '-mode', 'pitchfork'];
  return ffuf(aim, '/api/codes/redeem', [...words, '-H', bearer('TOKEN'), ...posted('{"code":"CODE"}')]);
};

const ids = (aim: Aim): string[] => {
  const first = 10_000 + aim.random.below(200);
  const list = listOf(aim, 'ids', (_, i) => `${first + i}`);
  return ffuf(aim, '/api/orders/FUZZ', ['-w', list, '-H', bearer(aim.tokens[0])]);
};

/** With the client that most scripts are written with. */
const leaked = (aim: Aim): string[] => [
  ...['-s', '-o', '/dev/null', '--rate', '20/s', '-A', 'python-requests/2.31.0', '-H', `X-Api-Key: ${aim.key}`],
  `${aim.url}/api/partner/export?kind=orders&limit=50&page=[1-400]`,
];

const graph = (aim: Aim, rest: readonly string[]): string[] => {
  const list = listOf(aim, 'queries', (random) => dearQuery(random));
  return ffuf(aim, '/graphql', ['-w', list, ...posted('FUZZ'), ...rest]);
};

/** One password after the other for every name, as a spraying tool does; half of the names exist. */
const spray = (aim: Aim): string[] => {
  const { accounts } = aim.inventory;
  const names = listOf(aim, 'names', (random, i) =>
    i % 2 === 0 ? random.pick(accounts).name : `user${random.below(99_999)}`,
  );
  return ffuf(aim, '/api/login', ['-w', names, ...posted('{"username":"FUZZ","password":"Summer2026!"}')]);
};

/** Pairs of name and password from a list that leaked elsewhere: one in fifty is right. */
const stuff = (aim: Aim): string[] => {
  const { accounts } = aim.inventory;
  const pair = (random: Random): string => {
    const { name, password } = random.pick(accounts);
    return `${name}:${random.chance(0.02) ? password : `pw${random.below(1e9)}`}`;
  };
  return [
    ...['http_fuzz', `url=${aim.url}/api/login`, 'method=POST', 'auto_urlencode=0', 'resolve=shop.example:127.0.0.1'],
    'body={"username":"COMBO00","password":"COMBO01"}',
    `header=${JSON_TYPE}${aim.agent === '' ? '' : `\nUser-Agent: ${aim.agent}`}`,
    ...[`0=${listOf(aim, 'pairs', pair)}`, '-x', 'ignore:code=401', '-t', '4', '--rate-limit=0.2'],
  ];
};

const sqlmap = (aim: Aim): string[] => [
  ...[
    '-u',
    `${aim.url}/api/users/me`,
    '--method',
    'PATCH',
    '--data',
    '{"displayName":"Ada","email":"ada@mail.example"}',
  ],
  ...['-H', JSON_TYPE, '-H', bearer(aim.tokens[0]), '--batch', '--flush-session', '--output-dir', aim.folder],
  ...[
    '--skip-waf',
    '--threads',
    '4',
    '--level',
    '2',
    '--disable-coloring',
    '-v',
    '1',
    ...(aim.agent === '' ? [] : ['-A', aim.agent]),
  ],
];

const scripts = (aim: Aim): string[] => {
  const list = listOf(aim, 'scripts', (random) => JSON.stringify(scriptOf(random)).slice(1, -1));
  const body = ['-X', 'PATCH', '-H', JSON_TYPE, '-d', '{"displayName":"FUZZ"}'];
  return ffuf(aim, '/api/users/me', ['-w', list, '-H', bearer(aim.tokens[0]), ...body]);
};

const made = (name: string, program: string, what: string, words: Tool['words'], more: Partial<Tool> = {}): Tool => ({
  ...{ name, program, package: program, what, words },
  ...more,
});

export const TOKEN_TOOLS: readonly Tool[] = [
  made('codes-one', 'wfuzz', 'promo codes, one account', codes),
  made('codes-many', 'ffuf', 'promo codes, twelve accounts', codesOfMany, { accounts: 12 }),
  made('ids', 'ffuf', 'ids of orders, with a token', ids),
  made('leaked-key', 'curl', "a partner's key, from two networks", leaked, { addresses: 2, leakedKey: true }),
  made('graphql', 'ffuf', 'dear GraphQL, nobody logged in', (aim) => graph(aim, [])),
  made('graphql-token', 'ffuf', 'dear GraphQL, with a token', (aim) => graph(aim, ['-H', bearer(aim.tokens[0])])),
  made('graphql-limits', 'ffuf', 'the same, limits enforced', (aim) => graph(aim, ['-H', bearer(aim.tokens[0])]), {
    limits: true,
  }),
  made('spray', 'ffuf', 'one password, one try an address', spray, { addresses: SPRAYED_FROM }),
  made('stuffing', 'patator', 'pairs of a list', stuff),
  made('sqlmap-json', 'sqlmap', 'SQL in JSON', sqlmap),
  made('scripts-json', 'ffuf', 'scripts in JSON', scripts),
];
