/**
 * The vocabulary: words that mean something to one of the languages, each with the groups it belongs to. The lexer
 * looks every word up once, so that matchers compare small numbers and a text without such words costs nothing more.
 */

/** Groups a word can belong to: a bit set. */
export const GROUP = {
  sql: 1 << 0, // any word of SQL that a matcher looks at
  logic: 1 << 1, // joins two conditions
  compare: 1 << 2, // compares two operands
  clause: 1 << 3, // continues a statement of SQL
  sqlFunction: 1 << 4, // hardly anything but SQL injection calls it in a request
  sqlCommon: 1 << 5, // a function of SQL whose name is common elsewhere
  catalog: 1 << 6, // names of database catalogues
  tagActive: 1 << 7, // elements that load or run something
  tagPlain: 1 << 8,
  event: 1 << 9, // event handler attributes
  script: 1 << 10, // functions and objects of browser script
  command: 1 << 11, // commands with a name that is no other word
  commandPlain: 1 << 12, // commands whose names are words or abbreviations elsewhere
  php: 1 << 13, // functions that run code or commands
  phpProof: 1 << 14,
  phpDirective: 1 << 15,
  java: 1 << 16,
  lookup: 1 << 17, // prefixes of interpolators
  scheme: 1 << 18, // address schemes that servers fetch with
  systemDirectory: 1 << 19,
  systemFile: 1 << 20,
  mongo: 1 << 21,
  dunder: 1 << 22, // inner names of Python and JavaScript objects
  mail: 1 << 23,
  ldap: 1 << 24,
  literal: 1 << 25, // true, false, null
  commandParameter: 1 << 26, // parameters that take a command
  interpreter: 1 << 27, // programs that run code given to them
  template: 1 << 28,
  xml: 1 << 29,
  header: 1 << 30,
  prose: 1 << 31, // the small words of sentences
  // Words that only a sequence around them makes mean something: no gate needs them.
  url: 0,
  serial: 0,
} as const;

const words: string[] = [''];
const groups: number[] = [0];
const index = new Map<string, number>();

function add(bits: number, list: string): void {
  for (const word of list.split(/\s+/)) {
    if (word === '') continue;
    const id = index.get(word);
    if (id === undefined) {
      index.set(word, words.length);
      words.push(word);
      groups.push(bits);
    } else groups[id] |= bits;
  }
}

const { sql, clause, compare } = GROUP;
add(sql | GROUP.logic, 'or and xor');
add(sql | compare, 'like rlike regexp glob ilike is in between sounds similar div mod');
add(sql | clause, 'union where having order group limit into procedure waitfor offset returning');
add(
  sql,
  'select insert update delete drop create alter truncate exec execute declare shutdown merge replace grant call',
);
add(
  sql,
  'from set values by all distinct top table database column index view user function schema delay when case then',
);
add(
  sql,
  'not exists outfile dumpfile analyse binary escape handler begin rename load_file copy end else as print open sql',
);
add(sql | clause, 'except intersect minus');
add(
  sql,
  `immediate int integer bigint smallint text bool boolean json jsonb varchar numeric double float8 regclass date
  timestamp`,
);
add(sql, 'login role trigger sequence attach pragma vacuum load data infile');
add(GROUP.literal, 'true false null');
add(
  sql | GROUP.sqlFunction,
  `extractvalue updatexml load_file group_concat concat_ws sys_eval sys_exec unhex utl_inaddr utl_http xmltype make_set
  name_const row_count convert_from string_agg listagg json_keys linestring multipoint polygon geometrycollection
  ctxsys dbms_xmlgen query_to_xml pg_read_file lo_import lo_export openrowset opendatasource connection_id
  get_host_address find_in_set export_set mid`,
);
add(
  sql | GROUP.sqlFunction,
  'sleep benchmark pg_sleep receive_message randomblob dbms_lock dbms_pipe sleep_for heavyquery',
);
add(
  sql | GROUP.sqlCommon,
  `concat char chr nchar ascii substring substr ord hex version database user current_user session_user system_user
  schema count cast convert if ifnull iif length lower upper md5 sha1 floor rand avg sum min max coalesce isnull
  bin char_length character_length left right reverse locate instr position strcmp user_name db_name host_name
  exp pow quote lpad rpad elt nullif to_char to_number`,
);
add(
  sql | GROUP.catalog,
  `information_schema sysobjects syscolumns sysdatabases sqlite_master sqlite_version sqlite_schema pg_catalog pg_shadow
  pg_user pg_database pg_tables all_tables user_tables user_tab_columns all_tab_columns table_schema table_name
  column_name xp_cmdshell xp_dirtree xp_regread xp_fileexist sp_executesql sp_oacreate sp_configure sp_password
  sp_makewebtask sp_addlogin sp_who msysaccessobjects msysobjects schema_name all_users dba_users sysusers sysibm
  rdb systables sysmaster current_database`,
);

add(
  GROUP.tagActive,
  `script iframe object embed svg img image video audio body form input marquee base link meta style math details
  button isindex applet frame frameset xml template keygen textarea select source track bgsound layer ilayer
  noscript portal animate set animatetransform foreignobject animatemotion`,
);
add(
  GROUP.tagPlain,
  `a b i p u s br hr h1 h2 h3 h4 h5 h6 div span table td tr th tbody ul ol li center font strong em small big pre
  title html head main section article header footer nav label blockquote code plaintext xmp dialog address tt
  strike option optgroup fieldset legend canvas summary map area picture comment listing noembed x xss test custom`,
);
add(
  GROUP.event,
  `onabort onanimationend onanimationiteration onanimationstart onauxclick onbeforecopy onbeforecut onbeforeinput
  onbeforepaste onbeforeprint onbeforeunload onbegin onblur onbounce oncanplay oncanplaythrough onchange onclick
  onclose oncontextmenu oncopy oncuechange oncut ondblclick ondrag ondragend ondragenter ondragleave ondragover
  ondragstart ondrop ondurationchange onend onended onerror onfinish onfocus onfocusin onfocusout
  onfullscreenchange onhashchange oninput oninvalid onkeydown onkeypress onkeyup onload onloadeddata
  onloadedmetadata onloadstart onloadend onmessage onmousedown onmouseenter onmouseleave onmousemove onmouseout
  onmouseover onmouseup onmousewheel onpagehide onpageshow onpaste onpause onplay onplaying onpointercancel
  onpointerdown onpointerenter onpointerleave onpointermove onpointerout onpointerover onpointerrawupdate
  onpointerup onpopstate onpropertychange onreadystatechange onrepeat onreset onresize onscroll onscrollend
  onsearch onseeked onseeking onselect onselectionchange onselectstart onshow onstart onsubmit ontimeupdate
  ontoggle onbeforetoggle ontouchcancel ontouchend ontouchmove ontouchstart ontransitioncancel ontransitionend
  ontransitionrun ontransitionstart onunhandledrejection onunload onvolumechange onwaiting onwheel onzoom
  onwebkitanimationend onwebkittransitionend oncontentvisibilityautostatechange onactivate ondeactivate
  onfilterchange onlosecapture`,
);
add(
  GROUP.script,
  `alert prompt confirm eval settimeout setinterval fromcharcode atob btoa decodeuricomponent unescape document window
  location cookie constructor function javascript vbscript livescript expression innerhtml outerhtml fetch
  xmlhttprequest import require child_process execsync spawnsync readfilesync process self top parent frames
  globalthis localstorage sessionstorage domain write writeln appendchild createelement open href execscript
  print throw reflect proxy navigator sendbeacon importscripts srcdoc mocha binding data jscript origin reload
  mainmodule exec spawn console log tostring`,
);

add(
  GROUP.command,
  `wget whoami uname ifconfig ipconfig nslookup chmod chown chgrp busybox tftp netstat netcat ncat mkfifo mknod sudo
  useradd adduser groupadd crontab systemctl iptables pkill killall getent lsof dmesg lscpu mysqldump rundll32
  regsvr32 certutil bitsadmin cscript wscript mshta wmic schtasks tasklist taskkill systeminfo tracert traceroute
  fping nmap socat rsync scp sftp tcpdump strace gcc printenv bunzip2 gunzip xargs awk gawk sed egrep fgrep zgrep
  mkdir rmdir chattr insmod modprobe mkpasswd passwd shadow md5sum sha1sum base64 xxd hexdump ftpget lynx
  invoke-expression iex phpinfo vim emacs apt yum dpkg rpm apk curl ping6 ssh nohup setenforce arp netsh dig nc`,
);
add(
  GROUP.commandPlain,
  `id ls cat dir pwd ps echo ping sleep sort type more less head tail find grep env set date time host kill who w
  cut tar zip unzip rm cp mv ln touch tee test sh bash zsh ksh csh dash ash python python2 python3 perl ruby php
  node lua java telnet ftp mail cmd powershell pwsh command net at reg start copy del move ver vol hostname last
  users top mount df du free export read eval exec source expr printf od nl tac rev fold cmp diff file
  stat which locate history alias jobs wait true false timeout pip npm git make nano vi uptime ss ip route
  rlogin rsh finger logname groups login reboot shutdown halt bc dc seq yes split strings`,
);
add(GROUP.command, 'ifs');
add(GROUP.systemDirectory, 'tcp udp');
add(
  GROUP.interpreter,
  'sh bash zsh ksh csh dash ash python python2 python3 perl ruby php node lua powershell pwsh cmd',
);
add(
  GROUP.commandParameter,
  'cmd exec command execute cmdline commandline shell run_command runcmd doexec sysexec system',
);

add(
  GROUP.php,
  `passthru shell_exec popen proc_open pcntl_exec call_user_func call_user_func_array create_function
  file_put_contents move_uploaded_file base64_decode gzinflate str_rot13 str_replace gzuncompress preg_replace assert
  file_get_contents show_source highlight_file readfile fopen fwrite fputs unlink parse_ini_file system exec eval
  array_map array_filter array_walk register_shutdown_function usort ob_start extract include include_once
  require_once require invokefunction fsockopen scandir chr error_log hex2bin unserialize ini_set putenv`,
);
add(
  GROUP.php,
  `gzdecode bzdecompress pfsockopen posix_kill posix_setuid posix_getpwuid posix_mkfifo proc_nice proc_terminate
  pcntl_fork mb_ereg_replace apache_setenv escapeshellcmd escapeshellarg get_defined_vars get_defined_functions
  get_current_user getmyuid forward_static_call highlight_string php_strip_whitespace readgzfile gzfile
  simplexml_load_file array_diff_ukey array_udiff iterator_apply preg_replace_callback spl_autoload_register
  stream_socket_client mb_ereg_replace_callback`,
);
add(GROUP.phpProof, 'phpinfo phpversion var_dump print_r md5 die getenv php_uname printf echo print sha1 getcwd');
add(
  GROUP.phpDirective,
  `allow_url_include allow_url_fopen auto_prepend_file auto_append_file disable_functions safe_mode open_basedir
  suhosin force_redirect cgi`,
);
add(GROUP.php, '_get _post _request _cookie _server _files _env _session globals');

add(
  GROUP.java,
  `java javax runtime getruntime getclass forname processbuilder getmethod invoke newinstance getdeclaredmethod
  classloader class module getclassloader scriptenginemanager getenginebyname ognl _memberaccess memberaccess
  ognlcontext denymethodexecution allowstaticmethodaccess freemarker springframework apache execute exec
  getconstructor loadclass defineclass getresponse getwriter org com sun lang util io script net protectiondomain
  resources context pipeline urlclassloader getparameter servletcontext templatesimpl jdbcrowsetimpl t new
  invokertransformer chainedtransformer constanttransformer instantiatetransformer clonetransformer whileclosure
  forclosure transformedclosure prototypeclonefactory prototypeserializationfactory instantiatefactory lazymap
  tiedmapentry beancomparator annotationinvocationhandler badattributevalueexpexception
  defaultmembaccess default_member_access unsafe getdeclaredconstructors beanutil start inputstream groovy nashorn`,
);
add(
  GROUP.lookup,
  `script url dns jndi lower upper env sys java ctx main date base64decoder base64encoder const file xml properties
  resourcebundle urldecoder urlencoder localhost sd map marker docker k8s web bundle event log4j spring applicationscope
  sessionscope requestscope param header cookie initparam pagecontext`,
);
add(
  GROUP.scheme,
  `file gopher dict ldap ldaps ldapi tftp jar netdoc phar expect php zip glob data rmi iiop corba nis rar ogg zlib
  http https ftp ftps sftp ssh2 bzip2 nds dns`,
);
add(
  GROUP.systemDirectory,
  'etc proc windows winnt system32 inetpub boot root var usr dev bin sbin opt home sys tmp home users',
);
add(
  GROUP.systemFile,
  `passwd shadow group groups hosts issue motd fstab mtab crontab sudoers resolv hostname nsswitch inittab services
  profile bashrc environ cmdline self version cpuinfo meminfo mounts maps fd status win system boot sam hostname
  sshd_config ssh_config authorized_keys id_rsa id_dsa id_ed25519 bash_history mysql_history my php httpd apache2 nginx
  network redhat debian_version os lsb gshadow master security desktop ntuser repair hostname exports protocols
  cron anacrontab logrotate ssl pki ld kubernetes docker rc vsftpd proftpd samba smb exim4 postfix`,
);
add(
  GROUP.mongo,
  'ne eq gt gte lt lte in nin regex where exists or and not nor expr elemmatch mod all size type options',
);
add(GROUP.mongo, 'db');
add(GROUP.mongo, '__schema __type introspectionquery __typename');
add(
  GROUP.dunder,
  `__class__ __mro__ __base__ __bases__ __subclasses__ __globals__ __builtins__ __import__ __init__ __getitem__
  __getattribute__ __dict__ __proto__ prototype constructor __definegetter__ __lookupgetter__ __reduce__ __code__
  mro subclasses globals`,
);
add(
  GROUP.template,
  'config request self settings application session lipsum cycler joiner namespace get_flashed_messages',
);
add(
  GROUP.template,
  'foreach assign include import macro block call set for if parse evaluate output attr php literal render',
);
add(
  GROUP.mail,
  'rcpt mail data quit ehlo helo capability login select fetch append noop logout bcc cc starttls auth vrfy expn',
);
add(GROUP.ldap, 'cn uid objectclass ou sn mail userpassword samaccountname givenname dn dc member memberof department');

add(
  GROUP.xml,
  'entity doctype xml xi include xsl cdata public system exec echo config printenv fsize flastmod if stylesheet',
);
add(GROUP.systemFile, 'ini web meta inf htaccess htpasswd env git svn fakepath www log');
add(
  GROUP.header,
  'set content transfer x access http get post put head options delete location refresh host status link',
);
add(GROUP.url, 'var let const new while do for db insert find remove drop update aggregate');
add(GROUP.url, 'void return this to store examine parameters');
add(GROUP.url, 'localhost metadata google internal url txt asp aspx jsp cgi');
add(GROUP.serial, 'rO0AB python ruby javax nd_func o type tag yaml'.toLowerCase());
add(
  GROUP.prose,
  `the of to for with this that these those are was were be been have has had you we they he she it my your our their
  me us them what how why which can could would should will please do does did but because about there here just very
  also than so an on only some any i der das und ist nicht ich wir sie ein eine mit zu auf von dem den im wie auch wenn
  kann bitte le les des une est pas je vous nous que qui dans pour avec sur ce cette el los las es en por con para como
  se del lo su muy pero esta il che di non per una sono della ho os um uma com isso het een van ik je niet op voor met
  dat och att det som jeg ikke og til av er nie jest na jak`,
);

/** GROUP bits by word id. */
export const GROUPS = Int32Array.from(groups);

/** The id of a word of the vocabulary, for matchers to compare with. Throws for an unknown word: a slip in the code. */
export function wordId(word: string): number {
  const id = index.get(word);
  if (id === undefined) throw new RangeError(`"${word}" is not in the vocabulary`);
  return id;
}

/** The ids of a list of words, parted by white space. */
export function wordSet(list: string): ReadonlySet<number> {
  return new Set(list.trim().split(/\s+/).map(wordId));
}

/** FNV-1a over bytes folded by `| 0x20`, which maps letters to lower case and keeps letters and digits apart. */
export const WORD_HASH_SEED = 0x811c9dc5 | 0;
export const WORD_HASH_PRIME = 0x01000193;

export function wordHash(word: string): number {
  let h = WORD_HASH_SEED;
  for (let i = 0; i < word.length; i++) h = Math.imul(h ^ (word.charCodeAt(i) | 0x20), WORD_HASH_PRIME);
  return h;
}

const SLOTS = 8192;
const slotHash = new Int32Array(SLOTS);
const slotId = new Uint16Array(SLOTS);
const wordLength = Uint8Array.from(words, (w) => w.length);

for (let id = 1; id < words.length; id++) {
  const h = wordHash(words[id]);
  let slot = (h ^ (h >>> 15)) & (SLOTS - 1);
  while (slotId[slot] !== 0) {
    if (slotHash[slot] === h) throw new Error(`"${words[id]}" and "${words[slotId[slot]]}" share a hash`);
    slot = (slot + 1) & (SLOTS - 1);
  }
  slotHash[slot] = h;
  slotId[slot] = id;
}

/** Word id for a hash and a length, 0 where the vocabulary has none. */
export function lookUp(hash: number, length: number): number {
  let slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
  while (slotId[slot] !== 0) {
    if (slotHash[slot] === hash) return wordLength[slotId[slot]] === length ? slotId[slot] : 0;
    slot = (slot + 1) & (SLOTS - 1);
  }
  return 0;
}
