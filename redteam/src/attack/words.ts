/** Paths that somebody asks for who does not know what there is: put together by rule from what such systems are built of. */
import type { Operation } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { derive, type Grammar } from './grammar.ts';

const GRAMMAR: Grammar = {
  noun: 'admin user users account customer order config settings internal debug test staging private report backup data db api status metrics env log logs upload files token session key keys'.split(
    ' ',
  ),
  verb: 'list export dump reset login setup install update delete info health all search download'.split(' '),
  version: ['v0', 'v1', 'v2', 'v3', 'beta', 'old', 'dev', 'latest', '2019-01', 'legacy'],
  root: ['', '/api', '/api', '/app', '/web', '/rest', '/public', '/internal', '/services'],
  archive: ['zip', 'tar.gz', 'sql', 'bak', 'old', '7z', 'rar', 'sql.gz', 'tgz'],
  code: ['php', 'asp', 'aspx', 'jsp', 'do', 'action', 'cgi', 'pl'],
  settings: ['yml', 'yaml', 'json', 'xml', 'ini', 'properties', 'toml', 'conf', 'txt'],
  year: ['2021', '2022', '2023', '2024', '2025'],
  hidden: [
    'env',
    'env.local',
    'env.production',
    'git/config',
    'git/HEAD',
    'svn/entries',
    'aws/credentials',
    'npmrc',
    'htpasswd',
    'DS_Store',
    'ssh/id_rsa',
    'docker/config.json',
  ],
  described: ['swagger', 'openapi', 'api-docs', 'schema', 'docs', 'redoc', 'graphiql', 'playground', 'console'],
  machine: [
    'actuator',
    'manage',
    'server-status',
    'metrics',
    'debug/vars',
    'heapdump',
    'jolokia',
    'trace',
    'env',
    'console',
    'phpinfo',
    'info',
  ],
  path: [
    '/«noun»',
    '«root»/«noun»',
    '«root»/«noun»/«verb»',
    '«root»/«version»/«noun»',
    '«root»/«version»/«noun»/«verb»',
    '/.«hidden»',
    '/«noun»/.«hidden»',
    '/«noun».«archive»',
    '/«noun»-«year».«archive»',
    '/backup/«noun»_«year».«archive»',
    '/«noun».«code»',
    '/«noun»/«verb».«code»',
    '/«noun».«settings»',
    '/config/«noun».«settings»',
    '«root»/«described»',
    '«root»/«described».json',
    '/«version»/«described».yaml',
    '/«machine»',
    '«root»/«machine»',
    '/«noun»~',
    '/«noun».«code».bak',
    '/«noun»/«noun»/«verb»',
    '/%2e%2e/«noun».«settings»',
    '/;/«noun»/«machine»',
    '//«noun»//«machine»',
  ],
  near: [
    '«noun»',
    '«verb»',
    '«version»',
    'bulk',
    'internal',
    '0',
    '-1',
    '{id}',
    'me/«noun»',
    '.json',
    '~',
    '%00',
    '..;/',
  ],
};

/** A path to ask for: mostly out of the air, from E1 on also beside the paths that are documented. */
export function probePath(operations: readonly Operation[], level: number, random: Random): string {
  const beside = operations.length > 0 && random.chance([0, 0.15, 0.4, 0.6, 0.5][level]);
  if (!beside) return derive(GRAMMAR, 'path', random);
  const { template } = random.pick(operations);
  const filled = template.replace(/\{[^}]*\}/g, () => String(1 + random.below(1000)));
  const parts = filled.split('/');
  const at = 1 + random.below(parts.length);
  switch (random.below(3)) {
    case 0:
      return `${filled}/${derive(GRAMMAR, 'near', random)}`.replace('//', '/');
    case 1:
      return [...parts.slice(0, at), derive(GRAMMAR, 'near', random), ...parts.slice(at)].join('/');
    default:
      return filled.replace(/\/v\d+\/|\/api\//, `/api/${derive(GRAMMAR, 'version', random)}/`);
  }
}
