/** Texts at which the scanner stops: prefixes of keys, marks of stack traces, messages of databases. */
import { LEAK } from '../../../enrich/kinds.ts';

/** What is done at a word. */
export type Rule =
  /** The word itself is the finding; once an answer where `once`. */
  | { readonly does: 'found' }
  /** Characters of this set follow, so many of them, and look drawn at random. */
  | { readonly does: 'token'; readonly set: CharSet; readonly min: number; readonly max: number }
  /** A number of a line follows: `.java:12)`; and one of a column behind it: `.js:12:34`. */
  | { readonly does: 'line'; readonly columns: boolean }
  | {
      readonly does:
        | 'pem'
        | 'jwt'
        | 'bcrypt'
        | 'crypt'
        | 'jwk'
        | 'hexHash'
        | 'latitude'
        | 'longitude'
        | 'street'
        | 'plus';
    };

export type CharSet = 'upper32' | 'alnum' | 'word' | 'base64' | 'hex' | 'dotted';

export interface Word {
  readonly text: string;
  /** Bit of LEAK. */
  readonly leak: number;
  readonly rule: Rule;
  /** Nothing that belongs to a word stands before it. */
  readonly bare: boolean;
}

const FOUND: Rule = { does: 'found' };
const token = (text: string, set: CharSet, min: number, max = 255): Word => ({
  ...{ text, leak: LEAK.accessKey, bare: true },
  rule: { does: 'token', set, min, max },
});
const each = (leak: number, rule: Rule, bare: boolean, ...texts: readonly string[]): Word[] =>
  texts.map((text) => ({ text, leak, rule, bare }));

const lines = (columns: boolean, ...texts: readonly string[]): Word[] =>
  each(LEAK.stackTrace, { does: 'line', columns }, false, ...texts);

/** As their issuers publish them, so that others can find them. */
const KEYS: readonly Word[] = [
  ...['AKIA', 'ASIA', 'ABIA', 'ACCA'].map((prefix) => token(prefix, 'upper32', 16, 16)), // AWS
  token('AIza', 'word', 35, 35), // Google
  token('GOCSPX-', 'word', 28, 28),
  token('ya29.', 'word', 40),
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => token(prefix, 'alnum', 36)), // GitHub
  token('github_pat_', 'word', 60),
  token('glpat-', 'word', 20), // GitLab
  ...['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xapp-', 'xoxe-'].map((prefix) => token(prefix, 'word', 24)), // Slack
  ...['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_', 'whsec_'].map((prefix) => token(prefix, 'alnum', 16)), // Stripe
  token('SG.', 'dotted', 60, 80), // SendGrid
  token('npm_', 'alnum', 36, 36),
  token('pypi-', 'word', 80),
  token('sk-ant-', 'word', 40),
  token('sk-proj-', 'word', 40),
  token('hf_', 'alnum', 30),
  token('shpat_', 'hex', 32),
  token('shpss_', 'hex', 32),
  token('dop_v1_', 'hex', 64),
  token('sq0csp-', 'word', 40),
  token('EAAA', 'word', 58), // Square
  token('PMAK-', 'word', 50), // Postman
  token('dapi', 'hex', 32), // Databricks
  token('hvs.', 'word', 24), // Vault
  token('NRAK-', 'alnum', 27), // New Relic
  token('lin_api_', 'alnum', 32),
  token('sntrys_', 'word', 40),
  token('AccountKey=', 'base64', 86), // Azure storage
  token('SharedAccessKey=', 'base64', 43),
  token('AGE-SECRET-KEY-1', 'alnum', 50),
];

const TRACES: readonly Word[] = [
  ...each(LEAK.stackTrace, FOUND, false, 'Traceback (most recent call last)', 'Stack trace:\\n#0', 'Stack trace:\n#0'),
  ...each(
    LEAK.stackTrace,
    FOUND,
    false,
    'PHP Fatal error',
    '[running]:\\n',
    '[running]:\n',
    'java.lang.NullPointerException',
  ),
  ...each(LEAK.stackTrace, FOUND, false, 'System.NullReferenceException', '__FILE__ =>', 'Whoops\\\\Exception'),
  ...lines(
    false,
    '.java:',
    '.kt:',
    '.scala:',
    '.go:',
    '.rb:',
    '.php:',
    '.php(',
    '.cs:line ',
    '.vb:line ',
    '.php on line ',
  ),
  ...lines(false, '.py", line ', '.py\\", line '),
  ...lines(true, '.js:', '.ts:', '.mjs:', '.cjs:'),
];

const DATABASES: readonly Word[] = each(
  LEAK.databaseError,
  FOUND,
  false,
  ...[
    'SQLSTATE[',
    'You have an error in your SQL syntax',
    'PSQLException',
    'syntax error at or near',
    'SQLiteException',
  ],
  ...[
    'Unclosed quotation mark after the character string',
    'SQLITE_ERROR',
    'SQLITE_CONSTRAINT',
    'near \\": syntax error',
  ],
  ...['duplicate key value violates unique constraint', 'E11000 duplicate key', 'MongoServerError', 'MongoError:'],
  ...[
    'ER_DUP_ENTRY',
    'ER_PARSE_ERROR',
    'ER_NO_SUCH_TABLE',
    'com.mysql.jdbc',
    'org.postgresql.util',
    'ORA-00',
    'ORA-01',
  ],
  ...[
    'SqlException',
    'SequelizeDatabaseError',
    'PG::SyntaxError',
    'PG::UniqueViolation',
    'ActiveRecord::StatementInvalid',
  ],
  ...['psycopg2.errors', 'sqlalchemy.exc', 'violates foreign key constraint', 'violates not-null constraint'],
  ...['Incorrect syntax near', 'Microsoft OLE DB', 'ODBC SQL Server Driver', 'WRONGTYPE Operation against a key'],
);

const DIRECTORIES: readonly Word[] = each(
  LEAK.directory,
  FOUND,
  false,
  ...[
    '<title>Index of /',
    '<h1>Index of /',
    'Directory listing for /',
    '[To Parent Directory]',
    'Parent Directory</a>',
  ],
);

const quoted = (names: string): string[] => names.split(' ').map((name) => `"${name}"`);

const PLACES: readonly Word[] = [
  ...each(LEAK.address, { does: 'latitude' }, false, ...quoted('lat latitude')),
  ...each(LEAK.address, { does: 'longitude' }, false, ...quoted('lng lon long longitude')),
  ...each(
    ...([LEAK.address, { does: 'street' }, false] as const),
    ...quoted(
      'street streetAddress street_address street1 addressLine1 address_line1 addressLine address1 line1 streetName',
    ),
  ),
];

const HASHES: readonly Word[] = [
  ...each(LEAK.passwordHash, { does: 'bcrypt' }, false, '$2a$', '$2b$', '$2y$'),
  ...each(
    LEAK.passwordHash,
    { does: 'crypt' },
    false,
    '$argon2',
    '$scrypt$',
    '$6$',
    '$5$',
    '$1$',
    '$y$',
    '$7$',
    '$apr1$',
  ),
  ...each(LEAK.passwordHash, { does: 'crypt' }, true, 'pbkdf2_sha256$', 'pbkdf2:sha256:', 'scrypt:32768:'),
  ...each(LEAK.passwordHash, { does: 'crypt' }, false, '{SSHA}', '{SSHA512}', '{PBKDF2'),
  ...each(
    LEAK.passwordHash,
    { does: 'hexHash' },
    false,
    ...quoted('password passwordHash password_hash pwd passwd hashed_password'),
  ),
];

/** All words. The scanner finds them by their first two bytes. */
export const WORDS: readonly Word[] = [
  ...KEYS,
  ...TRACES,
  ...DATABASES,
  ...DIRECTORIES,
  ...PLACES,
  ...HASHES,
  ...each(LEAK.privateKey, { does: 'pem' }, false, '-----BEGIN '),
  ...each(LEAK.privateKey, FOUND, false, 'PuTTY-User-Key-File-'),
  ...each(LEAK.privateKey, { does: 'jwk' }, false, '"d":"', '"d": "'),
  ...each(LEAK.token, { does: 'jwt' }, true, 'eyJ'),
  // Some writers of JSON escape the plus.
  ...each(LEAK.phone, { does: 'plus' }, false, '\\u002B', '\\u002b'),
];
