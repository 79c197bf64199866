import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROBE_RULES, probeRule, probeRuleOf } from './index.ts';

fc.configureGlobal({ seed: 20240304 });

const encoder = new TextEncoder();
function ruleOf(path: string): string {
  const bytes = encoder.encode(path);
  return probeRuleOf(probeRule(bytes, 0, bytes.length))?.name ?? '';
}

/** By rule: paths that fall under it, and near misses that fall under none. */
const CASES: Readonly<Record<string, { readonly yes: readonly string[]; readonly no: readonly string[] }>> = {
  'secret-file': {
    yes: ['/.env', '/app/.env.local', '/%2Eenv', '/.AWS/credentials', '/keys/site.pem', '/x/.ssh/id_rsa'],
    no: ['/environment', '/env', '/id_rsa_explained', '/pem/guide'],
  },
  'version-control': { yes: ['/.git/config', '/shop/.git/HEAD', '/.svn/entries'], no: ['/git/config', '/x.git.html'] },
  'hidden-file': {
    yes: ['/.cache/x', '/.idea/workspace.xml', '/a/.b'],
    no: ['/.well-known/security.txt', '/./a', '/a/../b', '/img/.png'],
  },
  backup: {
    yes: ['/index.php.bak', '/main.js~', '/page.old', '/login.php.swp'],
    no: ['/backlog', '/~anna/', '/a~b.js', '/old/'],
  },
  'database-dump': { yes: ['/dump.sql', '/db.sql.gz', '/data/site.sqlite'], no: ['/sql', '/learn-sql'] },
  archive: { yes: ['/backup.zip', '/www.tar.gz', '/site.rar'], no: ['/downloads/backup.zip', '/catalogue-2024.zip'] },
  configuration: { yes: ['/wp-config.php', '/config.php', '/app/database.yml'], no: ['/configure.php', '/config'] },
  'public-configuration': { yes: ['/config.json', '/assets/config.js'], no: ['/configs.json'] },
  'cms-admin': {
    yes: ['/wp-login.php', '/wp-admin/', '/administrator/index.php'],
    no: ['/wp-admin/admin-ajax.php', '/wp-admin/js/x.js', '/admins'],
  },
  'cms-internal': {
    yes: ['/xmlrpc.php', '/wp-content/plugins/x/readme.txt', '/wp-includes/x.php'],
    no: ['/wp-content/themes/x/style.css', '/wp-includes/js/jquery.js', '/readme.txt'],
  },
  'database-console': { yes: ['/phpMyAdmin/', '/pma/index.php', '/tools/adminer.php'], no: ['/my-admin', '/mypma'] },
  'server-console': {
    yes: ['/server-status', '/manager/html', '/_cat/indices'],
    no: ['/manager', '/html/manager', '/status/server'],
  },
  product: { yes: ['/solr/', '/jenkins/login', '/geoserver'], no: ['/blog/jenkins', '/articles/solr/'] },
  diagnostics: { yes: ['/actuator/env', '/api/actuator/heapdump', '/_profiler/phpinfo'], no: ['/env/health'] },
  health: { yes: ['/actuator', '/actuator/health'], no: ['/health'] },
  device: { yes: ['/boaform/admin', '/HNAP1/', '/cgi-bin/luci'], no: ['/forms/boat'] },
  cgi: { yes: ['/cgi-bin/test'], no: ['/cgi', '/bin'] },
  dependency: { yes: ['/vendor/a/b/c.php', '/lib/phpunit/x'], no: ['/vendor/logo.png', '/vendors/a.php'] },
  'web-shell': { yes: ['/uploads/shell.php', '/cmd.jsp'], no: ['/shells.php', '/seashell'] },
  'system-file': {
    yes: ['/x/etc/passwd', '/..%2f..%2fetc%2fpasswd', '/proc/self/environ', '/WEB-INF/web.xml'],
    no: ['/etc', '/passwd', '/group/etc'],
  },
  'project-file': { yes: ['/composer.lock', '/Dockerfile'], no: ['/composers', '/docker'] },
  'log-file': { yes: ['/error.log', '/logs/app.log'], no: ['/log', '/logs/'] },
  'php-info': { yes: ['/phpinfo.php', '/test.php'], no: ['/testing.php', '/information.php'] },
  installer: { yes: ['/install.php', '/a/setup.php'], no: ['/install', '/setup/'] },
  'remote-access': { yes: ['/dana-na/auth', '/owa/'], no: ['/owasp', '/vpn-guide'] },
  'api-schema': { yes: ['/swagger.json', '/v2/api-docs'], no: ['/swagger-guide'] },
  settings: { yes: ['/server.conf', '/x/app.ini'], no: ['/conf/', '/confirm'] },
};

describe('probeRule', () => {
  it('has cases for every rule, and every rule an own id', () => {
    expect(Object.keys(CASES).sort()).toEqual(PROBE_RULES.map((r) => r.name).sort());
    expect(new Set(PROBE_RULES.map((r) => r.id)).size).toBe(PROBE_RULES.length);
  });

  it.each(Object.entries(CASES))('%s', (name, { yes, no }) => {
    for (const path of yes) expect(ruleOf(path), path).toBe(name);
    for (const path of no) expect(ruleOf(path), path).toBe('');
  });

  it('ignores the query and what follows a semicolon', () => {
    expect(ruleOf('/shop?file=.env')).toBe('');
    expect(ruleOf('/.env?x=1')).toBe('secret-file');
    expect(ruleOf('/.env;x')).toBe('secret-file');
  });

  it('never throws and gives a known id', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const id = probeRule(bytes, 0, bytes.length);
        expect(id === 0 || probeRuleOf(id) !== undefined).toBe(true);
      }),
    );
  });
});
