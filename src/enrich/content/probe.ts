/**
 * Recognises paths that only probing asks for. One pass over the path: percent signs are decoded and letters folded on
 * the way, each segment and each file ending becomes a hash, and a hash is looked up in a small table. Combinations
 * (something.php below vendor) are kept as bits until the path ends.
 */
import { PROBE, PROBE_MILLINATS, type ProbeRule } from './probe-rules.ts';
import { WORD_HASH_PRIME, WORD_HASH_SEED, wordHash } from './words.ts';

/** Directories that mean something for what stands below them. */
const BELOW = {
  vendor: 1,
  plugins: 2,
  manager: 4,
  etc: 8,
  proc: 16,
  cgi: 32,
  actuator: 64,
  windows: 128,
  cmsContent: 1024,
  frontend: 2048,
} as const;

const SLOTS = 2048;
/** Hash → rule id in the low byte, BELOW bits above. */
class HashTable {
  readonly hashes = new Int32Array(SLOTS);
  readonly values = new Int32Array(SLOTS);

  add(list: string, rule: ProbeRule | undefined, below = 0): this {
    for (const word of list.split(/\s+/)) if (word !== '') this.insert(wordHash(word), (rule?.id ?? 0) | (below << 8));
    return this;
  }

  private insert(hash: number, value: number): void {
    let slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    while (this.values[slot] !== 0 && this.hashes[slot] !== hash) slot = (slot + 1) & (SLOTS - 1);
    this.hashes[slot] = hash;
    this.values[slot] |= value;
  }

  get(hash: number): number {
    let slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    while (this.values[slot] !== 0) {
      if (this.hashes[slot] === hash) return this.values[slot];
      slot = (slot + 1) & (SLOTS - 1);
    }
    return 0;
  }
}

/** Whole segments, wherever they stand in the path. */
const SEGMENTS = new HashTable()
  .add(
    `.env .aws .ssh .htpasswd .bash_history .zsh_history .npmrc .netrc .pgpass .docker .kube .azure .git-credentials
    .mysql_history .pypirc .dockercfg .s3cfg .boto .vault-token .terraform .gcloud .gnupg .my.cnf .passwd .secrets
    id_rsa id_dsa id_ed25519 authorized_keys secrets.json secrets.yml secrets.yaml credentials.json
    credentials.yml credentials.xml server.key private.key privatekey.pem master.key service-account.json
    serviceaccountkey.json aws.yml aws.json`,
    PROBE.secretFile,
  )
  .add('.git .svn .hg .bzr .cvs cvs .gitignore .gitconfig .gitlab-ci.yml .github .gitmodules', PROBE.versionControl)
  .add(
    `wp-config.php wp-config web.config configuration.php config.php config.inc.php config.inc localsettings.php
    settings.php database.php database.yml database.yaml settings.py local_settings.py appsettings.json config.yml
    config.yaml config.ini parameters.yml application.properties application.yml application.yaml
    docker-compose.yml docker-compose.yaml sftp-config.json sftp.json ftp-sync.json env.json env.js config.env
    production.env environment.ts connectionstrings.config nginx.conf httpd.conf php.ini my.cnf my.ini php5.ini
    wp-config-sample.php config.old global.asa`,
    PROBE.configuration,
  )
  .add(
    'config.json config.js config.xml env.config.js settings.json firebase.json manifest.yml',
    PROBE.publicConfiguration,
  )
  .add('wp-admin wp-login.php wp-signup.php administrator admin.php typo3', PROBE.cmsAdmin)
  .add('admin-ajax.php admin-post.php', undefined, BELOW.frontend)
  .add(
    'xmlrpc.php wlwmanifest.xml wp-cron.php wp-trackback.php wp-links-opml.php wp-mail.php wp-load.php',
    PROBE.cmsInternal,
  )
  .add('wp-settings.php wp-blog-header.php changelog.txt readme.html license.php', PROBE.cmsInternal)
  .add('wp-includes wp-content', undefined, BELOW.cmsContent)
  .add('plugins themes mu-plugins', undefined, BELOW.plugins)
  .add(
    `phpmyadmin pma myadmin mysqladmin dbadmin mysql-admin phppgadmin adminer adminer.php sqlmanager phpmyadmin2
    phpmyadmin3 phpmyadmin4 phpmyadmin-old sqlweb websql mysqlmanager php-my-admin phpmanager pgadmin pgadmin4 rockmongo
    mongo-express phpredisadmin webadminer sqlbuddy db-admin mysqldumper msd`,
    PROBE.databaseConsole,
  )
  .add(
    `host-manager jmx-console web-console admin-console server-status server-info nginx_status stub_status axis2
    axis2-admin _ignition _cat _all_dbs _cluster _nodes _fragment elmah.axd trace.axd struts2-showcase
    struts2-rest-showcase jbossws jolokia script-console asynchpeople xxl-job-admin wls-wsat _async bea_wls_internal
    uddiexplorer webmin ispmgr vestacp fckeditor kcfinder elfinder ckfinder`,
    PROBE.serverConsole,
  )
  .add('manager', undefined, BELOW.manager)
  .add('heapdump threaddump _profiler telescope debugbar _debugbar pprof phpdebugbar debug.php', PROBE.diagnostics)
  .add('actuator', PROBE.health, BELOW.actuator)
  .add(
    `boaform hnap1 gponform goform cgi-bin-sdb setup.cgi login.cgi currentsetting.htm apply.cgi isapi onvif evox
    luci webcapture.jsp user.cgi snapshot.cgi device.rsp diag_form tmui menu.cgi ping.cgi diagnostic.php
    getcfg.php formlogin formping rom-0 winbox backupsettings.conf portal0000.htm`,
    PROBE.device,
  )
  .add('cgi-bin cgi-sys cgi-mod scgi-bin fcgi-bin', PROBE.cgi, BELOW.cgi)
  .add('vendor node_modules', undefined, BELOW.vendor)
  .add('phpunit eval-stdin.php composer autoload_classmap.php', PROBE.dependency)
  .add(
    `shell.php cmd.php c99.php r57.php wso.php b374k.php alfa.php alfacgiapi webshell.php backdoor.php shell.jsp
    cmd.jsp cmd.aspx shell.aspx shell.asp cmd.asp shell.cgi c100.php mini.php wso2.php marijuana.php indoxploit.php
    leafmailer.php alfanew.php xleet.php upl.php uploader.php 0byte.php gel4y.php simple.php5`,
    PROBE.webShell,
  )
  .add(
    `composer.json composer.lock package.json package-lock.json yarn.lock gemfile gemfile.lock dockerfile makefile
    gruntfile.js gulpfile.js webpack.config.js requirements.txt pipfile pipfile.lock pom.xml build.gradle jenkinsfile
    vagrantfile procfile ansible.cfg docker-compose thumbs.db artisan`,
    PROBE.project,
  )
  .add(
    'debug.log error.log error_log errors.log access.log access_log laravel.log php_errors.log wp-debug.log',
    PROBE.logFile,
  )
  .add(
    'phpinfo.php phpinfo info.php php.php php_info.php pinfo.php infophp.php i.php test.php phpversion.php',
    PROBE.phpInfo,
  )
  .add('install.php setup.php installer.php upgrade.php setup-config.php installer', PROBE.installer)
  .add('dana-na dana-ws +cscoe+ global-protect sslvpn ecp autodiscover rdweb owa vpns', PROBE.remoteAccess)
  .add(
    'swagger-ui swagger-ui.html swagger.json swagger.yaml openapi.json api-docs v2_api_docs graphiql',
    PROBE.apiSchema,
  )
  .add('etc', undefined, BELOW.etc)
  .add('proc', undefined, BELOW.proc)
  .add('windows winnt', undefined, BELOW.windows)
  .add('win.ini boot.ini system.ini web-inf meta-inf', PROBE.systemFile);

/** Whole segments that mean something only at the root: deeper down they are topics of somebody's pages. */
const ROOTS = new HashTable().add(
  `druid nacos jenkins hudson solr kibana grafana struts hawtio geoserver ejbca portainer airflow flink zabbix nagios
  cacti munin plesk cpanel whm solarwinds teamcity sonarqube nexus artifactory gogs supervisor invoker citrix installer
  filemanager ubus credentials phpinfo php-info user.cgi`,
  PROBE.product,
);

/** What is probing only below a certain directory: hash of the segment → BELOW bits that make it so. */
const UNDER = new HashTable()
  .add('passwd shadow hosts group issue fstab crontab sudoers gshadow resolv.conf', PROBE.systemFile, BELOW.etc)
  .add('self version cpuinfo meminfo', PROBE.systemFile, BELOW.proc)
  .add('system32', PROBE.systemFile, BELOW.windows)
  .add('html text status jmxproxy', PROBE.serverConsole, BELOW.manager)
  .add(
    'env dump trace mappings configprops beans gateway jolokia logfile httptrace loggers',
    PROBE.diagnostics,
    BELOW.actuator,
  )
  .add('readme.txt changelog.txt readme.md', PROBE.cmsInternal, BELOW.plugins);

/** The last ending of the last segment, without its dot. */
const ENDINGS = new HashTable()
  .add('bak old orig save swp swo backup bkp bk tmp copy inc ~ php~ html~ js~', PROBE.backup)
  .add('sql sqlite sqlite3 mdb dump db3 dbf ldf mdf bson rdb', PROBE.dump)
  .add('pem key pfx p12 jks keystore kdbx ovpn ppk env', PROBE.secretFile)
  .add('conf cfg cnf ini', PROBE.settings)
  .add('log', PROBE.logFile);
/** Endings that pack another file: the ending before counts. */
const PACKED = new HashTable().add('zip tar gz tgz rar 7z bz2 xz lz', PROBE.archive);
const PHP = wordHash('php');
/** What pages load: the public side of a content system's own directories. */
const ASSETS = new HashTable().add('js css gif png jpg jpeg svg webp ico woff woff2 ttf eot map mp4', PROBE.health);

/** Stems of archives at the root that nobody publishes. */
const SITE_STEMS = new HashTable().add(
  `backup backups www wwwroot web website site html public public_html htdocs old new src source code db database data
  dump sql app api admin wordpress wp joomla home root file files bak upload uploads release dist deploy test dev prod`,
  PROBE.archive,
);

const WELL_KNOWN = wordHash('.well-known');
const HEX = new Int8Array(256).fill(-1);
for (let i = 0; i < 10; i++) HEX[0x30 + i] = i;
for (let i = 0; i < 6; i++) {
  HEX[0x41 + i] = 10 + i;
  HEX[0x61 + i] = 10 + i;
}

/** The state of the running pass, reused. */
const pass = { rule: 0, below: 0, segments: 0 };

/** Of the running segment: hashes of what stands before its first dot, before its last, between its last two; dots. */
const segment = { first: 0, stem: 0, endingBefore: 0, dotted: 0, hidden: false, tilde: false };

function offer(rule: number): void {
  if (rule !== 0 && PROBE_MILLINATS[rule] > PROBE_MILLINATS[pass.rule]) pass.rule = rule;
}

/**
 * Id in PROBE_RULES of the strongest rule that the path `buf[pathStart, pathEnd)` (no query) falls under, 0 for none.
 * Never throws, allocates nothing, linear.
 */
export function probeRule(buf: Uint8Array, pathStart: number, pathEnd: number): number {
  pass.rule = 0;
  pass.below = 0;
  pass.segments = 0;
  let hash = WORD_HASH_SEED;
  let ending = WORD_HASH_SEED;
  let from = pathStart;
  let byte = 0;
  segment.dotted = 0;
  segment.hidden = false;
  for (let i = pathStart; i < pathEnd; i++) {
    byte = buf[i];
    if (byte === 0x25 && i + 2 < pathEnd) {
      const value = (HEX[buf[i + 1]] << 4) | HEX[buf[i + 2]];
      if (value >= 0) {
        byte = value;
        i += 2;
      }
    }
    if (byte === 0x2f || byte === 0x5c) {
      if (hash !== WORD_HASH_SEED) endSegment(hash, ending, false);
      hash = WORD_HASH_SEED;
      ending = WORD_HASH_SEED;
      segment.dotted = 0;
      segment.hidden = false;
      from = i + 1;
      continue;
    }
    if (byte === 0x3f || byte === 0x3b) break;
    if (byte === 0x2e) {
      if (segment.dotted === 0) segment.first = hash;
      segment.stem = hash;
      segment.endingBefore = segment.dotted > 0 ? ending : 0;
      ending = WORD_HASH_SEED;
      segment.dotted++;
      // A dot and then a name: "." and ".." are no files.
      if (hash === WORD_HASH_SEED) segment.hidden = namedBehind(buf, i + 1, pathEnd);
    } else ending = Math.imul(ending ^ (byte | 0x20), WORD_HASH_PRIME);
    hash = Math.imul(hash ^ (byte | 0x20), WORD_HASH_PRIME);
  }
  segment.tilde = byte === 0x7e && from < pathEnd;
  if (hash !== WORD_HASH_SEED) endSegment(hash, ending, true);
  return pass.rule;
}

function namedBehind(buf: Uint8Array, at: number, end: number): boolean {
  return at < end && buf[at] !== 0x2f && buf[at] !== 0x5c && buf[at] !== 0x2e && buf[at] !== 0x25;
}

function endSegment(hash: number, ending: number, isLast: boolean): void {
  pass.segments++;
  const found = SEGMENTS.get(hash);
  offer(found & 0xff);
  if (pass.segments === 1) offer(ROOTS.get(hash) & 0xff);
  if (pass.below !== 0) {
    const under = UNDER.get(hash);
    if (((under >> 8) & pass.below) !== 0) offer(under & 0xff);
  }
  pass.below |= found >> 8;
  if (segment.hidden && hash !== WELL_KNOWN && found === 0 && !(isLast && isAsset(ending))) offer(hiddenRule());
  if (!isLast) return;
  // A tilde at the end is what editors leave behind.
  if (segment.tilde && segment.dotted > 0) offer(PROBE.backup.id);
  if (segment.dotted > 0) lastEnding(ending);
}

/** ".env.local", ".env-old" are as good as ".env"; other names behind a dot are hidden files. */
function hiddenRule(): number {
  return segment.dotted > 1 && (SEGMENTS.get(segment.stem) & 0xff) === PROBE.secretFile.id
    ? PROBE.secretFile.id
    : PROBE.hiddenFile.id;
}

const isAsset = (ending: number): boolean => ASSETS.get(ending) !== 0;

/** True for rules that a content system's own pages would set off. */
function isOwnPage(ending: number): boolean {
  const own = pass.rule === PROBE.cmsAdmin.id || pass.rule === PROBE.cmsInternal.id;
  return own && ((pass.below & BELOW.frontend) !== 0 || isAsset(ending));
}

function lastEnding(ending: number): void {
  const { endingBefore } = segment;
  if (PACKED.get(ending) !== 0) {
    if (endingBefore !== 0 && (ENDINGS.get(endingBefore) & 0xff) === PROBE.dump.id) offer(PROBE.dump.id);
    if (pass.segments === 1 && SITE_STEMS.get(segment.first) !== 0) offer(PROBE.archive.id);
    return;
  }
  // ".env" alone is a whole segment; its "ending" says nothing more.
  if (!segment.hidden || segment.dotted > 1) offer(ENDINGS.get(ending) & 0xff);
  if (ending === PHP) {
    if ((pass.below & BELOW.vendor) !== 0) offer(PROBE.dependency.id);
    if ((pass.below & BELOW.cmsContent) !== 0) offer(PROBE.cmsInternal.id);
  }
  if (isOwnPage(ending)) pass.rule = 0;
}
